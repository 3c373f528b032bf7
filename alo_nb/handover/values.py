"""Encoded values as files: each content once, named by its digest, below ``.alo/cache/values/``.

They are what steps hand on in file mode, and what cached and resumed steps are taken from. Nothing here is synced:
what a power loss takes is noticed by its digest, and the step runs again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from alo_nb.files import copy_file, remove
from alo_nb.handover.codec import Encoded, digest, from_file, to_file
from alo_nb.project import Project
from alo_nb.store.objects import digest_of_own

Marks = tuple[int, int, int, int]


@dataclass(frozen=True)
class Values:
    """The values of one project."""

    project: Project

    @property
    def root(self) -> Path:
        """The folder that holds them."""
        return self.project.own / "cache" / "values"

    def path(self, digest: str) -> Path:
        """Return where a value lies, whether it is there or not."""
        name = digest.removeprefix("b3:")
        return self.root / name[:2] / name[2:]

    def put(self, value: Encoded) -> Marks:
        """Keep a value that is not there yet; return its marks."""
        path = self.path(value.digest)
        if not _has_size(path, sum(map(len, to_file(value.parts)))):
            with _staged(path) as staged, staged.open("wb") as file:
                file.writelines(to_file(value.parts))
        return marks_of(path)

    def put_file(self, source: Path, digest: str) -> Marks:
        """Keep a copy of a file whose digest is known."""
        path = self.path(digest)
        if not _has_size(path, source.stat().st_size):
            with _staged(path) as staged:
                copy_file(source, staged)
        return marks_of(path)

    def get(self, wanted: str, summary: str = "") -> Encoded | None:
        """Return a value, checked; None when it is gone or damaged."""
        try:
            parts = from_file(self.path(wanted).read_bytes())
        except OSError:
            return None
        return Encoded(parts, wanted, summary) if digest(parts) == wanted else None

    def is_whole(self, digest: str, marks: Marks | None = None) -> bool:
        """Tell whether a value is there as it was written; it is read only when its `marks` are others by now."""
        path = self.path(digest)
        try:
            return marks_of(path) == marks or digest_of_own(path) == digest
        except OSError:
            return False


def marks_of(path: Path) -> Marks:
    """Return what changes whenever a file does: size, times of change and inode. No program can set the last time."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _has_size(path: Path, size: int) -> bool:
    with suppress(OSError):
        return path.stat().st_size == size
    return False


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """Give a file of another name that takes its place when the body ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{os.urandom(6).hex()}")
    try:
        yield staged
        staged.replace(target)
    finally:
        remove(staged, within=target.parent)
