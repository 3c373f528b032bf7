"""A plan run as a notebook in a kernel of its own, by papermill; the run's record keeps the executed notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.errors import NotebookRunError, RunNotFoundError
from alo_nb.headless.failures import failure_of_cell
from alo_nb.headless.reading import AS_WRITTEN, Reading
from alo_nb.headless.run_notebook import NOTEBOOK, run_notebook
from alo_nb.plan.secrets import hidden_texts
from alo_nb.runner import ActiveRun, Event, RunRequest, Setup
from alo_nb.runner.contracts import warnings_of
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, StepStarted, Warned
from alo_nb.runner.full_disk import told_when_full
from alo_nb.store import Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED, RUNNING

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError

    from alo_nb.requirements.environment import Environment


def run_headless(
    request: RunRequest,
    *,
    timeout: float | None = None,
    reading: Reading = AS_WRITTEN,
    environment: Environment | None = None,
) -> Run:
    """Run a plan in a kernel of its own and return the run's record.

    The kernel starts in this process's working directory, so that relative paths in a step mean what they mean to
    `run_plan`. The executed notebook is ``.alo/runs/<run id>/notebook.ipynb``, also of a run that fails.

    Parameters
    ----------
    request : RunRequest
        As for `run_plan`; the plan must have been read from a file. Its listeners are told from here, so of a step's
        log lines they hear nothing: those are in the notebook and in the logs.
    timeout : float, optional
        Seconds that each step may take.
    reading : Reading
        How the plan was read; the kernel reads it in the same way.
    environment : Environment, optional
        The Python of the kernel; this one when absent.

    Raises
    ------
    NotebookRunError
        The kernel died, or a step took too long.
    CellFailedError
        A step raised an exception of its own.
    AloNbError
        What `run_plan` would have raised.
    KeyboardInterrupt
        A signal came; the run is recorded as interrupted and no kernel is left.
    """
    if request.plan.path is None:
        raise NotebookRunError("only a plan that is a file can be run in a kernel of its own", do="save the plan first")
    plan = replace(request.plan, path=request.plan.path.resolve())
    request = replace(request, plan=plan, run_id=request.run_id or new_run_id(), trigger="papermill")
    active = ActiveRun(request)
    notebook = run_notebook(active, timeout=timeout, reading=reading)
    python = environment.python if environment else sys.executable
    with told_when_full(request.project, active.run):
        return _Headless(active.setup, active.run.id, RunStore(request.project), python).run(notebook)


@dataclass
class _Headless:
    """One run that goes on in another process; `place` is the cell that runs."""

    setup: Setup
    run_id: str
    store: RunStore
    python: str
    place: Mapping[str, str] = field(default_factory=dict)
    told: int = 0

    def run(self, notebook: Mapping[str, Any]) -> Run:
        import nbformat
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from papermill.exceptions import PapermillExecutionError

        self.store.project.prepare()
        reason = ""
        try:
            papermill.execute_notebook(
                nbformat.from_dict(notebook),  # type: ignore[no-untyped-call]
                None,
                engine_name="alo_nb",
                progress_bar=False,
                record_path=str(self._notebook),
                interpreter=self.python,
                watch=self._watch,
                hidden=hidden_texts(self.setup.request.plan, self.setup.request.overrides),
            )
        except (DeadKernelError, CellTimeoutError) as error:
            reason = str(error).replace("this cell", self._cell())
            raise NotebookRunError(reason, where=self._shown_notebook(), do=_advice(error)) from None
        except PapermillExecutionError as error:
            raise self._failure(error) from None
        finally:
            run = self._complete(reason)
        if run is None:
            raise NotebookRunError(f"run {self.run_id} left no record", where=self._shown_notebook())
        return run

    @property
    def _notebook(self) -> Path:
        return self.store.folder(self.run_id) / NOTEBOOK

    def _shown_notebook(self) -> str:
        return os.path.relpath(self._notebook)

    def _cell(self) -> str:
        return f"step {self.place['step']!r}" if "step" in self.place else "the cell"

    def _failure(self, error: PapermillExecutionError) -> Exception:
        return failure_of_cell(
            error.ename, error.evalue, error.traceback, cell=self._cell(), notebook=self._shown_notebook()
        )

    # Progress -------------------------------------------------------------------------------------------------------

    def _watch(self, moment: str, cell: NotebookNode) -> None:
        """Turn what the engine tells about cells into the runner's events."""
        place = cell.metadata.get("alo_nb")
        if not place:
            return
        self.place = place
        if moment == "start" and "step" in place:
            self._tell(StepStarted(place["pipeline"], place["step"]))
        elif moment == "end" and place.get("part") == "setup":
            run = self._record()
            if run is not None:
                self._tell(RunStarted(run, tuple(self.setup.definitions)))
        elif moment == "end" and "step" in place:
            self._tell_steps(self._record())

    def _tell_steps(self, run: Run | None, *, complete: bool = False) -> None:
        """Tell of steps that are new; of an interrupted one only when `complete`, for then it is known why."""
        for record in run.steps[self.told :] if run is not None else ():
            if record.status == INTERRUPTED and not complete:
                return
            for warning in warnings_of(record):
                self._tell(Warned(warning))
            self._tell(StepFinished(record))
            self.told += 1

    def _tell(self, event: Event) -> None:
        for listener in self.setup.request.listeners:
            listener(event)

    # The record -----------------------------------------------------------------------------------------------------

    def _record(self) -> Run | None:
        try:
            return self.store.get(self.run_id)
        except RunNotFoundError:
            return None

    def _complete(self, reason: str) -> Run | None:
        """Finish the record of a run whose kernel could not, and name the executed notebook in it."""
        run = self._record()
        if run is None:
            return None
        run = replace(run, notebook=str(self._notebook.relative_to(self.setup.request.project.root)))
        if reason and run.status != FAILED:
            run = self.store.finish(self._with_lost_step(run, reason), FAILED, error=reason)
        elif run.status == RUNNING or not run.finished:
            run = self.store.finish(run, INTERRUPTED, error="the run was interrupted")
        else:
            self.store.update(run)
        self._tell_steps(run, complete=True)
        self._tell(RunFinished(run))
        return run

    def _with_lost_step(self, run: Run, reason: str) -> Run:
        """Return the run with a record of the step that ended in a way it could not record itself."""
        if "step" not in self.place:
            return run
        key = self.place["pipeline"], self.place["step"]
        last = run.steps[-1] if run.steps else None
        if last is not None and (last.pipeline, last.step) == key:
            return replace(run, steps=(*run.steps[:-1], replace(last, status=FAILED, error=reason)))
        definition = self.setup.definitions[key]
        lost = StepRecord(*key, FAILED, fingerprint=definition.fingerprint, cell=definition.body.label, error=reason)
        return self.store.add_step(run, lost)


def _advice(error: Exception) -> str:
    if "signal 9" in str(error):
        return "signal 9 often means that the machine ran out of memory; try less data"
    if type(error).__name__ == "CellTimeoutError":
        return "give the steps more time with --timeout, or see in the notebook where it was"
    if "did not start" in str(error):
        return "see what `python -m ipykernel_launcher` says"
    return "see in the notebook how far the step came"
