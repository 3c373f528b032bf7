"""Makes file operations of this process fail, one chosen one at a time. To be used in a process that may die.

Every call that changes a file or folder below a root is counted; the chosen one is where the process is killed, where
half of a write lands, where a right is missing, where somebody presses Ctrl-C, or where the power goes. SQLite writes
its own files, so each of its statements counts instead.
"""

# ruff: noqa: PTH102, PTH109, PTH110, PTH113, PTH115, PTH116, PTH118, PTH120  # it stands in for these very functions

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from alo_nb import files

MODES = ("kill", "torn", "power", "enospc", "eacces", "sigint")
_WRITES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "VACUUM", "PRAGMA wal")
_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Faults:
    """What goes wrong: `mode` at operation `at`; with ``enospc``, `at` is how many bytes there is room for."""

    root: str
    mode: str
    at: int
    count: int = 0
    written: int = 0
    writes: int = 0
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = os.path.realpath(self.root)
        self.power = PowerLoss(f"{self.root}-aside") if self.mode == "power" else None

    def is_ours(self, path: str) -> bool:
        return path.startswith(self.root)

    def tick(self, what: str, path: str) -> None:
        self.count += 1
        self.names.append(what)
        if self.count != self.at or self.mode == "enospc":
            return
        if self.mode == "kill":
            die()
        if self.mode == "power":
            power, self.power = self.power, None
            assert power is not None
            power.strike()
            die()
        if self.mode == "sigint":
            signal.raise_signal(signal.SIGINT)
        if self.mode == "eacces":
            raise PermissionError(errno.EACCES, "Permission denied", path)

    def write(self, data: Any, raw: Callable[[Any], int]) -> int:
        """Write some bytes, or less."""
        content = bytes(data)
        self.writes += 1
        if self.mode == "torn" and self.writes == self.at:
            raw(content[: len(content) // 2])
            die()
        if self.mode == "enospc":
            room = max(0, self.at - self.written)
            if room < len(content):
                self.written += raw(content[:room]) if room else 0
                if not room:
                    raise OSError(errno.ENOSPC, "No space left on device", self.root)
                return room
        done = raw(content)
        self.written += done
        return done

    def install(self) -> None:
        """Stand in for the functions of `os` and for `open`."""
        for name in ("mkdir", "rmdir", "unlink", "remove", "rename", "replace", "link", "chmod", "truncate", "utime"):
            setattr(os, name, self._counted(name, getattr(os, name)))
        os.open, os.fsync, os.sendfile = self._open(os.open), self._fsync(os.fsync), self._sendfile
        io.open = builtins.open = self._file_open
        files._synced_file_system = self._syncfs
        connect = sqlite3.connect
        sqlite3.connect = lambda *a, **o: connect(*a, factory=self._connection(), **o)

    def _counted(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **options: Any) -> Any:
            places = [
                _absolute(each, options.get("dir_fd")) for each in words if isinstance(each, (str, bytes, os.PathLike))
            ]
            if not any(self.is_ours(each) for each in places):
                return original(*words, **options)
            self.tick(name, places[-1])
            if self.power is None:
                return original(*words, **options)
            undo = self.power.before(name, places)
            done = original(*words, **options)
            self.power.after(undo)
            return done

        return call

    def _open(self, original: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *words: Any, **options: Any) -> int:
            place = _absolute(path, options.get("dir_fd")) if not isinstance(path, int) else ""
            if not (flags & _CHANGING and self.is_ours(place)):
                return original(path, flags, *words, **options)
            self.tick("open", place)
            is_new = not os.path.exists(place)
            handle = original(path, flags, *words, **options)
            if self.power is not None:
                self.power.opened(handle, place, is_new=is_new)
            return handle

        return call

    def _fsync(self, original: Callable[[int], None]) -> Callable[[int], None]:
        def call(handle: int) -> None:
            self.tick("fsync", self.root)
            original(handle)
            if self.power is not None:
                self.power.synced(handle)

        return call

    def _syncfs(self, folder: Any) -> bool:
        self.tick("syncfs", str(folder))
        if self.power is not None:
            self.power.synced_all()
        return True

    def _sendfile(self, out: int, source: int, offset: int, count: int) -> int:
        data = os.pread(source, min(count, 1 << 20), offset)
        return self.write(data, lambda content: os.write(out, content)) if data else 0

    def _file_open(self, file: Any, mode: str = "r", buffering: int = -1, *words: Any, **options: Any) -> Any:
        place = "" if isinstance(file, int) else _absolute(file, None)
        if mode.strip("bt") == "r" or not (isinstance(file, int) or self.is_ours(place)):
            return _io_open(file, mode, buffering, *words, **options)
        is_new = bool(place) and not os.path.exists(place)
        if place:
            self.tick("open", place)
        raw = _Raw(file, mode.replace("b", "").replace("t", ""), closefd=options.pop("closefd", True))
        raw.faults = self
        if self.power is not None:
            self.power.opened(raw.fileno(), place or os.readlink(f"/proc/self/fd/{file}"), is_new=is_new)
        if buffering == 0:
            return raw
        buffered = io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *words, **options)

    def _connection(self) -> type[sqlite3.Connection]:
        faults = self

        class Connection(sqlite3.Connection):
            def __init__(self, database: Any, *words: Any, **options: Any) -> None:
                super().__init__(database, *words, **options)
                self.is_file = database != ":memory:"

            def execute(self, sql: str, *words: Any) -> Any:
                is_write = self.is_file and sql.lstrip().startswith(_WRITES)
                if faults.mode == "enospc" and faults.written >= faults.at and is_write:
                    raise sqlite3.OperationalError("database or disk is full")
                if is_write:
                    try:
                        faults.tick(f"sql {sql.split()[0]}", faults.root)
                    except PermissionError as error:
                        raise sqlite3.OperationalError("attempt to write a readonly database") from error
                return super().execute(sql, *words)

        return Connection


_io_open = io.open


class _Raw(io.FileIO):
    faults: Faults

    def write(self, data: Any) -> int:
        return self.faults.write(data, super().write)


def _absolute(path: Any, folder: int | None) -> str:
    text = os.fsdecode(path)
    base = os.readlink(f"/proc/self/fd/{folder}") if folder is not None else os.getcwd()
    return os.path.join(base, text)


def _is_private(path: str) -> bool:
    """Tell whether a file is one that the store can do without."""
    return any(part in path for part in ("/.alo/tmp", "/.alo/index", "/.alo/write.lock"))


class PowerLoss:
    """What a power loss takes: contents that were not synced, and names in folders that were not."""

    def __init__(self, aside: str) -> None:
        self._aside = aside  # on the same file system: second names of files are kept there
        os.mkdir(aside)
        self._names: list[tuple[str, Callable[[], Any], str]] = []  # (folder, what undoes the change, what it was)
        self._contents: dict[int, tuple[str, int]] = {}  # inode -> (a name of it, bytes that are safe)
        self._system = {name: getattr(os, name) for name in ("link", "unlink", "mkdir")}
        self._lint: list[str] = []

    def opened(self, handle: int, place: str, *, is_new: bool) -> None:
        found = os.fstat(handle)
        self._contents.setdefault(found.st_ino, (self._kept(place), 0 if is_new else found.st_size))
        if is_new:
            self._names.append((os.path.dirname(place), lambda: self._system["unlink"](place), f"create {place}"))

    def _kept(self, place: str) -> str:
        copy = os.path.join(self._aside, os.urandom(8).hex())
        self._system["link"](place, copy)
        return copy

    def before(self, name: str, places: list[str]) -> list[tuple[str, Callable[[], Any], str]]:
        """Return what undoes the call that is about to be made."""
        target = places[-1]
        undo = self._undo(name, places[0], target)
        return [(os.path.dirname(target), undo, f"{name} {target}")] if undo is not None else []

    def _undo(self, name: str, source: str, target: str) -> Callable[[], Any] | None:
        if name == "mkdir":
            return lambda: shutil.rmtree(target)
        if name == "rmdir":
            return lambda: self._system["mkdir"](target)
        if name in ("unlink", "remove"):
            copy = self._kept(target) if os.path.isfile(target) else None
            return lambda: copy and self._system["link"](copy, target)
        if name == "link":
            self._check(source, target)
            return lambda: self._system["unlink"](target)
        if name not in ("rename", "replace") or not os.path.isfile(source):
            return None
        self._check(source, target)
        kept, old = self._kept(source), self._kept(target) if os.path.isfile(target) else None

        def undo() -> None:
            self._system["unlink"](target)
            if old:
                self._system["link"](old, target)
            self._system["link"](kept, source)

        return undo

    def _check(self, source: str, target: str) -> None:
        """Note a file that gets its final name before its content is safe."""
        known = self._contents.get(os.stat(source).st_ino)
        if known is not None and known[1] != os.stat(source).st_size and not _is_private(target):
            self._lint.append(f"named before its content was safe: {target}")

    def after(self, undo: list[tuple[str, Callable[[], Any], str]]) -> None:
        self._names += undo

    def lint(self) -> list[str]:
        """Return what is not safe although the operation is over; what was deleted may come back."""
        made = (
            what for _, _, what in self._names if what.split()[0] in ("create", "mkdir", "link", "rename", "replace")
        )
        return [*self._lint, *(f"not safe: {what}" for what in made if not _is_private(what.split(" ", 1)[1]))]

    def synced(self, handle: int) -> None:
        place, inode = os.readlink(f"/proc/self/fd/{handle}"), os.fstat(handle).st_ino
        self._names = [each for each in self._names if each[0] != place]
        if inode in self._contents:
            self._contents[inode] = (self._contents[inode][0], os.fstat(handle).st_size)

    def synced_all(self) -> None:
        self._names = []
        self._contents = {inode: (kept, os.stat(kept).st_size) for inode, (kept, _) in self._contents.items()}

    def strike(self) -> None:
        """Take back all that is not safe."""
        for kept, size in self._contents.values():
            if size < os.stat(kept).st_size:
                with _io_open(kept, "r+b") as file:
                    file.truncate(size)
        for _, undo, _ in reversed(self._names):
            try:
                undo()
            except OSError:
                continue  # what it would undo went with its folder
