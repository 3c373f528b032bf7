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
from alo_nb.steps.asset_line import AssetLine, step_cell
from alo_nb.store import Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED
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
    """One execution of a notebook; `cell` is the one that runs, counted as people count code cells."""

    wanted: SavedCells
    run_id: str
    cell: int = 0
    source: str = ""

    def run(self) -> Run:
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from papermill.exceptions import PapermillExecutionError

        notebook, said = self._notebook(), ""
        error: AloNbError | None = None
        self.wanted.project.prepare()
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

    def _watch(self, moment: str, cell: NotebookNode) -> None:
        if moment == "start" and cell.cell_type == "code":
            self.cell, self.source = cell.metadata["alo_nb"].get("number", 0), cell.source

    def _place(self) -> str:
        return f"{self.wanted.path.name}, cell {self.cell}" if self.cell else "the run of the pipelines"

    # The record -----------------------------------------------------------------------------------------------------

    @property
    def _kept(self) -> Path:
        return RunStore(self.wanted.project).folder(self.run_id) / NOTEBOOK

    def _shown(self) -> str:
        return os.path.relpath(self._kept)

    def _complete(self, status: str, error: str) -> Run:
        """Return the record with the executed notebook named in it; made here when the pipelines never began."""
        store = RunStore(self.wanted.project)
        run = store.record(self.run_id) or self._unbegun(store, status, error)
        if not run.finished:
            run = replace(store.get(self.run_id), notebook=self._named)  # with the steps that had ended
            run = store.finish(run, status, error=f"{self._place()}: {error}")
        else:
            run = replace(run, notebook=self._named)
            store.update(run)
        self._tell(run)
        return run

    @property
    def _named(self) -> str:
        return str(self._kept.relative_to(self.wanted.project.root))

    def _unbegun(self, store: RunStore, status: str, error: str) -> Run:
        """Begin the record of a notebook that failed in one of its own cells; a step's cell becomes a failed step."""
        about = Run(self.run_id, mode=self.wanted.mode, trigger="papermill", plan_path=str(self.wanted.path))
        run = store.start(replace(about, made_in=this_process()))
        found = _step_of(self.source)
        if found is None:
            return run
        pipeline = (found.pipelines or ("train_pipeline",))[0]
        return store.add_step(run, StepRecord(pipeline, found.step, status, cell=self._place(), error=error))

    def _tell(self, run: Run) -> None:
        events: list[Event] = [RunStarted(run, tuple((each.pipeline, each.step) for each in run.steps))]
        for each in run.steps:
            events += [StepStarted(each.pipeline, each.step), StepFinished(each)]
        for event in (*events, RunFinished(run)):
            for listener in self.wanted.listeners:
                listener(event)


def _step_of(source: str) -> AssetLine | None:
    """Return the magic line of a step's cell; None for any other cell, and for a line that is wrong."""
    try:
        found = step_cell(source, file="", label="")
    except AloNbError:
        return None
    return None if found is None else found.line


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
