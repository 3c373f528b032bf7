"""A folder as a content: the names in it with what each one is, so that versions share every folder that is equal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alo_nb.errors import StoreError


class Entry(NamedTuple):
    """One file, folder or reference.

    `digest` is that of the file's content or of the folder's tree; of a reference it is what its owner calls it (an
    ETag, or ours when it was read), and `uri` says where it lies. `size` is in bytes, of a folder that of all below it.
    """

    kind: Literal["file", "folder", "reference"]
    digest: str
    size: int = 0
    uri: str = ""


@dataclass(frozen=True)
class Tree:
    """The root of a stored folder, with the number and the bytes of all files below it."""

    digest: str
    files: int
    size: int


def write_tree(entries: Mapping[str, Entry], put: Callable[[bytes], Any]) -> Tree:
    """Store the folders of `entries`, whose keys are paths with ``/``, by `put`, which returns a `Blob`."""
    folders: dict[str, dict[str, Entry]] = {"": {}}
    for path, entry in entries.items():
        parent, _, name = path.rpartition("/")
        _folder(folders, parent)[name] = entry
    for path in sorted(folders, key=lambda each: each.count("/") + bool(each), reverse=True):
        blob = put(encode(folders[path]))
        size = sum(each.size for each in folders[path].values())
        if not path:
            return Tree(blob.digest, len(entries), size)
        parent, _, name = path.rpartition("/")
        folders[parent][name] = Entry("folder", blob.digest, size)
    raise AssertionError  # the root comes last


def _folder(folders: dict[str, dict[str, Entry]], path: str) -> dict[str, Entry]:
    if path not in folders:
        folders[path] = {}
        _folder(folders, path.rpartition("/")[0])
    return folders[path]


def encode(folder: Mapping[str, Entry]) -> bytes:
    """Return the bytes that stand for one folder; equal folders have equal bytes."""
    rows = [[name, each.kind, each.digest, each.size, each.uri] for name, each in sorted(folder.items())]
    return json.dumps(rows, ensure_ascii=True, separators=(",", ":")).encode()


def decode(content: bytes) -> dict[str, Entry]:
    """Return the folder that `encode` wrote.

    Raises
    ------
    StoreError
        It is none: nothing that `encode` writes holds a name that leads elsewhere.
    """
    try:
        folder = {name: Entry(kind, digest, size, uri) for name, kind, digest, size, uri in json.loads(content)}
        if all(_is_name(name) for name in folder):
            return folder
    except (ValueError, TypeError):
        pass
    raise StoreError("a stored folder cannot be read", do="run `alo-nb doctor`")


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and "/" not in name and "\0" not in name


def walk(digest: str, read: Callable[[str], bytes], prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Yield the path and entry of every file and reference below a stored folder, sorted by path within each folder."""
    for name, entry in decode(read(digest)).items():
        path = f"{prefix}{name}"
        if entry.kind == "folder":
            yield from walk(entry.digest, read, f"{path}/")
        else:
            yield path, entry
