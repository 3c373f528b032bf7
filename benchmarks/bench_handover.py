"""What handing a large table from step to step takes: ``make bench-handover``.

A table of about 1 GB goes through five steps that each replace one column, handed on in several ways, each way in a
process of its own, in turn, round by round. The floors are a plain script that passes references, and one that besides
writes every new byte to a file once. Nothing is asserted: the aim stands beside the result.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import psutil

STEPS = 5
ROWS = {"numeric": 1 << 24, "mixed": 6_000_000}
REFERENCES, WRITTEN = "references (floor)", "references, new bytes written once (floor)"
FIGURES = ("all_s", "steps_s", "cpu_s", "peak_mb", "own_mb")
AIMS = {"memory mode": (REFERENCES, 1.05), "file mode": (WRITTEN, 1.6)}

Table = Any


def make(kind: str, rows: int) -> Table:
    """Return a table of 8 columns of numbers, and 6 of texts when it is mixed."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    table = pd.DataFrame({f"n{number}": random.random(rows) for number in range(8)})
    if kind == "mixed":
        names = pd.array([f"name {number:06}" for number in range(1000)], dtype="str")
        for number in range(6):
            table[f"t{number}"] = names.take(random.integers(0, 1000, rows))
    return table


def work(table: Table, step: int, kind: str) -> str:
    """Replace a column, of texts in every second step when there are any; return its name."""
    name = f"t{step}" if kind == "mixed" and step % 2 else f"n{step}"
    table[name] = table[name].str.upper() if name[0] == "t" else table[name] * 1.5
    return name


# Ways to hand on: each takes the table out of `made`, so that nobody else holds it, and gives what the last step leaves


def by_reference(kind: str, made: list[Table], _: Path) -> Table:
    """Do the steps' work and nothing else."""
    table = made.pop()
    for step in range(STEPS):
        work(table, step, kind)
    return table


def written_once(kind: str, made: list[Table], folder: Path) -> Table:
    """Write the table, and then each new column, without ever reading them."""
    table = made.pop()
    _write(table, folder / "table")
    for step in range(STEPS):
        name = work(table, step, kind)
        _write(table[name], folder / f"{step}")
    return table


def _write(value: object, path: Path) -> None:
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    with path.open("wb", buffering=0) as file:
        for piece in (memoryview(head), *(each.raw() for each in buffers)):
            rest = piece
            while rest:
                rest = rest[file.write(rest) :]


def by_deep_copy(kind: str, made: list[Table], _: Path) -> Table:
    """Copy the table for each step, as tools do that keep steps apart."""
    table = made.pop()
    for step in range(STEPS):
        table = copy.deepcopy(table)
        work(table, step, kind)
    return table


def by_pickle(kind: str, made: list[Table], folder: Path) -> Table:
    """Write the whole table to a pickle after each step and read it for the next, as ALO's file mode does."""
    table = made.pop()
    for step in range(STEPS):
        table.to_pickle(folder / f"{step}.pkl")
        del table
        with (folder / f"{step}.pkl").open("rb") as file:
            table = pickle.load(file)
        work(table, step, kind)
    return table


def in_memory_mode(kind: str, made: list[Table], folder: Path) -> Table:
    """Hand it on as runs do with ``interface_mode: memory``."""
    from alo_nb.handover import MemoryInterface
    from alo_nb.handover.values import Values
    from alo_nb.project import Project

    return _through(MemoryInterface(Values(Project(folder))), kind, made)


def in_file_mode(kind: str, made: list[Table], folder: Path) -> Table:
    """Hand it on as runs do with ``interface_mode: file``."""
    from alo_nb.handover import FileInterface
    from alo_nb.project import Project

    return _through(FileInterface(Project(folder)), kind, made)


def _through(interface: Any, kind: str, made: list[Table]) -> Table:
    from alo_nb.handover import Channel
    from alo_nb.handover.interface import Key

    key = Key("20260101T000000Z-000001", "train_pipeline", "input")
    Channel(interface, None, key).save("data", {"table": made.pop()})
    for step in range(STEPS):
        own = key._replace(step=f"s{step}")
        channel = Channel(interface, key, own)
        table = channel.load("data", "table")
        work(table, step, kind)
        channel.save("data", {"table": table})
        key = own
        if step + 1 < STEPS:
            del table  # a step's variables go with it
    return table


