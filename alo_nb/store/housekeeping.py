"""Keeping the store small: what nothing needs any more goes, after a while in which it may still be wanted.

What is needed is found from the versions, never counted. A content that nothing needs stays for an hour after it was
last touched, since a draft in another process may be about to need it. A draft that is older than that is told when it
is logged: the journal says when something was deleted. What a process that is gone has left behind goes at once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.files import folder_size, remove
from alo_nb.store.index import Index
from alo_nb.store.leftovers import clear, left_behind
from alo_nb.store.names import LATEST
from alo_nb.store.objects import packed_in
from alo_nb.store.records import now
from alo_nb.store.repacking import note, pack_anew, wasteful
from alo_nb.store.store import Store
from alo_nb.store.trees import decode

GRACE_S = 3600.0


@dataclass(frozen=True)
class Garbage:
    """What can go: files with the bytes that are free then, and versions whose time to live is over (``name:v3``).

    A pack of which less than half is needed is among the files: that part is packed anew.
    """

    files: tuple[tuple[Path, int], ...]
    expired: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that are free then."""
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
        contents = [*_unneeded(store, wanted, before), *wasteful(store.objects, wanted, before)]
        return _garbage([*contents, *_left_behind(store, before)], expired)
    known, applied = needed(store), store.index.applied()
    with store.writing() as index:  # nobody logs meanwhile, so what came since then is all that is to be looked at
        expired = _expired(index)
        if expired:
            store.write(index, lambda _: (("delete", {"name": name, "number": number}) for name, number in expired))
            index, known, applied = store.index, set(), 0
        wanted = _needed(store, [row.digest for row in index.all_versions(applied)], known)
        found = _sweep(store, index, wanted, before)
    left = [*_left_behind(store, before)]
    clear(store.project, before)
    return _garbage([*found, *left], expired)


def _sweep(store: Store, index: Index, wanted: set[str], before: float) -> list[tuple[Path, int]]:
    """Delete the contents that nobody wants, under the store's lock; what moves to a new pack is safe there first."""
    found, repacked = [*_unneeded(store, wanted, before)], [*wasteful(store.objects, wanted, before)]
    packed = pack_anew(store, (path for path, _ in repacked), wanted)
    note(index, packed)
    found += repacked
    if found:
        about = {"files": len(found), "size": sum(size for _, size in found), "created": now()}
        store.write(index, lambda _: [("gc", about)])
    for path, _ in found:
        remove(path, within=store.root)
    store.forget_packs()
    note(store.index, packed)  # again, since a disk that got full meanwhile lets the store make another index
    return found


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
    for path in left_behind(store.project, before):
        yield path, folder_size(path)
