"""Signals that end a run: it ends in good order, as after Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came: end in good order, as after Ctrl-C."""


@contextmanager
def orderly_end() -> Iterator[None]:
    """Turn SIGTERM into an exception for the body; only the main thread can."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    ends = (signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
    before = {number: signal.getsignal(number) for number in ends}
    with suppress(ValueError):
        for number in ends:
            signal.signal(number, terminate)
    try:
        yield
    finally:
        with suppress(ValueError):
            for number, handler in before.items():
                signal.signal(number, handler)
