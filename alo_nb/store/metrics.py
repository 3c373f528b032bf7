"""The metrics of a run: ``metrics.jsonl`` in its folder, a line for each step, written in the background.

A metric that changes while a run goes on is called dynamic, one that is known at its end static. A dynamic one
has a line for each step here; its last value is in the run's summary, with the static ones.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from numbers import Real
from pathlib import Path
from typing import Any

from alo_nb.errors import StoreError

INTERVAL_S = 0.2
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",\n", ": ")).encode
_PLAIN = frozenset({int, float, str, bool, type(None)})  # these need no closer look


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return metrics with nested names joined by ``.``: ``{"train": {"loss": 1}}`` is ``{"train.loss": 1}``."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if type(name) is not str:
            raise StoreError(f"the metric {name!r} has no name", do="run.log({'loss': 0.1})")
        if type(value) in _PLAIN:
            found[prefix + name if prefix else name] = value
        elif isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = plain_metric(f"{prefix}{name}", value)
    return found


def plain_metric(name: str, value: Any) -> Any:
    """Return a metric as JSON can hold it: a number, a truth value, a text or nothing.

    Raises
    ------
    StoreError
        It is something else.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if not isinstance(value, Real) and getattr(value, "shape", None) in {(), (1,)} and hasattr(value, "item"):
        value = value.item()  # a number of numpy or torch
    if isinstance(value, Real):
        number = float(value)
        return int(number) if number.is_integer() and isinstance(value, int) else number
    raise StoreError(
        f"the metric {name!r} is {type(value).__name__}, no number or text",
        do="log numbers; keep arrays, tables and pictures as files of an artifact",
    )


class MetricsFile:
    """Takes lines at once and writes them a little later, in a thread of its own, which is gone when there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: deque[tuple[int, float, Mapping[str, Any]]] = deque()
        self._owner = os.getpid()
        self._wake = threading.Event()
        self._stop = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Take the metrics of one step; in a forked child they are the parent's affair."""
        self._waiting.append((step, time.time(), values))
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="alo_nb metrics", daemon=True)
            thread.start()
            self._thread = thread  # not before: Ctrl-C may come while it starts

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(INTERVAL_S)
            with suppress(OSError):  # `close` tries again, and tells
                self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        with self._lock:
            waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]  # others may add meanwhile
            if not waiting or os.getpid() != self._owner:
                return
            try:
                with self._path.open("ab", buffering=0) as file:
                    _write_whole(file, _lines(waiting).encode(errors="backslashreplace"))
            except OSError:
                self._waiting.extendleft(reversed(waiting))
                raise

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        self._stop = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.flush()


def _write_whole(file: FileIO, lines: bytes) -> None:
    """Append lines, all of them or none, so that they can be written again."""
    end = os.fstat(file.fileno()).st_size
    try:
        while lines:
            lines = lines[file.write(lines) :]
    except OSError:
        file.truncate(end)
        raise


def _lines(rows: Sequence[tuple[int, float, Mapping[str, Any]]]) -> str:
    """Return a line of JSON for each row."""
    texts = _encoded([values for _, _, values in rows])
    heads = (f'{{"step": {step}, "time": {moment:.3f}, "values": ' for step, moment, _ in rows)
    return "".join(f"{head}{text}}}\n" for head, text in zip(heads, texts, strict=True))


def _encoded(rows: list[Mapping[str, Any]]) -> list[str]:
    """Return the JSON of each row; one call of the encoder for all takes a fifth of a call for each.

    The only line feeds in JSON are those of our separator, which stands between rows and between the metrics of a row.
    What follows it tells which: a row begins with a brace, a metric with a quote. Carriage returns are in none.
    """
    return _encode(rows)[1:-1].replace(",\n{", "\r{").replace(",\n", ", ").split("\r")


def read_metrics(path: Path) -> Iterator[tuple[int, float, dict[str, Any]]]:
    """Yield step, time and values of each complete line; a process that died may have cut the last one off."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            yield row["step"], row["time"], row["values"]


def history_of(path: Path, name: str) -> list[tuple[int, float]]:
    """Return (step, value) of one metric, in order; values that are no finite numbers are left out."""
    found = ((step, values[name]) for step, _, values in read_metrics(path) if name in values)
    return [(step, value) for step, value in found if isinstance(value, (int, float)) and math.isfinite(value)]
