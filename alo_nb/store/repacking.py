"""Packs most of which nothing needs any more: what is needed of them is packed anew."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.store.index import Index
from alo_nb.store.objects import MAGIC, Objects, Packed, pack_head, packed_in
from alo_nb.store.store import Store

WASTE = 0.5  # the part of a pack that nothing needs, above which the rest is packed anew


def wasteful(objects: Objects, wanted: Collection[str], before: float) -> Iterator[tuple[Path, int]]:
    """Yield the packs that are to be packed anew, with the bytes that are free then.

    Packs that were touched since `before` (seconds of `time.time`) are left alone; so are those that are damaged.
    """
    for path in objects.packs():
        found = path.stat()
        if found.st_mtime >= before:
            continue
        try:
            held = [*packed_in(path)]
        except StoreError:
            continue
        needed = [each for each in held if each.digest in wanted]
        free = found.st_size - _size_of(needed)
        if needed and _size_of(held) == found.st_size and free > WASTE * found.st_size:
            yield path, free


def _size_of(contents: Iterable[Packed]) -> int:
    """Return the size of a pack of these contents."""
    return len(MAGIC) + sum(len(pack_head(each.digest, each.size)) + each.size for each in contents)


def pack_anew(store: Store, packs: Iterable[Path], wanted: Collection[str]) -> list[Packed]:
    """Write what is needed of some packs to new ones, or to files of their own, durably; return what is in packs.

    Called under the store's lock. The old packs are the caller's to delete, when the index knows the new ones.

    Raises
    ------
    StoreError
        A content was changed on disk. Nothing has been deleted.
    """
    staging = store.staging()
    try:
        for pack in packs:
            for each in packed_in(pack):
                if each.digest in wanted:
                    staging.add_bytes(store.objects.read_packed(each))
        return staging.commit(lambda _: ())  # that they lie in old packs does not count
    finally:
        staging.discard()


def note(index: Index, packed: Iterable[Packed]) -> None:
    """Let the index look for contents in their new packs.

    Raises
    ------
    StoreError
        The index cannot be written.
    """
    contents = defaultdict(list)
    for each in packed:
        contents[each.pack].append(each)
    try:
        with index.writing():
            for pack, held in contents.items():
                index.add_pack(pack, held)
    except sqlite3.Error as error:
        raise StoreError(f"the index cannot be written: {error}", do="make room, or check the rights") from error
