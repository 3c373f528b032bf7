"""Encoded values as files: each content once, named by its digest, below ``.alo/cache/values/``.

They are what steps hand on, and what cached and resumed steps are taken from. A value with large parts is a file
``<digest>.parts``, whose name is the digest of its bytes, and a file of its own for each large part. Nothing here is
synced: what a power loss takes is noticed by its digest, and the step runs again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.files import copy_file, remove
from alo_nb.handover.codec import Encoded, Part, from_file, head_file
from alo_nb.handover.large import LARGE, Large, Marks, is_whole, marks_of, note_linked, note_whole, unchanged
from alo_nb.project import Project
from alo_nb.store.objects import digest_of_own

if TYPE_CHECKING:
    from alo_nb.store.store import Store

__all__ = ["Marks", "Values", "marks_of", "of_artifact"]


@dataclass(frozen=True)
class Values:
    """The values of one project."""

    project: Project

    @property
    def root(self) -> Path:
        """The folder that holds them."""
        return self.project.own.joinpath("cache", "values")

    def path(self, digest: str) -> Path:
        """Return where a value of one file lies, or a large part or any other file; it need not be there."""
        name = digest.removeprefix("b3:")
        return self.root.joinpath(name[:2], name[2:])

    def head(self, digest: str) -> Path:
        """Return where a value with large parts has its file."""
        return Path(f"{self.path(digest)}.parts")

    def first(self, digest: str) -> Path:
        """Return the file that names the others of a value, or is all of it."""
        head = self.head(digest)
        return head if head.exists() else self.path(digest)

    # Keeping --------------------------------------------------------------------------------------------------------

    def keep(self, buffer: memoryview) -> Large:
        """Keep a large buffer as it is now; one that was loaded from here and is still the same is there already."""
        known = unchanged(buffer)
        if known is not None and is_whole(self.path(known.digest), known.digest):
            return Large(known.digest, known.size, self.path(known.digest))
        with self._staged() as staged:
            with staged.open("wb", buffering=0) as file:
                _write_all(file.fileno(), buffer)
                os.fchmod(file.fileno(), 0o444)  # nobody writes to it again: it is mapped
            digest = digest_of_own(staged)  # of what was written, whoever changes the buffer meanwhile
            self._put_in_place(staged, self.path(digest), digest)
        return Large(digest, buffer.nbytes, self.path(digest))

    def put(self, value: Encoded) -> Marks:
        """Keep a value that is not there yet; return its marks."""
        larges = [each for each in value.parts if len(each) >= LARGE]
        for part in larges:
            self._put_part(part)
        target = self.head(value.digest) if larges else self.path(value.digest)
        if not is_whole(target, value.digest):
            with self._staged() as staged:
                with staged.open("wb") as file:
                    file.writelines(head_file(value.parts))
                self._put_in_place(staged, target, value.digest)
        return self.marks(value.digest)

    def _put_part(self, part: Part) -> None:
        if isinstance(part, bytes):
            self.keep(memoryview(part))
        elif not is_whole(self.path(part.digest), part.digest):
            self.keep(memoryview(part.content()))

    def put_file(self, source: Path, digest: str) -> Marks:
        """Keep a copy of a file whose digest is known."""
        target = self.path(digest)
        if not is_whole(target, digest):
            with self._staged() as staged:
                copy_file(source, staged)
                staged.replace(_made(target))
        return marks_of(target)

    def _put_in_place(self, staged: Path, target: Path, digest: str) -> None:
        """Give a file of which this process knows the digest its name, unless there is such a file already."""
        if not is_whole(target, digest):
            staged.replace(_made(target))
            note_whole(target)

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """Give a new file, which is gone after the body unless it got another name."""
        self.root.mkdir(parents=True, exist_ok=True)
        staged = self.root / f".{os.urandom(6).hex()}"
        try:
            yield staged
        finally:
            if staged.exists():
                remove(staged, within=self.root)

    # Reading --------------------------------------------------------------------------------------------------------

    def get(self, wanted: str, summary: str = "", signature: Mapping[str, Any] | None = None) -> Encoded | None:
        """Return a value, checked; None when it is gone or damaged."""
        if not self.is_whole(wanted):
            return None
        try:
            return Encoded(self.parts(wanted), wanted, summary, signature or {})
        except OSError:
            return None

    def is_whole(self, digest: str, marks: Marks | None = None) -> bool:
        """Tell whether a value is there as it was written.

        Its files are read only when their `marks` are others by now and this process does not know them.
        """
        try:
            files = self.files(digest)
            return (marks is not None and _marks(files) == marks) or all(map(is_whole, files.values(), files))
        except OSError:
            return False

    def marks(self, digest: str) -> Marks:
        """Return what changes whenever one of a value's files does."""
        return _marks(self.files(digest))

    def files(self, digest: str) -> dict[str, Path]:
        """Return digest to file of all that a value consists of: what names the others, or is all of it, comes first.

        Raises
        ------
        OSError
            It is not there.
        """
        return {digest: self.first(digest), **{each.digest: self.path(each.digest) for each in self._larges(digest)}}

    def link(self, digest: str, link: Callable[[Path, str], object]) -> None:
        """Call `link` with each file of a value and its digest. It may give the file another name, and nothing else."""
        for each, path in self.files(digest).items():
            link(path, each)
        self.note_linked(digest)

    def note_linked(self, digest: str) -> None:
        """Note that this process has given the files of a value other names, which changes the time of their state."""
        for path in self.files(digest).values():
            note_linked(path)

    def _larges(self, digest: str) -> list[Large]:
        return [each for each in self.parts(digest) if isinstance(each, Large)] if self.head(digest).exists() else []

    def parts(self, digest: str) -> tuple[Part, ...]:
        """Return the parts of a value as they lie there, unchecked; raises OSError when it is gone."""
        return from_file(self.first(digest).read_bytes(), lambda part, size: Large(part, size, self.path(part)))


def of_artifact(store: Store, digest: str, summary: str = "") -> Encoded:
    """Return a value that an artifact has; its large parts are files of the artifact, too.

    Raises
    ------
    StoreError
        It is gone or damaged.
    """
    parts = from_file(store.read(digest), lambda part, size: Large(part, size, store.objects.path(part)))
    return Encoded(parts, digest, summary)


def _marks(files: Mapping[str, Path]) -> Marks:
    return tuple(mark for path in files.values() for mark in marks_of(path))


def _made(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _write_all(handle: int, content: memoryview) -> None:
    while content:
        content = content[os.write(handle, content) :]
