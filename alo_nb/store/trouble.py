"""What the system says when a file cannot be read or written, in words that tell what to do."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alo_nb.errors import ProjectError, StoreError

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file gets too big",
}
_REFUSED = {errno.EACCES: "the right is missing", errno.EPERM: "the right is missing", errno.EROFS: "it is read-only"}


@contextmanager
def in_words(doing: str, place: Path, *, size: int = 0) -> Iterator[None]:
    """Turn what the system refuses in the body into a StoreError.

    Parameters
    ----------
    doing : str
        What failed then, e.g. ``"the artifact cannot be stored"``.
    place : Path
        Where, when the system does not say it.
    size : int
        The bytes that are to be written, when they are known.
    """
    try:
        yield
    except OSError as error:
        raise trouble(error, doing, place, size) from error
    except ProjectError as error:  # the lock
        raise StoreError(f"{doing}: {error.what}", where=error.where, do=error.do) from error


def trouble(error: OSError, doing: str, place: Path, size: int = 0) -> StoreError:
    """Return the error that says in words what the system refused."""
    where = str(error.filename or place)
    if is_full(error):
        need = f"{size} bytes were to be written, {_free(place)} are free; " if size else ""
        do = f"{need}make room and call it again: nothing is lost or half done"
        return StoreError(f"{doing}: {_FULL[error.errno or 0]}", where=where, do=do)
    if error.errno in _REFUSED:
        do = "check who owns the project folder and how its disk is mounted"
        return StoreError(f"{doing}: {_REFUSED[error.errno or 0]}", where=where, do=do)
    return StoreError(f"{doing}: {error.strerror or error}", where=where, do="`alo-nb doctor` looks for damage")


def is_full(error: OSError) -> bool:
    """Tell whether there was no room for what was to be written."""
    return error.errno in _FULL


def _free(place: Path) -> int:
    existing = next(each for each in (place, *place.absolute().parents) if each.exists())
    return shutil.disk_usage(existing).free
