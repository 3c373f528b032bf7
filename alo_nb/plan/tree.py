"""The tree between YAML and the dialects: plain values that know their place. No YAML library in here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from alo_nb.plan.model import Note, Place, Problem
from alo_nb.plan.redact import redact, shown

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Scalar:
    """One value. `text` is how it is written; `bare` says that it stands without quotes, so that YAML guessed."""

    value: Any
    text: str
    bare: bool
    place: Place


@dataclass(frozen=True)
class Listing:
    """A YAML sequence."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Entry:
    """One ``key: value`` of a mapping."""

    key: Scalar
    node: Node


@dataclass(frozen=True)
class Table:
    """A YAML mapping; of a key that was written twice only the last value is here, as in ALO."""

    entries: tuple[Entry, ...]
    place: Place

    def get(self, key: str) -> Entry | None:
        """Return the entry with this key, or None."""
        return next((entry for entry in self.entries if entry.key.value == key), None)


Node = Scalar | Listing | Table


def plain(node: Node) -> Any:
    """Return the node as Python values: dict, list, str, int, float, bool, None, date; keys keep their type."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {entry.key.value: plain(entry.node) for entry in node.entries}


def is_null(node: Node) -> bool:
    """Return whether nothing is written here (``key:``, ``~`` or ``null``)."""
    return isinstance(node, Scalar) and node.value is None


def describe(node: Node) -> str:
    """Return what stands here in a few words, for messages."""
    if isinstance(node, Scalar):
        return "nothing" if node.value is None else shown(node.text)
    return "a list" if isinstance(node, Listing) else "a mapping"


def walk(node: Node) -> Iterator[Scalar]:
    """Yield every scalar below `node` in the order of the text, keys included."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Listing):
        for item in node.items:
            yield from walk(item)
    else:
        for entry in node.entries:
            yield entry.key
            yield from walk(entry.node)


def path_of(*keys: str) -> str:
    """Return the path of keys as messages show it, e.g. ``"control > backup_size"``."""
    return " > ".join(key for key in keys if key)


@dataclass
class Findings:
    """What the reader collects beside the plan: repairs, problems, and the place of every key path. Masks secrets."""

    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def note(self, code: str, message: str, key: str, place: Place) -> None:
        """Keep a repair of meaning."""
        self.notes.append(Note(code, redact(message), redact(key), place))

    def problem(
        self, code: str, message: str, key: str, place: Place, *, do: str = "", severity: Severity = "error"
    ) -> None:
        """Keep a problem."""
        self.problems.append(Problem(severity, code, redact(message), redact(key), place, redact(do)))
