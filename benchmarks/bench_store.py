"""What the store takes, beside the least that the same work can take: ``make bench-store``.

Each line sets ours beside a floor (a copy, a walk, a file of lines), run in turn, pair by pair. With ``--peers PYTHON``
the same jobs run in trackio, W&B offline and MLflow, as far as that Python has them. Nothing is asserted: the aim
stands beside the result.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Pair, Row, as_json, as_table
from store_peers import peer_rows

from alo_nb.files import sync
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.batch import Batch
from alo_nb.store.doctor import examine
from alo_nb.store.journal import Change, encode
from alo_nb.store.lineage import lineage
from alo_nb.store.logging import log_version, use_version
from alo_nb.store.names import parse_reference
from alo_nb.store.store import Store
from alo_nb.store.tracking import init
from alo_nb.views.made_by import made_by

MANY, SMALL = 10_000, 4096
POINTS = 100_000
QUIET_S = 2.5  # so that files count as unchanged


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def new_store(folder: Path) -> Iterator[Store]:
    """Make a store in a folder of its own that is gone after the body."""
    place = Path(tempfile.mkdtemp(dir=folder))
    (place / ".alo").mkdir()
    try:
        with Store(Project(place)) as store:
            yield store
    finally:
        shutil.rmtree(place)


def log_folder(store: Store, source: Path, name: str = "data") -> Artifact:
    """Log a folder, or a file, as an artifact."""
    artifact = Artifact(name, "dataset", store=store)
    if source.is_dir():
        artifact.add_dir(source)
    else:
        artifact.add_file(source)
    log_version(artifact)
    return artifact


def copied(source: Path, folder: Path, *, durable: bool) -> None:
    """Copy a file or folder, then remove the copy."""
    target = folder / "copy"
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    if durable:
        os.sync() if source.is_dir() else sync(target)


def floor_of_copy(source: Path, folder: Path, *, durable: bool = True) -> float:
    """Return the seconds of a plain copy."""
    seconds = timed(lambda: copied(source, folder, durable=durable))
    target = folder / "copy"
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return seconds


def walk(folder: str) -> int:
    """Look at every file below a folder, and no more."""
    with os.scandir(folder) as entries:
        return sum(walk(each.path) if each.is_dir(follow_symlinks=False) else each.stat().st_size for each in entries)


def bare_read(path: Path) -> None:
    """Read a file to its end."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


# The jobs -----------------------------------------------------------------------------------------------------------


def one_large(folder: Path, rounds: int, size: int) -> list[Row]:
    """Log one large file, log it again, verify it, download it."""
    source = folder / "large.bin"
    with source.open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    time.sleep(QUIET_S)
    logs, again, out, checks = [], [], [], []
    for _ in range(rounds):
        with new_store(folder) as store:
            floor = floor_of_copy(source, folder)
            logs.append(Pair(timed(lambda store=store: log_folder(store, source)), floor))
            artifact = use_version(store, "data")
            again.append(Pair(timed(lambda store=store: log_folder(store, source)), 0.0))
            plain = floor_of_copy(source, folder, durable=False)
            out.append(Pair(timed(lambda a=artifact: a.download(folder / "copy")), plain))
            shutil.rmtree(folder / "copy")
            read = timed(lambda: bare_read(source))
            checks.append(Pair(timed(lambda store=store: [*examine(store, read_data=True)]), read))
    name = f"{size >> 20} MiB file"
    source.unlink()
    return [
        Row(f"log a {name}", "cp + fsync", "x", tuple(logs), 1.25),
        Row(f"log the same {name} again", "nothing", "ms", tuple(again), 2),
        Row(f"download a {name}, checked", "cp", "x", tuple(out), 1.5),
        Row(f"doctor --read-data on a {name}", "a bare read", "x", tuple(checks), 3),
    ]


