"""Files that were stored before: one whose stat values are the same needs no second reading.

A digest is believed only when it was taken well after the file's last change: within the clock's resolution a file can
change and keep its time (git calls such files racy). The change time of the inode is compared, too, since a program can
set the modification time to whatever it likes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.store.index import Index

_QUIET_NS = 2 * 10**9


@dataclass
class Seen:
    """What is known of the files below some folders; new digests wait in `new` to be written."""

    index: Index
    known: dict[str, Sequence[Any]] = field(default_factory=dict)
    new: list[Sequence[Any]] = field(default_factory=list)

    def look_below(self, folder: Path) -> None:
        """Fetch at once what is known of a folder's files."""
        self.known |= self.index.seen_below(f"{folder.resolve()}{os.sep}")

    def digest(self, path: str, found: os.stat_result) -> str | None:
        """Return the digest of a file that has not changed since it was stored, else None."""
        row = self.known.get(path) or self.index.seen(path)
        if row is None or tuple(row[1:6]) != _stat(found):
            return None
        return str(row[7]) if row[6] - max(found.st_mtime_ns, found.st_ctime_ns) > _QUIET_NS else None

    def note(self, path: str, found: os.stat_result, digest: str) -> None:
        """Remember a file that was stored just now."""
        self.new.append((path, *_stat(found), time.time_ns(), digest))


def _stat(found: os.stat_result) -> tuple[int, int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
