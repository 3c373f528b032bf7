"""Where a process keeps what is not complete yet: a folder below ``tmp/`` that is its own as long as it lives."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from alo_nb.files import is_locked, remove, try_lock, unlock

ALIVE = "alive"


class Aside:
    """The folder of this process for one store, made when it is first needed; a forked child gets its own."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._mutex = threading.Lock()
        self._owner, self._folder, self._alive = 0, root, -1

    def folder(self) -> Path:
        """Return the folder; other processes see that this one lives by the lock in it."""
        with self._mutex:
            if self._owner != os.getpid():
                folder = self._root / "tmp" / f"{os.getpid()}-{secrets.token_hex(6)}"
                folder.mkdir(parents=True)
                alive = try_lock(folder / ALIVE)
                assert alive is not None  # the name was made up a moment ago
                self._owner, self._folder, self._alive = os.getpid(), folder, alive
        return self._folder

    def new_file(self) -> Path:
        """Return a path in the folder that nobody has used."""
        return self.folder() / secrets.token_hex(8)

    def new_folder(self) -> Path:
        """Make a folder of its own in the folder."""
        folder = self.new_file()
        folder.mkdir()
        return folder

    def close(self) -> None:
        """Remove the folder; the next use makes another. A forked child leaves its parent's alone."""
        with self._mutex:
            if self._owner == os.getpid():
                remove(self._folder, within=self._root)
                unlock(self._alive)
                self._owner = 0


def left_behind(root: Path, before: float) -> Iterator[Path]:
    """Yield the folders of processes that are gone, unless they were made after `before` (seconds of `time.time`)."""
    folder = root / "tmp"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            is_old = path.stat().st_mtime < min(before, time.time())
        except FileNotFoundError:
            continue  # its process has just closed it
        if is_old and not is_locked(path / ALIVE):
            yield path
