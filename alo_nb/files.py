"""Writing and removing files so that a reader never meets half of one."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alo_nb.errors import ProjectError

_FICLONE = 0x40049409  # Linux: let two files share their blocks
_COPY_AT_ONCE = 8 << 20  # bytes
_NO_SENDFILE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP}
_SYNC_AT_ONCE = 32  # files, from which on one call for the file system is faster than one for each
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}


def write_atomic(path: Path, content: bytes | str, *, mode: int | None = None) -> None:
    """Write `content` under a temporary name in the same folder, with the rights `mode`, and rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content.encode(errors="backslashreplace") if isinstance(content, str) else content  # names that are no UTF-8
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")  # `tempfile` would hide it from other users
    try:
        with temporary.open("xb") as file:
            file.write(raw)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
        temporary.replace(path)
    except BaseException:  # also Ctrl-C: nothing may be left behind
        temporary.unlink(missing_ok=True)
        raise


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file to a new one; where the file system can, both share them until one changes."""
    with source.open("rb") as opened, target.open("xb") as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, opened.fileno())
        except OSError:  # another file system, or one that cannot share
            # `shutil.copyfile` would open the new file again, and ext4 writes such a file to the disk when it is closed
            if not _copied_by_the_system(opened.fileno(), new.fileno()):
                shutil.copyfileobj(opened, new)


def _copied_by_the_system(source: int, target: int) -> bool:
    """Copy the bytes of an open file to a new one without taking them into memory; False where that cannot be done."""
    copied = 0
    try:
        while sent := os.sendfile(target, source, copied, _COPY_AT_ONCE):
            copied += sent
    except OSError as error:
        if copied or error.errno not in _NO_SENDFILE:
            raise
        return False
    return True


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, durably: each new name is synced in the folder that holds it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_files(paths: Iterable[Path]) -> None:
    """Make the contents of files on one file system durable; many are handed to the system at once."""
    waiting = [*paths]
    if len(waiting) > _SYNC_AT_ONCE and _synced_file_system(waiting[0].parent):
        return
    for path in waiting:
        sync(path)


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
def locked(path: Path, *, patience_s: float = math.inf) -> Iterator[None]:
    """Wait for the lock on `path` and hold it for the body; it dies with the process.

    Raises
    ------
    ProjectError
        The file system has no locks, or another process has kept the lock for `patience_s` seconds.
    """
    handle = _lock_of(path, time.monotonic() + patience_s)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)  # closing would not do: a child forked meanwhile has the descriptor, too
        os.close(handle)


def _lock_of(path: Path, deadline: float) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _wait_for_lock(handle, path, deadline)
            if _is_same_file(handle, path):  # else somebody has deleted it meanwhile
                os.pwrite(handle, f"{os.getpid():<12}".encode(), 0)
                return handle
        except BaseException:  # also Ctrl-C: nothing may be left behind
            os.close(handle)
            raise
        os.close(handle)


def _wait_for_lock(handle: int, path: Path, deadline: float) -> None:
    pause_s = 0.0005
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = os.pread(handle, 12, 0).decode(errors="replace").strip()
                what = f"process {owner or '(unknown)'} has kept the lock on {path.name} for too long"
                do = "see what that process does (it may be stopped), and try again; never delete the lock"
                raise ProjectError(what, where=str(path), do=do) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            what = f"the file system has no file locks: {error.strerror}"
            raise ProjectError(what, where=str(path), do="keep the project on a local disk") from error
        time.sleep(pause_s * (0.5 + os.urandom(1)[0] / 512))  # spreads those who wait
        pause_s = min(pause_s * 1.5, 0.02)


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


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


def share_lock(path: Path) -> int:
    """Return the descriptor of a lock on `path` that others may have, too; waits while somebody has it alone."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
    except BaseException:  # also Ctrl-C
        os.close(handle)
        raise
    _held.add(handle)
    return handle


def unlock(handle: int) -> None:
    """Let a lock of `try_lock` or `share_lock` go."""
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
