"""An artifact that is being put together: its files are in the store's staging, and count when it is logged."""

from __future__ import annotations

import os
import re
import secrets
import stat
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from alo_nb.errors import ArtifactNameError, StoreError
from alo_nb.store.objects import Staging
from alo_nb.store.seen import Seen
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry, Tree, write_tree

_SAFE = re.compile(r"(?![A-Za-z]:)[^\x00-\x1f\x7f\\]{1,4000}")


@dataclass
class Draft:
    """The files of an artifact before it is logged. Paths in it have ``/`` and stay below its root."""

    store: Store
    entries: dict[str, Entry] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._staging = Staging.start(self.store.objects)
        self._seen = Seen(self.store.index)
        weakref.finalize(self, self._staging.discard)  # one that is never logged leaves nothing

    def add_file(self, path: Path, name: str) -> Entry:
        """Take a file in under a name; the file itself stays as it is.

        Raises
        ------
        StoreError
            It is no file, cannot be read, or changes meanwhile.
        ArtifactNameError
            The name is taken or leads out of the artifact.
        """
        name = self._checked(name)
        try:
            found = path.stat()
        except OSError as error:
            raise StoreError(f"{str(path)!r} cannot be added: {error.strerror}", where=str(path.absolute())) from error
        if not stat.S_ISREG(found.st_mode):
            do = "add a folder with add_dir"
            raise StoreError(f"{str(path)!r} is no regular file", where=str(path.absolute()), do=do)
        return self._put(name, self._stored(path.resolve(), found))

    def add_dir(self, folder: Path, prefix: str = "") -> None:
        """Take in all files below a folder; links are followed only to files below it.

        Raises
        ------
        StoreError
            It is no folder, or holds a link that leads out of it, or something that is no regular file.
        """
        if not folder.is_dir():
            do = "add a file with add_file"
            raise StoreError(f"{str(folder)!r} is no folder", where=str(folder.absolute()), do=do)
        root = folder.resolve()
        self._seen.look_below(root)
        try:
            for found in files_below(root):
                path = Path(found.path)
                name = path.relative_to(root).as_posix()
                if found.is_symlink():
                    path = _target_within(path, root)
                self._put(self._checked(f"{prefix}/{name}" if prefix else name), self._stored(path, found.stat()))
        except OSError as error:
            raise StoreError(f"the folder cannot be read: {error.strerror}", where=str(error.filename)) from error

    def _stored(self, path: Path, found: os.stat_result) -> Entry:
        digest = self._seen.digest(str(path), found)
        if digest is None or not self.store.has(digest):
            digest = self._staging.add_file(path).digest
            self._seen.note(str(path), found, digest)
        return Entry("file", digest, found.st_size)

    def add_reference(self, uri: str, name: str, digest: str, size: int) -> Entry:
        """Note where something lies that is not stored."""
        return self._put(self._checked(name), Entry("reference", digest, size, uri))

    @contextmanager
    def new_file(self, name: str, mode: str = "w", **options: Any) -> Iterator[IO[Any]]:
        """Give the body a file to write; at its end it is part of the artifact, and it is not when the body raises."""
        name = self._checked(name)
        if "r" in mode or "a" in mode or "+" in mode:
            raise StoreError(
                f"new_file({name!r}): mode {mode!r} cannot make a file", do="write it with mode 'w' or 'wb'"
            )
        place = self._staging.folder / f"new-{secrets.token_hex(8)}"
        if "b" not in mode:
            options.setdefault("encoding", "utf-8")
        with place.open(mode, **options) as file:
            yield file
        blob = self._staging.add_file(place, move=True)
        self._put(name, Entry("file", blob.digest, blob.size))

    def commit(self) -> Tree:
        """Make the files durable and return the tree of them."""
        tree = write_tree(self.entries, self._staging.add_bytes)
        self.store.keep(self._staging, self._seen.new)
        return tree

    def _put(self, name: str, entry: Entry) -> Entry:
        known = self.entries.get(name)
        if known is not None and known != entry:
            raise ArtifactNameError(f"the artifact has a file {name!r} already", do="give this one another name")
        self.entries[name] = entry
        self._folders.update(map(str, PurePosixPath(name).parents))
        return entry

    def _checked(self, name: str) -> str:
        """Return a name as it is stored; one that leads elsewhere on some system is refused."""
        text = unicodedata.normalize("NFC", str(name))
        parts = text.split("/")
        if not _SAFE.fullmatch(text) or any(part in ("", ".", "..") for part in parts):
            do = "write a relative path with '/', e.g. data/train.csv"
            raise ArtifactNameError(f"{name!r} is no name for a file in an artifact", do=do)
        if text in self._folders or any("/".join(parts[:end]) in self.entries for end in range(1, len(parts))):
            do = "give one of them another name"
            raise ArtifactNameError(f"{name!r} would be a file and a folder of one name", do=do)
        return text


def files_below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield every file and link below a folder, sorted; folders that are links are not entered."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda each: each.name)
    for each in found:
        if each.is_dir(follow_symlinks=False):
            yield from files_below(Path(each.path))
        else:
            yield each


def _target_within(path: Path, root: Path) -> Path:
    target = path.resolve()
    if not target.is_relative_to(root) or not target.is_file():
        what = f"the folder holds a link that leads out of it or to no file: {path.name!r} -> {target}"
        raise StoreError(what, where=str(path), do="replace the link by the file it names")
    return target
