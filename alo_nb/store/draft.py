"""An artifact that is being put together: its files are in the store's staging, and count when it is logged."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from alo_nb.errors import ArtifactNameError, StoreError
from alo_nb.files import remove
from alo_nb.store.index import Index
from alo_nb.store.seen import Seen, digest_seen
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry, Tree, write_tree
from alo_nb.store.trouble import in_words, is_full, trouble

_SAFE = re.compile(r"(?![A-Za-z]:)[^\x00-\x1f\x7f\\]{1,4000}")
_PLAIN = re.compile(r"[\w-][\w.-]{0,79}(/[\w-][\w.-]{0,79}){0,9}", re.ASCII)  # most names; they need no closer look
_PART_LIMIT = 255  # bytes that a file system takes


@dataclass
class Draft:
    """The files of an artifact before it is logged. Paths in it have ``/`` and stay below its root."""

    store: Store
    entries: dict[str, Entry] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=lambda: {""})

    def __post_init__(self) -> None:
        self._staging = self.store.staging()
        self._seen = Seen(self.store)
        self._since = self.store.index.swept()
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
        with in_words(f"{str(path)!r} cannot be added", path.absolute()):
            if not path.exists():
                raise StoreError(f"there is no file {str(path)!r}", where=str(path.absolute()), do="correct the path")
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                do = "add a folder with add_dir"
                raise StoreError(f"{str(path)!r} is no regular file", where=str(path.absolute()), do=do)
            place = os.path.realpath(path)
            digest = digest_seen(self._seen.known_file(place), found)
            if digest is None or not self.store.hold([digest]):
                digest = self._stored(place, found)
        return self._put(name, Entry("file", digest, found.st_size))

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
        root = os.path.realpath(folder)
        with in_words("the folder cannot be read or stored", Path(root)):
            found = dict(_regular_files(root))
            known = self._seen.known_below(root)
            digests = {path: digest_seen(known.get(path), each) for path, each in found.items()}
            held = self.store.hold({each for each in digests.values() if each is not None})
            start = len(root.rstrip(os.sep)) + 1
            for path, each in found.items():
                name = self._checked(f"{prefix}/{path[start:]}" if prefix else path[start:])
                digest = digests[path]
                if digest is None or digest not in held:
                    digest = self._stored(path, each)
                self._put(name, Entry("file", digest, each.st_size))

    def _stored(self, path: str, found: os.stat_result) -> str:
        digest = self._staging.add_file(Path(path)).digest
        self._seen.note(path, found, digest)
        return digest

    def add_reference(self, uri: str, name: str, digest: str, size: int) -> Entry:
        """Note where something lies that is not stored."""
        return self._put(self._checked(name), Entry("reference", digest, size, uri))

    def add_bytes(self, content: bytes, name: str) -> Entry:
        """Take in some bytes as a file."""
        name, blob = self._checked(name), self._staging.add_bytes(content)
        return self._put(name, Entry("file", blob.digest, blob.size))

    @contextmanager
    def new_file(self, name: str, mode: str = "w", **options: Any) -> Iterator[IO[Any]]:
        """Give the body a file to write; at its end it is part of the artifact, and it is not when the body raises."""
        name = self._checked(name)
        if mode not in {"w", "wt", "wb", "x", "xt", "xb"}:
            raise StoreError(
                f"new_file({name!r}): mode {mode!r} cannot make a file", do="write it with mode 'w' or 'wb'"
            )
        if "b" not in mode:
            options.setdefault("encoding", "utf-8")
        doing = f"{name!r} cannot be written"
        with in_words(doing, self.store.root):
            place = self._staging.aside.new_file()
            file = place.open(mode, **options)
        try:
            with file:
                yield file
            with in_words(doing, place):
                blob = self._staging.add_file(place, move=True)
        except OSError as error:
            if is_full(error):
                raise trouble(error, doing, place) from error
            raise  # the body's own
        finally:
            remove(place, within=self.store.root)
        self._put(name, Entry("file", blob.digest, blob.size))

    def commit(self) -> Tree:
        """Make the files durable and return the tree of them. It can be tried again when it fails."""
        self._trees: list[str] = []
        tree = write_tree(self.entries, self._put_tree)
        self.store.keep(self._staging, self._seen.new)
        return tree

    def _put_tree(self, content: bytes) -> Any:
        blob = self._staging.add_bytes(content)
        self._trees.append(blob.digest)
        return blob

    def check_still_there(self, index: Index) -> None:
        """See that `gc` has not taken what this draft found in the store; under the store's lock.

        Raises
        ------
        StoreError
            It has.
        """
        if index.swept() == self._since:
            return
        wanted = {each.digest for each in self.entries.values() if each.kind == "file"} | {*self._trees}
        gone = wanted - self.store.hold(wanted)
        names = [name for name, each in self.entries.items() if each.digest in gone]
        if gone:
            what = f"`gc` has deleted contents that this artifact was to share: {', '.join(names[:5]) or 'its folders'}"
            raise StoreError(what, do="make the artifact anew and log it")

    def _put(self, name: str, entry: Entry) -> Entry:
        known = self.entries.get(name)
        if known is not None and known != entry:
            raise ArtifactNameError(f"the artifact has a file {name!r} already", do="give this one another name")
        self.entries[name] = entry
        while (name := name.rpartition("/")[0]) not in self._folders:
            self._folders.add(name)
        return entry

    def _checked(self, name: str) -> str:
        """Return a name as it is stored; one that leads elsewhere on some system is refused."""
        text = name if _PLAIN.fullmatch(name) else _looked_at(name)
        parent = text.rpartition("/")[0]
        if text in self._folders or (parent not in self._folders and self._runs_through_file(text)):
            do = "give one of them another name"
            raise ArtifactNameError(f"{name!r} would be a file and a folder of one name", do=do)
        return text

    def _runs_through_file(self, text: str) -> bool:
        parts = text.split("/")
        return any("/".join(parts[:end]) in self.entries for end in range(1, len(parts)))


def _looked_at(name: str) -> str:
    text = unicodedata.normalize("NFC", name)
    if not _SAFE.fullmatch(text) or not all(_is_part(each) for each in text.split("/")):
        do = "write a relative path with '/', e.g. data/train.csv"
        raise ArtifactNameError(f"{name!r} is no name for a file in an artifact", do=do)
    return text


def _is_part(part: str) -> bool:
    try:
        return part not in ("", ".", "..") and len(os.fsencode(part)) <= _PART_LIMIT
    except UnicodeEncodeError:  # no file system has such a name
        return False


def files_below(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield every file and link below a folder, sorted; folders that are links are not entered."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda each: each.name)
    for each in found:
        if each.is_dir(follow_symlinks=False):
            yield from files_below(each.path)
        else:
            yield each


def _regular_files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and stat values of every file below a folder.

    Raises
    ------
    StoreError
        There is something else, or a link that leads out of the folder.
    """
    for each in files_below(root):
        found = each.stat()
        if each.is_symlink() and not os.path.realpath(each.path).startswith(root.rstrip(os.sep) + os.sep):
            what = f"the folder holds a link that leads out of it: {each.name!r} -> {os.path.realpath(each.path)}"
            raise StoreError(what, where=each.path, do="replace the link by what it names")
        if not stat.S_ISREG(found.st_mode):
            what = f"the folder holds what is no regular file: {each.name!r}"
            raise StoreError(what, where=each.path, do="take it out, or add the files one by one")
        yield each.path, found
