"""Does an operation of the store over and over, with a fault at another place each time, and looks what is left.

``python -m tests.reliability.sweep OPERATION MODE POINTS`` writes a JSON object: ``points`` that were tried, ``total``
that there are, and ``problems``, which is to be empty. One process, which forks for each shot and imports nothing anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import blake3  # noqa: F401  # before the fork

from alo_nb.errors import AloNbError
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.batch import Batch
from alo_nb.store.doctor import examine
from alo_nb.store.housekeeping import collect_garbage
from alo_nb.store.logging import log_version, use_version
from alo_nb.store.records import Run
from alo_nb.store.runs import find_run
from alo_nb.store.store import Store
from alo_nb.store.tracking import TrackedRun
from alo_nb.store.transfer import export_artifact, import_artifact
from tests.reliability.faults import Faults

BIG = b"0123456789" * 6_000
RUN = "20260101T000000Z-00000a"
RECOVERY_S = 5.0


def log(store: Store, name: str, files: dict[str, bytes], **options: Any) -> Artifact:
    artifact = Artifact(name, "dataset", store=store)
    for path, content in files.items():
        with artifact.new_file(path, "wb") as file:
            file.write(content)
    log_version(artifact, **options)
    return artifact


# -- the operations --------------------------------------------------------------------------------------------------


def commit(store: Store, shot: Path) -> None:
    artifact = Artifact("raw", "dataset", store=store)
    artifact.add_dir(shot / "user")
    with artifact.new_file("note.txt") as file:
        file.write("new")
    log_version(artifact, aliases=["best"], run="r9")


def commit_many(store: Store, _: Path) -> None:
    log(store, "many", {f"{number}.txt": b"n" * number for number in range(1, 130)})


def batch(store: Store, _: Path) -> None:
    with Batch(store, "r9") as several:
        several.log("raw", "dataset", {"a": several.bytes(b"batch")}, step="one")
        several.use("raw", step="two")
        several.log("made", "dataset", {"b": several.bytes(BIG + b"b")}, step="two")
        several.commit()


def alias(store: Store, _: Path) -> None:
    artifact = use_version(store, "raw:v0")
    artifact.aliases.append("best")
    artifact.metadata = {"moved": True}
    artifact.save()


def delete(store: Store, _: Path) -> None:
    use_version(store, "raw:v1").delete(delete_aliases=True)


def gc(store: Store, _: Path) -> None:
    collect_garbage(store, dry_run=False, grace_s=-1)


def rebuild(store: Store, _: Path) -> None:
    store.rebuild()


def export(store: Store, shot: Path) -> None:
    export_artifact(use_version(store, "raw:v1"), shot / "out" / "raw.tar")


def import_(store: Store, shot: Path) -> None:
    import_artifact(store, shot / "other.tar")


def run(store: Store, shot: Path) -> None:
    with TrackedRun(store, Run(id=RUN, mode="", trigger="init")) as tracked:
        tracked.log({"loss": 0.1})
        tracked.log_artifact(shot / "user", "raw", "dataset", aliases=["best"])


OPERATIONS: dict[str, Callable[[Store, Path], None]] = {
    each.__name__.rstrip("_"): each
    for each in (commit, commit_many, batch, alias, delete, gc, rebuild, export, import_)
}


# -- one shot --------------------------------------------------------------------------------------------------------


def prepare(folder: Path) -> None:
    """Make the project that every shot begins with, and what lies around it."""
    for name in ("project/.alo", "user/sub", "out"):
        (folder / name).mkdir(parents=True)
    (folder / "user" / "big.bin").write_bytes(BIG)
    (folder / "user" / "sub" / "small.txt").write_bytes(b"small")
    with Store.in_memory() as other:
        export_artifact(log(other, "raw", {"x.bin": BIG + b"x", "y": b"y"}), folder / "other.tar")
    with Store(Project(folder / "project")) as store:
        log(store, "raw", {"a.bin": BIG + b"1", "b": b"1"}, run="r1")
        log(store, "raw", {"a.bin": BIG + b"2", "b": b"1"}, run="r2", aliases=["best"])
        log(store, "gone", {"c.bin": BIG + b"3"}).delete()
        packed = {f"{number}.txt": b"p" * number for number in range(1, 400)}
        many = log(store, "many", packed)
        log(store, "few", {name: packed[name] for name in list(packed)[:110]})
        many.delete()  # so that `gc` packs the rest anew
        export_artifact(use_version(store, "raw:v0"), folder / "out" / "raw.tar")


def state(store: Store) -> dict[str, Any]:
    """Return all versions with the digests of their files, which are read, and with their aliases; not ``next...``."""
    found = {}
    for name in (name for name, _ in store.index.artifacts() if not name.startswith("next")):
        for row in store.index.versions(name):
            files = {
                path: hashlib.sha256(store.read(each.digest)).hexdigest() for path, each in store.files(row.digest)
            }
            edges = sorted(store.index.edges_of_version(row.id))
            found[f"{name}:v{row.number}"] = [files, [*row.aliases], dict(row.metadata), edges]
    return json.loads(json.dumps(found))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def around(shot: Path) -> dict[str, str]:
    """Return the digest of every file that the store does not own."""
    own = shot / "project" / ".alo"
    paths = (path for path in sorted(shot.rglob("*")) if path.is_file() and own not in path.parents)
    return {path.relative_to(shot).as_posix(): _sha256(path.read_bytes()) for path in paths}


def shoot(operation: str, mode: str, at: int, template: Path, shot: Path) -> dict[str, Any]:
    """Do the operation in a forked process; return what it said about itself."""
    shutil.copytree(template, shot)
    acks = shot.with_name(f"{shot.name}.ack")
    child = os.fork()
    if child == 0:
        _be_the_child(operation, mode, at, shot, acks)
    if mode == "ctrl-c":
        while not acks.exists():  # it says by this that it begins
            time.sleep(0.0002)
        time.sleep(at / 1e6)
        os.kill(child, signal.SIGINT)  # not reaped yet, so this is the child
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = json.loads(acks.read_text() or "{}")
    return {"status": status, **said}


def _be_the_child(operation: str, mode: str, at: int, shot: Path, acks: Path) -> None:
    status = 1
    write = os.write
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        faults = Faults(str(shot), mode, at)
        store = Store.of(Project(shot / "project"))
        handle = os.open(acks, os.O_WRONLY | os.O_CREAT)
        faults.install()
        started = time.perf_counter()
        said = _said(operation, store, shot)
        said["us"] = int(1e6 * (time.perf_counter() - started))
        lint = faults.power.lint() if faults.power is not None else []
        said |= {"count": faults.count, "writes": faults.writes, "written": faults.written, "lint": lint}
        if mode in ("sigint", "ctrl-c"):
            faults.mode = ""  # the same process goes on, as a kernel does
            with Store(Project(shot / "project")) as other:  # what the first left open would be in its way
                log(other, "next-here", {"n": b"next"})
            store.close()
            said["closed"] = mode == "sigint"  # at any moment it may be closing, and leave its folder to `gc`
        write(handle, json.dumps(said).encode())
        if at == faults.count + 1:
            faults.tick("the end", "")  # all was said to be done, and then the power goes
        status = 0
    finally:
        os._exit(status)


def _said(operation: str, store: Store, shot: Path) -> dict[str, Any]:
    try:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            {**OPERATIONS, "run": run}[operation](store, shot)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except AloNbError as error:
        return {"error": type(error).__name__, "text": str(error)}
    except OSError as error:
        return {"error": type(error).__name__, "text": repr(error)}
    except KeyboardInterrupt:
        return {"error": "KeyboardInterrupt"}
    return {"acked": True}


# -- what is left ----------------------------------------------------------------------------------------------------


def assert_nothing_lost(shot: Path, said: dict[str, Any], before: Outcome, after: Outcome) -> Iterator[str]:
    """Yield what is not as it must be after a fault.

    What was said to be done is there and its bytes are right; the rest is done or not done, never half; what was there
    before is as it was, also outside the store; the next command works without a hand; `doctor` finds nothing; one
    folder is left behind at most, and gone after `gc`.
    """
    started = time.monotonic()
    with Store(Project(shot / "project")) as store:
        left = state(store)
        if left not in (before.state, after.state):
            yield f"half done: {[*left]}"
        if said.get("acked") and left != after.state:
            yield "it was said to be done, and it is not"
        files = {path: digest for path, digest in around(shot).items() if not path.startswith("out/.")}
        if files not in (before.around, after.around):
            yield f"files of the user: {sorted({*files.items()} ^ {*before.around.items()})}"
        new = log(store, "next", {"n": b"next"})
        if new.version != "v0":
            yield f"the next version is {new.version}"
        damage = [each.what for each in examine(store, read_data=True) if each.severity == "damage"]
        if damage:
            yield f"doctor: {damage}"
        leftovers = [each.name for each in (store.root / "tmp").iterdir()]
        if len(leftovers) > (1 if said.get("closed") else 2):  # ours, and that of a process that died
            yield f"left behind: {leftovers}"
        collect_garbage(store, dry_run=False, grace_s=-1)
        if len([*(store.root / "tmp").iterdir()]) > 1:
            yield "gc leaves what a dead process left"
        if state(store) != left:
            yield "gc took what is needed"
        if not store.index.says_the_same(store.fresh_index()):
            yield "the index does not say what the journal says"
        ended = find_run(store.project, RUN)
        if ended is not None and ended.status not in ({"success"} if said.get("acked") else {"success", "interrupted"}):
            yield f"the run is said to be {ended.status}"
    if time.monotonic() - started > RECOVERY_S:
        yield f"it took {time.monotonic() - started:.1f} s to be well again"


class Outcome:
    """What is there before or after the operation."""

    def __init__(self, shot: Path) -> None:
        with Store(Project(shot / "project")) as store:
            self.state = state(store)
        self.around = around(shot)


def sweep(operation: str, mode: str, points: int) -> dict[str, Any]:
    """Return what came of shots at up to `points` places."""
    base = Path(tempfile.mkdtemp(prefix="alo-nb-sweep-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        template = base / "template"
        prepare(template)
        before = Outcome(template)
        said = shoot(operation, "" if mode == "ctrl-c" else mode, 10**9, template, base / "whole")
        after = Outcome(base / "whole")
        problems = [] if said.get("acked") else [f"without a fault: {said}"]
        problems += said["lint"]
        totals = {"torn": said["writes"], "enospc": said["written"], "power": said["count"] + 1, "ctrl-c": said["us"]}
        total = totals.get(mode, said["count"])
        chosen = _spread(total, points)
        for at in chosen:
            shot = base / "shot"
            said = shoot(operation, mode, at, template, shot)
            if mode == "power":
                _lose_of_the_index(shot, at)
            try:
                found = [*_honest(mode, said), *assert_nothing_lost(shot, said, before, after)]
            except (AloNbError, OSError, ValueError, AssertionError) as error:
                found = [repr(error)]
            problems += [f"{operation} {mode} {at}: {each}" for each in found]
            for path in (shot, base / "shot-aside", base / "shot.ack"):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        return {"points": len(chosen), "total": total, "problems": problems}
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _spread(total: int, points: int) -> list[int]:
    if total <= points:
        return [*range(1, total + 1)]
    return sorted({1 + index * (total - 1) // (points - 1) for index in range(points)})


def _honest(mode: str, said: dict[str, Any]) -> Iterator[str]:
    if mode in ("kill", "torn", "power"):
        if said["status"] != -9:
            yield f"it was not killed: {said}"
        return
    if mode in ("sigint", "ctrl-c"):
        if said["status"] != 0 or not (
            said.get("error") == "KeyboardInterrupt" or (mode == "ctrl-c" and "acked" in said)
        ):
            yield f"Ctrl-C was not told: {said}"
        return
    if said["status"] != 0 or ("error" in said and said["error"] not in ("StoreError", "ProjectError")):
        yield f"no error of ours: {said}"
    text = said.get("text", "")
    if mode == "enospc" and text and not ("the disk is full" in text and "alo-nb-sweep" in text):
        yield f"no word of a full disk: {text}"


def _lose_of_the_index(shot: Path, at: int) -> None:
    """Take from the index what a power loss may take: nothing, its log, or all of it."""
    folder = shot / "project" / ".alo" / "index"
    if at % 3 == 1:
        for path in folder.glob("*-wal"):
            path.unlink()
    if at % 3 == 2:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sweep(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
