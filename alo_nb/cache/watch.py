"""Which files a step opens, and whether it reaches for something that cannot be compared later.

Python tells of every file that its own code opens, by audit events (PEP 578). What a C library opens by itself shows up
only as a path: see `alo_nb.cache.paths`.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.handover.large import Marks, marks_of

_WRITES = os.O_WRONLY | os.O_RDWR
_WORKERS = ("multiprocessing", "loky")  # what such a Python imports


@dataclass
class Watch:
    """What was noticed.

    Attributes
    ----------
    read, written : set of str
        Files, by their absolute paths.
    listed, made : set of str
        Folders whose names were read, and those that were made.
    databases : mapping
        Files of databases to what they were like at first.
    lost : set of str
        Files and folders of others that were deleted, or got another name.
    unpickled : set of str
        The modules of classes and functions that unpickled objects needed.
    beyond : str
        What cannot be compared; empty when all can.
    """

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    databases: dict[str, Marks] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    unpickled: set[str] = field(default_factory=set)
    beyond: str = ""
    started_ns: int = field(default_factory=time.time_ns)

    def opened(self, path: object, mode: object, flags: object) -> None:
        """Note a file; one that the step has written itself is no input of it."""
        if not isinstance(path, (str, bytes)) or not isinstance(flags, int):
            return
        name = os.path.abspath(os.fsdecode(path))
        if flags & _WRITES:
            adds = flags & (os.O_RDWR | os.O_APPEND) and not flags & os.O_TRUNC
            if adds and name not in self.written and os.path.exists(name):
                self.read.add(name)
            self.written.add(name)
        elif name not in self.written:
            self.read.add(name)

    def renamed(self, old: object, new: object, *folders: object) -> None:
        """Note a file that got its name by being renamed, as whoever writes safely does."""
        self.deleted(old, *folders[:1])
        if isinstance(new, (str, bytes)):
            self.written.add(os.path.abspath(os.fsdecode(new)))

    def deleted(self, path: object, folder: object = -1, *_: object) -> None:
        """Note a file or folder that goes and was there before: for whoever took the step over it would stay."""
        if isinstance(path, (str, bytes)) and folder in (-1, None):
            name = os.path.abspath(os.fsdecode(path))
            with suppress(OSError):
                if name not in self.written and os.lstat(name).st_ctime_ns < self.started_ns:
                    self.lost.add(name)

    def folder_made(self, path: object, *_: object) -> None:
        """Note a new folder."""
        if isinstance(path, (str, bytes)):
            self.made.add(os.path.abspath(os.fsdecode(path)))

    def looked_up(self, module: object, _: object) -> None:
        """Note the module of a class or function that an unpickled object needs."""
        self.unpickled.add(str(module))

    def listing(self, path: object, *_: object) -> None:
        """Note a folder whose names were read, but for those that `import` looks through."""
        if isinstance(path, (str, bytes)) and sys._getframe(2).f_code.co_filename != _IMPORT:
            self.listed.add(os.path.abspath(os.fsdecode(path)))

    def connected(self, _: object, address: object) -> None:
        """Note a connection, also to this machine: a database or a tunnel may be at its other end.

        Sockets among temporary files are those of workers.
        """
        place = os.fsdecode(address) if isinstance(address, (str, bytes)) else ""
        if not place.startswith((tempfile.gettempdir(), "\0")):
            self.beyond = self.beyond or "it reads from the network"

    def started(self, executable: object, args: object = (), *_: object) -> None:
        """Note another program; a Python that works for this one (joblib, multiprocessing) is none."""
        name = os.path.basename(os.fsdecode(executable)) if isinstance(executable, (str, bytes)) else ""
        if not (name.startswith("python") and any(each in repr(args) for each in _WORKERS)):
            self.beyond = self.beyond or f"it starts another program{f' ({name})' if name else ''}"

    def database(self, path: object, *_: object) -> None:
        """Note a database file, which SQLite opens by itself, and the one that has its latest changes."""
        name = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
        if name.startswith("file:"):
            from urllib.parse import unquote, urlsplit  # few steps need it

            name = unquote(urlsplit(name).path)
        if name not in {":memory:", ""}:
            name = os.path.abspath(name)
            self.read |= {name, f"{name}-wal"}
            with suppress(OSError):
                self.databases.setdefault(name, marks_of(Path(name)))


_EVENTS: dict[str, Callable[..., None]] = {
    "open": Watch.opened,
    "os.rename": Watch.renamed,
    "os.remove": Watch.deleted,
    "os.rmdir": Watch.deleted,
    "shutil.rmtree": Watch.deleted,
    "os.mkdir": Watch.folder_made,
    "pickle.find_class": Watch.looked_up,
    "os.listdir": Watch.listing,
    "os.scandir": Watch.listing,
    "socket.connect": Watch.connected,
    "subprocess.Popen": Watch.started,
    "os.system": Watch.started,
    "os.posix_spawn": Watch.started,
    "sqlite3.connect": Watch.database,
}
_OURS = "alo_nb "  # how the names of our own threads begin: one looks at git while the first step runs
_IMPORT = "<frozen importlib._bootstrap_external>"
_watch: Watch | None = None
_is_hooked = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    watch = _watch
    if watch is not None and event in _EVENTS and not threading.current_thread().name.startswith(_OURS):
        _EVENTS[event](watch, *args)


@contextmanager
def watching() -> Iterator[Watch]:
    """Note what this process opens during the body. One body at a time; an inner one has nothing of its own."""
    global _watch, _is_hooked  # an audit hook stays for ever, so there is one, and it looks here
    if not _is_hooked:
        sys.addaudithook(_hook)
        _is_hooked = True
    before, watch = _watch, Watch()
    _watch = watch
    try:
        yield watch
    finally:
        _watch = before


def is_equipment(path: str) -> bool:
    """Tell whether a file belongs to Python, its packages or the system, and not to the user's work."""
    return (path.startswith(_EQUIPMENT) and not path.startswith(_MEMORY)) or "__pycache__" in path


def _equipment() -> tuple[str, ...]:
    places = ("stdlib", "platstdlib", "purelib", "platlib", "include")  # the prefix itself may hold a project: /usr/src
    paths = {*map(sysconfig.get_path, places), *site.getsitepackages(), site.getusersitepackages()}
    shared = (
        os.path.join(prefix, each) for prefix in (sys.prefix, sys.base_prefix) for each in ("etc", "lib", "share")
    )
    home = os.path.expanduser("~")  # a text is compared
    caches = (
        os.path.join(home, each) for each in (".cache", ".config", ".ipython", ".jupyter", ".local", ".matplotlib")
    )
    system = ("/proc", "/sys", "/dev", "/etc", "/usr/share", "/usr/lib")
    ours = os.path.dirname(os.path.dirname(__file__))
    prefixes = {os.path.abspath(each) for each in (*paths, *shared, *caches, *system, ours)} - {home, "/"}
    return tuple(f"{each}{os.sep}" for each in sorted(prefixes))


_EQUIPMENT = _equipment()
_MEMORY = f"{os.sep}dev{os.sep}shm{os.sep}"  # a place for files like any other
