"""Contents on their way into the store: nothing is visible before `Staging.commit`, and nothing is left without it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.files import copy_file, make_folder, remove, sync, sync_files
from alo_nb.store.aside import Aside
from alo_nb.store.objects import (
    MAGIC,
    Blob,
    Objects,
    Packed,
    digest_of,
    digest_of_own,
    digest_while,
    hex_of,
    pack_head,
)

SMALL = 32 << 10
PACK_FROM = 100  # small contents of one commit; below that, files of their own are as fast
_BUFFER = 1 << 20  # bytes that are written at once
_YOUNG_S = 600  # far below the hour that `gc` leaves
SYNC_EARLY = 8 << 20  # bytes from which on a file is synced while it is hashed
PACK_SIZE = 64 << 20  # bytes of small contents that are kept in memory


@dataclass
class Staging:
    """Contents that wait to be committed.

    A file is copied first and then hashed, so that what is stored is what was hashed, whoever writes to it meanwhile.
    A commit that fails, e.g. on a full disk, can be tried again.
    """

    objects: Objects
    aside: Aside
    _small: dict[str, bytes] = field(default_factory=dict)
    _in_memory: int = 0
    _files: dict[Path, Path] = field(default_factory=dict)  # where it will lie -> where it lies
    _packed: list[Packed] = field(default_factory=list)
    _owner: int = field(default_factory=os.getpid)

    def add_bytes(self, content: bytes) -> Blob:
        """Take in some bytes."""
        blob = Blob(digest_of(content), len(content))
        if blob.digest not in self._small:
            self._small[blob.digest] = content
            self._in_memory += len(content)
            if self._in_memory > PACK_SIZE:
                self._write_pack()
        return blob

    def add_file(self, source: Path, *, move: bool = False) -> Blob:
        """Take in a file, which stays as it is; with `move`, a file of our own, which goes.

        Raises
        ------
        StoreError
            The file changed while it was copied.
        """
        before = source.stat()
        if before.st_size <= SMALL:
            blob = self.add_bytes(_read_small(source, before))
            if move:
                remove(source, within=self.objects.root)
            return blob
        staged = self.aside.new_file()
        try:
            if move:
                source.rename(staged)
            else:
                copy_file(source, staged)
                _check_unchanged(source, before, source.stat())
            size = staged.stat().st_size
            is_large = size >= SYNC_EARLY
            digest = digest_while(lambda: sync(staged), staged) if is_large else digest_of_own(staged)
            blob = Blob(digest, size)
        except BaseException:  # also Ctrl-C: nothing may be left behind
            remove(staged, within=self.objects.root)
            raise
        self._stage(blob.digest, blob.size, staged)
        return blob

    def add_own(self, source: Path, digest: str) -> Blob:
        """Take in a file of ours that nobody writes to any more and whose digest is known: a second name is enough."""
        size = source.stat().st_size
        if size <= SMALL:
            return self.add_bytes(source.read_bytes())
        target = self.objects.path(digest)
        if target not in self._files and not _is_young(target, source) and not _is_there(target, size):
            staged = self.aside.new_file()
            try:
                os.link(source, staged)
            except OSError:  # another file system, or one without such links
                copy_file(source, staged)
            self._files[target] = staged
        return Blob(digest, size)

    def _stage(self, digest: str, size: int, staged: Path) -> None:
        target = self.objects.path(digest)
        if target in self._files or _is_there(target, size):
            remove(staged, within=self.objects.root)
        else:
            self._files[target] = staged

    def commit(self, known: Callable[[Collection[str]], Collection[str]]) -> list[Packed]:
        """Make all contents durable and visible; return what went into packs. `known` tells which lie in packs."""
        for digest in known(self._small):
            self._small.pop(digest)
        if len(self._small) >= PACK_FROM or self._packed:
            self._write_pack()
        else:
            self._write_files()
        self._put_in_place()
        packed, self._packed, self._in_memory = self._packed, [], 0
        return packed

    def _put_in_place(self) -> None:
        for staged in self._files.values():
            if staged.stat().st_mode & 0o777 != 0o444:
                staged.chmod(0o444)
        sync_files(self._files.values())
        folders = {target.parent for target in self._files}
        for folder in folders:
            make_folder(folder)
        for target, staged in [*self._files.items()]:
            staged.replace(target)
            del self._files[target]
        for folder in folders:
            sync(folder)

    def _write_files(self) -> None:
        for digest, content in [*self._small.items()]:
            target = self.objects.path(digest)
            if not _is_there(target, len(content)):
                self._files[target] = self._written([content])
            del self._small[digest]

    def _write_pack(self) -> None:
        new = {each: self._small[each] for each in sorted(self._small) if not self._is_loose(each)}
        if new:
            heads = {digest: pack_head(digest, len(content)) for digest, content in new.items()}
            staged = self._written([MAGIC, *chain.from_iterable(zip(heads.values(), new.values(), strict=True))])
            name, end = hex_of(digest_of_own(staged)), len(MAGIC)
            self._files[self.objects.pack_path(name)] = staged
            for digest, content in new.items():
                start = end + len(heads[digest])
                end = start + len(content)
                self._packed.append(Packed(digest, name, start, len(content)))
        self._small, self._in_memory = {}, 0

    def _is_loose(self, digest: str) -> bool:
        return _is_there(self.objects.place(digest), len(self._small[digest]))

    def _written(self, parts: Iterable[bytes]) -> Path:
        staged = self.aside.new_file()
        try:
            with staged.open("xb", buffering=_BUFFER) as file:
                file.writelines(parts)
        except BaseException:  # also Ctrl-C: nothing may be left behind
            remove(staged, within=self.objects.root)
            raise
        return staged

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._in_memory + sum(each.stat().st_size for each in self._files.values())

    def discard(self) -> None:
        """Drop whatever was not committed; in a forked child, leave it to its parent."""
        if self._owner == os.getpid():
            for staged in self._files.values():
                remove(staged, within=self.objects.root)
            self._files, self._small, self._packed = {}, {}, []


def _is_young(target: Path, source: Path) -> bool:
    """Tell whether `gc` leaves a content for a while anyway that is the same file; touching it would change both."""
    try:
        found = target.stat()
    except OSError:
        return False
    return os.path.samestat(found, source.stat()) and found.st_mtime > time.time() - _YOUNG_S


def _is_there(target: Path | str, size: int) -> bool:
    """Tell whether a content has a file already, and let it be young again, so that `gc` leaves it for a while."""
    try:
        if os.stat(target).st_size != size:  # noqa: PTH116  # called for every small content
            return False  # damaged: put a good one in its place
        os.utime(target)
    except FileNotFoundError:
        return False
    except PermissionError:  # of another user
        return True
    return True


def _read_small(source: Path, before: os.stat_result) -> bytes:
    with open(source, "rb", buffering=0) as file:  # noqa: PTH123  # called for every small file
        content = file.readall()
        _check_unchanged(source, before, os.fstat(file.fileno()))
    return content


def _check_unchanged(source: Path, before: os.stat_result, after: os.stat_result) -> None:
    if _marks(after) != _marks(before):
        raise StoreError(
            f"{source.name!r} changed while it was stored",
            where=str(source),
            do="add it again when nothing writes to it any more",
        )


def _marks(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
