"""``pipeline.log``: the run as lines of text, in ALO's line format."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

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


class LogFile:
    """A listener that writes each event as a line when it happens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")

    def __call__(self, event: Event) -> None:
        service = "USER" if isinstance(event, StepLogged) else "ALO"
        level, text = _line(event)
        moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
        if not self._file.closed:
            self._file.write(f"[{moment}|{service}|{level}] {text}\n")
            self._file.flush()

    def copy_to(self, path: Path) -> None:
        """Copy what was written so far."""
        self._file.flush()
        shutil.copy2(self._path, path)

    def close(self) -> None:
        """Close the file; later events are not written."""
        self._file.close()


def _line(event: Event) -> tuple[str, str]:
    match event:
        case RunStarted(run):
            return "INFO", f"run {run.id} started: plan {run.plan!r}, mode {run.mode}, {run.interface_mode} mode"
        case DataLoaded(pipeline, paths):
            return "INFO", f"{pipeline}: loaded {', '.join(paths)}"
        case StepStarted(pipeline, step):
            return "INFO", f"{pipeline}: step {step} started"
        case StepLogged(pipeline, step, record):
            shown = "[SHOW] " if record.show else ""
            return record.level.upper(), f"{pipeline}: {step}: {shown}{record.message}"
        case StepFinished(record):
            level = "INFO" if record.status == "success" else "ERROR"
            reason = f": {record.error}" if record.error else ""
            return level, f"{record.pipeline}: step {record.step} {record.status} after {record.seconds:.3f} s{reason}"
        case Warned(message):
            return "WARNING", message
        case PipelineFinished(pipeline, outputs):
            return "INFO", f"{pipeline}: complete, {len(outputs)} files"
        case RunFinished(run):
            return "INFO", f"run {run.id} {run.status} after {run.seconds:.3f} s"
