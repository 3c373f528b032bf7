"""One digest for all files of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from alo_nb.errors import SourceError

_SIZE = 8  # bytes of a length


def folder_digest(folder: Path) -> str:
    """Return ``b3:`` and the blake3 of all regular files below `folder`; equal if and only if the files are.

    It covers each file's path from `folder`, size and content, in the order of the paths. Empty folders, links, modes
    and times do not count. Files are mapped and hashed by all cores, so a file must not be cut short meanwhile.

    Raises
    ------
    SourceError
        `folder` is no folder, or something in it cannot be read.
    """
    return digest_of_files(file_digests(folder))


def digest_of_files(files: Mapping[str, tuple[str, int]]) -> str:
    """Return what `folder_digest` gives for a folder with these `file_digests`."""
    from blake3 import blake3

    whole = blake3()
    for name, (digest, size) in files.items():
        own, content = os.fsencode(name), bytes.fromhex(digest.removeprefix("b3:"))
        whole.update(len(own).to_bytes(_SIZE, "little") + own + size.to_bytes(_SIZE, "little") + content)
    return f"b3:{whole.hexdigest()}"


def file_digests(folder: Path) -> dict[str, tuple[str, int]]:
    """Return digest and size of each regular file below `folder`, by its path with slashes, in the order of the paths.

    Raises
    ------
    SourceError
        As `folder_digest`.
    """
    from blake3 import blake3

    found = {}
    try:
        for name, path, size in sorted(_files(folder)):
            content = blake3(max_threads=blake3.AUTO).update_mmap(path)
            found[os.fsdecode(name)] = (f"b3:{content.hexdigest()}", size)
    except OSError as error:
        raise SourceError(
            f"the files of {folder.name!r} cannot be read: {error.strerror or error}",
            where=str(error.filename or folder),
            do="check the folder and its permissions",
        ) from error
    return found


def _files(folder: Path) -> Iterator[tuple[bytes, Path, int]]:
    """Yield the path from `folder`, as bytes with slashes, the path and the size of each regular file."""

    def stop(error: OSError) -> None:
        raise error  # what cannot be read is not nothing

    for parent, _, names in os.walk(folder, onerror=stop):
        for path in (Path(parent) / name for name in names):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                yield os.fsencode(path.relative_to(folder).as_posix()), path, found.st_size
