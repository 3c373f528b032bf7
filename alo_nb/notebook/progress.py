"""Live progress of a run under the running cell: one table that is redrawn, and gone when the run has ended."""

from __future__ import annotations

from typing import Any

from IPython.display import HTML, display

from alo_nb.runner import Event
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, StepStarted, Warned
from alo_nb.store.records import SUCCESS
from alo_nb.views.html import progress_html
from alo_nb.views.text import duration, outputs_line, state_of


class Progress:
    """A listener for runs of more than one step; the lasting result is what the cell returns."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, str]] = {}
        self._handle: Any = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted) and len(event.steps) > 1:
            self._rows = dict.fromkeys(event.steps, ("never", ""))
            self._handle = display(HTML(self._html()), display_id=True)
        elif isinstance(event, Warned):
            html = progress_html([("failed", "warning", event.message)])
            display({"text/html": html, "text/plain": f"warning: {event.message}"}, raw=True)
        if self._handle is None:
            return
        if isinstance(event, StepStarted):
            self._rows[event.pipeline, event.step] = ("running", "running")
        elif isinstance(event, StepFinished):
            record = event.record
            state = state_of(record)
            took = state if record.cached_from else duration(record.seconds)
            self._rows[record.pipeline, record.step] = (state, record.error or f"{took}  {outputs_line(record.data)}")
        is_done = isinstance(event, RunFinished) and event.run.status == SUCCESS  # a failure leaves the table standing
        self._handle.update(HTML("" if is_done else self._html()))

    def _html(self) -> str:
        return progress_html((status, step, what) for (_, step), (status, what) in self._rows.items())