def many_small(folder: Path, rounds: int) -> list[Row]:
    """Log many small files, log them again, change one of them."""
    source = folder / "small"
    for number in range(MANY):
        path = source / f"{number // 100:03}" / f"{number % 100:02}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(4, "little") * (SMALL // 4))
    time.sleep(QUIET_S)
    logs, again, changed, new_bytes, out = [], [], [], [], []
    for _ in range(rounds):
        with new_store(folder) as store:
            logs.append(Pair(timed(lambda store=store: log_folder(store, source)), floor_of_copy(source, folder)))
            look = timed(lambda: walk(str(source)))
            again.append(Pair(timed(lambda store=store: log_folder(store, source)), look))
            (source / "007" / "07.bin").write_bytes(os.urandom(SMALL))
            before = stored_bytes(store)
            changed.append(Pair(timed(lambda store=store: log_folder(store, source)), again[-1].ours))
            new_bytes.append(Pair((stored_bytes(store) - before) / 1e6, 0.0))
            plain = floor_of_copy(source, folder, durable=False)
            artifact = use_version(store, "data")
            out.append(Pair(timed(lambda a=artifact: a.download(folder / "copy")), plain))
            shutil.rmtree(folder / "copy")
    shutil.rmtree(source)
    return [
        Row("log 10,000 files of 4 KiB", "cp -r + sync", "x", tuple(logs), 4),
        Row("log the same 10,000 files again", "scandir + stat", "x", tuple(again), 5),
        Row("log them with one changed", "unchanged", "x", tuple(changed), 1.5),
        Row("download 10,000 files, checked", "cp -r", "x", tuple(out)),
        Row("kB that one changed file adds", "nothing", "ms", tuple(new_bytes), 100),
    ]


def stored_bytes(store: Store) -> int:
    """Return the bytes of contents and journal."""
    return sum(walk(str(store.root / name)) for name in ("objects", "packs", "journal") if (store.root / name).is_dir())


def one_version(folder: Path, rounds: int) -> list[Row]:
    """Log versions of one file, beside what its durable writes alone take: two contents and a change."""
    pairs = []
    with new_store(folder) as store:
        for number in range(rounds * 20):
            artifact = Artifact("one", "dataset", store=store)
            with artifact.new_file("x") as file:
                file.write(str(number))
            ours = timed(lambda a=artifact: log_version(a))
            pairs.append(Pair(ours, timed(lambda: three_new_files(store.project.root))))
    return [
        Row("log a version of one file", "3 new files, synced", "x", tuple(pairs)),
        Row("the same", "nothing", "ms", tuple(Pair(each.ours, 0.0) for each in pairs), 3),
    ]


def three_new_files(folder: Path) -> None:
    """Write three small files aside, sync each, give it its name and sync its folder."""
    for name in "abc":
        staged, place = folder / os.urandom(8).hex(), folder / name / os.urandom(8).hex()
        staged.write_bytes(os.urandom(100))
        sync(staged)
        place.parent.mkdir(exist_ok=True)
        staged.replace(place)
        sync(place.parent)


def metrics(folder: Path, rounds: int) -> list[Row]:
    """Log a hundred thousand metric points: the call, and the whole of it."""
    calls, whole = [], []
    for _ in range(rounds):
        with new_store(folder) as store:
            run = init(folder=store.project.root)
            seconds = timed(lambda run=run: [run.log({"loss": 0.5 + step}) for step in range(POINTS)])
            calls.append(Pair(seconds / POINTS * 1000, 0.0))
            seconds += timed(run.finish)
            whole.append(Pair(seconds, timed(lambda store=store: lines(store.project.root / "lines.jsonl"))))
    return [
        Row("100,000 x run.log, then finish", "json lines", "x", tuple(whole), 1),
        Row("one run.log, in us", "nothing", "ms", tuple(calls), 2),
    ]


def lines(path: Path) -> None:
    """Write as many lines of JSON, one after the other."""
    with path.open("a") as file:
        for step in range(POINTS):
            file.write(json.dumps({"step": step, "time": time.time(), "values": {"loss": 0.5 + step}}) + "\n")


