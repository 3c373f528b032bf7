"""The tree between YAML and the dialects: plain values that know their place. No YAML library in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from alo_nb.plan.model import Note, Place, Problem
from alo_nb.plan.redact import redact, shown

Severity = Literal["error", "warning", "note"]
MAX_SHOWN = 100


@dataclass(frozen=True)
class Scalar:
    """One value. `text` is how it is written; `bare` says that it stands without quotes, so that YAML guessed.

    `tag` is ``"!Env"`` or ``"!Python"`` where ALO 3's tags stand, else empty.
    """

    value: Any
    text: str
    bare: bool
    place: Place
    tag: str = ""


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


def mapped(node: Node, change: Callable[[Scalar], Node]) -> Node:
    """Return the tree with each value replaced by what `change` makes of it; keys stay."""
    if isinstance(node, Scalar):
        return change(node)
    if isinstance(node, Listing):
        return Listing(tuple(mapped(item, change) for item in node.items), node.place)
    return Table(tuple(Entry(entry.key, mapped(entry.node, change)) for entry in node.entries), node.place)


def is_null(node: Node) -> bool:
    """Return whether nothing is written here (``key:``, ``~`` or ``null``)."""
    return isinstance(node, Scalar) and node.value is None


def is_empty(node: Node) -> bool:
    """Return whether nothing is written here, or a list of nothing."""
    return all(map(is_null, node.items)) if isinstance(node, Listing) else is_null(node)


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


def entries(node: Node) -> Iterator[Entry]:
    """Yield every ``key: value`` below `node` in the order of the text."""
    if isinstance(node, Listing):
        for item in node.items:
            yield from entries(item)
    elif isinstance(node, Table):
        for entry in node.entries:
            yield entry
            yield from entries(entry.node)


def path_of(*keys: str) -> str:
    """Return the path of keys as messages show it, e.g. ``"control > backup_size"``."""
    return " > ".join(key for key in keys if key)


@dataclass
class Findings:
    """What the reader collects beside the plan: repairs, problems, and the place of every key path. Masks secrets.

    `tagged` holds each value with a tag of ALO 3 and its key path, `from_env` what became of them: text to tag. Of
    each severity the first `MAX_SHOWN` are kept and the others counted in `hidden`, so that a hostile file stays cheap.
    """

    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    tagged: list[tuple[str, Scalar]] = field(default_factory=list)
    from_env: dict[str, str] = field(default_factory=dict)
    kept: Counter[Severity] = field(default_factory=Counter)
    hidden: Counter[Severity] = field(default_factory=Counter)

    def has_room(self, severity: Severity = "error") -> bool:
        """Return whether another finding would be kept; ask before a message that costs much."""
        return self.kept[severity] < MAX_SHOWN

    def _keeps(self, severity: Severity) -> bool:
        keeps = self.has_room(severity)
        (self.kept if keeps else self.hidden)[severity] += 1
        return keeps

    def note(self, code: str, message: str, key: str, place: Place) -> None:
        """Keep a repair of meaning."""
        if not self._keeps("note"):
            return
        self.notes.append(Note(code, redact(message), redact(key), place))

    def problem(
        self, code: str, message: str, key: str, place: Place, *, do: str = "", severity: Severity = "error"
    ) -> None:
        """Keep a problem."""
        if not self._keeps(severity):
            return
        self.problems.append(Problem(severity, code, redact(message), redact(key), place, redact(do)))
