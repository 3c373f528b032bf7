"""Content-addressed files: each content once, named by its digest, never changed.

``objects/ab/<62 hex>`` holds one content. Small contents that come by the hundred are written together into one
``packs/<64 hex>.pack``: the magic, then for each content its raw digest, its size as 4 bytes and its bytes. Where a
packed content lies is in the index, and can be found again by reading the packs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alo_nb.errors import StoreError
from alo_nb.store.trouble import trouble

MAGIC = b"ALOPACK1"
_HEAD = 36  # bytes before each content of a pack: digest and size
_THREADS_FROM = 1 << 20
_LARGE = 8 << 20
_CHUNK = 1 << 20
_DOCTOR = "run `alo-nb doctor` to see what needs it"


@dataclass(frozen=True)
class Blob:
    """One content: `digest` is ``b3:<64 hex>``, `size` in bytes."""

    digest: str
    size: int


class Packed(NamedTuple):
    """Where a content lies in a pack; `offset` is that of its bytes."""

    digest: str
    pack: str
    offset: int
    size: int


def digest_of(content: bytes) -> str:
    """Return ``b3:<64 hex>`` of bytes."""
    from blake3 import blake3

    return f"b3:{blake3(content).hexdigest()}"


def digest_of_own(path: Path) -> str:
    """Return the same of a file that only the store writes; mapped: cutting it short meanwhile ends the process."""
    from blake3 import blake3

    threads = blake3.AUTO if path.stat().st_size >= _THREADS_FROM else 1
    return f"b3:{blake3(max_threads=threads).update_mmap(path).hexdigest()}"


def digest_of_file(path: Path) -> str:
    """Return the same of a file that anybody may write to meanwhile."""
    from blake3 import blake3

    hasher = blake3(max_threads=blake3.AUTO)
    buffer = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while read := file.readinto(buffer):
            hasher.update(buffer[:read])
    return f"b3:{hasher.hexdigest()}"


def digest_while(call: Callable[[], object], path: Path) -> str:
    """Return the digest of a file that only the store writes, and do something else; at once when it is large."""
    if path.stat().st_size < _LARGE:
        call()
        return digest_of_own(path)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:  # copying, syncing and hashing all let other threads run
        waiting = pool.submit(call)
        digest = digest_of_own(path)
        waiting.result()
    return digest


def is_digest(digest: object) -> bool:
    """Tell whether this is ``b3:<64 hex>``."""
    kind, _, name = digest.partition(":") if isinstance(digest, str) else ("", "", "")
    return kind == "b3" and len(name) == 64 and not name.strip("0123456789abcdef")


@dataclass
class Objects:
    """The contents below one folder."""

    root: Path

    def path(self, digest: str) -> Path:
        """Return where a content of its own file lies, whether it is there or not."""
        return Path(self.place(digest))

    def place(self, digest: str) -> str:
        """Return the same as a text, for the places where thousands are asked for."""
        name = hex_of(digest)
        return f"{self.root}/objects/{name[:2]}/{name[2:]}"

    def read_file(self, digest: str) -> bytes | None:
        """Return a content that has a file of its own, checked; None when it has none.

        Raises
        ------
        StoreError
            It was changed on disk, or cannot be read.
        """
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise trouble(error, "a content cannot be read", path) from error
        if digest_of(content) != digest:
            raise damaged(digest, path)
        return content

    def read_packed(self, where: Packed) -> bytes:
        """Return a content of a pack, checked.

        Raises
        ------
        StoreError
            The pack is gone or damaged.
        """
        path = self.pack_path(where.pack)
        try:
            with path.open("rb", buffering=0) as file:
                content = os.pread(file.fileno(), where.size, where.offset)
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
        """Yield the digest and the file of every content that has one; what is no content is passed over."""
        for folder in sorted((self.root / "objects").glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                digest = f"b3:{folder.name}{path.name}"
                if is_digest(digest):
                    yield digest, path


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
            raise StoreError(f"{path.name} is no pack of contents", where=str(path), do=_DOCTOR)
        while len(head := file.read(_HEAD)) == _HEAD:
            size, offset = int.from_bytes(head[32:], "little"), file.tell()
            if offset + size > end:
                return
            yield Packed(f"b3:{head[:32].hex()}", path.stem, offset, size)
            file.seek(size, os.SEEK_CUR)


def pack_head(digest: str, size: int) -> bytes:
    """Return what stands before a content in a pack."""
    return bytes.fromhex(hex_of(digest)) + size.to_bytes(4, "little")


def hex_of(digest: str) -> str:
    """Return the 64 hexadecimal digits of a digest.

    Raises
    ------
    StoreError
        It is none.
    """
    if not is_digest(digest):
        raise StoreError(f"{digest[:80]!r} is no digest", do="a digest is b3: and 64 hexadecimal digits")
    return digest[3:]


def lost(digest: str, path: Path) -> StoreError:
    """Return the error for a content that is not where it was put."""
    return StoreError(f"the content {digest[:15]}… is gone", where=str(path), do=_DOCTOR)


def damaged(digest: str, path: Path) -> StoreError:
    """Return the error for a content that is not what was put there."""
    what = f"the content {digest[:15]}… was changed on disk"
    return StoreError(what, where=str(path), do=_DOCTOR)
