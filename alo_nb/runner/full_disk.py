"""A full disk: said in words, and there is room left to record it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alo_nb.errors import ProjectError
from alo_nb.files import remove
from alo_nb.project import Project
from alo_nb.store import Run

RESERVE = 256 << 10  # bytes: a few log lines, the records of the run and its steps, and a change of the store
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS}  # by file systems that cannot allocate without writing


def reserve(slot: Path) -> None:
    """Take room on the disk that `give_back` frees when a run ends, so that its end can be recorded on a full one.

    Parameters
    ----------
    slot : Path
        The run's folder in ``.alo/work/``; a process that dies leaves the file to the next run in the slot.

    Raises
    ------
    OSError
        There is none.
    """
    with os.fdopen(os.open(_file(slot), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        if not _allocated(file.fileno()):
            file.write(os.urandom(RESERVE))  # zeros take no room where the file system compresses


def _allocated(handle: int) -> bool:
    """Take room for a file without writing to it; False where the system cannot: macOS has no such call."""
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is None:
        return False
    try:
        allocate(handle, 0, RESERVE)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return False
    return True


def give_back(slot: Path) -> None:
    """Free the room that a run has taken in reserve."""
    with suppress(OSError):
        remove(_file(slot), within=slot.parent)


def _file(slot: Path) -> Path:
    return slot.with_name(f"{slot.name}.reserve")


@contextmanager
def told_when_full(project: Project, run: Run) -> Iterator[None]:
    """Raise a `ProjectError` in the place of the system's error when a disk is full; its traceback goes on.

    Raises
    ------
    ProjectError
        It names the folder, and how to make room and to go on.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        told = ProjectError(
            f"no space is left on the disk of {_folder(error, project)}",
            do="make room: `alo-nb gc --yes` deletes what nothing needs any more, history/ has the backups of old runs "
            f"(backup_size); then go on with --resume={run.id}",
        )
        raise told.with_traceback(error.__traceback__) from error


def is_full(error: OSError) -> bool:
    """Tell whether a disk is full; `shutil` has only the texts of what went wrong with the files of a folder."""
    return error.errno in _FULL or (isinstance(error, shutil.Error) and os.strerror(errno.ENOSPC) in str(error))


def _folder(error: OSError, project: Project) -> Path:
    """Return the folder that could not be written; a write to an open file does not say which: the project then."""
    if not isinstance(error.filename, (str, bytes)):
        return project.root
    named = Path(os.fsdecode(error.filename))
    return named if named.is_dir() else named.parent
