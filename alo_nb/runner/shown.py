"""What a step prints and displays, kept in short so that a step which is taken over can show it again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TextIO

MOST_CHARACTERS = 64_000  # of one step

Shown = list[dict[str, Any]]
Recorder = Callable[[], AbstractContextManager[Shown]]


@contextmanager
def printed() -> Iterator[Shown]:
    """Give what is printed during the body, in order: ``{"stream": "stdout", "text": ...}``."""
    shown: Shown = []
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Tee(sys.stdout, "stdout", shown), _Tee(sys.stderr, "stderr", shown)
    try:
        yield shown
    finally:
        sys.stdout, sys.stderr = streams


class _Tee:
    """A stream that keeps the beginning of what is written to it."""

    def __init__(self, stream: TextIO, name: str, shown: Shown) -> None:
        self._stream, self._name, self._shown = stream, name, shown
        self._room = MOST_CHARACTERS

    def write(self, text: str) -> int:
        if self._room > 0 and isinstance(text, str) and text:
            kept = text[: self._room]
            self._room -= len(kept)
            last = self._shown[-1] if self._shown else {}
            if last.get("stream") == self._name:
                last["text"] += kept
            else:
                self._shown.append({"stream": self._name, "text": kept})
        return self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def masked(shown: Any, mask: Callable[[str], str]) -> Any:
    """Return what was shown with every text in it as `mask` gives it."""
    if isinstance(shown, str):
        return mask(shown)
    if isinstance(shown, dict):
        return {name: masked(each, mask) for name, each in shown.items()}
    return [masked(each, mask) for each in shown] if isinstance(shown, (list, tuple)) else shown


def print_again(shown: Shown) -> None:
    """Print what a step printed when it ran."""
    for each in shown:
        if "stream" in each:
            (sys.stderr if each["stream"] == "stderr" else sys.stdout).write(each["text"])
