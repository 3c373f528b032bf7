"""Live progress of a run under the running cell: one table that is redrawn, and gone when the run has ended."""

from __future__ import annotations

from typing import Any

from IPython.display import display

from alo_nb.lang import tr
from alo_nb.runner import Event
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, StepStarted, Warned
from alo_nb.store.records import SUCCESS
from alo_nb.views.html import progress_html
from alo_nb.views.text import duration, outputs_line, progress_text, state_of, state_text


class Progress:
    """A listener for runs of more than one step; the lasting result is what the cell returns."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, str]] = {}
        self._handle: Any = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted) and len(event.steps) > 1:
            self._rows = dict.fromkeys(event.steps, ("never", ""))
            self._handle = display(_shown(self._lines()), raw=True, display_id=True)
        elif isinstance(event, Warned):
            display(_shown([("stale", tr("warning"), event.message)]), raw=True)
        if self._handle is None:
            return
        if isinstance(event, StepStarted):
            self._rows[event.pipeline, event.step] = ("running", state_text("running"))
        elif isinstance(event, StepFinished):
            record = event.record
            state = state_of(record)
            took = state_text(state) if record.cached_from else duration(record.seconds)
            self._rows[record.pipeline, record.step] = (state, record.error or f"{took}  {outputs_line(record.data)}")
        elif isinstance(event, RunFinished) and event.run.error and not any(each.error for each in event.run.steps):
            at = event.run.steps[-1].pipeline if event.run.steps else next(iter(self._rows))[0]
            self._rows[at, tr("run")] = (event.run.status, event.run.error)  # e.g. its output is none that ALO takes
        is_done = isinstance(event, RunFinished) and event.run.status == SUCCESS  # a failure leaves the table standing
        self._handle.update(_shown([] if is_done else self._lines()), raw=True)

    def _lines(self) -> list[tuple[str, str, str]]:
        is_one = len({pipeline for pipeline, _ in self._rows}) == 1
        return [
            (status, step if is_one else f"{pipeline.removesuffix('_pipeline')} · {step}", what)
            for (pipeline, step), (status, what) in self._rows.items()
        ]


def _shown(lines: list[tuple[str, str, str]]) -> dict[str, str]:
    """Return lines as a notebook keeps them: nothing is left of none."""
    return {"text/html": progress_html(lines) if lines else "", "text/plain": progress_text(lines)}
