"""The index: what the journal and the records say, in SQLite, so that questions are answered at once.

It can be deleted at any time; `Store` makes it again. The only module that knows SQL.

The SQLite that Python 3.11 brings along (before 3.51.3) can damage a write-ahead log when one connection checkpoints
it while another commits. So nothing is checkpointed by itself, and every write and checkpoint here happens under the
store's lock; there is never a second party to that race.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alo_nb.store.objects import Packed

SCHEMA = 1
_CHECKPOINT_FROM = 16 << 20
_TABLES = """
CREATE TABLE state(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE artifact(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL);
CREATE UNIQUE INDEX artifact_folded ON artifact(lower(name));
CREATE TABLE version(
    id INTEGER PRIMARY KEY, artifact INTEGER NOT NULL REFERENCES artifact, number INTEGER NOT NULL,
    change INTEGER NOT NULL, digest TEXT NOT NULL, files INTEGER NOT NULL, size INTEGER NOT NULL, created TEXT NOT NULL,
    run TEXT NOT NULL, description TEXT NOT NULL, metadata TEXT NOT NULL, tags TEXT NOT NULL, expires TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE(artifact, number));
CREATE INDEX version_digest ON version(artifact, digest);
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
CREATE TABLE seen(
    path TEXT PRIMARY KEY, device INTEGER, inode INTEGER, size INTEGER, modified INTEGER, changed INTEGER,
    hashed INTEGER, digest TEXT) WITHOUT ROWID;
"""
MIGRATIONS: Mapping[int, str] = {}  # from a schema to the next one; SCHEMA is the last


class NewerIndex(Exception):
    """The index was made by a newer version of alo_nb."""


@dataclass(frozen=True)
class VersionRow:
    """What is known of one version of an artifact; `aliases` are those of now."""

    id: int
    name: str
    type: str
    number: int
    digest: str
    files: int
    size: int
    created: str
    run: str
    description: str
    metadata: Mapping[str, Any]
    tags: tuple[str, ...]
    expires: str
    deleted: bool
    aliases: tuple[str, ...]


_VERSION = """
SELECT version.id, artifact.name, artifact.type, version.number, version.digest, version.files, version.size,
    version.created, version.run, version.description, version.metadata, version.tags, version.expires, version.deleted,
    (SELECT group_concat(name, ' ') FROM (SELECT name FROM alias WHERE alias.version = version.id ORDER BY name))
FROM version JOIN artifact ON artifact.id = version.artifact
"""


class Index:
    """One connection to the index of a store. Not shared between threads or across a fork."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        execute = self._connection.execute
        execute("PRAGMA journal_mode=WAL")
        execute("PRAGMA synchronous=FULL")
        execute("PRAGMA wal_autocheckpoint=0")
        execute("PRAGMA foreign_keys=ON")
        self._path = Path(path)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def prepare(self) -> None:
        """Make the tables, or bring them up to date; under the store's lock.

        Raises
        ------
        NewerIndex
            They are of a newer alo_nb.
        """
        version = self._one("PRAGMA user_version")
        if version > SCHEMA:
            raise NewerIndex(version)
        if version == SCHEMA:
            return
        steps = [_TABLES] if version == 0 else [MIGRATIONS[each] for each in range(version, SCHEMA)]
        self._connection.executescript(f"BEGIN; {' '.join(steps)} PRAGMA user_version={SCHEMA}; COMMIT;")

    @property
    def is_prepared(self) -> bool:
        """Whether the tables are those of this version."""
        return bool(self._one("PRAGMA user_version") == SCHEMA)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold one transaction for the body; under the store's lock."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def checkpoint(self) -> None:
        """Fold a large write-ahead log into the database; under the store's lock."""
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists() and log.stat().st_size > _CHECKPOINT_FROM:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with the file."""
        found = [row[0] for row in self._connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    # State ----------------------------------------------------------------------------------------------------------

    def applied(self) -> int:
        """Return the number of the last change that the index holds."""
        row = self._connection.execute("SELECT value FROM state WHERE key = 'applied'").fetchone()
        return 0 if row is None else int(row[0])

    def set_applied(self, number: int) -> None:
        """Note the last change."""
        self._connection.execute("INSERT OR REPLACE INTO state VALUES('applied', ?)", (number,))

    # Artifacts ------------------------------------------------------------------------------------------------------

    def artifact_type(self, name: str) -> str | None:
        """Return the type of an artifact, None when there is none of this name."""
        row = self._connection.execute("SELECT type FROM artifact WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def name_in_other_case(self, name: str) -> str | None:
        """Return the name of an artifact that differs from `name` only in the case of its letters."""
        sql = "SELECT name FROM artifact WHERE lower(name) = lower(?) AND name != ?"
        row = self._connection.execute(sql, (name, name)).fetchone()
        return None if row is None else str(row[0])

    def artifacts(self, type: str | None = None) -> list[tuple[str, str]]:
        """Return name and type of every artifact that has a version, sorted by name."""
        sql = (
            "SELECT name, type FROM artifact WHERE (?1 IS NULL OR type = ?1) AND EXISTS"
            " (SELECT 1 FROM version WHERE artifact = artifact.id AND NOT deleted) ORDER BY name"
        )
        return [(row[0], row[1]) for row in self._connection.execute(sql, (type,))]

    def add_version(self, change: int, values: Mapping[str, Any]) -> None:
        """Add a version and, with its first one, its artifact."""
        execute = self._connection.execute
        execute("INSERT OR IGNORE INTO artifact(name, type) VALUES(?, ?)", (values["name"], values["type"]))
        execute(
            "INSERT INTO version(artifact, number, change, digest, files, size, created, run, description, metadata,"
            " tags, expires, deleted) SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0 FROM artifact WHERE name = ?",
            (
                *(values["number"], change, values["digest"], values["files"], values["size"], values["created"]),
                *(values["run"], values["description"], json.dumps(values["metadata"]), json.dumps(values["tags"])),
                *(values["expires"], values["name"]),
            ),
        )

    def next_number(self, name: str) -> int:
        """Return the number of the next version of an artifact; numbers are never used again."""
        sql = "SELECT max(number) FROM version JOIN artifact ON artifact.id = version.artifact WHERE name = ?"
        found = self._connection.execute(sql, (name,)).fetchone()[0]
        return 0 if found is None else int(found) + 1

    def version(self, name: str, number: int) -> VersionRow | None:
        """Return a version by its number."""
        return self._first(f"{_VERSION} WHERE artifact.name = ? AND version.number = ?", (name, number))

    def version_of_alias(self, name: str, alias: str) -> VersionRow | None:
        """Return the version that an alias names."""
        where = "JOIN alias ON alias.version = version.id WHERE artifact.name = ? AND alias.name = ?"
        return self._first(f"{_VERSION} {where}", (name, alias))

    def version_by_id(self, version: int) -> VersionRow:
        """Return a version by its key in the index."""
        found = self._first(f"{_VERSION} WHERE version.id = ?", (version,))
        assert found is not None  # keys come from the index
        return found

    def versions(self, name: str) -> list[VersionRow]:
        """Return the versions of an artifact that are not deleted, newest first."""
        return self._rows(f"{_VERSION} WHERE artifact.name = ? AND NOT deleted ORDER BY number DESC", (name,))

    def all_versions(self) -> Iterator[VersionRow]:
        """Yield every version that is not deleted, oldest first."""
        for row in self._connection.execute(f"{_VERSION} WHERE NOT deleted ORDER BY change"):
            yield _version(row)

    def versions_with(self, name: str, digest: str) -> list[VersionRow]:
        """Return the versions of an artifact that have this content, newest first."""
        where = "WHERE artifact.name = ? AND version.digest = ? AND NOT deleted ORDER BY number DESC"
        return self._rows(f"{_VERSION} {where}", (name, digest))

    def change_version(self, name: str, number: int, values: Mapping[str, Any]) -> None:
        """Set what may change of a version: description, metadata, tags, expires, deleted."""
        texts = {key: json.dumps(value) if key in {"metadata", "tags"} else value for key, value in values.items()}
        columns = ", ".join(f"{key} = ?" for key in texts)
        sql = f"UPDATE version SET {columns} WHERE number = ? AND artifact = (SELECT id FROM artifact WHERE name = ?)"
        self._connection.execute(sql, (*texts.values(), number, name))

    def aliases(self, name: str) -> dict[str, int]:
        """Return the aliases of an artifact with the number of the version that each names."""
        sql = (
            "SELECT alias.name, version.number FROM alias JOIN version ON version.id = alias.version"
            " JOIN artifact ON artifact.id = alias.artifact WHERE artifact.name = ? ORDER BY alias.name"
        )
        return {row[0]: int(row[1]) for row in self._connection.execute(sql, (name,))}

    def set_alias(self, name: str, alias: str, number: int | None) -> None:
        """Let an alias name a version; None takes it away."""
        artifact = "(SELECT id FROM artifact WHERE name = ?)"
        self._connection.execute(f"DELETE FROM alias WHERE name = ? AND artifact = {artifact}", (alias, name))
        if number is not None:
            self._connection.execute(
                "INSERT INTO alias SELECT artifact, ?, id FROM version WHERE number = ? AND artifact = " + artifact,
                (alias, number, name),
            )

    # Lineage --------------------------------------------------------------------------------------------------------

    def add_edge(self, run: str, name: str, number: int, direction: str, step: str) -> None:
        """Note that a run, in one of its steps, read (``in``) or made (``out``) a version."""
        sql = (
            "INSERT OR IGNORE INTO edge SELECT ?, version.id, ?, ? FROM version JOIN artifact ON artifact.id = artifact"
            " WHERE artifact.name = ? AND number = ?"
        )
        self._connection.execute(sql, (run, direction, step, name, number))

    def edges_of_run(self, run: str) -> list[tuple[int, str, str]]:
        """Return version, direction and step of what a run read and made."""
        sql = "SELECT version, direction, step FROM edge WHERE run = ? ORDER BY version, direction, step"
        return [(row[0], row[1], row[2]) for row in self._connection.execute(sql, (run,))]

    def edges_of_version(self, version: int) -> list[tuple[str, str, str]]:
        """Return run, direction and step of all that read or made a version."""
        sql = "SELECT run, direction, step FROM edge WHERE version = ? ORDER BY run, direction, step"
        return [(row[0], row[1], row[2]) for row in self._connection.execute(sql, (version,))]

    def runs_of_version(self, version: int, direction: str) -> list[str]:
        """Return the runs that read or made a version."""
        sql = "SELECT DISTINCT run FROM edge WHERE version = ? AND direction = ? ORDER BY run"
        return [row[0] for row in self._connection.execute(sql, (version, direction))]

    def is_upstream(self, version: int, run: str, step: str) -> bool:
        """Tell whether a step of a run depends on a version: it read it, or something that was made of it."""
        sql = """
        WITH RECURSIVE above(version) AS (
            SELECT version FROM edge WHERE run = ?1 AND step = ?2 AND direction = 'in'
            UNION
            SELECT used.version FROM above
            JOIN edge made ON made.version = above.version AND made.direction = 'out'
            JOIN edge used ON used.run = made.run AND used.step = made.step AND used.direction = 'in')
        SELECT 1 FROM above WHERE version = ?3 LIMIT 1"""
        return self._connection.execute(sql, (run, step, version)).fetchone() is not None

    # Runs -----------------------------------------------------------------------------------------------------------

    def put_run(self, change: int, values: Mapping[str, Any]) -> None:
        """Add a run, or replace what was known of it; its place in the order stays."""
        sql = (
            "INSERT INTO run VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET status = excluded.status,"
            " started = excluded.started, finished = excluded.finished, name = excluded.name,"
            " job_type = excluded.job_type, about = excluded.about"
        )
        names = ("status", "started", "finished", "name", "job_type")
        about = json.dumps(values.get("about", {}))
        self._connection.execute(sql, (values["id"], change, *(values.get(name, "") for name in names), about))

    def run(self, id: str) -> dict[str, Any] | None:
        """Return what the index knows of a run; None when there is none of this id."""
        row = self._connection.execute("SELECT * FROM run WHERE id = ?", (id,)).fetchone()
        return None if row is None else _run(row)

    def runs(self) -> Iterator[dict[str, Any]]:
        """Yield the same for every run, newest first."""
        yield from map(_run, self._connection.execute("SELECT * FROM run ORDER BY change DESC"))

    def run_ids(self, limit: int | None = None) -> list[str]:
        """Return the ids of runs, newest first."""
        sql = "SELECT id FROM run ORDER BY change DESC LIMIT ?"
        return [row[0] for row in self._connection.execute(sql, (-1 if limit is None else limit,))]

    # Packs and files that were seen ---------------------------------------------------------------------------------

    def add_packed(self, packed: Iterable[Packed]) -> None:
        """Note where contents lie."""
        rows = ((each.digest, each.pack, each.offset, each.size) for each in packed)
        self._connection.executemany("INSERT OR IGNORE INTO packed VALUES(?, ?, ?, ?)", rows)

    def packed(self, digest: str) -> Packed | None:
        """Return where a packed content lies."""
        row = self._connection.execute("SELECT * FROM packed WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else Packed(*row)

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

    # ----------------------------------------------------------------------------------------------------------------

    def _one(self, sql: str) -> Any:
        return self._connection.execute(sql).fetchone()[0]

    def _rows(self, sql: str, values: Sequence[Any]) -> list[VersionRow]:
        return [_version(row) for row in self._connection.execute(sql, values)]

    def _first(self, sql: str, values: Sequence[Any]) -> VersionRow | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else _version(row)


def _version(row: Sequence[Any]) -> VersionRow:
    values = dict(zip(VersionRow.__dataclass_fields__, row, strict=True))
    names = tuple((values.pop("aliases") or "").split())
    metadata, tags = json.loads(values.pop("metadata")), tuple(json.loads(values.pop("tags")))
    values["deleted"] = bool(values["deleted"])
    return VersionRow(**values, metadata=metadata, tags=tags, aliases=names)


def _run(row: Sequence[Any]) -> dict[str, Any]:
    names = ("id", "change", "status", "started", "finished", "name", "job_type")
    return {**dict(zip(names, row[:-1], strict=True)), **json.loads(row[-1])}
