"""The contents of a store, with the index that knows where they lie: storing, finding and reading them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from alo_nb.errors import StoreError
from alo_nb.files import copy_file, remove, sync, write_atomic
from alo_nb.store.aside import Aside
from alo_nb.store.index import Index
from alo_nb.store.indexes import Indexes
from alo_nb.store.journal import Journal
from alo_nb.store.objects import Objects, Packed, damaged, digest_of_own, digest_while, lost, packed_in
from alo_nb.store.staging import Staging
from alo_nb.store.trees import Entry, walk
from alo_nb.store.trouble import in_words

FORMAT = 1
FORMAT_FILE = json.dumps({"format": FORMAT, "digest": "blake3"}) + "\n"


class Contents:
    """What `Store` knows of contents. `root` is the ``.alo/`` of a project."""

    def __init__(self, root: Path) -> None:
        self.root, self._aside = root, Aside(root)
        self.objects, self.journal = Objects(root), Journal(root, self._aside)
        self._indexes = Indexes(root, self.journal, self.objects, self._aside)

    @property
    def index(self) -> Index:
        """The index, up to date with what other processes have written."""
        return self._indexes.up_to_date()

    def index_in_memory(self) -> Index:
        """Let this thread ask an index in memory from now on, where the one on disk cannot be written."""
        return self._indexes.in_memory()

    @contextmanager
    def writing(self) -> Iterator[Index]:
        """Hold the store's lock for the body, with the index up to date.

        Raises
        ------
        StoreError
            The store cannot be written: the disk is full or read-only, or has no locks.
        """
        with in_words("the store cannot be written", self.root), self._indexes.lock():
            if not (self.root / "store.json").exists():
                write_atomic(self.root / "store.json", FORMAT_FILE)
                sync(self.root / "store.json")
                sync(self.root)
            yield self._indexes.catch_up(self._indexes.current())

    # Storing --------------------------------------------------------------------------------------------------------

    def staging(self) -> Staging:
        """Return a place for contents that are to be stored."""
        return Staging(self.objects, self._aside)

    def keep(self, staging: Staging, seen: Iterable[Sequence[Any]] = ()) -> None:
        """Make staged contents durable; `seen` are the files they came from, as rows for the index."""
        index = self.index
        with in_words("the contents cannot be stored", self.root, size=staging.size):
            packed = staging.commit(index.packed)
        rows = [*seen]
        if packed or rows:
            with self.writing() as index, suppress(sqlite3.Error), index.writing():  # found again from the packs
                for pack in {each.pack for each in packed}:
                    index.add_pack(pack, (each for each in packed if each.pack == pack))
                index.set_seen(rows)

    # Reading --------------------------------------------------------------------------------------------------------

    def hold(self, digests: Collection[str]) -> set[str]:
        """Return those of some contents that are in the store; `gc` leaves them for a while then."""
        packed = self.index.packed(digests)
        packs = {name for name in {each.pack for each in packed.values()} if _touch(self.objects.pack_path(name))}
        held = {digest for digest, where in packed.items() if where.pack in packs}
        return held | {each for each in {*digests} - held if _touch(self.objects.path(each))}

    def read(self, digest: str) -> bytes:
        """Return a content, checked.

        Raises
        ------
        StoreError
            It is not there, or was changed on disk.
        """
        content = self.objects.read_file(digest)
        return content if content is not None else self.objects.read_packed(self.packed(digest))

    def open(self, digest: str) -> BinaryIO:
        """Return a content to be read in parts, all of it checked first.

        Raises
        ------
        StoreError
            It is not there, or was changed on disk.
        """
        path = self.objects.path(digest)
        if not path.exists():
            return BytesIO(self.objects.read_packed(self.packed(digest)))
        if digest_of_own(path) != digest:
            raise damaged(digest, path)
        return path.open("rb")

    def packed(self, digest: str) -> Packed:
        """Return where a content lies that is in a pack.

        Raises
        ------
        StoreError
            It is in none.
        """
        where = self.index.packed([digest]).get(digest)
        if where is None or not self.objects.pack_path(where.pack).exists():  # `gc` may have packed it anew
            self._learn_packs()
            where = self.index.packed([digest]).get(digest)
        if where is None:
            raise lost(digest, self.objects.path(digest))
        return where

    def _learn_packs(self) -> None:
        """Note packs that the index lacks: those of a process that died, or what a power loss took from the index."""
        known = self.index.packs()
        new = [each for each in self.objects.packs() if each.stem not in known]
        if new:
            self.forget_packs()
            with self.writing() as index, suppress(sqlite3.Error), index.writing():
                for pack in new:
                    with suppress(StoreError):
                        index.add_pack(pack.stem, [*packed_in(pack)])

    def forget_packs(self) -> None:
        """Note which packs are gone."""
        there = {each.stem for each in self.objects.packs()}
        with self.writing() as index:
            gone = index.packs() - there
            if gone:
                with suppress(sqlite3.Error), index.writing():
                    for pack in gone:
                        index.forget_pack(pack)

    def write_out(self, digest: str, target: Path) -> None:
        """Write a content to a file, checked; a file that is there is replaced.

        Raises
        ------
        StoreError
            It is not there, or was changed on disk; nothing is written then.
        """
        path = self.objects.path(digest)
        staged = target.with_name(f".{os.urandom(6).hex()}")
        with in_words("the file cannot be written", target):
            try:
                if path.exists():
                    if digest_while(lambda: copy_file(path, staged), path) != digest:
                        raise damaged(digest, path)
                else:
                    staged.write_bytes(self.objects.read_packed(self.packed(digest)))
                staged.replace(target)
            finally:
                remove(staged, within=target.parent)

    def files(self, digest: str) -> Iterator[tuple[str, Entry]]:
        """Yield path and entry of every file of a stored folder."""
        return walk(digest, self.read)


def _touch(path: Path) -> bool:
    """Make a file young again; tell whether it is there."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:  # of another user, or on a read-only disk
        return path.exists()
    return True
