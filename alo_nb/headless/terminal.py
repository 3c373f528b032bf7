"""A run as lines in a terminal, while it goes on and when it has ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TextIO

from alo_nb.project import Project
from alo_nb.runner import Event
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, StepLogged, StepStarted, Warned
from alo_nb.store import Run
from alo_nb.views.text import GLYPHS, duration, result_places, run_name, step_line, summary_line

TICK = 1.0  # seconds between two looks at the clock


class Terminal:
    """A listener that writes a line when a step has ended; on a tty, also a line about the one that runs."""

    def __init__(self, stream: TextIO, project: Project) -> None:
        self._stream: TextIO | None = stream
        self._project = project
        self._live = stream.isatty()
        self._width = 0
        self._pipeline = ""

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted(_, steps):
                self._pipeline = ""
                self._width = max((len(step) for _, step in steps), default=0)
            case StepStarted(pipeline, step):
                self._head(pipeline)
                if self._live:
                    self._write(f"  {GLYPHS['running']} {step}", end="")
            case StepLogged(_, step, record) if record.show or record.level != "info":
                self._write(f"    {step}: [{record.level}] {record.message}")
            case StepFinished(record):
                self._head(record.pipeline)
                self._write(f"  {step_line(record, width=self._width)}")
            case Warned(message):
                self._write(f"  [warning] {message}")
            case RunFinished(run):
                self._write(end_block(run, self._project))

    def _head(self, pipeline: str) -> None:
        if pipeline != self._pipeline:
            self._pipeline = pipeline
            self._write(pipeline)

    @contextmanager
    def installing(self, count: int) -> Iterator[None]:
        """Say that packages are being installed, as long as the body goes on, and how long it took."""
        what = f"{count} package{'s' * (count != 1)} for this plan"
        started, ended = monotonic(), threading.Event()
        ticking = threading.Thread(target=self._tick, args=(f"installing {what}", started, ended), daemon=True)
        ticking.start()
        try:
            yield
            ended.set()
            ticking.join()
            self._write(f"installed {what} in {duration(monotonic() - started)}")
        finally:
            ended.set()
            ticking.join()

    def _tick(self, text: str, started: float, ended: threading.Event) -> None:
        """Write the text; on a tty, with the seconds that have passed, until it has ended."""
        self._write(text, end="" if self._live else "\n")
        while self._live and not ended.wait(TICK):
            self._write(f"{text} … {monotonic() - started:.0f} s", end="")
        if self._live:
            self._write("", end="")

    def _write(self, text: str, *, end: str = "\n") -> None:
        """Write a line in the place of the one about the running step; a reader that went away is no error."""
        try:
            if self._stream is not None:
                self._stream.write(f"\r\x1b[K{text}{end}" if self._live else f"{text}{end}")
                self._stream.flush()
        except BrokenPipeError:
            self._stream = None


def end_block(run: Run, project: Project) -> str:
    """Return what to know about a run that has ended: how, how long, how good, and where everything lies.

    Paths are relative to the current folder.
    """
    steps = "1 step" if len(run.steps) == 1 else f"{len(run.steps)} steps"
    name = run.plan or Path(run.plan_path).name
    lines = [f"{name} · {run.mode} · {run.status} · {steps} in {duration(run.seconds)} · run {run_name(run)}"]
    lines += [f"  {pipeline}: {summary_line(summary)}" for pipeline, summary in run.summaries.items()]
    places = result_places(run)
    if run.status != "success" and run.folder:
        places += [("log", os.path.relpath(each, project.root)) for each in [_log_of(run)] if each.exists()]
    lines += [f"  {kind:<8}  {os.path.relpath(project.root / path)}" for kind, path in places]
    return "\n".join(lines)


def _log_of(run: Run) -> Path:
    """Return the log that tells most about a run that has failed: that of the pipeline it was in."""
    name = f"{run.steps[-1].pipeline}.log" if run.steps else "process.log"
    return Path(run.folder) / name
