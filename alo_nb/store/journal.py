"""What happened to artifacts, aliases and runs, one small file for each change, in order, written once.

``journal/000000/000000001.json`` is the first. The number gives the order, no clock does. The index is made from these
files alone.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.errors import StoreError
from alo_nb.files import make_folder, remove, sync
from alo_nb.store.aside import Aside
from alo_nb.store.objects import digest_of

_PER_FOLDER = 1000
_FOLDER, _FILE = re.compile(r"\d{6,}"), re.compile(r"(\d{9,})\.json")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
NOTHING = "nothing"
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Change:
    """One change: `kind` says what `values` mean; `text` is their JSON, when it was read."""

    number: int
    kind: str
    values: dict[str, Any]
    text: str = field(default="", compare=False, repr=False)

    def as_text(self) -> str:
        """Return the values as JSON, as they stand in the journal."""
        return self.text or _encode(self.values)


@dataclass
class Journal:
    """The changes below one folder."""

    root: Path
    aside: Aside

    def path(self, number: int) -> Path:
        """Return the file of a change."""
        return Path(self._place(number))

    def _place(self, number: int) -> str:
        return f"{self.root}/journal/{number // _PER_FOLDER:06}/{number:09}.json"

    def has(self, number: int) -> bool:
        """Tell whether there is a change of this number."""
        return os.path.exists(self._place(number))  # noqa: PTH110  # asked before every question to the index

    def write(self, change: Change) -> None:
        """Write a change, durably; a number is given once. Called under the store's lock.

        Raises
        ------
        FileExistsError
            There is a change of this number.
        """
        path, staged = self.path(change.number), self.aside.new_file()
        make_folder(path.parent)
        try:
            handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
            with os.fdopen(handle, "wb") as file:
                file.write(encode(change))
                file.flush()
                os.fsync(file.fileno())
            _create(staged, path)
        finally:
            remove(staged, within=self.root)
        sync(path.parent)

    def restore(self, change: Change) -> None:
        """Put a change in the place of its damaged or missing file, durably."""
        path, staged = self.path(change.number), self.aside.new_file()
        make_folder(path.parent)
        staged.write_bytes(encode(change))
        staged.chmod(0o444)
        sync(staged)
        if path.is_dir():
            remove(path, within=self.root)
        staged.replace(path)
        sync(path.parent)

    def read(self, number: int) -> Change | None:
        """Return a change; None when there is none of this number.

        Raises
        ------
        StoreError
            Its file is damaged.
        """
        place = self._place(number)
        try:
            with open(place, "rb", buffering=0) as file:  # noqa: PTH123  # called for every change
                return _decode(number, file.readall())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            what = f"change {number} of the store is damaged"
            raise StoreError(what, where=place, do="run `alo-nb doctor --repair`") from error

    def since(self, number: int) -> Iterator[Change]:
        """Yield the changes after `number`, in order, up to the first that is missing; a damaged one says nothing."""
        while (change := self._read_or_nothing(number := number + 1)) is not None:
            yield change

    def behind(self, number: int) -> Iterator[Change]:
        """Yield the changes after `number`, in order, also those behind a missing one."""
        for each in self.numbers(number):
            yield self._read_or_nothing(each) or Change(each, NOTHING, {})

    def _read_or_nothing(self, number: int) -> Change | None:
        try:
            return self.read(number)
        except StoreError:
            return Change(number, NOTHING, {})

    def numbers(self, after: int = 0) -> list[int]:
        """Return the numbers of the changes after one, also behind a gap."""
        folders = (each for each in self._folders() if int(each.name) >= after // _PER_FOLDER)
        return sorted(number for folder in folders for number in _numbers_in(folder) if number > after)

    def last(self) -> int:
        """Return the number of the last change, also behind a gap; 0 when there is none."""
        return next((max(found) for folder in reversed(self._folders()) if (found := _numbers_in(folder))), 0)

    def _folders(self) -> list[Path]:
        try:
            found = [each for each in (self.root / "journal").iterdir() if _FOLDER.fullmatch(each.name)]
        except FileNotFoundError:
            return []
        return sorted(found, key=lambda each: int(each.name))


def _numbers_in(folder: Path) -> list[int]:
    try:
        with os.scandir(folder) as entries:
            return [int(found[1]) for each in entries if (found := _FILE.fullmatch(each.name))]
    except NotADirectoryError:
        return []


def _create(staged: Path, path: Path) -> None:
    """Give a complete file its name, unless the name is taken."""
    try:
        os.link(staged, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS or path.exists():
            raise
        staged.rename(path)  # a file system without hard links: the store's lock keeps others away


def encode(change: Change) -> bytes:
    """Return the file of a change: a line about it, with the digest of all it says, and a line of values."""
    values = change.as_text()
    check = _check(change.number, change.kind, values.encode())
    head = json.dumps({"number": change.number, "kind": change.kind, "check": check})
    return f"{head}\n{values}\n".encode()


def _decode(number: int, content: bytes) -> Change:
    head, _, values = content.partition(b"\n")
    about = json.loads(head.decode())  # texts are read much faster than bytes
    if about["number"] != number or about["check"] != _check(number, about["kind"], values.rstrip(b"\n")):
        raise ValueError(number)
    text = values.decode()
    return Change(number, about["kind"], json.loads(text), text.rstrip("\n"))


def _check(number: int, kind: str, values: bytes) -> str:
    return digest_of(f"{number} {kind}\n".encode() + values)
