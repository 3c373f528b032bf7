"""How long a step took and, with ``check_resource``, what it used."""

from __future__ import annotations

import threading
import time

INTERVAL = 0.01  # seconds between two looks at the memory; each costs about 20 microseconds
MEGABYTE = 1e6


class Meter:
    """Measures from its making on. `detailed` adds CPU time and memory of this process, read with psutil."""

    def __init__(self, *, detailed: bool) -> None:
        self._start = time.perf_counter()
        self._usage = _Usage() if detailed else None

    def seconds(self) -> float:
        """Return the wall time so far."""
        return round(time.perf_counter() - self._start, 6)

    def resources(self) -> dict[str, float]:
        """Stop measuring and return ``cpu_seconds``, ``memory_mb`` (growth) and ``peak_mb``; empty unless detailed.

        Memory is the resident set of the whole process in 10**6 bytes; its peak is that of looks 10 ms apart.
        """
        return self._usage.stop() if self._usage is not None else {}


class _Usage:
    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._cpu, self._memory = self._cpu_seconds(), self._resident()
        self._peak = self._memory
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="alo_nb check_resource", daemon=True)
        self._watcher.start()

    def _cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _resident(self) -> int:
        return int(self._process.memory_info().rss)

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL):
            self._peak = max(self._peak, self._resident())

    def stop(self) -> dict[str, float]:
        self._done.set()
        self._watcher.join()
        memory = self._resident()
        return {
            "cpu_seconds": round(self._cpu_seconds() - self._cpu, 3),
            "memory_mb": round((memory - self._memory) / MEGABYTE, 3),
            "peak_mb": round(max(self._peak, memory) / MEGABYTE, 3),
        }
