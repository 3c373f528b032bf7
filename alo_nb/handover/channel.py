"""What one execution of a step may read and write, and a note of what it did read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from alo_nb.handover.interface import Interface, Key, Kind, decoded, encode_all

MOST_PATHS = 2000  # of one value


@dataclass(frozen=True)
class Channel:
    """The outputs of the step before this one, and its own.

    Attributes
    ----------
    read : mapping
        Kind to the keys that were loaded.
    handed_on : mapping
        Kind to the keys that were saved as they came, without being loaded.
    texts : set of str
        Texts in the loaded values that may be paths.
    """

    interface: Interface
    upstream: Key | None
    own: Key
    read: Mapping[Kind, set[str]] = field(default_factory=lambda: {"data": set(), "config": set()})
    handed_on: Mapping[Kind, set[str]] = field(default_factory=lambda: {"data": set(), "config": set()})
    texts: set[str] = field(default_factory=set)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the keys that the previous step saved; none for the first step."""
        return tuple(each.name for each in self.interface.entries(self.upstream, kind)) if self.upstream else ()

    def load(self, kind: Kind, name: str) -> object:
        """Return a new object for one of these keys."""
        assert self.upstream is not None  # only a step with one before it has keys
        self.read[kind].add(name)
        value = decoded(name, self.interface.read(self.upstream, kind, name))
        self.texts.update([value] if isinstance(value, str) else islice(_paths_in(value), MOST_PATHS))
        return value

    def save(self, kind: Kind, values: Mapping[str, object], unread: Iterable[str] = ()) -> None:
        """Keep the step's own data or config; keys that are `unread` are kept as they came, whatever stands there."""
        passed = {*unread}
        encoded = encode_all({name: value for name, value in values.items() if name not in passed}, self.interface.keep)
        self.handed_on[kind].update(passed)
        assert self.upstream is not None or not passed
        kept = {name: self.interface.read(self.upstream, kind, name) for name in passed} if self.upstream else {}
        both = {**encoded, **kept}
        self.interface.write(self.own, kind, {name: both[name] for name in values})


def _paths_in(value: object) -> Iterator[str]:
    """Yield the texts in lists and dicts that look like paths."""
    waiting, seen = [value], set[int]()
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if os.sep in each or "." in each:
                yield each
        elif type(each) in (list, tuple, dict) and id(each) not in seen:
            seen.add(id(each))
            waiting += each.values() if isinstance(each, dict) else each  # type: ignore[arg-type]
