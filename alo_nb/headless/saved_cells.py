"""A saved notebook run from top to bottom in a kernel of its own, and then its pipelines as one run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.errors import AloNbError, NotebookRunError, SourceError
from alo_nb.headless.failures import failure_of_cell
from alo_nb.headless.run_notebook import literal
from alo_nb.notebook.fresh import IN_FRESH_KERNEL, NO_CACHE
from alo_nb.plan import Plan
from alo_nb.plan.secrets import known_secrets
from alo_nb.project import ENVIRONMENT_VARIABLE, Project
from alo_nb.runner import CACHING, Caching, Event, Listener, Selection
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, StepStarted
from alo_nb.steps.asset_line import step_cell
from alo_nb.store import Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS, now
from alo_nb.store.surroundings import this_process

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK = "notebook.ipynb"


@dataclass(frozen=True)
class SavedCells:
    """What to run of a notebook file: all its cells, in their order, and then the pipelines of `mode`.

    The kernel starts in the notebook's folder, as Jupyter starts it. What the cells have just executed, the pipelines
    take over, unless `caching` is off. `overrides` and all else are as in `RunRequest`.
    """

    path: Path
    project: Project
    mode: str = "all"
    selection: Selection = field(default_factory=Selection)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    interface_mode: str | None = None
    train_id: str | None = None
    no_install: bool = False
    timeout: float | None = None
    caching: Caching = CACHING
    listeners: tuple[Listener, ...] = ()


def run_saved_cells(wanted: SavedCells) -> Run:
    """Run a notebook file in a clean kernel and return the record of its pipelines' run.

    The file itself is not written; what was executed is ``.alo/runs/<run id>/notebook.ipynb``. A cell that fails ends
    the run; the record then has its error, and the step, when it is a step's cell.

    Raises
    ------
    SourceError
        There is no such notebook.
    AloNbError
        A cell failed, the kernel died, or a cell took too long.
    KeyboardInterrupt
        A signal came; no kernel is left.
    """
    return _Kernel(wanted, new_run_id()).run()


@dataclass
class _Kernel:
    """One execution of a notebook; `cell` is the one that runs, counted as people count code cells.

    `known` are the runs that were there before that cell. `ran` are the steps that cells have run, as the record of the
    whole has them: taken over from the run in which they were executed.
    """

    wanted: SavedCells
    run_id: str
    cell: int = 0
    source: str = ""
    known: frozenset[str] = frozenset()
    ran: dict[tuple[str, str], StepRecord] = field(default_factory=dict)
    began: str = field(default_factory=now)

    @property
    def store(self) -> RunStore:
        return RunStore(self.wanted.project)

    def run(self) -> Run:
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from papermill.exceptions import PapermillExecutionError

        notebook, said = self._notebook(), ""
        error: AloNbError | None = None
        self.wanted.project.prepare()
        self._tell(RunStarted(self._unbegun(), tuple(_steps_of(notebook))))
        hidden = dict.fromkeys(known_secrets(Plan(), self.wanted.overrides), "***")
        try:
            with _environment(self._surroundings()):
                papermill.execute_notebook(
                    notebook,
                    None,
                    engine_name="alo_nb",
                    progress_bar=False,
                    cwd=str(self.wanted.path.parent),
                    record_path=str(self._kept),
                    interpreter=sys.executable,
                    watch=self._watch,
                    hidden=hidden,
                    execution_timeout=self.wanted.timeout,
                )
        except (DeadKernelError, CellTimeoutError) as failure:
            said = str(failure).replace("this cell", self._place())
            error = NotebookRunError(said, where=self._shown())
        except PapermillExecutionError as failure:
            said = f"{failure.ename}: {failure.evalue}".splitlines()[0]
            error = failure_of_cell(
                failure.ename, failure.evalue, failure.traceback, cell=self._place(), notebook=self._shown()
            )
        except KeyboardInterrupt:
            self._complete(INTERRUPTED, "the run was interrupted")
            raise
        run = self._complete(FAILED, said)
        if error is not None:
            raise error
        return run

    def _surroundings(self) -> dict[str, str]:
        found = {IN_FRESH_KERNEL: "1", ENVIRONMENT_VARIABLE: str(self.wanted.project.root)}
        return found if self.wanted.caching.on else {**found, NO_CACHE: "1"}

    # The notebook ---------------------------------------------------------------------------------------------------

    def _notebook(self) -> NotebookNode:
        import nbformat

        try:
            notebook: NotebookNode = nbformat.read(self.wanted.path, as_version=4)  # type: ignore[no-untyped-call]
        except FileNotFoundError:
            raise SourceError(f"there is no notebook {self.wanted.path.name!r}", where=str(self.wanted.path)) from None
        except Exception as error:  # nbformat lets through whatever JSON and its own checks raise
            raise SourceError(
                f"{self.wanted.path.name!r} cannot be read as a notebook: {str(error).partition(chr(10))[0]}",
                where=str(self.wanted.path),
            ) from error
        for number, cell in enumerate((each for each in notebook.cells if each.cell_type == "code"), start=1):
            cell.outputs, cell.execution_count = [], None
            cell.metadata["alo_nb"] = {"number": number}
        last = nbformat.v4.new_code_cell(self._last_cell())  # type: ignore[no-untyped-call]
        last.metadata["alo_nb"] = {"part": "run"}
        notebook.cells.append(last)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return notebook

    def _last_cell(self) -> str:
        wanted, chosen = self.wanted, self.wanted.selection
        options = {
            "mode": wanted.mode,
            "first": chosen.first,
            "last": chosen.last,
            "only": chosen.only,
            "excluded": chosen.excluded,
            "overrides": dict(wanted.overrides),
            "interface_mode": wanted.interface_mode,
            "train_id": wanted.train_id,
            "no_install": wanted.no_install,
            "force": wanted.caching.force,
        }
        given = [f"    {name}={literal(value)}," for name, value in options.items() if value]
        lines = [
            "# papermill_description=pipelines",
            "from alo_nb.headless.recorded import run_cells",
            "",
            "run_cells(",
        ]
        return "\n".join([*lines, f"    {literal(self.run_id)},", *given, ")"])

    def _place(self) -> str:
        return f"{self.wanted.path.name}, cell {self.cell}" if self.cell else "the run of the pipelines"

    # Progress -------------------------------------------------------------------------------------------------------

    def _watch(self, moment: str, cell: NotebookNode) -> None:
        """Turn what the engine tells about the cells of steps into the runner's events."""
        if cell.cell_type != "code":
            return
        if moment == "start":
            self.cell, self.source = cell.metadata["alo_nb"].get("number", 0), cell.source
            self.known = frozenset(self.store.ids())
            for pipeline, step in _steps_of_cell(cell.source):
                self._tell(StepStarted(pipeline, step))
        else:
            for run_id in sorted({*self.store.ids()} - self.known - {self.run_id}):
                run = self.store.record(run_id)
                if run is not None and _is_of_a_child(run):
                    self._take(run)

    def _take(self, run: Run) -> None:
        """Note and tell what a cell has run; of a step that failed the end of the whole run tells."""
        for record in run.steps:
            is_good = record.status == SUCCESS
            if is_good and not self._is_told(record):
                self._tell(StepFinished(record))
            taken = replace(record, cached_from=record.cached_from or run.id) if is_good else record
            self.ran[record.pipeline, record.step] = taken

    def _tell(self, event: Event) -> None:
        for listener in self.wanted.listeners:
            listener(event)

    # The record -----------------------------------------------------------------------------------------------------

    @property
    def _kept(self) -> Path:
        return self.store.folder(self.run_id) / NOTEBOOK

    def _shown(self) -> str:
        return os.path.relpath(self._kept)

    def _complete(self, status: str, error: str) -> Run:
        """Return the record with the executed notebook named in it; made here when the pipelines never began.

        It lasts from the first cell to the end of the pipelines.
        """
        store = self.store
        begun = store.record(self.run_id)
        run = begun or self._begun(store, status, error)
        if run.finished:
            status, error = run.status, run.error
        else:
            run, error = store.get(self.run_id), f"{self._place()}: {error}"  # with the steps that had ended
        named = str(self._kept.relative_to(self.wanted.project.root))
        run = store.finish(replace(run, started=self.began, notebook=named), status, error=error)
        untold = [each for each in run.steps if not self._is_told(each)]
        if begun is not None and untold:  # the pipelines ran steps that no cell had run, or ran them again
            self._tell(RunStarted(run, tuple((each.pipeline, each.step) for each in untold)))
        for each in untold:
            self._tell(StepStarted(each.pipeline, each.step))
            self._tell(StepFinished(each))
        self._tell(RunFinished(run))
        return run

    def _is_told(self, record: StepRecord) -> bool:
        ran = self.ran.get((record.pipeline, record.step))
        return ran is not None and ran.status == SUCCESS and ran.cached_from == record.cached_from

    def _unbegun(self) -> Run:
        return Run(self.run_id, mode=self.wanted.mode, trigger="papermill", plan_path=str(self.wanted.path))

    def _begun(self, store: RunStore, status: str, error: str) -> Run:
        """Begin the record of a notebook that failed in one of its own cells, with the steps that cells have run.

        A step's cell that was cut off before it had a record of its own gets one here.
        """
        run = store.start(replace(self._unbegun(), made_in=this_process()))
        for pipeline, step in _steps_of_cell(self.source):
            lost = StepRecord(pipeline, step, status, cell=self._place(), error=error)
            self.ran.setdefault((pipeline, step), lost)
        for each in self.ran.values():
            run = store.add_step(run, each)
        return run


def _is_of_a_child(run: Run) -> bool:
    """Tell whether a run is one of our kernel: other processes may run steps in the same project."""
    import psutil

    try:
        return bool(psutil.Process(run.made_in["pid"]).ppid() == os.getpid())
    except (KeyError, psutil.Error):  # a damaged record, or a kernel that has died
        return False


def _steps_of(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    for cell in notebook.cells:
        yield from _steps_of_cell(cell.source) if cell.cell_type == "code" else ()


def _steps_of_cell(source: str) -> list[tuple[str, str]]:
    """Return pipeline and step of a step's cell; nothing for any other cell, and for a line that is wrong."""
    try:
        found = step_cell(source, file="", label="")
    except AloNbError:
        return []
    return [] if found is None else [((found.line.pipelines or ("train_pipeline",))[0], found.line.step)]


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process, which its kernel inherits, for the body."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
