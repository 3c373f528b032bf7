"""Content-addressed files: each content once, named by its digest, never changed.

``objects/ab/<62 hex>`` holds one content. Contents of at most `SMALL` bytes that come by the hundred are written
together into one ``packs/<64 hex>.pack``: the magic, then for each content its raw digest, its size as 4 bytes and its
bytes. Where a packed content lies is in the index, and can be found again by reading the packs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.files import copy_file, remove, sync_folder, sync_tree

SMALL = 32 << 10
PACK_FROM = 100  # contents of one commit; below that, files of their own are as fast
MAGIC = b"ALOPACK1"
_THREADS_FROM = 1 << 20
_DOCTOR = "run `alo-nb doctor` to see what needs it"


@dataclass(frozen=True)
class Blob:
    """One content: `digest` is ``b3:<64 hex>``, `size` in bytes."""

    digest: str
    size: int


@dataclass(frozen=True)
class Packed:
    """Where a content lies in a pack; `offset` is that of its bytes."""

    digest: str
    pack: str
    offset: int
    size: int


def digest_of(content: bytes) -> str:
    """Return ``b3:<64 hex>`` of bytes."""
    from blake3 import blake3

    return f"b3:{blake3(content).hexdigest()}"


def digest_of_file(path: Path) -> str:
    """Return ``b3:<64 hex>`` of a file of our own: one that is cut short meanwhile would end the process (mmap)."""
    from blake3 import blake3

    threads = blake3.AUTO if path.stat().st_size >= _THREADS_FROM else 1
    return f"b3:{blake3(max_threads=threads).update_mmap(path).hexdigest()}"


@dataclass
class Objects:
    """The contents below one folder."""

    root: Path

    def path(self, digest: str) -> Path:
        """Return where a content of its own file lies, whether it is there or not."""
        name = _hex(digest)
        return self.root / "objects" / name[:2] / name[2:]

    def has_file(self, digest: str) -> bool:
        """Tell whether a content lies in a file of its own."""
        return self.path(digest).exists()

    def read_packed(self, where: Packed) -> bytes:
        """Return a content of a pack, checked.

        Raises
        ------
        StoreError
            The pack is gone or damaged.
        """
        path = self.pack_path(where.pack)
        try:
            with path.open("rb") as file:
                file.seek(where.offset)
                content = file.read(where.size)
        except OSError as error:
            raise lost(where.digest, path) from error
        if digest_of(content) != where.digest:
            raise damaged(where.digest, path)
        return content

    def pack_path(self, name: str) -> Path:
        """Return the file of a pack."""
        return self.root / "packs" / f"{name}.pack"

    def packs(self) -> list[Path]:
        """Return every pack."""
        return sorted((self.root / "packs").glob("*.pack"))

    def loose(self) -> Iterator[tuple[str, Path]]:
        """Yield the digest and the file of every content that has one."""
        for folder in sorted((self.root / "objects").glob("[0-9a-f][0-9a-f]")):
            for path in folder.iterdir():
                yield f"b3:{folder.name}{path.name}", path


def packed_in(path: Path) -> Iterator[Packed]:
    """Yield the contents of a pack without reading them; stops at the first one that is cut short.

    Raises
    ------
    StoreError
        The file is no pack.
    """
    end = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StoreError(f"{path.name} is no pack of contents", where=str(path), do="run `alo-nb doctor`")
        while len(head := file.read(36)) == 36:
            size, offset = int.from_bytes(head[32:], "little"), file.tell()
            if offset + size > end:
                return
            yield Packed(f"b3:{head[:32].hex()}", path.stem, offset, size)
            file.seek(size, os.SEEK_CUR)


@dataclass
class Staging:
    """Contents on their way into the store: nothing is visible before `commit`, and nothing is left without it.

    A file is copied first and then hashed, so that what is stored is what was hashed, whoever writes to it meanwhile.
    """

    objects: Objects
    folder: Path
    _files: dict[str, Path] = field(default_factory=dict)
    _small: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def start(cls, objects: Objects) -> Staging:
        """Make an empty one."""
        folder = objects.root / "tmp" / f"{os.getpid()}-{secrets.token_hex(6)}"
        folder.mkdir(parents=True)
        return cls(objects, folder)

    def add_bytes(self, content: bytes) -> Blob:
        """Take in some bytes."""
        blob = Blob(digest_of(content), len(content))
        self._small.setdefault(blob.digest, content)
        return blob

    def add_file(self, source: Path, *, move: bool = False) -> Blob:
        """Take in a file, which stays as it is; with `move`, a file of our own, which goes.

        Raises
        ------
        StoreError
            The file changed while it was copied.
        """
        before = source.stat()
        if before.st_size <= SMALL and not move:
            content = source.read_bytes()
            _check_unchanged(source, before)
            return self.add_bytes(content)
        staged = self.folder / secrets.token_hex(8)
        if move:
            source.rename(staged)
        else:
            copy_file(source, staged)
            _check_unchanged(source, before)
        blob = Blob(digest_of_file(staged), staged.stat().st_size)
        if blob.digest in self._files or self.objects.has_file(blob.digest):
            remove(staged, within=self.folder)
        else:
            self._files[blob.digest] = staged
        return blob

    def commit(self, known: Iterable[str] = ()) -> list[Packed]:
        """Make all contents durable and visible; return what went into a pack. `known` are in packs already."""
        self._write_small(set(known))
        packed = self._write_pack()
        sync_tree(self.folder)
        folders = set()
        for digest, staged in self._files.items():
            target = self.objects.path(digest)
            if target.parent not in folders:
                target.parent.mkdir(parents=True, exist_ok=True)
                folders.add(target.parent)
            staged.chmod(0o444)
            staged.replace(target)
        for folder in folders:
            sync_folder(folder)
        self.discard()
        return packed

    def _write_small(self, known: set[str]) -> None:
        new = {digest: each for digest, each in self._small.items() if digest not in known}
        self._small = {digest: each for digest, each in new.items() if not self.objects.has_file(digest)}
        if len(self._small) >= PACK_FROM:
            return
        for digest, content in self._small.items():
            staged = self.folder / secrets.token_hex(8)
            staged.write_bytes(content)
            self._files[digest] = staged
        self._small = {}

    def _write_pack(self) -> list[Packed]:
        if not self._small:
            return []
        staged = self.folder / "pack"
        with staged.open("wb") as file:
            file.write(MAGIC)
            for digest, content in sorted(self._small.items()):
                file.write(bytes.fromhex(_hex(digest)) + len(content).to_bytes(4, "little") + content)
        target = self.objects.pack_path(_hex(digest_of_file(staged)))
        packed = [Packed(each.digest, target.stem, each.offset, each.size) for each in packed_in(staged)]
        target.parent.mkdir(parents=True, exist_ok=True)
        sync_tree(self.folder)
        staged.chmod(0o444)
        staged.replace(target)
        sync_folder(target.parent)
        return packed

    def small(self) -> list[str]:
        """Return the digests of contents that may go into a pack."""
        return list(self._small)

    def discard(self) -> None:
        """Drop whatever was not committed."""
        if self.folder.exists():
            remove(self.folder, within=self.objects.root)


def _check_unchanged(source: Path, before: os.stat_result) -> None:
    after = source.stat()
    if (after.st_size, after.st_mtime_ns, after.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        raise StoreError(
            f"{source.name!r} changed while it was stored",
            where=str(source),
            do="add it again when nothing writes to it any more",
        )


def _hex(digest: str) -> str:
    kind, _, name = digest.partition(":")
    if kind != "b3" or len(name) != 64 or not all(each in "0123456789abcdef" for each in name):
        raise StoreError(f"{digest[:80]!r} is no digest", do="a digest is b3: and 64 hexadecimal digits")
    return name


def lost(digest: str, path: Path) -> StoreError:
    """Return the error for a content that is not where it was put."""
    return StoreError(f"the content {digest[:15]}… is gone", where=str(path), do=_DOCTOR)


def damaged(digest: str, path: Path) -> StoreError:
    """Return the error for a content that is not what was put there."""
    what = f"the content {digest[:15]}… was changed on disk"
    return StoreError(what, where=str(path), do=_DOCTOR)
