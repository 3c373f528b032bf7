"""`debug`: a step that failed, here or headless, today or on another day, opened in this kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from alo_nb.errors import AloNbError, StepDefinitionError
from alo_nb.handover.interface import Key
from alo_nb.lang import tr
from alo_nb.notebook import face
from alo_nb.notebook.session import Session, current_session
from alo_nb.runner.capsule import Capsule, Frame, load_capsule
from alo_nb.runner.of_plan import is_of_another_plan
from alo_nb.steps.asset_line import step_cell
from alo_nb.steps.sources import define_from_cell
from alo_nb.store.failures import Failure, how_to_go_on, mended_in
from alo_nb.store.records import INTERRUPTED
from alo_nb.store.runs import RunStore, find_run
from alo_nb.views.card import Card
from alo_nb.views.failure import failure_card
from alo_nb.views.text import short_run


@dataclass(frozen=True, repr=False)
class Debugged:
    """A step that failed. It shows itself; ``.frames[-1].locals["x"]`` is what its code held at the failing line.

    Attributes
    ----------
    capsule : Capsule
        What was kept: ``.data``, ``.config``, ``.args``, ``.used``.
    cell : str
        The cell to start from; empty when the step's code stands in a file.
    mended : str
        The newest run in which the step has succeeded since; empty when there is none.
    """

    capsule: Capsule
    cell: str = ""
    notes: tuple[str, ...] = field(default=())
    mended: str = ""

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The calls in the step's own code, innermost last."""
        return self.capsule.frames

    @property
    def traceback(self) -> str:
        """The traceback as it was."""
        return self.capsule.record.traceback

    def __repr__(self) -> str:
        return self._card().text

    def _repr_html_(self) -> str:
        return self._card().html

    def _card(self) -> Card:
        return failure_card(self.capsule.record, self.notes, code=self.cell)


def debug(run: str | None = None, step: str | None = None) -> Debugged:
    """Open a step that failed: its inputs, its variables and its code. What ``%alo_debug`` calls.

    ``steps.<step>`` has ``data``, ``config``, ``args`` and the variables that the step held. Its code is put into a new
    cell; until a step before it runs again, the step runs on the inputs with which it failed. The plan of that run is
    opened when none is.

    Parameters
    ----------
    run : str, optional
        The run's id, which may be cut short, or ``RUN/STEP``; the newest failure that is not mended when absent.
    step : str, optional
        The step that failed.

    Raises
    ------
    RunNotFoundError, UnknownStepError
        There is no such failure, and the nearest is named; or none that is not mended.
    StoreError
        What was kept is damaged, or of a newer alo_nb.
    """
    session = current_session()
    name, _, own = (run or "").partition("/")
    capsule = load_capsule(session.project, name or None, step or own or None)
    record = capsule.record
    notes = [] if name else [*_interrupted_since(session, record)]
    notes += [*_open_plan(session, record), *_load(session, capsule), *_given(record)]
    mended = mended_in(session.project, capsule.folder)
    if mended:
        notes.insert(0, tr("mended since, in run {run}", run=short_run(mended)))
    cell = cell_of(record, session)
    if cell:
        to_do = tr("when it works, move the fix to the cell that defines the step, and delete this one")
        cell = f"# {to_do}\n{cell}"
        notes += [*_put_below(cell), to_do]
    else:
        again = f"%alo_run --only {record.step}"
        notes.append(tr("its code is {place}; to run it again: {magic}", place=record.place, magic=again))
    notes.append(_after_the_fix(session, record))
    return Debugged(capsule, cell, tuple(notes), mended)


def _put_below(cell: str) -> Iterator[str]:
    if face.cells is not None:
        face.cells.shell.set_next_input(cell)
        yield tr("its code stands in a new cell, and below for a front end that makes none")


def _after_the_fix(session: Session, record: Failure) -> str:
    run = find_run(session.project, record.run_id)
    if run is not None and run.trigger == "cell":  # --resume would run all before it, too
        return tr("after the fix, run the cell again, or {magic}", magic="%alo_run")
    resume = f"%alo_run --resume={record.run_id}"
    return tr("after the fix, {magic} executes what that run lacks", magic=resume)


