"""What the index knows besides the journal: packs, files that were stored before, and what lies in which folder.

None of it is a fact of its own: packs and folders can be read again, and files be hashed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from alo_nb.store.database import Database
from alo_nb.store.objects import Packed

_AT_ONCE = 500  # SQLite takes at least 999 values


class Known(Database):
    """The part of the index that is found again from contents and files."""

    # Packs ----------------------------------------------------------------------------------------------------------

    def packs(self) -> set[str]:
        """Return the names of the packs whose contents are known."""
        return {row[0] for row in self._connection.execute("SELECT name FROM pack")}

    def add_pack(self, name: str, packed: Iterable[Packed]) -> None:
        """Note what lies where in a pack."""
        self._connection.execute("INSERT OR IGNORE INTO pack VALUES(?)", (name,))
        self._connection.executemany("INSERT OR REPLACE INTO packed VALUES(?, ?, ?, ?)", packed)

    def forget_pack(self, name: str) -> None:
        """Note that a pack is gone."""
        self._connection.execute("DELETE FROM packed WHERE pack = ?", (name,))
        self._connection.execute("DELETE FROM pack WHERE name = ?", (name,))

    def packed(self, digests: Iterable[str]) -> dict[str, Packed]:
        """Return where contents lie that are in packs."""
        found: dict[str, Packed] = {}
        for some in in_parts(digests):
            sql = f"SELECT * FROM packed WHERE digest IN ({marks(some)})"
            found |= {row[0]: Packed._make(row) for row in self._connection.execute(sql, some)}
        return found

    # Files that were stored -----------------------------------------------------------------------------------------

    def seen(self, path: str) -> Sequence[Any] | None:
        """Return the stat values and digest that a file had when it was stored last."""
        found = self._connection.execute("SELECT * FROM seen WHERE path = ?", (path,)).fetchone()
        return None if found is None else tuple(found)

    def seen_below(self, prefix: str) -> dict[str, Sequence[Any]]:
        """Return the same for every file whose path begins so."""
        sql = "SELECT * FROM seen WHERE path >= ? AND path < ?"
        return {row[0]: row for row in self._connection.execute(sql, (prefix, prefix + "\U0010ffff"))}

    def set_seen(self, rows: Iterable[Sequence[Any]]) -> None:
        """Note stat values and digests of files."""
        self._connection.executemany("INSERT OR REPLACE INTO seen VALUES(?, ?, ?, ?, ?, ?, ?, ?)", rows)

    # Folders --------------------------------------------------------------------------------------------------------

    def last_version(self) -> int:
        """Return the key of the newest version, 0 when there is none."""
        return int(self._connection.execute("SELECT ifnull(max(id), 0) FROM version").fetchone()[0])

    def unread_folders(self, after: int, limit: int) -> list[str]:
        """Return the digests of versions, newer than one of this key, of which it is not known what lies in them."""
        sql = (
            "SELECT DISTINCT digest FROM version WHERE id > ? AND NOT deleted"
            " AND NOT EXISTS (SELECT 1 FROM folder WHERE folder.digest = version.digest) LIMIT ?"
        )
        return [row[0] for row in self._connection.execute(sql, (after, limit))]

    def has_folder(self, digest: str) -> bool:
        """Tell whether it is known what lies in a folder."""
        return self._connection.execute("SELECT 1 FROM folder WHERE digest = ?", (digest,)).fetchone() is not None

    def add_folders(self, folders: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Note the digest and the name of what lies in folders, which are given by their digests."""
        for folder, entries in folders.items():
            added = self._connection.execute("INSERT OR IGNORE INTO folder(digest) VALUES(?)", (folder,))
            if added.rowcount:
                rows = ((digest, added.lastrowid, name.encode(errors="surrogatepass")) for digest, name in entries)
                self._connection.executemany("INSERT OR IGNORE INTO entry VALUES(?, ?, ?)", rows)

    def folders_with(self, digests: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Yield each folder in which one of some contents lies: its digest, the content's, and its first name there."""
        for some in in_parts(digests):
            sql = (
                "SELECT folder.digest, entry.digest, min(name) FROM entry JOIN folder ON folder.id = entry.folder"
                f" WHERE entry.digest IN ({marks(some)}) GROUP BY folder.id, entry.digest ORDER BY folder.id"
            )
            for folder, content, name in self._connection.execute(sql, some):
                yield folder, content, name.decode(errors="surrogatepass")


def in_parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield some values at a time, as many as one question can hold."""
    waiting = iter(values)
    while some := [*islice(waiting, _AT_ONCE)]:
        yield some


def marks(values: Collection[object]) -> str:
    """Return the place holders of some values."""
    return ",".join("?" * len(values))
