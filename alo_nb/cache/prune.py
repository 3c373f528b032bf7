"""Keeping the cache small: old executions of steps go, and the values that nothing names any more."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alo_nb.cache.trace import Trace, made_at, newest_first
from alo_nb.files import locked, remove, share_lock, try_lock, unlock
from alo_nb.handover.values import Values
from alo_nb.project import Project

GRACE_S = 3600.0  # a kernel may go on with a value that was written this long ago
FORGOTTEN_S = 7 * 86400.0  # a notebook that is open may still need what no execution on record names
SELDOM_S = 3600.0
_MEGABYTE = 10**6


@dataclass(frozen=True)
class _File:
    path: Path
    size: int
    age_s: float


def keep_values(project: Project) -> int:
    """Let nobody prune the cache until the lock that is returned is let go (`alo_nb.files.unlock`)."""
    return share_lock(_in_use(project))


def _in_use(project: Project) -> Path:
    path = project.own / "cache" / "in_use"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def prune_seldom(project: Project, *, limit_mb: int) -> None:
    """Prune the cache when nobody has done so for an hour, and no run goes on; `limit_mb` as in `prune`."""
    stamp = project.own / "cache" / "pruned"
    if _is_recent(stamp):
        return
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with locked(stamp.with_name("pruning")):  # a file of its own: whoever gets a lock writes to its file
        if not _is_recent(stamp) and prune(project, limit_mb=limit_mb) is not None:  # two may come at once
            stamp.touch()


def _is_recent(stamp: Path) -> bool:
    with suppress(OSError):
        return time.time() - stamp.stat().st_mtime < SELDOM_S
    return False


def prune(project: Project, *, limit_mb: int, dry_run: bool = False) -> list[tuple[Path, int]] | None:
    """Delete what the cache need not keep, and return it: files with their sizes in bytes.

    Nothing is deleted, and None returned, while a run goes on: it may need any value that it has found.

    Values that no execution on record names go after a week. When all values together take more than `limit_mb`
    times 10**6 bytes, they go after an hour, and so do the oldest executions, but for the newest of each step.
    """
    if dry_run:
        return _dispensable(project, limit_mb)
    lock = try_lock(_in_use(project))
    if lock is None:
        return None
    try:
        found = _dispensable(project, limit_mb)
        for path, _ in found:
            remove(path, within=project.own)
        return found
    finally:
        unlock(lock)


def _dispensable(project: Project, limit_mb: int) -> list[tuple[Path, int]]:
    files = {each.path: each for each in _files(Values(project).root)}
    gone: list[Path] = []
    traces = _traces(project)
    excess = sum(each.size for each in files.values()) - limit_mb * _MEGABYTE
    named = _named(project, traces)
    unnamed = sorted((each for path, each in files.items() if path not in named), key=lambda each: -each.age_s)
    for each in unnamed:
        if each.age_s > FORGOTTEN_S or (excess > 0 and each.age_s > GRACE_S):
            gone.append(each.path)
            excess -= each.size
    for path in _old_traces(traces):
        if excess <= 0:
            break
        own = _named(project, {path: traces.pop(path)}) - _named(project, traces)
        gone += [path, *(each for each in own if each in files)]
        excess -= sum(files[each].size for each in own if each in files)
    return [(path, files[path].size if path in files else path.stat().st_size) for path in gone]


def _files(root: Path) -> Iterator[_File]:
    now = time.time()
    for path in root.rglob("*") if root.is_dir() else ():
        with suppress(OSError):
            found = path.lstat()
            if path.is_file():
                yield _File(path, found.st_size, now - max(found.st_mtime, found.st_ctime))


def _traces(project: Project) -> dict[Path, Trace | None]:
    """Return every execution on record by its file; None for one that cannot be read."""
    traces: dict[Path, Trace | None] = {}
    for path in (project.own / "cache" / "steps").glob("*/*/*.json"):
        traces[path] = None
        with suppress(OSError, ValueError, TypeError, KeyError):
            traces[path] = Trace.from_dict(json.loads(path.read_bytes()))
    return traces


def _old_traces(traces: dict[Path, Trace | None]) -> list[Path]:
    """Return all but the newest of each step, oldest first."""
    newest = {next(iter(newest_first(folder)), None) for folder in {path.parent for path in traces}}
    return sorted({*traces} - newest, key=made_at)


def _named(project: Project, traces: dict[Path, Trace | None]) -> set[Path]:
    """Return the files of all values that executions, and the outputs that wait for the next step, name."""
    values = Values(project)
    digests = {digest for trace in traces.values() if trace is not None for digest, _ in trace.digests()}
    for manifest in project.runs.glob("*/interface/*/*/*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            digests |= {each["digest"] for each in json.loads(manifest.read_bytes())}
    named: set[Path] = set()
    for digest in digests:
        with suppress(OSError, ValueError):
            named |= {*values.files(digest).values()}
    return named
