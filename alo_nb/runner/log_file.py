"""ALO's log files: ``process.log`` about the run, ``pipeline.log`` about one pipeline with what its steps said.

A line is ``[<UTC time>|<ALO or USER>|<level>|<where>|<function or step>] <text>``, with ``SHOW|`` in front of the time
when a step asked for it (alolib logger.py). A pipeline's log ends with the table of times that ALO prints.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from alo_nb.plan.redact import redact
from alo_nb.runner.events import (
    DataLoaded,
    Event,
    PipelineFinished,
    RunFinished,
    RunStarted,
    StepFinished,
    StepLogged,
    StepStarted,
    Warned,
)
from alo_nb.store import StepRecord

PROCESS, PIPELINE = "process.log", "pipeline.log"


@dataclass
class _Shown:
    """The lines of a pipeline for its final table, each with the moment it came."""

    steps: list[StepRecord] = field(default_factory=list)
    user: list[tuple[float, str]] = field(default_factory=list)


class LogFile:
    """A listener that writes each event when it happens; `hidden` maps texts that must not be written to stand-ins."""

    def __init__(self, folder: Path, hidden: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._hidden = hidden or {}
        self._files: dict[str, TextIO] = {}
        self._shown: dict[str, _Shown] = {}
        self._start = time.perf_counter()
        self._closed = False

    def __call__(self, event: Event) -> None:
        if self._closed:
            return
        pipeline, line = _line(event)
        text = self._masked(line)
        if not isinstance(event, StepLogged):
            self._write(PROCESS, text)
        if pipeline:
            self._write(_file(pipeline), text)
            self._remember(pipeline, event, text)
        if isinstance(event, PipelineFinished):
            for line in self._table(event):
                self._write(_file(event.pipeline), self._masked(line))

    def _write(self, name: str, text: str) -> None:
        if name not in self._files:
            path = self._folder / name
            self._files[name] = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._files[name].write(text.replace("\n", "\n    ") + "\n")  # no text of a step can pass for a line of ours
        self._files[name].flush()

    def _masked(self, text: str) -> str:
        for value, shown in self._hidden.items():
            text = text.replace(value, shown)
        return redact(text)

    def _remember(self, pipeline: str, event: Event, text: str) -> None:
        shown = self._shown.setdefault(pipeline, _Shown())
        if isinstance(event, StepFinished):
            shown.steps.append(event.record)
        elif isinstance(event, StepLogged) and event.record.show:
            shown.user.append((time.perf_counter(), text))

    def _table(self, event: PipelineFinished) -> Iterator[str]:
        shown = self._shown[event.pipeline]
        yield "< SUMMARY SHOW - ALO >"
        for name, seconds in event.seconds.items():
            yield f"- time increment: {seconds:.3f}s --- {event.pipeline} {name}"
        for record in shown.steps:
            used = "".join(f", {name} {value:g}" for name, value in record.resources.items())
            yield f"- time increment: {record.seconds:.3f}s --- step {record.step} {record.status}{used}"
        if shown.user:
            yield "< SUMMARY SHOW - USER >"
        before = self._start
        for moment, text in shown.user:
            yield f"- time increment: {moment - before:.3f}s --- {text}"
            before = moment

    def copy_to(self, folder: Path, pipeline: str) -> None:
        """Copy what was written so far to ``process.log`` and ``pipeline.log`` in `folder`, the names that ALO uses."""
        for source, target in ((PROCESS, PROCESS), (_file(pipeline), PIPELINE)):
            if (self._folder / source).exists():
                shutil.copy2(self._folder / source, folder / target)

    def close(self) -> None:
        """Close the files; later events are not written."""
        self._closed = True
        for file in self._files.values():
            file.close()


def _file(pipeline: str) -> str:
    """Return the log's name in a run's folder, which holds those of both pipelines."""
    return f"{pipeline}.log"


def _line(event: Event) -> tuple[str, str]:
    """Return the pipeline that an event belongs to, if any, and its line."""
    match event:
        case RunStarted(run):
            text = f"run {run.id} started: plan {run.plan!r}, mode {run.mode}, {run.interface_mode} mode"
            return "", _format("INFO", "run", "-", text)
        case DataLoaded(pipeline, paths):
            return pipeline, _format("INFO", pipeline, "-", f"loaded {', '.join(paths)}")
        case StepStarted(pipeline, step):
            return pipeline, _format("INFO", pipeline, step, _started(event))
        case StepLogged(pipeline, step, record):
            where = f"{record.file}({record.line})" if record.file else pipeline
            name = f"{record.function}()" if record.function else step
            return pipeline, _format(
                record.level.upper(), where, name, record.message, service="USER", show=record.show
            )
        case StepFinished(record):
            level = "INFO" if record.status == "success" else "ERROR"
            text = f"ASSET {'FINISH' if level == 'INFO' else 'ERROR'} {record.status} after {record.seconds:.3f} s"
            reason = f": {record.error}" if record.error else ""
            trace = f"\n{event.traceback.rstrip()}" if event.traceback else ""
            return record.pipeline, _format(level, record.pipeline, record.step, f"{text}{reason}{trace}")
        case Warned(message):
            return "", _format("WARNING", "run", "-", message)
        case PipelineFinished(pipeline, outputs):
            return pipeline, _format("INFO", pipeline, "-", f"complete, {len(outputs)} files")
        case RunFinished(run):
            level, reason = ("INFO", "") if run.status == "success" else ("ERROR", f": {run.error}")
            return "", _format(level, "run", "-", f"run {run.id} {run.status} after {run.seconds:.3f} s{reason}")


def _started(event: StepStarted) -> str:
    keys = f"config keys {list(event.config)}, data keys {list(event.data)}"
    return f"ASSET START from {event.code or 'the notebook'}, {keys}, args {dict(event.args)}"


def _format(level: str, where: str, name: str, text: str, *, service: str = "ALO", show: bool = False) -> str:
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    return f"[{'SHOW|' if show else ''}{moment}|{service}|{level}|{where}|{name}] {text}"
