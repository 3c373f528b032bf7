"""What may change of a version: aliases, tags, description, metadata, time to live, and whether it is there at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from alo_nb.errors import ArtifactNotFoundError, StoreError
from alo_nb.store.index import Index, VersionRow
from alo_nb.store.names import LATEST
from alo_nb.store.store import Store


def edit_version(
    store: Store, row: VersionRow, edits: Mapping[str, Any], add: Collection[str], drop: Collection[str]
) -> VersionRow:
    """Keep what has changed of a version, in one write; return it as it is then.

    Parameters
    ----------
    row : VersionRow
        What the caller saw: only what differs from it is written.
    edits : mapping
        ``description``, ``metadata``, ``tags``, ``expires``.
    add, drop : collection of str
        Aliases. One to be dropped that names another version by now is left alone.

    Raises
    ------
    ArtifactNotFoundError
        The version was deleted.
    """
    seen = {**row._asdict(), "metadata": dict(row.metadata), "tags": [*row.tags]}
    changed = {key: value for key, value in edits.items() if value != seen[key]}

    def decide(index: Index) -> tuple[str, Mapping[str, Any]] | None:
        _living(index, row)
        now = index.aliases(row.name)
        gone = {each: None for each in sorted(drop) if now.get(each) == row.number}
        aliases = {**dict.fromkeys(sorted(add), row.number), **gone}
        if not changed and not aliases:
            return None
        return "edit", {"name": row.name, "number": row.number, "aliases": aliases, **changed}

    store.change(decide)
    return _living(store.index, row)


def delete_version(store: Store, row: VersionRow, *, delete_aliases: bool = False) -> VersionRow:
    """Delete a version and return what is left: its place in the lineage.

    Raises
    ------
    StoreError
        It has aliases besides ``latest``, and `delete_aliases` is not set.
    ArtifactNotFoundError
        It was deleted already.
    """

    def decide(index: Index) -> tuple[str, Mapping[str, Any]]:
        held = [each for each in _living(index, row).aliases if each != LATEST]
        if held and not delete_aliases:
            raise StoreError(
                f"{row.name}:v{row.number} is called {', '.join(held)}",
                do="delete it with delete_aliases=True, or move the aliases first",
            )
        return "delete", {"name": row.name, "number": row.number}

    store.change(decide)
    left = store.index.version(row.name, row.number)
    assert left is not None  # versions leave a tombstone
    return left


def _living(index: Index, row: VersionRow) -> VersionRow:
    found = index.version(row.name, row.number)
    if found is None or found.deleted:
        raise ArtifactNotFoundError(f"{row.name}:v{row.number} was deleted", do="use another version")
    return found


def expires_at(created: str, ttl: timedelta | None) -> str:
    """Return when a time to live is over, written as `records.now` writes times; empty for none."""
    if ttl is None:
        return ""
    end = (datetime.fromisoformat(created) + ttl).astimezone(UTC)
    return end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
