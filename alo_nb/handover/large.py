"""Large buffers of a value: they lie apart from it, each content once, and are mapped instead of read.

A mapping is private: its pages can be written to, and a page that is gets copied first, so neither the file nor another
reader sees it. The file is never changed, only replaced or deleted, which leaves the mappings of it as they are.
"""

from __future__ import annotations

import mmap
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from weakref import WeakValueDictionary

from alo_nb.errors import InterfaceError
from alo_nb.store.objects import digest_of_own

LARGE = 1 << 20  # bytes from which on a buffer lies apart
_MOST = 1 << 14  # mappings; Linux allows a process some 65,000
_PAGE_FLAGS = Path("/proc/self/pagemap")  # Linux: 8 bytes for each page of this process
_FILE, _SWAPPED, _PRESENT = 61, 62, 63  # bits of them; a page that was written to is there, and not the file's any more

Marks = tuple[int, ...]
_whole: dict[Path, Marks] = {}  # files that this process has written or read to the end, and that had the right digest


@dataclass(frozen=True)
class Large:
    """A buffer that lies apart: `digest` (``b3:<hex>``) is of its bytes; `place` is a file of ours, or the bytes."""

    digest: str
    size: int
    place: Path | bytes = field(repr=False, compare=False)

    def __len__(self) -> int:
        return self.size

    def memory(self) -> bytearray | mmap.mmap:
        """Return the bytes as memory of the caller's own, which can be written to.

        Raises
        ------
        InterfaceError
            The file is gone, or was changed on disk.
        """
        if isinstance(self.place, bytes):
            return bytearray(self.place)
        if not is_whole(self.place, self.digest):
            what = "a part of a step's output is gone or was changed on disk"
            raise InterfaceError(what, where=str(self.place), do="run that step again")
        return _map(self, self.place) if len(_mappings) < _most_mappings() else _read(self.place, self.size)

    def content(self) -> bytes | mmap.mmap:
        """Return the bytes to be read; the same conditions as in `memory`."""
        found = self.place if isinstance(self.place, bytes) else self.memory()
        return bytes(found) if isinstance(found, bytearray) else found


Keep = Callable[[memoryview], Large]


def in_memory(buffer: memoryview) -> Large:
    """Keep a copy of a buffer in this process."""
    content = bytes(buffer)
    return Large(digest_of_memory(content), len(content), content)


def is_whole(path: Path, digest: str) -> bool:
    """Tell whether a file is there with this digest; it is read only when this process does not know."""
    try:
        marks = marks_of(path)
        if _whole.get(path) == marks:
            return True
        if digest_of_own(path) != digest:
            return False
    except OSError:
        return False
    _whole[path] = marks
    return True


def note_whole(path: Path) -> None:
    """Note that a file that this process has just written or linked is what its name says."""
    _whole[path] = marks_of(path)


def note_linked(path: Path) -> None:
    """Note that a file has got another name by this process; but for the time of that nothing may be different."""
    size, changed, _, inode = marks = marks_of(path)
    known = _whole.get(path)
    if known is not None and (known[0], known[1], known[3]) == (size, changed, inode):
        _whole[path] = marks


def marks_of(path: Path) -> Marks:
    """Return what changes whenever a file does: size, times of change and inode. No program can set the last time."""
    return _marks(path.stat())


def _marks(found: os.stat_result) -> Marks:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


class _Mapping(mmap.mmap):
    """A private mapping of a file that holds just one buffer; `marks` are the file's when it was mapped."""

    source: Large
    path: Path
    marks: Marks


_mappings: WeakValueDictionary[int, _Mapping] = WeakValueDictionary()  # by address


def _most_mappings() -> int:
    """Return how many there may be at once: each keeps a descriptor, and most are left to everybody else."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST if allowed == resource.RLIM_INFINITY else min(allowed // 4, _MOST)


def _map(large: Large, path: Path) -> _Mapping:
    with path.open("rb") as file:
        flags, prot = mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE
        mapping = _Mapping(file.fileno(), large.size, flags=flags, prot=prot)
        mapping.source, mapping.path, mapping.marks = large, path, _marks(os.fstat(file.fileno()))
    _mappings[_address(memoryview(mapping))] = mapping
    return mapping


def _read(path: Path, size: int) -> bytearray:
    memory = bytearray(size)
    with path.open("rb") as file:
        file.readinto(memory)
    return memory


def unchanged(buffer: memoryview) -> Large | None:
    """Return what a buffer was loaded from, when it is all of that and still has its bytes.

    That takes no reading where the system tells which pages were written to, and nobody has written to the file.
    """
    mapping = _mappings.get(_address(buffer))
    if mapping is None or len(mapping) != buffer.nbytes:
        return None
    is_same = (_tells_written_pages() and _is_untouched(mapping, buffer)) or digest_of_memory(
        buffer
    ) == mapping.source.digest
    return mapping.source if is_same else None


@cache
def _tells_written_pages() -> bool:
    """Tell whether this system says which pages were written to: tried once, on this very file."""
    with Path(__file__).open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    first = pages[0]
    before = _page_flags(memoryview(pages))
    pages[0] = first
    after = _page_flags(memoryview(pages))
    return bool(before) and not _has_written_page(before) and _has_written_page(after)


def _is_untouched(mapping: _Mapping, buffer: memoryview) -> bool:
    try:
        if marks_of(mapping.path) != mapping.marks:
            return False
    except OSError:
        return False
    flags = _page_flags(buffer)
    return bool(flags) and not _has_written_page(flags)


def _page_flags(buffer: memoryview) -> bytes:
    """Return what the system says of each page of a buffer that begins with one; nothing when it does not say."""
    first, count = _address(buffer) // mmap.PAGESIZE, -(-buffer.nbytes // mmap.PAGESIZE)
    try:
        with _PAGE_FLAGS.open("rb", buffering=0) as file:
            file.seek(first * 8)
            flags = file.read(count * 8)
    except OSError:
        return b""
    return flags if len(flags) == count * 8 else b""


def _has_written_page(flags: bytes) -> bool:
    pages = int.from_bytes(flags, "little")  # one number: all pages are looked at at once
    lowest_bits = int.from_bytes((b"\1" + bytes(7)) * (len(flags) // 8), "little")
    return bool(((pages >> _PRESENT) | (pages >> _SWAPPED)) & ~(pages >> _FILE) & lowest_bits)


def _address(buffer: memoryview) -> int:
    import numpy as np

    return int(np.frombuffer(buffer, np.uint8).ctypes.data)


def digest_of_memory(buffer: memoryview | bytes) -> str:
    """Return ``b3:<hex>`` of bytes, by all processors."""
    from blake3 import blake3

    return f"b3:{blake3(buffer, max_threads=blake3.AUTO).hexdigest()}"