def large_store(folder: Path, rounds: int, versions: int, runs: int) -> list[Row]:
    """Ask a store with many versions and runs."""
    with new_store(folder) as store:
        fill(store, versions, runs)
        seconds = timed(store.rebuild)
        index = store.index

        def ask(call: Callable[[], object], aim: float) -> tuple[tuple[Pair, ...], float]:
            return tuple(Pair(timed(call), 0.0) for _ in range(rounds * 5)), aim

        questions = {
            "the 50 newest of 10,000 runs": ask(lambda: index.run_ids(50), 50),
            "all 10,000 runs": ask(lambda: [*index.runs()], 50),
            "resolve an alias": ask(lambda: store.version(parse_reference("a7:best")), 0.2),
            "list 10,000 versions of a name": ask(lambda: index.versions("big"), 20),
            "lineage, ten levels up": ask(lambda: lineage(store, "a7:latest", direction="up", depth=20), 50),
            "names of all artifacts": ask(index.artifacts, 50),
        }
        rows = [Row(name, "nothing", "ms", pairs, aim) for name, (pairs, aim) in questions.items()]
        opened = tuple(Pair(timed(lambda: Store(store.project).index), 0.0) for _ in range(rounds))
        size = sum(each.stat().st_size for each in (store.root / "index").iterdir()) / 1e6
        note = f"make the index of {versions:,} versions anew ({size:.0f} MB)"
        return [
            *rows,
            Row("open it", "nothing", "ms", opened, 200),
            Row(note, "nothing", "ms", (Pair(seconds, 0.0),), 10_000),
        ]


def who_made_it(folder: Path, rounds: int, versions: int) -> list[Row]:
    """Ask which data and code made a file, for the first time and then again."""
    with new_store(folder) as store:
        for run in range(versions // 100):
            with Batch(store, f"20260101T000000Z-{run:06x}") as batch:
                for step in range(100):
                    entries = {f"out/{part}.bin": batch.bytes(b"%d %d %d" % (run, step, part)) for part in range(3)}
                    batch.log(f"a{step}", "dataset", entries, step=f"s{step}")
                batch.commit()
        file = store.project.root / "unknown.bin"
        file.write_bytes(b"0 50 1")

        def ask() -> float:
            return timed(lambda: made_by(store.project, file))

        first, again = ask(), tuple(Pair(ask(), 0.0) for _ in range(rounds * 5))
    return [
        Row(f"what made this file, of {versions:,} versions: the first time", "nothing", "ms", (Pair(first, 0.0),)),
        Row("the same, from then on", "nothing", "ms", again, 10),
    ]


def fill(store: Store, versions: int, runs: int) -> None:
    """Write the journal of a large store: chains of runs that read one version and make the next."""
    number, digest = 0, "b3:" + "0" * 64
    folder_of = store.journal.path

    def write(kind: str, values: dict[str, object]) -> None:
        nonlocal number
        number += 1
        path = folder_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(Change(number, kind, values)))

    counts: dict[str, int] = {}
    each = versions // runs
    for run in range(runs):
        own = f"20260101T000000Z-{run:06x}"
        about = {"config": {"lr": 0.1}, "metrics": {"loss": run}}
        write("run", {"id": own, "status": "success", "started": "x", "about": about})
        for position in range(each):
            name = "big" if position == 0 else f"a{position}"
            count = counts.get(name, 0)
            if count and position:
                write("use", {"run": own, "name": name, "number": count - 1, "step": ""})
            values = {
                **{"name": name, "number": count, "type": "dataset", "digest": digest, "files": 1, "size": 1},
                **{"created": "2026-01-01T00:00:00.000Z", "run": own, "step": "", "aliases": ["best"]},
                **{"metadata": {"n": run}, "description": "", "tags": [], "expires": ""},
            }
            write("version", values)
            counts[name] = count + 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=1024, help="size of the large file")
    parser.add_argument("--versions", type=int, default=100_000)
    parser.add_argument("--peers", help="a Python that has trackio, wandb or mlflow")
    parser.add_argument("--folder", help="where to work; a temporary folder when absent")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="alo-nb-bench-", dir=options.folder))
    try:
        rows = [
            *one_version(folder, options.rounds),
            *many_small(folder, options.rounds),
            *one_large(folder, options.rounds, options.mib << 20),
            *metrics(folder, options.rounds),
            *large_store(folder, options.rounds, options.versions, max(options.versions // 10, 1)),
            *who_made_it(folder, options.rounds, max(options.versions // 10, 1)),
            *(peer_rows(options.peers, folder) if options.peers else []),
        ]
    finally:
        shutil.rmtree(folder)
    sys.stdout.write((as_json(rows) if options.json else as_table(rows)) + "\n")


if __name__ == "__main__":
    main()
