"""What the cells of a run notebook call: one run that goes on from cell to cell."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alo_nb.errors import NotebookRunError, UnknownStepError, nearest
from alo_nb.headless.reading import Reading, require_packages
from alo_nb.notebook.recorder import recorded, show_again
from alo_nb.plan import Pipeline, require_valid
from alo_nb.project import find_project
from alo_nb.runner import ActiveRun, Caching, Event, RunRequest, Selection
from alo_nb.runner.events import StepLogged, Warned
from alo_nb.steps.sources import Sources
from alo_nb.store import Run
from alo_nb.store.runs import upstream_record
from alo_nb.views.card import Card, plain_card
from alo_nb.views.cards import shown_run
from alo_nb.views.named import StepOfRun
from alo_nb.views.step_card import Around, step_card
from alo_nb.views.text import GLYPHS, run_name, step_line


class RecordedRun:
    """A run in progress. Whatever goes wrong in a cell, the run is recorded as ended before the cell fails.

    Parameters
    ----------
    plan : str
        Path of the plan.
    project : str
        The project folder.
    run_id : str, optional
        The id to record the run under. When there is such a run, the notebook is being repeated: a new id is made.
    cache, force, resume, inputs
        As in `Caching`.
    mode, first, last, only, excluded, overrides, interface_mode, train_id, strict
        As in `RunRequest` and `Selection`; `strict` is `strict_contracts`.
    **reading
        As in `Reading`: how the plan is read. Without `no_install`, this kernel must have what the plan requires.
    """

    def __init__(
        self,
        plan: str,
        *,
        project: str,
        run_id: str | None = None,
        mode: str = "all",
        first: str | None = None,
        last: str | None = None,
        only: tuple[str, ...] = (),
        excluded: tuple[str, ...] = (),
        overrides: Mapping[str, Any] | None = None,
        interface_mode: str | None = None,
        train_id: str | None = None,
        cache: bool = True,
        force: tuple[str, ...] = (),
        resume: str | None = None,
        inputs: str | None = None,
        strict: bool = False,
        **reading: Any,
    ) -> None:
        __tracebackhide__ = True
        how, place = Reading(**reading), find_project(project)
        read = how.plan(plan)
        require_valid(read)
        taken = run_id is not None and (place.runs / run_id / "run.json").exists()
        self._active = ActiveRun(
            RunRequest(
                plan=read,
                project=place,
                find=Sources(read, place).step,
                mode=mode,
                selection=Selection(first, last, tuple(only), tuple(excluded)),
                caching=Caching.of(cache=cache, force=force, resume=resume, inputs=inputs),
                recorder=recorded,
                interface_mode=interface_mode,
                train_id=train_id,
                strict_contracts=strict,
                overrides=dict(overrides or {}),
                listeners=(_print_log, show_again),
                trigger="papermill",
                run_id=None if taken else run_id,
                read_with=how.options(),
            )
        )
        require_packages(self._active.setup, how, notebook=True)
        self._waiting = [each.name for each in self._active.setup.pipelines]
        self._begun: str | None = None
        self._active.__enter__()

    @property
    def record(self) -> Run:
        """The run as recorded so far."""
        return self._active.run

    def step(self, pipeline: str, step: str) -> Card:
        """Run one step, and show it: a line as text, a card as html; before the first, a pipeline's data is loaded."""
        __tracebackhide__ = True
        try:
            chosen = self._pipeline(pipeline)
            if self._begun != pipeline:
                self._active.begin(chosen)
                self._begun = pipeline
            self._active.run_step(chosen, step)
        except BaseException as error:
            self._close(error)
            raise
        record = self.record.steps[-1]
        before = upstream_record(self._active.request.project, self.record, record)
        return Card(step_line(record), step_card(StepOfRun(self.record, record), Around(before)).html)

    def save(self, pipeline: str) -> Card:
        """Check a pipeline's results and put them in place; after the last pipeline the run has ended well."""
        __tracebackhide__ = True
        try:
            self._active.end(self._pipeline(pipeline))
            self._waiting.remove(pipeline)
            if not self._waiting:
                self._active.__exit__(None, None, None)
        except BaseException as error:
            self._close(error)
            raise
        if self._waiting:
            return plain_card(f"{GLYPHS['success']} {pipeline} saved")
        return shown_run(self._active.request.project, self.record)

    def _pipeline(self, name: str) -> Pipeline:
        found = next((each for each in self._active.setup.pipelines if each.name == name), None)
        if found is None:
            known = (each.name for each in self._active.setup.pipelines)
            raise UnknownStepError(f"{name!r} is no pipeline of this run{nearest(name, known)}")
        if name not in self._waiting:
            raise NotebookRunError(
                f"run {self.record.id} has ended ({self.record.status})",
                do="run the notebook from its first cell: that makes a new run",
            )
        return found

    def _close(self, error: BaseException) -> None:
        if self._waiting:
            self._waiting = []
            self._active.__exit__(type(error), error, error.__traceback__)

    def __repr__(self) -> str:
        steps = sum(len(names) for names in self._active.setup.chosen.values())
        count = "1 step" if steps == 1 else f"{steps} steps"
        plan = self.record.plan or Path(self.record.plan_path).name
        return f"{GLYPHS['running']} {plan} · {self.record.mode} · {count} · run {run_name(self.record)}"


def run_cells(run_id: str, **options: Any) -> Run:
    """Run the pipelines of the cells above, or of the plan that they opened, as one run that is recorded as `run_id`.

    `options` are those of `alo_nb.run`; a step that its cell has just executed is taken over. It is what the last cell
    of an executed notebook calls.
    """
    __tracebackhide__ = True
    from alo_nb.notebook.session import current_session  # the run notebook of a plan has none

    names = ("first", "last", "only", "excluded")
    chosen = Selection(**{name: options.pop(name) for name in names if name in options})
    caching = Caching.of(force=options.pop("force", ()))
    return current_session().run(selection=chosen, run_id=run_id, trigger="papermill", caching=caching, **options)


def _print_log(event: Event) -> None:
    """Put what a step logs into the output of its cell."""
    if isinstance(event, StepLogged):
        sys.stdout.write(f"[{event.record.level}] {event.record.message}\n")
    elif isinstance(event, Warned):
        sys.stderr.write(f"[warning] {event.message}\n")
