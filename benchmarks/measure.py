"""What a process or a cell takes: two things in turn, pair by pair, so that a machine that slows down slows both."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager


@dataclass(frozen=True)
class Pair:
    """Ours and what it is measured against, in seconds, one right after the other."""

    ours: float
    other: float


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of everything that is measured: no profile of the user's, and bytecode is kept.

    Without bytecode on disk a package in a checkout is compiled in every process, which no installed one is.
    """
    drop = {"PYTHONDONTWRITEBYTECODE", "ALO_NB_PROJECT", "PYTHONSTARTUP"}
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    return {**kept, "IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}


def script(name: str) -> str:
    """Return the path of a console script of this very environment."""
    return str(Path(sys.executable).with_name(name))


# Whole processes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timing:
    """Seconds of one process: from its start to its end, and CPU with that of its children."""

    wall: float
    cpu: float


def run_once(command: Sequence[str], folder: Path, env: dict[str, str]) -> tuple[Timing, str]:
    """Run a command to its end and return what it took, and what it printed; a failure ends the benchmark."""
    cpu, start = _children_cpu(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    timing = Timing(time.perf_counter() - start, _children_cpu() - cpu)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return timing, done.stdout


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pairs_of_processes(
    ours: Sequence[str], other: Sequence[str], folder: Path, env: dict[str, str], *, rounds: int
) -> list[tuple[Timing, Timing]]:
    """Return the timings of two commands that run in turn; the first pair, which fills caches, is not counted."""
    pairs = [(run_once(ours, folder, env)[0], run_once(other, folder, env)[0]) for _ in range(rounds + 1)]
    return pairs[1:]


# Cells ---------------------------------------------------------------------------------------------------------------


@contextmanager
def kernel(folder: Path, env: dict[str, str]) -> Iterator[BlockingKernelClient]:
    """Start a kernel with this very Python and end it after the body."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env=env, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def cell_seconds(client: BlockingKernelClient, code: str, *, cell: str = "") -> float:
    """Return the seconds from sending a cell, as JupyterLab sends it, to the kernel's being idle again.

    `cell` is the id of the cell; an edited cell keeps it.
    """
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True}
    request = client.session.msg("execute_request", content, metadata={"cellId": cell or code[:40]})
    start = time.perf_counter()
    client.shell_channel.send(request)
    error = ""
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        if message["msg_type"] == "error":
            error = f"{message['content']['ename']}: {message['content']['evalue']}"
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    seconds = time.perf_counter() - start
    client.get_shell_msg(timeout=60)  # the reply comes apart from what a cell publishes
    if error:
        raise SystemExit(f"a cell failed:\n{code}\n{error}")
    return seconds


# Rows of the table ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of the result. `unit` is ``"x"``, a ratio of each pair, or ``"ms"``, the difference of each pair."""

    name: str
    against: str
    unit: str
    pairs: tuple[Pair, ...]
    aim: float | None = None

    def values(self) -> list[float]:
        """Return the ratio, or the milliseconds added, of each pair."""
        if self.unit == "x":
            return [each.ours / each.other for each in self.pairs]
        return [(each.ours - each.other) * 1000 for each in self.pairs]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with every pair in seconds."""
        return {
            "name": self.name,
            "against": self.against,
            "unit": self.unit,
            "median": median(self.values()),
            "aim": self.aim,
            "pairs": [(each.ours, each.other) for each in self.pairs],
        }

    def cells(self) -> tuple[str, ...]:
        """Return the line as texts: name, against, both medians, result, its spread, aim."""
        ours, other = (median(times) * 1000 for times in zip(*((p.ours, p.other) for p in self.pairs), strict=True))
        values = sorted(self.values())
        quarter = len(values) // 4
        aim = f"<= {self.aim:g} {self.unit}" if self.aim is not None else ""
        return (
            self.name,
            self.against,
            f"{ours:.1f}",
            f"{other:.1f}",
            f"{median(values):.2f} {self.unit}",
            f"{values[quarter]:.2f} .. {values[-1 - quarter]:.2f}",
            aim,
            str(len(values)),
        )


HEAD = ("ours", "against", "ours ms", "other ms", "median", "middle half", "aim", "pairs")


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of text."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines)


def as_json(rows: Sequence[Row]) -> str:
    """Return the rows with all their measurements."""
    return json.dumps([row.to_dict() for row in rows], indent=1)
