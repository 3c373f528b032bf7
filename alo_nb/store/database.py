"""The file of the index: its tables, how it is opened, and when it is written.

``index/<schema>-<number>.db`` with the highest number is the one in use. It can be deleted at any time; `Store` makes
another from the journal, as it does for another schema. A file is never replaced by one of the same name, since SQLite
finds a database's log by its name.

The SQLite that Python 3.11 brings along (before 3.51.3) can damage a write-ahead log when one connection checkpoints
it while another commits. So nothing is checkpointed by itself, and every write and checkpoint here happens under the
store's lock; there is never a second party to that race. Commits are not synced one by one: what a power loss takes
from the index, the journal gives back. On a network file system there is no write-ahead log: it needs memory that all
its processes share.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Self

from alo_nb.store.file_system import network_file_system

SCHEMA = 2
_CHECKPOINT_FROM = 16 << 20
_TABLES = """
CREATE TABLE state(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE change(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE artifact(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL, folded TEXT NOT NULL);
CREATE INDEX artifact_folded ON artifact(folded);
CREATE TABLE version(
    id INTEGER PRIMARY KEY, artifact INTEGER NOT NULL REFERENCES artifact, number INTEGER NOT NULL,
    change INTEGER NOT NULL, digest TEXT NOT NULL, files INTEGER NOT NULL, size INTEGER NOT NULL, created TEXT NOT NULL,
    run TEXT NOT NULL, description TEXT NOT NULL, metadata TEXT NOT NULL, tags TEXT NOT NULL, expires TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE(artifact, number));
CREATE INDEX version_digest ON version(digest, artifact);
CREATE TABLE alias(
    artifact INTEGER NOT NULL REFERENCES artifact, name TEXT NOT NULL, version INTEGER NOT NULL REFERENCES version,
    PRIMARY KEY(artifact, name)) WITHOUT ROWID;
CREATE INDEX alias_version ON alias(version);
CREATE TABLE edge(
    run TEXT NOT NULL, version INTEGER NOT NULL REFERENCES version, direction TEXT NOT NULL, step TEXT NOT NULL,
    PRIMARY KEY(run, version, direction, step)) WITHOUT ROWID;
CREATE INDEX edge_version ON edge(version, direction, run);
CREATE TABLE run(
    id TEXT PRIMARY KEY, change INTEGER NOT NULL, status TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL,
    name TEXT NOT NULL, job_type TEXT NOT NULL, about TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX run_change ON run(change);
CREATE TABLE packed(
    digest TEXT PRIMARY KEY, pack TEXT NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE pack(name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE seen(
    path TEXT PRIMARY KEY, device INTEGER, inode INTEGER, size INTEGER, modified INTEGER, changed INTEGER,
    hashed INTEGER, digest TEXT) WITHOUT ROWID;
CREATE TABLE folder(id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE);
CREATE TABLE entry(
    digest TEXT NOT NULL, folder INTEGER NOT NULL REFERENCES folder, name BLOB NOT NULL,
    PRIMARY KEY(digest, folder, name)) WITHOUT ROWID;
"""
_FACTS = ("artifact", "version", "alias", "edge", "run")  # the tables that the journal alone fills


class Database:
    """One connection to the index of a store, or an index in memory. Not shared between threads or across a fork."""

    def __init__(self, path: Path | None = None) -> None:
        self.path, self._place = path, str(path)
        place = ":memory:" if path is None else f"{path.as_uri()}?mode=rw"
        self._connection = sqlite3.connect(
            place, uri=path is not None, timeout=30, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except BaseException:  # also Ctrl-C: nothing may stay open
            self.close()
            raise

    def _prepare(self) -> None:
        execute = self._connection.execute
        if self.path is None:
            self._connection.executescript(_TABLES)
            return
        self._file = self.path.stat()
        execute(f"PRAGMA journal_mode={'TRUNCATE' if network_file_system(self.path.parent) else 'WAL'}")
        execute("PRAGMA synchronous=NORMAL")
        execute("PRAGMA wal_autocheckpoint=0")
        execute("PRAGMA cache_size=-65536")  # KiB, used as far as the index is large
        if self.problems(quick=True):
            raise sqlite3.DatabaseError("the index is damaged")

    def save(self, path: Path) -> None:
        """Write a copy to a new file."""
        self._connection.execute("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def is_current(self) -> bool:
        """Whether its file is still there: another process may have put a new one in its place."""
        try:
            return self.path is None or os.path.samestat(os.stat(self._place), self._file)  # noqa: PTH116  # each time
        except FileNotFoundError:
            return False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold one transaction for the body; under the store's lock."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException:  # also Ctrl-C, which may come in the middle of either: nothing may stay open
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def checkpoint(self) -> None:
        """Fold a large write-ahead log into the database; under the store's lock."""
        try:
            is_large = self.path is not None and os.path.getsize(f"{self._place}-wal") > _CHECKPOINT_FROM  # noqa: PTH202
        except FileNotFoundError:
            return
        if is_large:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def problems(self, *, quick: bool = False) -> list[str]:
        """Return what SQLite finds wrong with the file."""
        check = "quick_check(1)" if quick else "integrity_check"
        found = [row[0] for row in self._connection.execute(f"PRAGMA {check}")]
        return [] if found == ["ok"] else found

    def says_the_same(self, other: Self) -> bool:
        """Tell whether two indexes hold the same facts; what they know of packs and of files seen does not count."""
        both = ([each._connection.execute(f"SELECT * FROM {table}") for table in _FACTS] for each in (self, other))
        return all(a == b for one, two in zip(*both, strict=True) for a, b in zip_longest(one, two))