WAYS: dict[str, Callable[[str, list[Table], Path], Table]] = {
    REFERENCES: by_reference,
    WRITTEN: written_once,
    "memory mode": in_memory_mode,
    "file mode": in_file_mode,
    "a deep copy for each step": by_deep_copy,
    "a pickle for each step": by_pickle,
}


# Measuring ----------------------------------------------------------------------------------------------------------


def child(way: str, kind: str, rows: int, folder: Path) -> None:
    """Make the table, hand it on, read all of it once more, and print seconds and what it came to."""
    import alo_nb.handover.values  # noqa: F401  # imports are not what is measured

    start = time.perf_counter()
    tables = [make(kind, rows)]
    made, cpu = time.perf_counter(), time.process_time()
    table = WAYS[way](kind, tables, folder)
    total = float(table.select_dtypes("number").sum().sum())
    end, cpu = time.perf_counter(), time.process_time() - cpu
    print(json.dumps({"all_s": end - start, "steps_s": end - made, "cpu_s": cpu, "total": total}))


def measured(way: str, kind: str, rows: int, place: Path) -> dict[str, float]:
    """Run a way in a process of its own; return its seconds, and its largest memory in MB.

    ``peak_mb`` is as the system counts it, with the pages of mapped files, which it can take back at any time;
    ``own_mb`` is without them.
    """
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        command = [sys.executable, __file__, "--child", way, kind, str(rows), str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        seen, own = psutil.Process(process.pid), 0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            memory = seen.memory_info()
            own = max(own, memory.rss - memory.shared)
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        if process.returncode:
            raise SystemExit(f"{way}, {kind}: ended with {process.returncode}")
        assert process.stdout is not None
        with process.stdout as printed:
            return {**json.loads(printed.read()), "peak_mb": ended[2].ru_maxrss / 1024, "own_mb": own / 2**20}
    finally:
        shutil.rmtree(folder)
        os.sync()  # so that the next one does not wait for these bytes


def compare(ways: Iterable[str], kind: str, rows: int, rounds: int, place: Path) -> Iterator[dict[str, Any]]:
    """Yield the medians of each way, and what they are of those of its floor, round by round."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, results in found.items():
            results.append(measured(way, kind, rows, place))
    if len({f"{each['total']:.9g}" for results in found.values() for each in results}) > 1:
        raise SystemExit(f"{kind}: the ways came to different tables")
    for way, results in found.items():
        floor, aim = AIMS.get(way, (REFERENCES, None))
        yield {
            "way": way,
            **{name: median(each[name] for each in results) for name in FIGURES},
            "floor": floor,
            **{
                f"{name} x": median(one[name] / other[name] for one, other in zip(results, found[floor], strict=True))
                for name in FIGURES
            },
            "aim": aim,
        }


def shown(line: dict[str, Any]) -> str:
    """Return a way as a line of text."""
    figures = "".join(f"{line[name]:9.2f}" for name in FIGURES)
    ratios = "".join(f"{line[f'{name} x']:7.2f} x" for name in FIGURES)
    aim = f"  aim <= {line['aim']:g} x" if line["aim"] else ""
    return f"{line['way']:44}{figures}  {ratios}{aim}"


def main() -> None:
    """Measure both tables and print them."""
    if sys.argv[1:2] == ["--child"]:
        _, _, way, kind, rows, folder = sys.argv
        child(way, kind, int(rows), Path(folder))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the size: 0.1 for tables of 100 MB")
    parser.add_argument("--short", action="store_true", help="leave out what others do: only ours and the floors")
    parser.add_argument("--folder", type=Path, help="where files are written, on the disk that is to be measured")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    options = parser.parse_args()
    ways = [*WAYS][:4] if options.short else [*WAYS]
    place, everything = options.folder or Path(tempfile.gettempdir()), {}
    for kind, rows in ROWS.items():
        storage = getattr(make(kind, 1000).dtypes.iloc[-1], "storage", "")
        texts = f" (texts by {storage})" if storage else ""
        print(
            f"{kind}{texts}: seconds of all, of the steps, their CPU; peak in MB, and without the pages of mapped files"
        )
        everything[kind] = []
        for line in compare(ways, kind, int(rows * options.scale), options.rounds, place):
            everything[kind].append(line)
            print(shown(line), flush=True)
        print(f"file mode is set beside {WRITTEN}, all else beside {REFERENCES}; x is times that\n")
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
