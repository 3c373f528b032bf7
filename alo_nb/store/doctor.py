"""Is the store what it should be? Every finding names one thing, what it means, and whether it can be put right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alo_nb.errors import StoreError
from alo_nb.store.index import VersionRow
from alo_nb.store.objects import damaged, digest_of_file, packed_in
from alo_nb.store.records import Run
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
    yield from _index(store)
    yield from _journal(store)
    yield from _versions(store)
    yield from _contents(store, read_data=read_data)
    yield from _runs(store)


def _index(store: Store) -> Iterator[Finding]:
    problems = store.index.problems()
    if problems:
        yield Finding("damage", f"the index is damaged: {problems[0]}", str(store.root / "index.db"), store.rebuild)


def _journal(store: Store) -> Iterator[Finding]:
    numbers = store.journal.numbers()
    missing = sorted(set(range(1, (numbers or [0])[-1] + 1)) - set(numbers))
    for number in missing:
        path = str(store.journal.path(number))
        yield Finding("damage", f"change {number} is missing: what it said of artifacts or runs is lost", path)
    for number in numbers:
        try:
            store.journal.read(number)
        except StoreError as error:
            path = str(store.journal.path(number))
            yield Finding("damage", f"{error.what}: what it said is lost", path)
    if numbers and store.index.applied() < numbers[-1]:
        what = "the index does not hold all changes"
        yield Finding("damage", what, str(store.root / "index.db"), store.rebuild)


def _versions(store: Store) -> Iterator[Finding]:
    good: dict[str, str] = {}
    for row in store.index.all_versions():
        if row.digest not in good:
            good[row.digest] = "; ".join(_missing(store, row.digest))
        if good[row.digest]:
            yield Finding("damage", f"{row.name}:v{row.number} is not complete: {good[row.digest]}", _made_by(row))


def _made_by(row: VersionRow) -> str:
    return f"logged by run {row.run}" if row.run else "imported"


def _missing(store: Store, digest: str, prefix: str = "") -> Iterator[str]:
    try:
        entries = decode(store.read(digest))
    except StoreError as error:
        yield f"{prefix or 'its list of files'}: {error.what}"
        return
    for name, entry in entries.items():
        path = f"{prefix}{name}"
        if entry.kind == "folder":
            yield from _missing(store, entry.digest, f"{path}/")
        elif entry.kind == "file" and not _has_size(store, entry):
            yield f"{path} is gone or cut short"


def _has_size(store: Store, entry: Entry) -> bool:
    path = store.objects.path(entry.digest)
    if path.exists():
        return path.stat().st_size == entry.size
    where = store.index.packed(entry.digest)
    if where is None or where.size != entry.size:
        return False
    pack = store.objects.pack_path(where.pack)
    return pack.exists() and pack.stat().st_size >= where.offset + where.size


def _contents(store: Store, *, read_data: bool) -> Iterator[Finding]:
    for digest, path in store.objects.loose() if read_data else ():
        if digest_of_file(path) != digest:
            yield Finding("damage", damaged(digest, path).what, str(path), _quarantine(store, path))
    for pack in store.objects.packs():
        try:
            for each in packed_in(pack):
                if read_data:
                    store.objects.read_packed(each)
        except StoreError as error:
            yield Finding("damage", error.what, str(pack))


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
        run: Run | None = records.record(run_id)
        if run is None:
            yield Finding("damage", f"the record of run {run_id} is damaged", str(records.folder(run_id)))
