"""What alo_nb adds to the same work done without it: ``make bench``.

Each line sets ours beside something plain that does the same, run in turn, pair by pair. Ratios and differences carry
over to other machines, milliseconds do not. Nothing is asserted: the aim stands beside the result.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from alo3 import ASSETS_PLAN, DONE, FUNCTIONS_PLAN, alo_3_command, write_solution
from measure import (
    Pair,
    Row,
    Timing,
    as_json,
    as_table,
    cell_seconds,
    environment,
    kernel,
    pairs_of_processes,
    run_once,
    script,
)
from projects import EXPECTED, IMPORTS, write_project

CELLS = 40  # pairs of cells in one kernel
STARTS = 15  # pairs of processes that take only milliseconds
GRAMMAR = "rfc3987_syntax"


def in_process(folder: Path, rounds: int) -> list[Row]:
    """Ten steps in a cold process, and the same as a plain script."""
    ours, other = [script("alo-nb"), "run", "--in-process", "plan.yaml"], [sys.executable, "plain.py"]
    env = environment(folder)
    for command in (ours, other):
        if EXPECTED not in run_once(command, folder, env)[1]:
            raise SystemExit(f"{' '.join(command)} did not print {EXPECTED!r}")
    timings = pairs_of_processes(ours, other, folder, env, rounds=rounds)
    return _wall_and_cpu("alo-nb run --in-process, 10 steps", "python script, pandas", timings, wall=1.5, cpu=1.5)


def through_papermill(folder: Path, rounds: int) -> list[Row]:
    """Ten steps in a kernel, and the same as ten plain cells under papermill.

    Where JupyterLab is installed, papermill builds a grammar of addresses while it is imported, which takes most of a
    second and which ours leaves out. There the second comparison, with that left out of both, is the one to look at.
    """
    ours, notebooks, env = [script("alo-nb"), "run", "plan.yaml"], ["plain.ipynb", "out.ipynb"], environment(folder)
    others = {"papermill, 10 cells": [script("papermill"), *notebooks]}
    if find_spec(GRAMMAR):
        without = f"import sys; sys.modules[{GRAMMAR!r}] = None; from papermill.__main__ import papermill; papermill()"
        others["the same, less a grammar"] = [sys.executable, "-c", without, *notebooks]
    rows: list[Row] = []
    for against, other in others.items():
        timings = pairs_of_processes(ours, other, folder, env, rounds=rounds)
        rows += _wall_and_cpu("alo-nb run, 10 steps", against, timings, wall=1.1, cpu=1.1)
    for notebook in (max((folder / ".alo" / "runs").iterdir()) / "notebook.ipynb", folder / "out.ipynb"):
        if EXPECTED not in notebook.read_text():
            raise SystemExit(f"{notebook} does not hold {EXPECTED!r}")
    return rows


def step_cell(folder: Path, _rounds: int) -> list[Row]:
    """One cell in a warm kernel that loads, changes and saves a frame; edited each time, as a person does."""
    first = "df = pd.DataFrame({'x': range(1000), 'y': [0.5] * 1000})"
    with kernel(folder, environment(folder)) as client:
        for code in (
            f"{IMPORTS}\nkept = {{}}",
            "%load_ext alo_nb",
            f"%%alo_asset step=first\n{first}\nasset.save_data({{'df': df}})\nasset.save_config({{}})",
            f"{first}\nkept['first'] = {{'df': df}}",
        ):
            cell_seconds(client, code)

        def ours(number: int) -> float:
            change = f"df = asset.load_data()['df'].assign(z={number})"
            save = "asset.save_data({'df': df})\nasset.save_config(asset.load_config())"
            return cell_seconds(client, f"%%alo_asset step=second\n{change}\n{save}", cell="ours")

        def other(number: int) -> float:
            code = f"df = kept['first']['df'].assign(z={number})\nkept['second'] = {{'df': df}}"
            return cell_seconds(client, code, cell="other")

        pairs = _in_turn(ours, other, CELLS, warm=5)
    return [Row("%%alo_asset, warm kernel", "the same in a plain cell", "ms", pairs, 10)]


def load_ext(folder: Path, rounds: int) -> list[Row]:
    """``%load_ext alo_nb`` as an early cell of a fresh kernel, and an empty cell."""
    pairs = []
    for _ in range(rounds + 1):
        with kernel(folder, environment(folder)) as client:
            cell_seconds(client, "pass")
            empty = cell_seconds(client, "pass")
            pairs.append(Pair(cell_seconds(client, "%load_ext alo_nb"), empty))
    return [Row("%load_ext alo_nb, fresh kernel", "an empty cell", "ms", tuple(pairs[1:]), 100)]


def beside_alo_3(folder: Path, rounds: int) -> list[Row]:
    """Train four trivial steps in a cold process, and the same with ALO 3.0.4."""
    alo = alo_3_command(folder)
    if alo is None:
        return []
    home, env = folder / "solution", environment(folder)
    home.mkdir()
    write_solution(home)
    other = [alo, "run", "--mode", "train"]
    if f"'result': '{DONE}'" not in run_once(other, home, env)[1]:
        raise SystemExit(f"{' '.join(other)} did not find {DONE}")
    rows: list[Row] = []
    for what, plan in (("4 local assets", ASSETS_PLAN), ("the same functions", FUNCTIONS_PLAN)):
        for how in ([], ["--in-process"]):
            ours = [script("alo-nb"), "run", plan, "--mode", "train", *how]
            if f"· {DONE} ·" not in run_once(ours, home, env)[1]:
                raise SystemExit(f"{' '.join(ours)} did not find {DONE}")
            timings = pairs_of_processes(ours, other, home, env, rounds=rounds)
            name = " ".join(["alo-nb run", *how])
            rows += _wall_and_cpu(f"{name}, {what}", "ALO 3.0.4, 4 functions", timings, wall=0.6, cpu=None)
    return rows


def start_up(folder: Path, rounds: int) -> list[Row]:
    """``alo-nb --help``, and a Python that does nothing."""
    ours, other = [script("alo-nb"), "--help"], [sys.executable, "-c", "pass"]
    timings = pairs_of_processes(ours, other, folder, environment(folder), rounds=max(rounds, STARTS))
    return _wall_and_cpu("alo-nb --help", "python -c pass", timings, wall=None, cpu=3)


def _in_turn(ours: Callable[[int], float], other: Callable[[int], float], count: int, *, warm: int) -> tuple[Pair, ...]:
    """Return pairs, whose order within a pair alternates; the first `warm` are not counted."""
    pairs = []
    for number in range(count + warm):
        if number % 2:
            after = other(number)
            pairs.append(Pair(ours(number), after))
        else:
            pairs.append(Pair(ours(number), other(number)))
    return tuple(pairs[warm:])


def _wall_and_cpu(
    name: str, against: str, timings: list[tuple[Timing, Timing]], *, wall: float | None, cpu: float | None
) -> list[Row]:
    walls = tuple(Pair(ours.wall, other.wall) for ours, other in timings)
    cpus = tuple(Pair(ours.cpu, other.cpu) for ours, other in timings)
    return [Row(name, against, "x", walls, wall), Row(f"{name}: CPU", against, "x", cpus, cpu)]


BENCHMARKS = (in_process, through_papermill, beside_alo_3, step_cell, load_ext, start_up)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="What alo_nb adds to the same work done without it.")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="pairs of processes; default: 7")
    parser.add_argument("--only", choices=[each.__name__ for each in BENCHMARKS], help="this one only")
    parser.add_argument("--json", action="store_true", help="print every measurement as JSON")
    options = parser.parse_args()
    rows: list[Row] = []
    for benchmark in BENCHMARKS:
        if options.only in (None, benchmark.__name__):
            with tempfile.TemporaryDirectory(prefix="alo-nb-bench-") as place:
                folder = Path(place).resolve()
                write_project(folder)
                sys.stderr.write(f"{(benchmark.__doc__ or '').splitlines()[0]}\n")
                rows += benchmark(folder, options.rounds)
    print(as_json(rows) if options.json else as_table(rows))


if __name__ == "__main__":
    main()
