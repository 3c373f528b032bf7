"""Is the store what it should be? Every finding names one thing, what it means, and whether it can be put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alo_nb.errors import StoreError
from alo_nb.files import remove, write_atomic
from alo_nb.store.contents import FORMAT_FILE
from alo_nb.store.file_system import network_file_system
from alo_nb.store.index import VersionRow
from alo_nb.store.journal import NOTHING, Change
from alo_nb.store.objects import Packed, damaged, digest_of_own, packed_in
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry, decode

Repair = Callable[[], None]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. `repair` puts it right as far as it can be; None when it cannot."""

    severity: Literal["damage", "note"]
    what: str
    where: str = ""
    repair: Repair | None = None


def examine(store: Store, *, read_data: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with a store.

    Parameters
    ----------
    read_data : bool
        Read every content and compare it with its digest, and not only its size.
    """
    yield from _format(store)
    yield from _lock(store)
    in_journal = [*_journal(store)]
    yield from in_journal
    yield from _index(store, is_journal_whole=not any(each.repair for each in in_journal))
    yield from _versions(store)
    yield from _packs(store, read_data=read_data)
    yield from _files(store) if read_data else ()
    yield from _runs(store)


def _format(store: Store) -> Iterator[Finding]:
    path = store.root / "store.json"
    try:
        is_good = path.read_text() == FORMAT_FILE
    except FileNotFoundError:
        is_good = store.journal.last() == 0
    except (OSError, ValueError):
        is_good = False
    if not is_good:
        yield Finding(
            "damage", "store.json does not say the format", str(path), lambda: write_atomic(path, FORMAT_FILE)
        )


def _lock(store: Store) -> Iterator[Finding]:
    path = store.root / "write.lock"
    if path.exists() and not path.is_file():
        what = "the lock is no file, so nothing can be written"
        yield Finding("damage", what, str(path), lambda: remove(path, within=store.root))


def _journal(store: Store) -> Iterator[Finding]:
    last = store.journal.last()
    for number in range(1, last + 1):
        try:
            if store.journal.read(number) is not None:
                continue
            what = f"change {number} is missing"
        except StoreError as error:
            what = error.what
        path, known = str(store.journal.path(number)), store.index.change(number)
        if known is None or known[0] == NOTHING:
            yield Finding("damage", f"{what}: what it said of artifacts or runs is lost", path)
        else:
            yield Finding("damage", f"{what}; the index knows what it said", path, _restore(store, number, *known))


def _restore(store: Store, number: int, kind: str, values: dict[str, object]) -> Repair:
    return lambda: store.journal.restore(Change(number, kind, values))


def _index(store: Store, *, is_journal_whole: bool) -> Iterator[Finding]:
    index = store.index
    if index.path is None:
        yield Finding("note", "no index can be kept on disk, so it is made anew each time", str(store.root / "index"))
        return
    if kind := network_file_system(index.path.parent):
        what = f"the project lies on {kind}, a network file system: runs of one host at a time are safe there"
        yield Finding("note", what, str(store.root))
    problems = index.problems()
    if problems:
        yield Finding("damage", f"the index is damaged: {problems[0]}", str(index.path), store.rebuild)
    elif is_journal_whole:
        fresh = store.fresh_index()
        if not index.says_the_same(fresh):
            yield Finding("damage", "the index does not say what the journal says", str(index.path), store.rebuild)
        fresh.close()


@dataclass
class _Folders:
    """What is missing of stored folders; each one is looked at once."""

    store: Store
    _missing: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def missing(self, digest: str) -> tuple[str, ...]:
        """Return what of a folder is not there, as ``path: what is wrong``."""
        if digest not in self._missing:
            self._missing[digest] = tuple(self._look(digest))
        return self._missing[digest]

    def _look(self, digest: str) -> Iterator[str]:
        try:
            entries = decode(self.store.read(digest))
        except StoreError as error:
            yield f"its list of files: {error.what}"
            return
        packed = self.store.index.packed(each.digest for each in entries.values() if each.kind == "file")
        for name, entry in entries.items():
            if entry.kind == "folder":
                yield from (f"{name}/{each}" for each in self.missing(entry.digest))
            elif entry.kind == "file" and not self._has_size(entry, packed.get(entry.digest)):
                yield f"{name} is gone or cut short"

    def _has_size(self, entry: Entry, packed: Packed | None) -> bool:
        path = self.store.objects.path(entry.digest)
        if path.exists():
            return path.stat().st_size == entry.size
        if packed is None or packed.size != entry.size:
            return False
        pack = self.store.objects.pack_path(packed.pack)
        return pack.exists() and pack.stat().st_size >= packed.offset + packed.size


def _versions(store: Store) -> Iterator[Finding]:
    folders = _Folders(store)
    for row in store.index.all_versions():
        missing = folders.missing(row.digest)
        if missing:
            more = f" and {len(missing) - 5} more" if missing[5:] else ""
            what = f"{row.name}:v{row.number} is not complete: {'; '.join(missing[:5])}{more}"
            yield Finding("damage", what, _made_by(row))


def _made_by(row: VersionRow) -> str:
    return f"logged by run {row.run}" if row.run else "imported, or logged by no run"


def _packs(store: Store, *, read_data: bool) -> Iterator[Finding]:
    for pack in store.objects.packs():
        try:
            found = [*packed_in(pack)]
            end = found[-1].offset + found[-1].size if found else 0
            if end != pack.stat().st_size:
                yield Finding("damage", f"the pack {pack.stem[:12]}… is cut short", str(pack))
            elif read_data and digest_of_own(pack) != f"b3:{pack.stem}":
                yield Finding("damage", f"the pack {pack.stem[:12]}… was changed on disk", str(pack))
        except StoreError as error:
            yield Finding("damage", error.what, str(pack))


def _files(store: Store) -> Iterator[Finding]:
    for digest, path in store.objects.loose():
        if digest_of_own(path) != digest:
            yield Finding("damage", damaged(digest, path).what, str(path), _quarantine(store, path))


def _quarantine(store: Store, path: Path) -> Repair:
    """Return what takes a damaged content out of the way, so that a good one can be stored again."""

    def move() -> None:
        target = store.root / "quarantine" / f"{path.parent.name}{path.name}"
        target.parent.mkdir(exist_ok=True)
        path.replace(target)

    return move


def _runs(store: Store) -> Iterator[Finding]:
    records = RunStore(store.project)
    for run_id in records.ids():
        if records.record(run_id) is not None:
            continue
        folder = str(records.folder(run_id))
        if trouble := records.trouble(run_id):
            yield Finding("damage", trouble, folder)
        else:
            yield Finding("note", f"run {run_id} was cut off before it had a record", folder)
