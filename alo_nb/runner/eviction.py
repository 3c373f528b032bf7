"""``backup_size``: one limit for the backups in the history and for what the steps of runs have handed on.

What steps handed on lies in the store, as versions of ``<mode>-<step>-data``. Models, outputs and summaries that lie
there do not count and stay: the backup of their run has them, too, and counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alo_nb.files import folder_size, locked, remove, write_atomic
from alo_nb.project import Project
from alo_nb.runner.backups import ERROR, backups
from alo_nb.runner.marks import marked_run
from alo_nb.store.housekeeping import collect_garbage
from alo_nb.store.index import Index, VersionRow
from alo_nb.store.pins import pinned
from alo_nb.store.store import Store

MEGABYTE = 10**6
HANDED_ON = "-data"  # how the names of what steps hand on end
_MODES = ("train", "inference")
_GONE = ".gone-"  # before the name of a backup that is being deleted
_NEWEST = 2  # versions of each name that stay


def evict(project: Project, *, limit_mb: int, keep: Path | None = None) -> list[str]:
    """Delete the oldest backups and versions until all together are within `limit_mb`; `keep`, the newest, stays.

    Failed backups (``-error``) go first. The newest good one of each pipeline, that of the results in place, pinned
    runs, the newest two versions of a name and those with an alias stay, too. Runs at the same time wait for each other
    here. The contents of deleted versions go as in `collect_garbage`: those touched within the last hour go later.

    Returns
    -------
    list of str
        What to warn about: the limit cannot be kept.

    Raises
    ------
    StoreError
        The store cannot be read or written.
    """
    limit = limit_mb * MEGABYTE
    with locked(project.history_lock):
        left = _Eviction(project, keep).down_to(limit)
    if left <= limit:
        return []
    what = f"backups and what steps handed on take {left / MEGABYTE:.1f} MB, more than backup_size {limit_mb} MB"
    return [f"{what}: last good, pinned and newest ones are kept"]


@dataclass(frozen=True)
class _Kept:
    """A backup, or a version; those with the lowest `order` go first, unless one `stays`."""

    what: Path | VersionRow
    order: tuple[Any, ...]
    size: int
    stays: bool


class _Eviction:
    """What there is, and what may go; used under the lock on the history."""

    def __init__(self, project: Project, keep: Path | None) -> None:
        self.project, self.store, self.keep = project, Store.of(project), keep
        self.pins = pinned(project)

    def down_to(self, limit: int) -> int:
        """Delete until `limit` bytes are left, as far as that goes; return what is left, or more than that."""
        for half in self.project.history.glob(f"*/{_GONE}*"):
            remove(half, within=self.project.history)  # whoever deleted it was killed
        index = self.store.index
        found = [each for mode in _MODES for each in backups(self.project, mode)]
        names = [name for name, _ in index.artifacts() if name.endswith(HANDED_ON)]
        noted = sum(_noted_sizes(self.project, found).values())
        at_most = noted + sum(map(index.bytes_of, names))  # as if no version shared anything
        if at_most <= limit:
            return at_most
        sizes = {each: folder_size(each) for each in found}  # nothing goes because of a note
        self._places = {run_id: -number for number, run_id in enumerate(index.run_ids())}
        kept = [*self._backups(sizes), *self._versions(index, names)]
        left, going = sum(each.size for each in kept), []
        for each in sorted((each for each in kept if not each.stays), key=lambda each: each.order):
            if left > limit:
                going.append(each.what)
                left -= each.size
        self._delete(going)
        return left

    def _order(self, run_id: str, name: str, *, is_good: bool = True, is_backup: bool = False) -> tuple[Any, ...]:
        """Return what sorts failed ones first, then old runs: the store numbers them, no clock does."""
        return is_good, self._places.get(run_id, -len(self._places)), run_id, is_backup, name

    def _backups(self, sizes: dict[Path, int]) -> Iterator[_Kept]:
        newest_good = {each.parent: each for each in sizes if not each.name.endswith(ERROR)}
        in_place = {marked_run(self.project.published(f"{mode}_artifacts")) for mode in _MODES}
        for each, size in sizes.items():
            run_id = each.name.removesuffix(ERROR)
            stays = each == self.keep or each in newest_good.values() or run_id in self.pins | in_place
            yield _Kept(each, self._order(run_id, str(each), is_good=run_id == each.name, is_backup=True), size, stays)

    def _versions(self, index: Index, names: Iterable[str]) -> Iterator[_Kept]:
        """Yield the versions that pipelines have made; each counts what no other has that stays or goes later."""
        found = sorted(
            (each for name in names for each in self._made(index, name)), key=lambda each: each[:2], reverse=True
        )
        counted: set[str] = set()
        for stays, order, row in found:
            contents = {each.digest: each.size for _, each in self.store.files(row.digest)}
            yield _Kept(row, order, sum(contents[each] for each in contents.keys() - counted), stays)
            counted |= contents.keys()

    def _made(self, index: Index, name: str) -> Iterator[tuple[bool, tuple[Any, ...], VersionRow]]:
        """Yield whether it stays, its order and the version, of those that pipelines have made."""
        rows = (row for row in index.versions(name) if (index.run(row.run) or {}).get("mode"))
        for place, row in enumerate(rows):
            makers = index.runs_of_version(row.id, "out")
            order = max(self._order(each, f"{name}:{row.number}") for each in makers)
            yield place < _NEWEST or bool(row.aliases) or not self.pins.isdisjoint(makers), order, row

    def _delete(self, going: Iterable[Path | VersionRow]) -> None:
        rows = []
        for each in going:
            if isinstance(each, Path):
                gone = each.rename(each.with_name(_GONE + each.name))  # so that none is there by half
                remove(gone, within=self.project.history)
            else:
                rows.append(each)
        if rows:
            self.store.change_many(lambda index: _deletions(index, rows))
            collect_garbage(self.store, dry_run=False)


def _noted_sizes(project: Project, found: Iterable[Path]) -> dict[str, int]:
    """Return the bytes of backups, by mode and name; only those that are new since the last time are measured."""
    note, known = project.own / "cache" / "backups.json", {}
    with suppress(OSError, ValueError):  # it is made again when it is gone or damaged
        known = json.loads(note.read_bytes())
    sizes = {}
    for each in found:
        name = f"{each.parent.name}/{each.name}"
        size = known.get(name) if isinstance(known, dict) else None
        sizes[name] = size if isinstance(size, int) else folder_size(each)
    if sizes != known:
        write_atomic(note, json.dumps(sizes))
    return sizes


def _deletions(index: Index, rows: Iterable[VersionRow]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the changes that delete some versions, but for those that somebody has deleted or named meanwhile."""
    for row in rows:
        now = index.version(row.name, row.number)
        if now is not None and not now.deleted and not now.aliases:
            yield "delete", {"name": row.name, "number": row.number}
