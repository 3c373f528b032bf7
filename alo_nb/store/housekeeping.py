"""Keeping the store small: what nothing needs any more goes, after a while in which it may still be wanted.

What is needed is found from the versions, never counted. A content that nothing needs stays for an hour after it was
last touched, since a draft in another process may be about to need it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alo_nb.files import remove
from alo_nb.store.objects import packed_in
from alo_nb.store.store import Store
from alo_nb.store.trees import decode

GRACE_S = 3600.0


@dataclass(frozen=True)
class Garbage:
    """What can go: files with their sizes in bytes, and the versions whose time to live is over (``name:v3``)."""

    files: tuple[tuple[Path, int], ...]
    expired: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that go with the files."""
        return sum(size for _, size in self.files)


def collect_garbage(store: Store, *, dry_run: bool = True, grace_s: float = GRACE_S) -> Garbage:
    """Find what nothing needs any more and, unless `dry_run`, delete it.

    Versions that have an alias besides ``latest``, or no time to live, are never touched. Files that an expired version
    held go at the next call, when nothing else holds them.

    Raises
    ------
    StoreError
        A folder of some version cannot be read: what it needs is not known, so nothing is deleted.
    """
    expired = _expired(store)
    if not dry_run:
        for name, number in expired:
            values = {"name": name, "number": number}
            store.change(lambda _, values=values: ("delete", values))  # type: ignore[misc]
    before = time.time() - grace_s
    found = [*_unneeded(store, needed(store), before), *_left_behind(store, before)]
    if not dry_run:
        for path, _ in found:
            remove(path, within=store.root)
    return Garbage(tuple(found), tuple(f"{name}:v{number}" for name, number in expired))


def _expired(store: Store) -> list[tuple[str, int]]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = (row for row in store.index.all_versions() if row.expires and row.expires < now)
    return [(row.name, row.number) for row in rows if set(row.aliases) <= {"latest"}]


def needed(store: Store) -> set[str]:
    """Return the digest of every folder and file that a version needs."""
    found: set[str] = set()
    waiting = [row.digest for row in store.index.all_versions()]
    while waiting:
        digest = waiting.pop()
        if digest in found:
            continue
        found.add(digest)
        for entry in decode(store.read(digest)).values():
            if entry.kind == "folder":
                waiting.append(entry.digest)
            elif entry.kind == "file":
                found.add(entry.digest)
    return found


def _unneeded(store: Store, wanted: set[str], before: float) -> Iterator[tuple[Path, int]]:
    for digest, path in store.objects.loose():
        if digest not in wanted and path.stat().st_mtime < before:
            yield path, path.stat().st_size
    for path in store.objects.packs():
        if path.stat().st_mtime < before and not any(each.digest in wanted for each in packed_in(path)):
            yield path, path.stat().st_size


def _left_behind(store: Store, before: float) -> Iterator[tuple[Path, int]]:
    """Yield the staging folders of processes that are gone."""
    folder = store.root / "tmp"
    for path in folder.iterdir() if folder.is_dir() else ():
        owner = path.name.partition("-")[0]
        if not (owner.isdigit() and _is_alive(int(owner))) or path.stat().st_mtime < before - 86_400:
            yield path, sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
