"""`debug`: a step that failed, here or headless, today or on another day, opened in this kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from alo_nb.errors import AloNbError, StepDefinitionError
from alo_nb.handover.interface import Key
from alo_nb.notebook import face
from alo_nb.notebook.session import Session, current_session
from alo_nb.runner.capsule import Capsule, Frame, load_capsule
from alo_nb.steps.asset_line import step_cell
from alo_nb.steps.sources import define_from_cell
from alo_nb.store.failures import Failure
from alo_nb.views.card import Card
from alo_nb.views.failure import failure_card


@dataclass(frozen=True, repr=False)
class Debugged:
    """A step that failed. It shows itself; ``.frames[-1].locals["x"]`` is what its code held at the failing line.

    Attributes
    ----------
    capsule : Capsule
        What was kept: ``.data``, ``.config``, ``.args``, ``.used``.
    cell : str
        The cell to start from; empty when the step's code stands in a file.
    """

    capsule: Capsule
    cell: str = ""
    notes: tuple[str, ...] = field(default=())

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
        The run's id, which may be cut short, or ``RUN/STEP``; the newest run that has kept a failure when absent.
    step : str, optional
        The step that failed.

    Raises
    ------
    RunNotFoundError, UnknownStepError
        There is no such failure; the nearest is named.
    StoreError
        What was kept is damaged, or of a newer alo_nb.
    """
    session = current_session()
    name, _, own = (run or "").partition("/")
    capsule = load_capsule(session.project, name or None, step or own or None)
    record = capsule.record
    notes = [*_open_plan(session, record), *_load(session, capsule), *_given(record)]
    cell = cell_of(record, session)
    if cell and face.cells is not None:
        face.cells.shell.set_next_input(cell)
        notes.append("its code stands in a new cell, and below for a front end that makes none")
    elif not cell:
        notes.append(f"its code is {record.place}; to run it again: %alo_run --only {record.step}")
    notes.append(f"after the fix, %alo_run --resume={record.run_id} executes what that run lacks")
    return Debugged(capsule, cell, tuple(notes))


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
    try:
        session.use_plan(Path(record.plan_path))
    except AloNbError as error:
        yield f"the plan of that run cannot be opened: {error.what}"
    else:
        yield f"the plan of that run is open now: {record.plan_path}"


def _load(session: Session, capsule: Capsule) -> Iterator[str]:
    record = capsule.record
    session.namespaces.keep(record.step, _namespace(capsule))
    yield f"steps.{record.step} has its data, config, args and variables"
    try:
        yield from _lend(session, capsule)
        yield from _give_used(session.variables, capsule)
    except AloNbError as error:
        yield f"its inputs cannot be loaded: {error.what}"


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
    session.lent.put(Key(record.inputs_from, record.pipeline, record.upstream), capsule.encoded())
    pipeline = session.plan.pipeline(record.pipeline)
    names = pipeline.step_names() if pipeline is not None else ()
    at = names.index(record.step) if record.step in names else 0
    if at and names[at - 1] == record.upstream:
        yield f"it runs on the inputs with which it failed, until step {record.upstream} runs again"
    else:
        yield f"to run it on these inputs, define step {record.upstream} before it, or open the plan of that run"


def _given(record: Failure) -> Iterator[str]:
    given = " ".join(f"{record.step}.{name}={value!r}" for name, value in record.given.items())
    if given:
        yield f"that run alone was given arguments: %alo_run --only {record.step} {given}"


def _give_used(variables: Mapping[str, Any], capsule: Capsule) -> Iterator[str]:
    """Set the variables of ``use=`` that this notebook lacks."""
    missing = {name: value for name, value in capsule.used.items() if name not in variables}
    if missing and isinstance(variables, dict):
        variables.update(missing)
        yield f"set in this notebook, as they were for use=: {', '.join(missing)}"