def _interrupted_since(session: Session, record: Failure) -> Iterator[str]:
    """Yield that the newest run is another one, which was interrupted: it has kept no failure."""
    newest = next(iter(RunStore(session.project)))
    if newest.id != record.run_id and newest.status == INTERRUPTED:
        said = {"run": newest.id, "do": how_to_go_on(newest)}
        yield tr("the newest run, {run}, was interrupted, and not this one: {do}", **said)


def cell_of(record: Failure, session: Session) -> str:
    """Return the cell of a step: its own code where the notebook has what it takes along, else with that above it."""
    if not record.head:
        return ""
    cell = f"{record.head}\n{record.body}"
    found = step_cell(cell, file="", label=record.label)
    assert found is not None  # it begins with the magic line
    try:
        define_from_cell(found, session.scope())
    except StepDefinitionError as error:
        return f"{record.head}\n{record.source}".rstrip("\n") if error.names else cell
    return cell


def _open_plan(session: Session, record: Failure) -> Iterator[str]:
    if session.has_plan or not record.plan_path:
        return
    path, kept = Path(record.plan_path), session.project.runs / record.run_id / "plan.yaml"
    try:
        if path.exists() or not kept.exists():
            session.use_plan(path)
        else:
            session.use_kept_plan(kept, path)
            copy = tr("the copy that the run has kept is open, with secrets masked")
            yield tr("the plan of that run, {path}, is gone: {what}", path=path, what=copy)
            return
    except AloNbError as error:
        yield tr("the plan of that run cannot be opened: {why}", why=error.what)
    else:
        yield tr("the plan of that run is open now: {path}", path=record.plan_path)


def _load(session: Session, capsule: Capsule) -> Iterator[str]:
    record = capsule.record
    session.namespaces.keep(record.step, _namespace(capsule))
    yield tr("{name} has its data, config, args and variables", name=f"steps.{record.step}")
    try:
        yield from _lend(session, capsule)
        yield from _give_used(session.variables, capsule)
    except AloNbError as error:
        yield tr("its inputs cannot be loaded: {why}", why=error.what)


def _namespace(capsule: Capsule) -> ModuleType:
    module = ModuleType(capsule.record.step)
    for each in capsule.frames:
        vars(module).update(each.locals)
    vars(module).update(data=capsule.data, config=capsule.config, args=capsule.args)
    return module


def _lend(session: Session, capsule: Capsule) -> Iterator[str]:
    """Give the step the inputs with which it failed, the next time it runs."""
    record = capsule.record
    if not record.upstream:
        return
    run = find_run(session.project, record.run_id)
    if run is not None and is_of_another_plan(run, session.plan):
        open_it = f"%alo_plan {record.plan_path}"
        yield tr("to run it on these inputs, open the plan of that run: {magic}", magic=open_it)
        return
    session.lent.put(Key(record.inputs_from, record.pipeline, record.upstream), capsule.encoded())
    pipeline = session.plan.pipeline(record.pipeline)
    names = pipeline.step_names() if pipeline is not None else ()
    at = names.index(record.step) if record.step in names else 0
    stands_alone = not session.has_plan and record.upstream not in session.registry
    if stands_alone:
        session.registry.let_precede(record.upstream, record.step)
    if stands_alone or (at and names[at - 1] == record.upstream):
        yield tr("it runs on the inputs with which it failed, until step {step} runs again", step=record.upstream)
    else:
        before = record.upstream
        yield tr("to run it on these inputs, define step {step} before it, or open the plan of that run", step=before)


def _given(record: Failure) -> Iterator[str]:
    given = " ".join(f"{record.step}.{name}={value!r}" for name, value in record.given.items())
    if given:
        magic = f"%alo_run --only {record.step} {given}"
        yield tr("that run alone was given arguments: {magic}", magic=magic)


def _give_used(variables: Mapping[str, Any], capsule: Capsule) -> Iterator[str]:
    """Set the variables of ``use=`` that this notebook lacks."""
    missing = {name: value for name, value in capsule.used.items() if name not in variables}
    if missing and isinstance(variables, dict):
        variables.update(missing)
        yield tr("set in this notebook, as they were for use=: {names}", names=", ".join(missing))
