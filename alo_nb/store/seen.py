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
from typing import Any

from alo_nb.store.store import Store

_QUIET_NS = 2 * 10**9


@dataclass
class Seen:
    """What is known of files; new digests wait in `new` to be written."""

    store: Store
    new: list[Sequence[Any]] = field(default_factory=list)

    def known_file(self, path: str) -> Sequence[Any] | None:
        """Return what is known of one file, for `digest`."""
        return self.store.index.seen(path) if _is_text(path) else None

    def known_below(self, folder: str) -> dict[str, Sequence[Any]]:
        """Return path to what is known, for every file below a folder."""
        return self.store.index.seen_below(folder + os.sep) if _is_text(folder) else {}

    def note(self, path: str, found: os.stat_result, digest: str) -> None:
        """Remember a file that was stored just now."""
        if _is_text(path):
            self.new.append((path, *_marks(found), time.time_ns(), digest))


def digest_seen(known: Sequence[Any] | None, found: os.stat_result) -> str | None:
    """Return the digest of a file that has not changed since it was stored, else None."""
    if known is None or tuple(known[1:6]) != _marks(found):
        return None
    return str(known[7]) if known[6] - max(found.st_mtime_ns, found.st_ctime_ns) > _QUIET_NS else None


def _marks(found: os.stat_result) -> tuple[int, int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:  # a name that is no UTF-8; the index holds texts
        return False
    return True
