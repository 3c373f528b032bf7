"""Where a process keeps what is not complete yet: a folder below ``tmp/`` that is its own as long as it lives.

It holds the lock on ``alive`` in there before the folder gets its name, ``<pid>-<12 hex>``. So a folder of such a name
whose ``alive`` nobody has locked belongs to a process that is gone, and neither a pid nor a clock has to be asked.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from alo_nb.files import remove, try_lock, unlock

ALIVE = "alive"
UNNAMED = "new-"


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
                self._folder, self._alive = _new_folder(self._root)
                self._owner = os.getpid()
        return self._folder

    def new_file(self) -> Path:
        """Return a path in the folder that nobody has used."""
        return self.folder() / os.urandom(8).hex()

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


def _new_folder(root: Path) -> tuple[Path, int]:
    name = f"{os.getpid()}-{os.urandom(6).hex()}"
    unnamed, alive = root / "tmp" / f"{UNNAMED}{name}", None
    try:
        unnamed.mkdir(parents=True)
        alive = try_lock(unnamed / ALIVE)
        assert alive is not None  # the name was made up a moment ago
        return unnamed.rename(unnamed.with_name(name)), alive
    except BaseException:  # also Ctrl-C: nothing may be left behind
        remove(unnamed, within=root)
        if alive is not None:
            unlock(alive)
        raise
