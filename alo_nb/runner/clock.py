"""How long the parts of a run take."""

from __future__ import annotations

import time


class Clock:
    """Measures one thing after the other."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Give the time since the last lap a name."""
        now = time.perf_counter()
        self._laps[name], self._last = now - self._last, now

    def take(self) -> dict[str, float]:
        """Return the laps and begin anew."""
        laps, self._laps = self._laps, {}
        return laps
