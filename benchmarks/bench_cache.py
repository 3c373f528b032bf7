"""What a pipeline takes of which nothing has changed, as a process of its own: ``make bench-cache``.

Ten steps of half a second each are run once, and then again and again: nothing may be executed and the result must be
the same, which is checked every time. Each round starts every command once, the floors among them, and the order moves
on by one from round to round. ``--peers`` adds the same steps in joblib.Memory, Hamilton, DVC and Ploomber. Nothing is
asserted of the times: the aim stands beside the result.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cache_peers import HEAD, PEERS, QUIET, WAIT_S, Peer, counted
from measure import Pair, Row, Timing, as_json, as_table, environment, run_once, script
from projects import EXPECTED, SAVE, STEPS, WORK, notebook_text, plan_text

from alo_nb.handover.codec import decode
from alo_nb.handover.values import Values
from alo_nb.project import Project
from alo_nb.store import RunStore

START, PANDAS, JOBLIB = "python -c pass", "python -c 'import pandas'", "joblib.Memory"
AIM = 0.35  # of joblib.Memory
OURS = {"alo-nb run": (), "alo-nb run --in-process": ("--in-process",)}


@dataclass
class Command:
    """One command that is measured: `value` gives its result as a text, when it has one."""

    name: str
    words: Sequence[str]
    folder: Path
    env: dict[str, str]
    value: Callable[[str], str] | None = None
    timings: list[Timing] = field(default_factory=list)

    def run(self, *, executed: int) -> Timing:
        """Run it, and check how many steps were executed, and what it came to."""
        steps = Path(self.env["EXECUTED"])
        before = len(list(steps.iterdir()))
        timing, printed = run_once(self.words, self.folder, self.env)
        count = len(list(steps.iterdir())) - before
        if count != executed:
            raise SystemExit(f"{self.name} executed {count} steps, not {executed}")
        if self.value is not None and EXPECTED not in (found := self.value(printed)):
            raise SystemExit(f"{self.name} came to {found!r}, not to {EXPECTED!r}")
        return timing


# The commands -------------------------------------------------------------------------------------------------------


def floors(place: Path, env: dict[str, str]) -> Iterator[Command]:
    """Yield a Python that does nothing, and one that only imports pandas."""
    for name, code in ((START, "pass"), (PANDAS, "import pandas")):
        yield Command(name, [sys.executable, "-c", code], place, env)


def ours(place: Path, env: dict[str, str]) -> Iterator[Command]:
    """Yield ours, each with a project of its own."""
    for name, options in OURS.items():
        folder = place / name.replace(" ", "-")
        folder.mkdir()
        (folder / "plan.yaml").write_text(plan_text())
        write_steps(folder)
        words = [script("alo-nb"), "run", "plan.yaml", "--quiet", *options]
        yield Command(name, words, folder, env, lambda _, folder=folder: f"sum {result(folder)}")


def write_steps(folder: Path, *, last: str = "") -> None:
    """Write the notebook with the steps; `last` is a further line of the last one."""
    cells = []
    for number, (name, work) in enumerate(zip(STEPS, WORK, strict=True)):
        load = ["df = asset.load_data()['df']"] if number else []
        more = [last] if last and name == STEPS[-1] else []
        cells.append("\n".join([f"%%alo_asset step={name}", *counted(name), *load, work, *more, SAVE]))
    (folder / "steps.ipynb").write_text(notebook_text(HEAD, *cells))


def result(folder: Path) -> float:
    """Return the sum of the table that the last step of the newest run has handed on, as it is kept."""
    project = Project(folder)
    [run] = RunStore(project).list(limit=1)
    kept = Values(project).get(run.steps[-1].data[0].digest)
    assert kept is not None
    table: Any = decode(kept.parts)
    return float(table.to_numpy().sum())


def peers(place: Path, env: dict[str, str], installed: Path) -> Iterator[Command]:
    """Yield the peers; one that cannot be installed or run is named, with what it said."""
    for peer in PEERS:
        try:
            command = ready(peer, place / peer.package, env, installed / peer.package)
            command.run(executed=len(STEPS))
        except subprocess.CalledProcessError as error:
            left_out(peer, f"{' '.join(error.cmd[:4])}: {error.stderr}")
        except SystemExit as error:
            left_out(peer, str(error))
        else:
            yield command


def ready(peer: Peer, folder: Path, env: dict[str, str], place: Path) -> Command:
    """Install a peer and write its pipeline."""
    sys.stderr.write(f"install {peer.package}\n")
    peer.install(place)
    folder.mkdir()
    peer.write(folder)
    env = {**env, **QUIET, "PATH": f"{place / 'bin'}{os.pathsep}{env['PATH']}"}

    def tool(words: Sequence[str]) -> list[str]:
        return [str(place / "bin" / words[0]), *words[1:]]

    def value(printed: str) -> str:
        return run_once(tool(["python", "-c", peer.value]), folder, env)[1] if peer.value else printed

    if peer.first:
        run_once(tool(peer.first), folder, env)
    return Command(peer.name, tool(peer.command), folder, env, value)


def left_out(peer: Peer, reason: str) -> None:
    """Name a peer that is not compared."""
    sys.stderr.write(f"{peer.name} is left out: {' '.join(reason.split())[-600:]}\n")


# Measuring ----------------------------------------------------------------------------------------------------------


def in_rounds(commands: Sequence[Command], rounds: int) -> None:
    """Run all of them once a round, in an order that moves on by one; the first round, which warms up, is left out."""
    for number in range(rounds + 1):
        first = number % len(commands)
        for command in [*commands[first:], *commands[:first]]:
            timing = command.run(executed=0)
            if number:
                command.timings.append(timing)


def unchanged(commands: Sequence[Command]) -> list[Row]:
    """Return a line for what each takes beside the floors, and for ours beside each of the peers."""
    by_name = {each.name: each for each in commands}
    other = [each for name, each in by_name.items() if name not in {START, PANDAS, *OURS}]
    rows = []
    for name in OURS:
        for against in (by_name[START], by_name[PANDAS], *other):
            aim = AIM if (name, against.name) == (next(iter(OURS)), JOBLIB) else None
            rows += _wall_and_cpu(by_name[name].name, against.name, by_name[name].timings, against.timings, aim)
    for each in other:
        rows += _wall_and_cpu(each.name, PANDAS, each.timings, by_name[PANDAS].timings)
    return rows


def _wall_and_cpu(
    name: str, against: str, timings: Sequence[Timing], other: Sequence[Timing], aim: float | None = None
) -> list[Row]:
    walls = tuple(Pair(one.wall, two.wall) for one, two in zip(timings, other, strict=True))
    cpus = tuple(Pair(one.cpu, two.cpu) for one, two in zip(timings, other, strict=True))
    return [Row(name, against, "x", walls, aim), Row(f"{name}: CPU", against, "x", cpus, aim)]


def last_step_changed(commands: Sequence[Command], env: dict[str, str], rounds: int) -> list[Row]:
    """Edit the last step before each run: only that one is executed. The floor is a Python that does this step."""
    code = "\n".join([HEAD, *counted(STEPS[-1]), WORK[0]])
    floor = Command("python", [sys.executable, "-c", code], commands[0].folder, env)
    rows = []
    for command in (each for each in commands if each.name in OURS):
        timings, floors = [], []
        for number in range(rounds):
            write_steps(command.folder, last=f"edited = {number}")
            timings.append(command.run(executed=1))
            floors.append(floor.run(executed=1))
        rows += _wall_and_cpu(f"{command.name}, last step edited", f"python, that step ({WAIT_S} s)", timings, floors)
    return rows


def machine() -> str:
    """Return what the figures were measured on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = (each.partition(": ")[2] for each in info.read_text().splitlines() if each.startswith("model name"))
        model = next(names, model)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    python = f"Python {platform.python_version()}, pandas {version('pandas')}"
    return f"{os.cpu_count()} x {model} · {platform.system()} {platform.release()} · {python} · load {load}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="What an unchanged pipeline of ten steps takes.")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds over all commands; default: 9")
    parser.add_argument(
        "--peers",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="beside joblib, Hamilton, DVC and Ploomber; they are installed below FOLDER, or for this time only",
    )
    parser.add_argument("--json", action="store_true", help="print every measurement as JSON")
    options = parser.parse_args()
    sys.stderr.write(f"{machine()}\n")
    with tempfile.TemporaryDirectory(prefix="alo-nb-bench-") as temporary:
        place = Path(temporary).resolve()
        env = {**environment(place), "EXECUTED": str(place / "executed")}
        (place / "executed").mkdir()
        commands = [*floors(place, env), *ours(place, env)]
        for command in commands[2:]:
            command.run(executed=len(STEPS))
        if options.peers is not None:
            commands += peers(place, env, Path(options.peers or place / "installed").absolute())
        in_rounds(commands, options.rounds)
        rows = [*unchanged(commands), *last_step_changed(commands, env, options.rounds)]
    sys.stderr.write(f"{machine()}\n")
    print(as_json(rows) if options.json else as_table(rows))


if __name__ == "__main__":
    main()
