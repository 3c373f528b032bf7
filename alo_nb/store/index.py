"""The index: what the journal says, in SQLite, so that questions are answered at once.

With `database` and `known` the only SQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from alo_nb.store.known import Known, in_parts, marks

_AT_ONCE = 1000  # runs that are read together


class VersionRow(NamedTuple):
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
    version.created, version.run, version.description, version.metadata, version.tags, version.expires, version.deleted
FROM version JOIN artifact ON artifact.id = version.artifact
"""


class Index(Known):
    """One connection to the index of a store, or an index in memory. Not shared between threads or across a fork."""

    # State ----------------------------------------------------------------------------------------------------------

    def applied(self) -> int:
        """Return the number of the last change that the index holds."""
        return self._state("applied")

    def swept(self) -> int:
        """Return the number of the last change by which `gc` took contents away."""
        return self._state("swept")

    def read_to(self) -> int:
        """Return the key of a version up to which it is known what lies in the folders of all of them."""
        return self._state("read_to")

    def _state(self, key: str) -> int:
        row = self._connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return 0 if row is None else int(row[0])

    def set_state(self, key: str, number: int) -> None:
        """Note the last change of a sort, ``applied`` or ``swept``, or the last version of one: ``read_to``."""
        self._connection.execute("INSERT OR REPLACE INTO state VALUES(?, ?)", (key, number))

    def add_changes(self, changes: Iterable[tuple[int, str, str]]) -> None:
        """Keep a second copy of changes (number, kind, values as JSON), for the day when their files are damaged."""
        self._connection.executemany("INSERT OR REPLACE INTO change VALUES(?, ?, ?)", changes)

    def change(self, number: int) -> tuple[str, dict[str, Any]] | None:
        """Return kind and values of a change; None when the index never held it."""
        row = self._connection.execute("SELECT kind, about FROM change WHERE number = ?", (number,)).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    # Artifacts ------------------------------------------------------------------------------------------------------

    def artifact_type(self, name: str) -> str | None:
        """Return the type of an artifact, None when there is none of this name."""
        row = self._connection.execute("SELECT type FROM artifact WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def name_in_other_case(self, name: str) -> str | None:
        """Return the name of an artifact that differs from `name` only in the case of its letters."""
        sql = "SELECT name FROM artifact WHERE folded = ? AND name != ?"
        row = self._connection.execute(sql, (name.casefold(), name)).fetchone()
        return None if row is None else str(row[0])

    def artifacts(self, type: str | None = None) -> list[tuple[str, str]]:
        """Return name and type of every artifact that has a version, sorted by name."""
        sql = (
            "SELECT name, type FROM artifact WHERE (?1 IS NULL OR type = ?1) AND EXISTS"
            " (SELECT 1 FROM version WHERE artifact = artifact.id AND NOT deleted) ORDER BY name"
        )
        return [(row[0], row[1]) for row in self._connection.execute(sql, (type,))]

    def add_version(self, change: int, values: Mapping[str, Any]) -> None:
        """Add a version and, with its first one, its artifact; a second one of the same number is passed over."""
        execute = self._connection.execute
        own = (values["name"], values["type"], values["name"].casefold())
        execute("INSERT OR IGNORE INTO artifact(name, type, folded) VALUES(?, ?, ?)", own)
        execute(
            "INSERT OR IGNORE INTO version(artifact, number, change, digest, files, size, created, run, description,"
            " metadata, tags, expires, deleted)"
            " SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0 FROM artifact WHERE name = ?",
            (
                *(values["number"], change, values["digest"], values["files"], values["size"], values["created"]),
                *(values["run"], values["description"], _json(values["metadata"]), _json(values["tags"])),
                *(values["expires"], values["name"]),
            ),
        )

    def next_number(self, name: str) -> int:
        """Return the number of the next version of an artifact; numbers are never used again."""
        sql = "SELECT max(number) FROM version JOIN artifact ON artifact.id = version.artifact WHERE name = ?"
        found = self._connection.execute(sql, (name,)).fetchone()[0]
        return 0 if found is None else int(found) + 1

    def newest(self, name: str) -> int | None:
        """Return the highest number of a version that is not deleted."""
        artifact = "(SELECT id FROM artifact WHERE name = ?)"
        sql = f"SELECT max(number) FROM version WHERE artifact = {artifact} AND NOT deleted"
        found = self._connection.execute(sql, (name,)).fetchone()[0]
        return None if found is None else int(found)

    def version(self, name: str, number: int) -> VersionRow | None:
        """Return a version by its number."""
        return self._first(f"{_VERSION} WHERE artifact.name = ? AND version.number = ?", (name, number))

    def version_of_alias(self, name: str, alias: str) -> VersionRow | None:
        """Return the version that an alias names."""
        where = "WHERE version.id = (SELECT version FROM alias WHERE artifact = artifact.id AND name = ?2)"
        where += " AND artifact.name = ?1"
        return self._first(f"{_VERSION} {where}", (name, alias))

    def version_by_id(self, version: int) -> VersionRow:
        """Return a version by its key in the index."""
        found = self._first(f"{_VERSION} WHERE version.id = ?", (version,))
        assert found is not None  # keys come from the index
        return found

    def versions(self, name: str) -> list[VersionRow]:
        """Return the versions of an artifact that are not deleted, newest first."""
        return self._rows(f"{_VERSION} WHERE artifact.name = ? AND NOT deleted ORDER BY number DESC", (name,))

    def bytes_of(self, name: str) -> int:
        """Return the bytes of all versions of an artifact, of each as if it shared nothing."""
        sql = (
            "SELECT total(size) FROM version WHERE NOT deleted AND artifact = (SELECT id FROM artifact WHERE name = ?)"
        )
        return int(self._connection.execute(sql, (name,)).fetchone()[0])

    def all_versions(self, after: int = 0) -> Iterator[VersionRow]:
        """Yield every version that is not deleted, oldest first; with `after`, those of later changes."""
        yield from self._rows(f"{_VERSION} WHERE NOT deleted AND change > ? ORDER BY change", (after,))

    def versions_with(self, name: str, digest: str) -> list[VersionRow]:
        """Return the versions of an artifact that have this content, newest first."""
        where = "WHERE artifact.name = ? AND version.digest = ? AND NOT deleted"
        order = "ORDER BY +number DESC"  # with the plus SQLite finds them by their digest, and not all by their number
        return self._rows(f"{_VERSION} {where} {order}", (name, digest))

    def versions_of(self, digests: Iterable[str]) -> list[VersionRow]:
        """Return the versions that have one of some contents, newest first."""
        found: list[VersionRow] = []
        for some in in_parts(digests):
            found += self._rows(f"{_VERSION} WHERE version.digest IN ({marks(some)}) AND NOT deleted", some)
        return sorted(found, key=lambda row: row.id, reverse=True)

    def change_version(self, name: str, number: int, values: Mapping[str, Any]) -> None:
        """Set what may change of a version: description, metadata, tags, expires, deleted."""
        texts = {key: _json(value) if key in {"metadata", "tags"} else value for key, value in values.items()}
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
        sql = f"REPLACE INTO alias SELECT artifact, ?, id FROM version WHERE number = ? AND artifact = {artifact}"
        if number is None or not self._connection.execute(sql, (alias, number, name)).rowcount:
            self._connection.execute(f"DELETE FROM alias WHERE name = ? AND artifact = {artifact}", (alias, name))

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

    def is_downstream(self, version: int, run: str, step: str) -> bool:
        """Tell whether a step of a run made a version, or something that it was made of."""
        sql = """
        WITH RECURSIVE above(version) AS (
            SELECT ?3
            UNION
            SELECT used.version FROM above
            JOIN edge made ON made.version = above.version AND made.direction = 'out'
            JOIN edge used ON used.run = made.run AND used.step = made.step AND used.direction = 'in')
        SELECT 1 FROM edge WHERE run = ?1 AND step = ?2 AND direction = 'out' AND version IN above LIMIT 1"""
        made = "SELECT 1 FROM edge WHERE run = ? AND step = ? AND direction = 'out' LIMIT 1"
        if self._connection.execute(made, (run, step)).fetchone() is None:
            return False
        return self._connection.execute(sql, (run, step, version)).fetchone() is not None

    def has_edge(self, version: int, run: str, direction: str, step: str) -> bool:
        """Tell whether a run, in one of its steps, is known to have read or made a version."""
        sql = "SELECT 1 FROM edge WHERE run = ? AND version = ? AND direction = ? AND step = ?"
        return self._connection.execute(sql, (run, version, direction, step)).fetchone() is not None

    # Runs -----------------------------------------------------------------------------------------------------------

    def put_run(self, change: int, values: Mapping[str, Any]) -> None:
        """Add a run, or replace what was known of it; its place in the order stays."""
        sql = (
            "INSERT INTO run VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET status = excluded.status,"
            " started = excluded.started, finished = excluded.finished, name = excluded.name,"
            " job_type = excluded.job_type, about = excluded.about"
        )
        names = ("status", "started", "finished", "name", "job_type")
        about = _json(values.get("about", {}))
        self._connection.execute(sql, (values["id"], change, *(values.get(name, "") for name in names), about))

    def run(self, id: str) -> dict[str, Any] | None:
        """Return what the index knows of a run; None when there is none of this id."""
        row = self._connection.execute("SELECT * FROM run WHERE id = ?", (id,)).fetchone()
        return None if row is None else _run(row, json.loads(row[7]))

    def runs(self) -> Iterator[dict[str, Any]]:
        """Yield the same for every run, newest first."""
        found = self._connection.execute("SELECT * FROM run ORDER BY change DESC")
        while rows := found.fetchmany(_AT_ONCE):
            yield from map(_run, rows, _decoded(row[7] for row in rows))

    def run_ids(self, limit: int | None = None) -> list[str]:
        """Return the ids of runs, newest first."""
        sql = "SELECT id FROM run ORDER BY change DESC LIMIT ?"
        return [row[0] for row in self._connection.execute(sql, (-1 if limit is None else limit,))]

    # ----------------------------------------------------------------------------------------------------------------

    def _rows(self, sql: str, values: Sequence[Any]) -> list[VersionRow]:
        rows = self._connection.execute(sql, values).fetchall()
        aliases: dict[int, list[str]] = {}
        if len(rows) > 1:
            found = self._connection.execute("SELECT version, name FROM alias ORDER BY version, name")
        else:
            sql = "SELECT version, name FROM alias WHERE version = ? ORDER BY name"
            found = self._connection.execute(sql, (rows[0][0] if rows else 0,))
        for version, name in found:
            aliases.setdefault(version, []).append(name)
        metadata, tags = (_decoded(row[column] for row in rows) for column in (10, 11))
        return [
            VersionRow._make((*row[:10], about, tuple(own), row[12], bool(row[13]), tuple(aliases.get(row[0], ()))))
            for row, about, own in zip(rows, metadata, tags, strict=True)
        ]

    def _first(self, sql: str, values: Sequence[Any]) -> VersionRow | None:
        return next(iter(self._rows(sql, values)), None)


_json = json.JSONEncoder(sort_keys=True).encode  # as the journal has it, so that an index made again is equal


def _decoded(texts: Iterable[str]) -> list[Any]:
    """Return what JSON texts say; thousands of them at once are read five times as fast as one by one."""
    return list(json.loads(f"[{','.join(texts)}]"))


def _run(row: Sequence[Any], known: dict[str, Any]) -> dict[str, Any]:
    id, change, status, started, finished, name, job_type, _ = row
    known.update(id=id, change=change, status=status, started=started, finished=finished, name=name, job_type=job_type)
    return dict(known)
