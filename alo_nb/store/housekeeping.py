"""Keeping the store small: what nothing needs any more goes, after a while in which it may still be wanted.

What is needed is found from the versions, never counted. A content that nothing needs stays for an hour after it was
last touched, since a draft in another process may be about to need it. A draft that is older than that is told when it
is logged: the journal says when something was deleted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.files import folder_size, remove
from alo_nb.store.aside import left_behind
from alo_nb.store.index import Index
from alo_nb.store.names import LATEST
from alo_nb.store.objects import packed_in
from alo_nb.store.records import now
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

    Versions that have an alias besides ``latest``, or no time to live, are never touched. Files that only an expired
    version held go with it.

    Raises
    ------
    StoreError
        A folder of some version cannot be read: what it needs is not known, so nothing is deleted.
    """
    before = time.time() - grace_s
    if dry_run:
        expired = _expired(store.index)
        doomed = {*expired}
        rows = ((each.digest, (each.name, each.number)) for each in store.index.all_versions())
        wanted = _needed(store, [digest for digest, version in rows if version not in doomed])
        return _garbage([*_unneeded(store, wanted, before), *_left_behind(store, before)], expired)
    known, applied = needed(store), store.index.applied()
    with store.writing() as index:  # nobody logs meanwhile, so what came since then is all that is to be looked at
        expired = _expired(index)
        if expired:
            store.write(index, lambda _: (("delete", {"name": name, "number": number}) for name, number in expired))
            index, known, applied = store.index, set(), 0
        wanted = _needed(store, [row.digest for row in index.all_versions(applied)], known)
        found = [*_unneeded(store, wanted, before)]
        if found:
            note = {"files": len(found), "size": sum(size for _, size in found), "created": now()}
            store.write(index, lambda _: [("gc", note)])
        for path, _ in found:
            remove(path, within=store.root)
        store.forget_packs()
    found += _left_behind(store, before)
    for path, _ in found:
        remove(path, within=store.root)
    return _garbage(found, expired)


def _garbage(files: list[tuple[Path, int]], expired: list[tuple[str, int]]) -> Garbage:
    return Garbage(tuple(files), tuple(f"{name}:v{number}" for name, number in expired))


def _expired(index: Index) -> list[tuple[str, int]]:
    moment = now()
    rows = (row for row in index.all_versions() if row.expires and row.expires < moment)
    return [(row.name, row.number) for row in rows if {*row.aliases} <= {LATEST}]


def needed(store: Store) -> set[str]:
    """Return the digest of every folder and file that a version needs."""
    return _needed(store, [row.digest for row in store.index.all_versions()])


def _needed(store: Store, roots: list[str], known: set[str] | None = None) -> set[str]:
    found, waiting = set() if known is None else known, roots
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
        if path.stat().st_mtime < before and not _is_needed(path, wanted):
            yield path, path.stat().st_size


def _is_needed(pack: Path, wanted: set[str]) -> bool:
    try:
        return any(each.digest in wanted for each in packed_in(pack))
    except StoreError:
        return True  # damaged: who knows what it holds


def _left_behind(store: Store, before: float) -> Iterator[tuple[Path, int]]:
    for path in left_behind(store.root, before):
        yield path, folder_size(path)
