"""Models and artifacts as ``.tar.gz`` and ``.zip``: regular files in folders, and nothing else, in both directions.

ALO 2.6 (external.py) unpacks with ``extractall``, so that a member can be written anywhere, and packs under names that
let one model take the place of another. Here every header is checked (`archive_members`) before a byte is written,
members keep their path from the packed folder, and a file or folder shows up when it is complete.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from alo_nb.errors import SourceError
from alo_nb.external.archive_members import CHUNK, Limits, TooDense, read_members
from alo_nb.external.names import AbsoluteName, NameTree, Refused, check_name
from alo_nb.files import remove
from alo_nb.plan.redact import shown

_ABSOLUTE_DO = "ALO 2.6 packs a file directly in models/ so: save models to models/<step>/, and pack again"
_ABSOLUTE = "has an absolute path, of the machine it was packed on"
_NOT_UNPACKED = "unpack it by hand if you trust it, or have it packed again from regular files and folders only"

_ALO_FLAT_MODEL = re.compile(r".+/train_artifacts/models/[^/]+")

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
            raise Refused("ends neither in .tar.gz nor in .zip", do="name it .tar.gz or .zip")
        if target.parent.resolve().is_relative_to(folder.resolve()):
            raise Refused("would lie in the folder that it is made from", do="name a place outside of that folder")
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
            raise Refused(
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
    except AbsoluteName as error:
        what = f"{failed}: member {shown(error.member, 200)} {_ABSOLUTE}"
        raise SourceError(what, where=str(path), do=_ABSOLUTE_DO) from None
    except Refused as error:
        which = f"member {shown(error.member, 200)} " if error.member else "it "
        raise SourceError(f"{failed}: {which}{error.reason}", where=str(path), do=error.do or do) from None
    except _DAMAGED as error:
        said = shown(" ".join(str(error).split()) or type(error).__name__, 120)
        what = f"{failed}: it is damaged or no such archive ({said})"
        raise SourceError(what, where=str(path), do="get or make the archive again") from error
    except OSError as error:
        do = "check the path, its permissions and the free disk space"
        raise SourceError(f"{failed}: {error.strerror or error}", where=str(error.filename or path), do=do) from error


# -- writing ---------------------------------------------------------------------------------------------------------


def _names(folder: Path, members: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of the files to pack, sorted, each one that can be unpacked again."""
    found: set[str] = set()
    for each in ("",) if members is None else members:
        name = "" if str(PurePosixPath(each)) == "." else str(PurePosixPath(each))
        if name:
            check_name(name, LIMITS.depth)
        for parent in list(PurePosixPath(name).parents)[:-1]:
            if (folder / parent).is_symlink():
                raise Refused("is reached by a link", member=name)
        found.update(_files(folder, name))
    tree = NameTree(LIMITS.depth)
    for name in sorted(found):
        tree.add(name, is_folder=False)
    return tuple(sorted(found))


def _files(folder: Path, name: str) -> Iterator[str]:
    """Yield the names of the regular files at and below `name`; anything else but a folder is refused."""
    if name:
        check_name(name, LIMITS.depth)
    path = folder / name
    if not os.path.lexists(path):
        raise Refused("does not exist", member=name or str(folder), do="correct the name")
    if path.is_dir() and (not name or not path.is_symlink()):
        for each in os.listdir(path):  # noqa: PTH208  # names, as text
            yield from _files(folder, f"{name}/{each}" if name else each)
    elif name and path.is_file() and not path.is_symlink():
        yield name
    else:
        raise Refused("is a link or no regular file", member=name or str(folder))


def _pack(folder: Path, names: tuple[str, ...], staged: Path) -> None:
    """Write the archive and read it through; what packs too well for `read_archive` is stored as it is."""
    write = _write_zip if staged.suffix == ".zip" else _write_tar
    for level in (6, 0):
        with staged.open("wb") as file:
            write(file, folder, names, level)
        try:
            for _, chunks in read_members(staged, Limits(entries=1 << 62, size=1 << 62)):
                for _chunk in chunks or ():
                    pass
            return
        except TooDense:
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
                    shutil.copyfileobj(content, packed, CHUNK)


def _opened(path: Path, name: str) -> IO[bytes]:
    """Open a regular file, and not what took its place since its name was listed."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused("is a link or no regular file", member=name)
    return file


# -- reading ---------------------------------------------------------------------------------------------------------


def _unpacked(path: Path, folder: Path, limits: Limits) -> Iterator[str]:
    """Write the members below the new `folder`; yield the name of each file."""
    for name, chunks in read_members(path, limits):
        if _ALO_FLAT_MODEL.fullmatch(name):
            raise Refused("has the path of the machine it was packed on", member=name, do=_ABSOLUTE_DO)
        place = folder / name
        (place if chunks is None else place.parent).mkdir(parents=True, exist_ok=True)
        if chunks is None:
            continue
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        yield name


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
