"""Writing and removing files so that a reader never meets half of one."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alo_nb.errors import ProjectError

_FICLONE = 0x40049409  # Linux: let two files share their blocks
_SYNC_AT_ONCE = 32  # files, from which on one call for the file system is faster than one for each


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write `content` under a temporary name in the same folder and rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode(errors="backslashreplace") if isinstance(content, str) else content  # names that are no UTF-8
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")  # `tempfile` would hide it from other users
    try:
        with temporary.open("xb") as file:
            file.write(raw)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file to a new one; where the file system can, both share them until one changes."""
    with source.open("rb") as opened, target.open("xb") as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, opened.fileno())
            return
        except OSError:  # another file system, or one that cannot share
            pass
    shutil.copyfile(source, target)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make the contents of all files directly in a folder durable; many are handed to the system at once."""
    paths = [each.path for each in os.scandir(folder) if each.is_file()]
    if len(paths) > _SYNC_AT_ONCE and _synced_file_system(folder):
        return
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _synced_file_system(folder: Path) -> bool:
    """Let the system write out all that it holds for this file system; False where it cannot be asked to."""
    import ctypes

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return bool(syncfs(handle) == 0)
    finally:
        os.close(handle)


def remove(path: Path, *, within: Path) -> None:
    """Delete a file, link or folder that lies strictly below `within`; the one place that deletes.

    Raises
    ------
    ProjectError
        `path` is `within` itself, lies elsewhere, or is reached through a link that leads elsewhere.
    """
    root = within.resolve()
    place = path.parent.resolve() / path.name
    if root not in place.parents or path.name == "..":
        raise ProjectError(f"refused to delete {path}: it does not lie below {within}")
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)


def replace_folder(new: Path, current: Path, trash: Path) -> None:
    """Put the complete folder `new` in the place of `current`, which is gone only after that.

    All three must be on one file system. A crash between the two renames leaves the old folder in `trash`, from where
    `restore_folders` brings it back.
    """
    current.parent.mkdir(parents=True, exist_ok=True)
    if current.exists():
        aside = trash / f"{os.getpid()}-{os.urandom(4).hex()}"
        aside.mkdir(parents=True)
        (aside / "path").write_text(str(current))
        current.rename(aside / "folder")
        new.rename(current)
        remove(aside, within=trash)
    else:
        new.rename(current)


def restore_folders(trash: Path) -> None:
    """Bring back every folder that a crash left in `trash`; drop what was already replaced."""
    for aside in trash.iterdir() if trash.is_dir() else ():
        folder, note = aside / "folder", aside / "path"
        if folder.is_dir() and note.is_file() and not Path(note.read_text()).exists():
            folder.rename(note.read_text())
        remove(aside, within=trash)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock on `path` and hold it for the body; it dies with the process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


_held: set[int] = set()


def _let_go_in_child() -> None:
    """Close the locks that a forked child has got: they are its parent's, and would outlive it."""
    for handle in _held:
        with suppress(OSError):
            os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_in_child)


def try_lock(path: Path) -> int | None:
    """Return the descriptor of a lock on `path` that lasts until `unlock`, or None when another holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    _held.add(handle)
    return handle


def unlock(handle: int) -> None:
    """Let a lock of `try_lock` go."""
    _held.discard(handle)
    os.close(handle)


def is_locked(path: Path) -> bool:
    """Tell whether a living process holds the lock on `path`; two that ask at once do not take each other for one."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def folder_size(folder: Path) -> int:
    """Return the bytes in all regular files below `folder`; a file that vanishes meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  # called for every file
    return total
