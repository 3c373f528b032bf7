"""The members of an archive as its bytes tell them, each one checked before any of it is handed out.

Zip is read by way of `zipfile`, tar from its headers, so that nothing but files and folders is ever understood.
"""

from __future__ import annotations

import gzip
import os
import stat
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from alo_nb.external.names import NameTree, Refused

CHUNK = 1 << 16
_BLOCK = 512  # of a tar file
_LIMITS_DO = "unpack it by hand if you trust it, or pack less into one archive"


@dataclass(frozen=True)
class Limits:
    """What an archive may hold. `ratio` counts for each entry that unpacks to more than `ratio_from` bytes."""

    entries: int = 10_000
    size: int = 2 << 30
    ratio: int = 200
    ratio_from: int = 1 << 20
    depth: int = 16


class TooDense(Refused):
    """An entry unpacks to more than so small a packed size is trusted with."""


def read_members(path: Path, limits: Limits) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    """Yield the name of every member with its content in chunks, None for a folder; all checks are in here."""
    tree, total = NameTree(limits.depth), 0
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        is_zip = magic[:2] == b"PK"
        if not is_zip and magic[:2] != b"\x1f\x8b":
            raise Refused("is neither a .tar.gz nor a .zip file")
        packed = _Counted(file, sys.maxsize if is_zip else 4096)
        for number, entry in enumerate(_zip_entries(packed) if is_zip else _tar_entries(packed), start=1):
            if number > limits.entries:
                raise Refused(f"holds more than {limits.entries} members", do=_LIMITS_DO)
            name = entry.name.removeprefix("./")
            if entry.is_folder and name in ("", "."):
                continue
            tree.add(name, is_folder=entry.is_folder)
            total += entry.size
            if total > limits.size:
                raise Refused(f"makes it more than {limits.size} bytes unpacked", member=name, do=_LIMITS_DO)
            yield name, None if entry.is_folder else _metered(entry, packed, limits)


def _metered(entry: _Entry, packed: _Counted, limits: Limits) -> Iterator[bytes]:
    """Yield the content of a file, as long as it is no more than its header says and not suspiciously dense."""
    size, start = 0, packed.count
    for chunk in entry.chunks:
        size += len(chunk)
        if size > entry.size:
            break
        # What was read ahead for this entry, at most one read, is not in the difference.
        if size > limits.ratio_from and size > limits.ratio * (packed.count - start + 4096):
            raise TooDense(f"unpacks to more than {limits.ratio} times its size", member=entry.name, do=_LIMITS_DO)
        yield chunk
    if size != entry.size:
        raise Refused(f"is not of the {entry.size} bytes that its header says", member=entry.name)


class _Counted:
    """A file whose bytes are counted as they are read, at most `most` at once so that the count is close."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._file, self._most = file, most
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, self._most) if size >= 0 else size)
        self.count += len(data)
        return data


@dataclass(frozen=True)
class _Entry:
    """One file or folder as its header tells; `chunks` is read before the next entry."""

    name: str
    is_folder: bool
    size: int
    chunks: Iterator[bytes]


# -- zip -------------------------------------------------------------------------------------------------------------


def _zip_entries(file: _Counted) -> Iterator[_Entry]:
    with zipfile.ZipFile(cast(IO[bytes], file)) as archive:
        infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
        _check_zip_frame(file, archive, infos)
        for info in infos:
            name = info.orig_filename  # `filename` ends at a NUL
            kind = stat.S_IFMT(info.external_attr >> 16)
            is_folder = name.endswith("/")
            if info.flag_bits & 0x1:
                raise Refused("is encrypted", member=name)
            if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
                raise Refused("is a link or no regular file", member=name)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(f"is packed in a way that is not read (method {info.compress_type})", member=name)
            if is_folder and info.file_size:
                raise Refused("is a folder with content", member=name)
            with archive.open(info) as content:
                yield _Entry(name.rstrip("/"), is_folder, info.file_size, iter(lambda: content.read(CHUNK), b""))


def _check_zip_frame(file: _Counted, archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse bytes before the first member and after the end, and members that share bytes."""
    comment = archive.comment
    file.seek(-22 - len(comment), os.SEEK_END)
    end = file.read(22)
    if end[:4] != b"PK\5\6" or struct.unpack("<H", end[20:])[0] != len(comment):
        raise Refused("has data after its end or is cut")
    starts = [*(info.header_offset for info in infos), archive.start_dir]
    if starts[0] != 0:
        raise Refused("has data before its first member")
    for info, following in zip(infos, starts[1:], strict=True):
        if info.header_offset + 30 + info.compress_size > following:
            raise Refused("shares its bytes with another", member=info.orig_filename)


# -- tar -------------------------------------------------------------------------------------------------------------

_MOST_EXTENSION = 1 << 16  # bytes of a long name or of a pax header
_MOST_PADDING = 1 << 20


def _tar_entries(packed: _Counted) -> Iterator[_Entry]:
    """Read the headers of a tar (POSIX pax, ustar and GNU long names) and nothing that is not a file or a folder."""
    with gzip.GzipFile(fileobj=cast(IO[bytes], packed), mode="rb") as stream:
        while header := _tar_header(stream):
            info, extra = header
            name = extra.get(b"path", info.name.encode(errors="surrogateescape")).decode(errors="surrogateescape")
            size = int(extra.get(b"size", info.size))
            if any(key.startswith(b"GNU.sparse") for key in extra) or not (info.isdir() or info.type in _REGULAR):
                raise Refused("is a link or no regular file", member=name)
            if size < 0 or (info.isdir() and size):
                raise Refused("has a wrong size in its header", member=name)
            yield _Entry(name.rstrip("/") if info.isdir() else name, info.isdir(), size, _exactly(stream, size))
            _read(stream, -size % _BLOCK)
        padding = stream.read(_MOST_PADDING)
        if padding.strip(b"\0") or stream.read(1):
            raise Refused("has data after its end")


_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)


def _tar_header(stream: gzip.GzipFile) -> tuple[tarfile.TarInfo, dict[bytes, bytes]] | None:
    """Return the next member's header and what the headers before it say about it; None at the end."""
    extra: dict[bytes, bytes] = {}
    for _ in range(5):
        block = _read(stream, _BLOCK)
        if not block.strip(b"\0"):
            return None
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.type not in (b"L", b"K", b"x", b"g"):
            return info, extra
        if not 0 <= info.size <= _MOST_EXTENSION:
            raise Refused("has a header that is too long", member=info.name)
        content = _read(stream, info.size)
        _read(stream, -info.size % _BLOCK)
        if info.type == b"L":
            extra[b"path"] = content.rstrip(b"\0")
        elif info.type in (b"x", b"g"):
            found = _pax(content)
            if info.type == b"g" and {b"path", b"size"} & found.keys():
                raise Refused("has one name or size for all members in its header")
            extra |= found
    raise Refused("has too many headers for one member")


def _pax(content: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header, each ``<length> <key>=<value>`` and a line end."""
    found = {}
    while content:
        digits, _, _ = content.partition(b" ")
        record = content[: int(digits)]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if len(record) != int(digits) or not equals or record[-1:] != b"\n":
            raise ValueError("wrong pax header")
        found[key] = value
        content = content[len(record) :]
    return found


def _read(stream: gzip.GzipFile, size: int) -> bytes:
    return b"".join(_exactly(stream, size))


def _exactly(stream: gzip.GzipFile, size: int) -> Iterator[bytes]:
    while size:
        chunk = stream.read(min(size, CHUNK))
        if not chunk:
            raise EOFError("it ends too early")
        size -= len(chunk)
        yield chunk
