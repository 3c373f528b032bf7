"""What happened to artifacts, aliases and runs, one small file for each change, in order, written once.

``journal/000000/000000001.json`` is the first. The number gives the order, no clock does. The index is made from these
files alone, with the records in ``runs/``.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alo_nb.errors import StoreError
from alo_nb.files import remove, sync_folder
from alo_nb.store.objects import digest_of

_PER_FOLDER = 1000
NOTHING = "nothing"


@dataclass(frozen=True)
class Change:
    """One change: `kind` says what `values` mean."""

    number: int
    kind: str
    values: dict[str, Any]


@dataclass
class Journal:
    """The changes below one folder."""

    root: Path

    def path(self, number: int) -> Path:
        """Return the file of a change."""
        return self.root / "journal" / f"{number // _PER_FOLDER:06}" / f"{number:09}.json"

    def write(self, change: Change) -> None:
        """Write a change, durably; a number is given once.

        Raises
        ------
        FileExistsError
            Another process has written a change of this number.
        """
        path = self.path(change.number)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{secrets.token_hex(6)}")
        try:
            handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
            with os.fdopen(handle, "wb") as file:
                file.write(_encode(change))
                file.flush()
                os.fsync(file.fileno())
            os.link(staged, path)
        finally:
            remove(staged, within=self.root)
        sync_folder(path.parent)

    def read(self, number: int) -> Change | None:
        """Return a change; None when there is none of this number.

        Raises
        ------
        StoreError
            Its file is damaged.
        """
        path = self.path(number)
        try:
            return _decode(number, path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"change {number} of the store is damaged", where=str(path), do="run `alo-nb doctor --repair`"
            ) from error

    def since(self, number: int) -> Iterator[Change]:
        """Yield the changes after `number`, in order, up to the first that is missing; a damaged one says nothing."""
        while (change := self._read_or_nothing(number := number + 1)) is not None:
            yield change

    def all(self) -> Iterator[Change]:
        """Yield every change there is, in order, also behind a missing one."""
        for number in self.numbers():
            yield self._read_or_nothing(number) or Change(number, NOTHING, {})

    def _read_or_nothing(self, number: int) -> Change | None:
        try:
            return self.read(number)
        except StoreError:
            return Change(number, NOTHING, {})

    def numbers(self) -> list[int]:
        """Return the number of every change there is, also behind a gap."""
        return sorted(int(each.stem) for each in (self.root / "journal").glob("*/[0-9]*.json"))


def _encode(change: Change) -> bytes:
    values = json.dumps(change.values, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    head = json.dumps({"number": change.number, "kind": change.kind, "check": digest_of(values.encode())})
    return f"{head}\n{values}\n".encode()


def _decode(number: int, content: bytes) -> Change:
    head, _, values = content.partition(b"\n")
    about = json.loads(head)
    if about["number"] != number or about["check"] != digest_of(values.rstrip(b"\n")):
        raise ValueError(number)
    return Change(number, about["kind"], json.loads(values))
