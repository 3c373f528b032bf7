"""How long a step took and, with ``check_resource``, what it used."""

from __future__ import annotations

import time


class Meter:
    """Measures from its making on. `detailed` adds CPU time and memory, read from psutil at start and end."""

    def __init__(self, *, detailed: bool) -> None:
        self._start = time.perf_counter()
        self._process = None
        if detailed:
            import psutil

            self._process = psutil.Process()
            self._cpu, self._memory = self._usage()

    def _usage(self) -> tuple[float, int]:
        assert self._process is not None  # only called when detailed
        times = self._process.cpu_times()
        return times.user + times.system, self._process.memory_info().rss

    def seconds(self) -> float:
        """Return the wall time so far."""
        return round(time.perf_counter() - self._start, 6)

    def resources(self) -> dict[str, float]:
        """Return ``cpu_seconds`` and ``memory_mb`` (growth of the resident set, 10**6 bytes); empty unless detailed."""
        if self._process is None:
            return {}
        cpu, memory = self._usage()
        return {"cpu_seconds": round(cpu - self._cpu, 3), "memory_mb": round((memory - self._memory) / 1e6, 3)}
