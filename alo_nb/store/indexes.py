"""Which index a thread asks: its own connection to the newest file, or one in memory where no file can be had."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from alo_nb.errors import AloNbError, StoreError
from alo_nb.files import locked, make_folder, remove, sync
from alo_nb.store.aside import Aside
from alo_nb.store.changes import apply
from alo_nb.store.database import SCHEMA
from alo_nb.store.index import Index
from alo_nb.store.journal import Change, Journal
from alo_nb.store.objects import Objects, packed_in

LOCK_PATIENCE_S = 60.0
_AT_ONCE = 500  # changes
_NAME = re.compile(r"(\d+)-(\d+)\.db")
_of_parents: list[Index] = []  # connections that a fork has brought along: they must be neither used nor closed here


class Indexes:
    """The index of a store. Nothing that is wrong with its file stops anybody: the journal is read instead."""

    def __init__(self, root: Path, journal: Journal, objects: Objects, aside: Aside) -> None:
        self._root, self._journal, self._objects, self._aside = root, journal, objects, aside
        self._open: dict[tuple[int, int], Index] = {}
        self._mutex = threading.Lock()
        self._holder: tuple[int, int] | None = None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock under which everything is written; a thread that has it may take it again."""
        if self._holder == _this_thread():
            yield
            return
        with locked(self._root / "write.lock", patience_s=LOCK_PATIENCE_S):
            self._holder = _this_thread()
            try:
                yield
            finally:
                self._holder = None

    def current(self) -> Index:
        """Return this thread's index, which may lack the newest changes."""
        key = _this_thread()
        index = self._open.get(key)
        if index is not None and index.is_current:
            return index
        self._let_go_of_the_dead()
        try:
            index = self._opened()
        except (sqlite3.Error, OSError, AloNbError):
            index = self.fresh()
        self._open[key] = index
        return index

    def up_to_date(self) -> Index:
        """Return this thread's index with every change that there is."""
        index = self.current()
        if not self._journal.has(index.applied() + 1):
            return index
        if index.path is None:
            self.apply(index, self._journal.since(index.applied()))
            return index
        try:
            with self.lock():
                index = self.current()
                return self.catch_up(index)
        except (OSError, AloNbError):  # it cannot be written by us, or not now
            return self.in_memory()

    def catch_up(self, index: Index) -> Index:
        """Apply what others have written; under the lock. Return the index to go on with."""
        return self.apply(index, self._journal.since(index.applied()))

    def catch_up_behind_gaps(self, index: Index) -> Index:
        """Do the same beyond changes whose files are gone."""
        return self.apply(index, self._journal.behind(index.applied()))

    def apply(self, index: Index, changes: Iterable[Change]) -> Index:
        """Apply some changes; return the index to go on with: one in memory when the file cannot be written."""
        waiting = iter(changes)
        first = next(waiting, None)
        if first is None:
            return index
        try:
            with index.writing():
                _apply_all(index, chain([first], waiting))
            index.checkpoint()
        except sqlite3.Error:
            return self.in_memory()
        return index

    def in_memory(self) -> Index:
        """Let this thread use an index in memory from now on, and return it."""
        index = self.fresh()
        key = _this_thread()
        before = self._open.get(key)
        if before is not None:
            before.close()
        self._open[key] = index
        return index

    def rebuild(self) -> None:
        """Make the index again from the files; others turn to the new one by themselves."""
        with self.lock():
            self._make()

    def close(self) -> None:
        """Close the connections of all threads of this process; the next question opens another."""
        with self._mutex:
            opened, self._open = self._open, {}
        for (process, _), index in opened.items():
            if process == os.getpid():
                index.close()
            else:
                _of_parents.append(index)

    def _let_go_of_the_dead(self) -> None:
        living = {each.ident for each in threading.enumerate()}
        with self._mutex:
            for key, index in [*self._open.items()]:
                if key[0] != os.getpid():
                    _of_parents.append(self._open.pop(key))
                elif key[1] not in living or not index.is_current:
                    self._open.pop(key).close()

    def _opened(self) -> Index:
        newest = self._newest()
        index = _try_open(newest)
        if index is not None and self._journal.last() <= index.applied():
            return index
        with self.lock():
            if index is None and self._newest() != newest:  # another process was faster
                index = _try_open(self._newest())
            if index is None:
                return Index(self._make())
            return self.catch_up_behind_gaps(index)

    def _newest(self) -> Path | None:
        folder = self._root / "index"
        names = (found for each in folder.glob(f"{SCHEMA}-*.db") if (found := _NAME.fullmatch(each.name)))
        return max((folder / each[0] for each in names), default=None, key=_number)

    def _make(self) -> Path:
        folder, newest = self._root / "index", self._newest()
        make_folder(folder)
        path = folder / f"{SCHEMA}-{_number(newest) + 1 if newest is not None else 1:06}.db"
        index, staged = self.fresh(), self._aside.new_file()
        try:
            index.save(staged)
            sync(staged)
            staged.rename(path)
        finally:
            index.close()
            remove(staged, within=self._root)
        self._remove_older(path)
        return path

    def _remove_older(self, path: Path) -> None:
        for each in path.parent.iterdir():
            found = _NAME.match(each.name)
            if found and int(found[1]) <= SCHEMA and each.name.removesuffix("-wal").removesuffix("-shm") != path.name:
                remove(each, within=self._root)

    def fresh(self) -> Index:
        """Return an index in memory with all that the files say."""
        index = Index()
        with index.writing():
            for pack in self._objects.packs():
                try:
                    index.add_pack(pack.stem, packed_in(pack))
                except (StoreError, OSError):
                    continue  # damaged: `doctor` names it
            _apply_all(index, self._journal.behind(0))
        return index


def _apply_all(index: Index, changes: Iterable[Change]) -> None:
    waiting = iter(changes)
    while some := [*islice(waiting, _AT_ONCE)]:
        index.add_changes((each.number, each.kind, each.as_text()) for each in some)
        for change in some:
            apply(index, change)
        index.set_state("applied", some[-1].number)


def _this_thread() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def _try_open(path: Path | None) -> Index | None:
    try:
        return Index(path) if path is not None else None
    except (sqlite3.Error, OSError):
        return None  # damaged, or removed a moment ago


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])
