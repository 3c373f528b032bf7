"""Models and artifacts as ``.tar.gz`` and ``.zip``: regular files in folders, and nothing else, in both directions.

ALO 2.6 (external.py) unpacks with ``extractall``, so that a member can be written anywhere, and packs under names that
let one model take the place of another. Here every header is read by this module or checked by it before a byte is
written, members keep their path from the packed folder, and a file or folder shows up when it is complete.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
import struct
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from alo_nb.errors import SourceError
from alo_nb.files import remove
from alo_nb.plan.redact import shown

_CHUNK = 1 << 16
_BLOCK = 512  # of a tar file
_ABSOLUTE_DO = "ALO 2.6 packs a file directly in models/ so: save models to models/<step>/, and pack again"
_LIMITS_DO = "unpack it by hand if you trust it, or pack less into one archive"
_NOT_UNPACKED = "unpack it by hand if you trust it, or have it packed again from regular files and folders only"

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?")
_ALO_FLAT_MODEL = re.compile(r".+/train_artifacts/models/[^/]+")


@dataclass(frozen=True)
class Limits:
    """What an archive may hold. `ratio` counts for each entry that unpacks to more than `ratio_from` bytes."""

    entries: int = 10_000
    size: int = 2 << 30
    ratio: int = 200
    ratio_from: int = 1 << 20
    depth: int = 16


LIMITS = Limits()


def write_archive(folder: Path, target: Path, *, members: Iterable[str] | None = None) -> tuple[str, ...]:
    """Pack the files of `folder` into `target`; the same files give the same bytes.

    Parameters
    ----------
    folder : Path
        Where the members' names start. Empty folders are not packed (ALO 2.6 external.py).
    target : Path
        The archive, ``.tar.gz`` or ``.zip``, not below `folder`. One that is there is replaced when the new one is
        complete.
    members : iterable of str, optional
        Files and folders, relative to `folder`; all of it when absent.

    Returns
    -------
    tuple of str
        The names of the packed files, in their order in the archive.

    Raises
    ------
    SourceError
        A member is missing, is a link or no regular file, or has a name that `read_archive` would refuse. `target` is
        as it was. Count and size have no limit here; an archive above the reader's needs `limits` to be read.
    """
    with _told(target, "written", "rename or take out the file, then pack again"):
        if not target.name.endswith((".tar.gz", ".zip")):
            raise _Refused("ends neither in .tar.gz nor in .zip", do="name it .tar.gz or .zip")
        if target.parent.resolve().is_relative_to(folder.resolve()):
            raise _Refused("would lie in the folder that it is made from", do="name a place outside of that folder")
        names = _names(folder, members)
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(f".{os.urandom(6).hex()}.{target.name}")
        try:
            _pack(folder, names, staged)
            staged.replace(target)
        finally:
            remove(staged, within=target.parent)
    return names


def read_archive(path: Path, destination: Path, *, limits: Limits = LIMITS) -> tuple[str, ...]:
    """Unpack `path` into the new folder `destination`, which shows up when all of it is there.

    Parameters
    ----------
    path : Path
        A gzipped tar or a zip; its first bytes tell which.
    destination : Path
        A folder that is not there yet, or empty. Files and folders get this process's owner and usual modes.
    limits : Limits, optional
        What is refused for its amount. Amounts are counted while unpacking, whatever the headers say.

    Returns
    -------
    tuple of str
        The names of the unpacked files, relative to `destination`, sorted.

    Raises
    ------
    SourceError
        The archive is damaged or above the limits, or a member is a link, a device, encrypted, or has a name that is
        not safe: the message says which member and why. Nothing is left at `destination`.
    """
    with _told(path, "unpacked", _NOT_UNPACKED):
        if os.path.lexists(destination) and not _is_empty(destination):
            raise _Refused(
                f"would be mixed into {destination}, which is there", do="name a folder that is not there yet"
            )
        destination.parent.mkdir(parents=True, exist_ok=True)
        staged = destination.with_name(f".{os.urandom(6).hex()}.{destination.name}")
        staged.mkdir()
        try:
            names = tuple(_unpacked(path, staged, limits))
            staged.rename(destination)
        finally:
            remove(staged, within=destination.parent)
    return tuple(sorted(names))


# -- refusals --------------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """Why an archive is not read or written, without its name; `_told` makes the message of it."""

    def __init__(self, reason: str, *, member: str = "", do: str = "") -> None:
        super().__init__(reason)
        self.reason, self.member, self.do = reason, member, do


class _TooDense(_Refused):
    """An entry unpacks to more than so small a packed size is trusted with."""


# What gzip, tarfile and zipfile raise over bytes that are no archive; zipfile has many words for it.
_DAMAGED = (
    *(EOFError, ValueError, LookupError, OverflowError, NotImplementedError, RuntimeError, MemoryError),
    *(zlib.error, struct.error, tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile),
)


@contextmanager
def _told(path: Path, verb: str, do: str) -> Iterator[None]:
    """Turn every refusal, damage and failure of the disk into one `SourceError` that names archive and member."""
    failed = f"{path.name} cannot be {verb}"
    try:
        yield
    except _Refused as error:
        which = f"member {shown(error.member, 200)} " if error.member else "it "
        raise SourceError(f"{failed}: {which}{error.reason}", where=str(path), do=error.do or do) from None
    except _DAMAGED as error:
        said = shown(" ".join(str(error).split()) or type(error).__name__, 120)
        what = f"{failed}: it is damaged or no such archive ({said})"
        raise SourceError(what, where=str(path), do="get or make the archive again") from error
    except OSError as error:
        do = "check the path, its permissions and the free disk space"
        raise SourceError(f"{failed}: {error.strerror or error}", where=str(error.filename or path), do=do) from error


class _Tree:
    """The names met so far: each file once, no name for a file and a folder, none that differ only in case."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._met: dict[str, tuple[str, bool]] = {}

    def add(self, name: str, *, is_folder: bool) -> None:
        """Take in the name of one member, or refuse it."""
        _check_name(name, self._depth)
        parts = name.split("/")
        for end in range(1, len(parts) + 1):
            spelled, below = "/".join(parts[:end]), is_folder or end < len(parts)
            known = self._met.get(_folded(spelled))
            if known is None:
                self._met[_folded(spelled)] = (spelled, below)
            elif known[0] != spelled:
                raise _Refused(f"differs from {shown(known[0], 200)} only in the case of letters", member=name)
            elif not (known[1] and below):  # a folder may be named again, a file may not
                raise _Refused("is there twice", member=name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _check_name(name: str, depth: int) -> None:
    """Refuse a name that could lead out of the folder, or that some system reads as another or as a device."""
    parts = name.split("/")
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        raise _Refused("has an absolute path, of the machine it was packed on", member=name, do=_ABSOLUTE_DO)
    if ".." in parts:
        raise _Refused("has `..` in its name", member=name)
    if "\\" in name or _UNPRINTABLE.search(name):
        raise _Refused("has a backslash or an invisible character in its name", member=name)
    if len(parts) > depth:
        raise _Refused(f"lies more than {depth} folders deep", member=name)
    for part in parts:
        if part in ("", ".") or part.endswith((" ", ".")) or len(part.encode()) > 255 or _RESERVED.fullmatch(part):
            raise _Refused(f"has a part in its name that is no name on every system: {shown(part)}", member=name)


# -- writing ---------------------------------------------------------------------------------------------------------


def _names(folder: Path, members: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of the files to pack, sorted, each one that can be unpacked again."""
    found: set[str] = set()
    for each in ("",) if members is None else members:
        name = "" if str(PurePosixPath(each)) == "." else str(PurePosixPath(each))
        if name:
            _check_name(name, LIMITS.depth)
        for parent in list(PurePosixPath(name).parents)[:-1]:
            if (folder / parent).is_symlink():
                raise _Refused("is reached by a link", member=name)
        found.update(_files(folder, name))
    tree = _Tree(LIMITS.depth)
    for name in sorted(found):
        tree.add(name, is_folder=False)
    return tuple(sorted(found))


def _files(folder: Path, name: str) -> Iterator[str]:
    """Yield the names of the regular files at and below `name`; anything else but a folder is refused."""
    if name:
        _check_name(name, LIMITS.depth)
    path = folder / name
    if not os.path.lexists(path):
        raise _Refused("does not exist", member=name or str(folder), do="correct the name")
    if path.is_dir() and (not name or not path.is_symlink()):
        for each in os.listdir(path):  # noqa: PTH208  # names, as text
            yield from _files(folder, f"{name}/{each}" if name else each)
    elif name and path.is_file() and not path.is_symlink():
        yield name
    else:
        raise _Refused("is a link or no regular file", member=name or str(folder))


def _pack(folder: Path, names: tuple[str, ...], staged: Path) -> None:
    """Write the archive and read it through; what packs too well for `read_archive` is stored as it is."""
    write = _write_zip if staged.suffix == ".zip" else _write_tar
    for level in (6, 0):
        with staged.open("wb") as file:
            write(file, folder, names, level)
        try:
            for _, chunks in _members(staged, Limits(entries=1 << 62, size=1 << 62)):
                for _chunk in chunks or ():
                    pass
            return
        except _TooDense:
            continue


def _write_tar(file: IO[bytes], folder: Path, names: tuple[str, ...], level: int) -> None:
    with (
        gzip.GzipFile("", "wb", level, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in names:
            with _opened(folder / name, name) as content:
                info = tarfile.TarInfo(name)  # mode 0644, no owner, no time
                info.size = os.fstat(content.fileno()).st_size
                tar.addfile(info, content)


def _write_zip(file: IO[bytes], folder: Path, names: tuple[str, ...], level: int) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)  # of 1980, the first time that a zip can hold
            info.compress_type = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            with _opened(folder / name, name) as content:
                large = os.fstat(content.fileno()).st_size > 1 << 30
                with archive.open(info, "w", force_zip64=large) as packed:
                    shutil.copyfileobj(content, packed, _CHUNK)


def _opened(path: Path, name: str) -> IO[bytes]:
    """Open a regular file, and not what took its place since its name was listed."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _Refused("is a link or no regular file", member=name)
    return file


# -- reading ---------------------------------------------------------------------------------------------------------


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


def _members(path: Path, limits: Limits) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    """Yield the name of every member with its content in chunks, None for a folder; all checks are in here."""
    tree, total = _Tree(limits.depth), 0
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        is_zip = magic[:2] == b"PK"
        if not is_zip and magic[:2] != b"\x1f\x8b":
            raise _Refused("is neither a .tar.gz nor a .zip file")
        packed = _Counted(file, sys.maxsize if is_zip else 4096)
        for number, entry in enumerate(_zip_entries(packed) if is_zip else _tar_entries(packed), start=1):
            if number > limits.entries:
                raise _Refused(f"holds more than {limits.entries} members", do=_LIMITS_DO)
            name = entry.name.removeprefix("./")
            if entry.is_folder and name in ("", "."):
                continue
            tree.add(name, is_folder=entry.is_folder)
            total += entry.size
            if total > limits.size:
                raise _Refused(f"makes it more than {limits.size} bytes unpacked", member=name, do=_LIMITS_DO)
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
            raise _TooDense(f"unpacks to more than {limits.ratio} times its size", member=entry.name, do=_LIMITS_DO)
        yield chunk
    if size != entry.size:
        raise _Refused(f"is not of the {entry.size} bytes that its header says", member=entry.name)


def _unpacked(path: Path, folder: Path, limits: Limits) -> Iterator[str]:
    """Write the members below the new `folder`; yield the name of each file."""
    for name, chunks in _members(path, limits):
        if _ALO_FLAT_MODEL.fullmatch(name):
            raise _Refused("has the path of the machine it was packed on", member=name, do=_ABSOLUTE_DO)
        place = folder / name
        (place if chunks is None else place.parent).mkdir(parents=True, exist_ok=True)
        if chunks is None:
            continue
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        yield name


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
                raise _Refused("is encrypted", member=name)
            if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
                raise _Refused("is a link or no regular file", member=name)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _Refused(f"is packed in a way that is not read (method {info.compress_type})", member=name)
            if is_folder and info.file_size:
                raise _Refused("is a folder with content", member=name)
            with archive.open(info) as content:
                yield _Entry(name.rstrip("/"), is_folder, info.file_size, iter(lambda: content.read(_CHUNK), b""))


def _check_zip_frame(file: _Counted, archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse bytes before the first member and after the end, and members that share bytes."""
    comment = archive.comment
    file.seek(-22 - len(comment), os.SEEK_END)
    end = file.read(22)
    if end[:4] != b"PK\5\6" or struct.unpack("<H", end[20:])[0] != len(comment):
        raise _Refused("has data after its end or is cut")
    starts = [*(info.header_offset for info in infos), archive.start_dir]
    if starts[0] != 0:
        raise _Refused("has data before its first member")
    for info, following in zip(infos, starts[1:], strict=True):
        if info.header_offset + 30 + info.compress_size > following:
            raise _Refused("shares its bytes with another", member=info.orig_filename)


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
                raise _Refused("is a link or no regular file", member=name)
            if size < 0 or (info.isdir() and size):
                raise _Refused("has a wrong size in its header", member=name)
            yield _Entry(name.rstrip("/") if info.isdir() else name, info.isdir(), size, _exactly(stream, size))
            _read(stream, -size % _BLOCK)
        padding = stream.read(_MOST_PADDING)
        if padding.strip(b"\0") or stream.read(1):
            raise _Refused("has data after its end")


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
            raise _Refused("has a header that is too long", member=info.name)
        content = _read(stream, info.size)
        _read(stream, -info.size % _BLOCK)
        if info.type == b"L":
            extra[b"path"] = content.rstrip(b"\0")
        elif info.type in (b"x", b"g"):
            found = _pax(content)
            if info.type == b"g" and {b"path", b"size"} & found.keys():
                raise _Refused("has one name or size for all members in its header")
            extra |= found
    raise _Refused("has too many headers for one member")


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
        chunk = stream.read(min(size, _CHUNK))
        if not chunk:
            raise EOFError("it ends too early")
        size -= len(chunk)
        yield chunk


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
