"""What each kind of change in the journal means for the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from alo_nb.store.index import Index
from alo_nb.store.journal import Change
from alo_nb.store.names import LATEST

_NOT_UNDERSTOOD = (
    *(KeyError, TypeError, ValueError, AttributeError, OverflowError),
    *(sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError),
)


def apply(index: Index, change: Change) -> bool:
    """Bring one change of the journal into the index; tell whether it could be understood.

    One that says what cannot be is passed over, and so are kinds of a newer alo_nb: its own index will know them.
    """
    try:
        carry_out(index, change)
    except _NOT_UNDERSTOOD:
        return False
    return True


def carry_out(index: Index, change: Change) -> None:
    """Do what a change says."""
    values = change.values
    match change.kind:
        case "version":
            index.add_version(change.number, values)
            _logged(index, values)
        case "again":
            _again(index, values)
        case "use":
            index.add_edge(values["run"], values["name"], values["number"], "in", values["step"])
        case "alias":
            index.set_alias(values["name"], values["alias"], values["number"])
        case "edit":
            _edit(index, values)
        case "delete":
            _delete(index, values["name"], values["number"])
        case "run":
            index.put_run(change.number, values)
        case "gc":
            index.set_state("swept", change.number)
        case "batch":
            for kind, inner in values["changes"]:
                carry_out(index, Change(change.number, kind, inner))


def _again(index: Index, values: Mapping[str, Any]) -> None:
    row = index.version(values["name"], values["number"])
    tags = [*dict.fromkeys([*(row.tags if row is not None else ()), *values.get("tags", ())])]
    index.change_version(values["name"], values["number"], {"tags": tags})
    _logged(index, values)


def _logged(index: Index, values: Mapping[str, Any]) -> None:
    for alias in (LATEST, *values["aliases"]):
        index.set_alias(values["name"], alias, values["number"])
    if values["run"]:
        index.add_edge(values["run"], values["name"], values["number"], "out", values["step"])


def _edit(index: Index, values: Mapping[str, Any]) -> None:
    name, number = values["name"], values["number"]
    for alias, target in values.get("aliases", {}).items():
        index.set_alias(name, alias, target)
    edits = {key: values[key] for key in ("description", "metadata", "tags", "expires") if key in values}
    if edits:
        index.change_version(name, number, edits)


def _delete(index: Index, name: str, number: int) -> None:
    """Leave a tombstone; ``latest`` goes to the newest version that is left, all other aliases go."""
    index.change_version(name, number, {"deleted": 1})
    for alias, target in index.aliases(name).items():
        if target == number:
            newest = index.newest(name) if alias == LATEST else None
            index.set_alias(name, alias, newest)
