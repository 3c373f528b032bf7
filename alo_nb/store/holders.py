"""Which versions hold a content: answered by the index, which learns what lies in which folder when it is first asked.

A folder is named by its digest, so what was learned of one stays true. Logging an artifact costs nothing for this.
"""

from __future__ import annotations

import sqlite3

from alo_nb.errors import StoreError
from alo_nb.store.index import Index, VersionRow
from alo_nb.store.store import Store
from alo_nb.store.trees import decode

_AT_ONCE = 500  # versions whose folders are learned in one transaction
Folders = dict[str, list[tuple[str, str]]]  # a folder's digest -> digest and name of what lies in it


def holders(store: Store, digest: str) -> list[tuple[VersionRow, str]]:
    """Return every version that holds a file of this content, newest first, with the shortest path of the file in it.

    Raises
    ------
    StoreError
        None is known to hold it, and the folders of some version cannot be read.
    """
    damaged = _learn(store)
    index = store.index
    paths = _paths(index, digest)
    found = [(row, paths[row.digest]) for row in index.versions_of(paths)]
    if damaged and not found:
        what = f"no version is known to hold this file, and the folders of {len(damaged)} cannot be read"
        raise StoreError(what, where=str(store.root), do="run `alo-nb doctor`")
    return found


def _paths(index: Index, digest: str) -> dict[str, str]:
    """Return every folder below which a content lies, by its digest, with the shortest path from there."""
    paths, level = dict[str, str](), {digest: ""}
    while level:
        above: dict[str, str] = {}
        for folder, content, name in index.folders_with(level):
            if folder not in paths:
                above.setdefault(folder, f"{name}/{level[content]}" if level[content] else name)
        paths |= above
        level = above
    return paths


def _learn(store: Store) -> set[str]:
    """Let the index know the folders of all versions; return those of which something cannot be read."""
    damaged: set[str] = set()
    last = store.index.last_version()
    while (index := store.index).read_to() < last:
        unread = index.unread_folders(index.read_to(), len(damaged) + _AT_ONCE)
        roots = [each for each in unread if each not in damaged]
        if not roots and damaged:
            break
        learned: Folders = {}
        for root in roots:
            try:
                learned |= _folders(store, index, root, learned)
            except StoreError:  # damaged: `doctor` names it
                damaged.add(root)
        _note(store, learned, 0 if unread else last)
    return damaged


def _folders(store: Store, index: Index, root: str, learned: Folders) -> Folders:
    """Return the folders below one, and itself, that are not known yet."""
    found: Folders = {}
    waiting = {root}
    while waiting:
        folder = waiting.pop()
        entries = decode(store.read(folder))
        found[folder] = [(each.digest, name) for name, each in entries.items()]
        inner = {each.digest for each in entries.values() if each.kind == "folder"} - found.keys() - learned.keys()
        waiting |= {each for each in inner if not index.has_folder(each)}
    return found


def _note(store: Store, learned: Folders, read_to: int) -> None:
    index = store.index
    if index.path is not None:
        try:
            with store.writing() as index:
                _write(index, learned, read_to)
        except (StoreError, sqlite3.Error):  # e.g. on a full disk
            index = store.index_in_memory()
    if index.path is None:
        _write(index, learned, read_to)


def _write(index: Index, learned: Folders, read_to: int) -> None:
    with index.writing():
        index.add_folders(learned)
        if read_to:
            index.set_state("read_to", read_to)
