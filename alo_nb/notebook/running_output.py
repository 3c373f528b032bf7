"""What a step says while it runs in another process, as the notebook has it that is being executed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

_TAIL = 4000  # characters
_MAX_BYTES = 20_000_000  # of a notebook; one with more has pictures in it, and is not read again and again


class RunningOutput:
    """The end of what the step that runs now has printed; the file is only read when it has changed."""

    def __init__(self) -> None:
        self._stamp = (0, 0)
        self._said = ""

    def of(self, notebook: Path) -> str:
        """Return the text, with the last state of a progress bar only; empty when nothing runs, or nothing is known."""
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            found = notebook.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp and found.st_size <= _MAX_BYTES:
                self._said = _running(json.loads(notebook.read_bytes()))
                self._stamp = stamp
        return self._said


def _running(notebook: Any) -> str:
    for cell in notebook["cells"]:
        meta = cell["metadata"]
        if "step" in meta.get("alo_nb", {}) and meta.get("papermill", {}).get("status") in ("running", "failed"):
            streams = (each for each in cell["outputs"] if each["output_type"] == "stream")
            return _last_states("".join("".join(each["text"]) for each in streams)[-_TAIL:])
    return ""


def _last_states(text: str) -> str:
    """Return lines as a terminal shows them: what comes behind a carriage return stands in the place of the rest."""
    return "\n".join(each.rstrip("\r").rpartition("\r")[2] for each in text.split("\n"))
