"""Objects that a notebook's code makes, as far as reading tells: what holds what, and what is changed when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

Things = frozenset[int]
NOTHING: Things = frozenset()
SOME = None  # the key of a part that is not known by name
_LONGEST = 1_500_000  # things that are met on the way: some seconds; the cells of a notebook meet some thousands


class TooInvolvedError(Exception):
    """So many things hold each other in so many ways that following them all would take too long."""


@dataclass
class Heap:
    """Things, each a number. A name that holds no thing holds a number, a text or the like, which nobody can change.

    Attributes
    ----------
    displays : set
        Lists, dicts and sets that the code itself makes: all that they hold is known.
    frail : dict
        What cannot be handed on: what it is, and the cell and line that made it.
    stateful : set
        Generators of random numbers and the like: each use changes them.
    definitions : set
        Functions and classes: handing one to a call changes nothing about it.
    changes : list
        Each change in place: the number of the piece that did it, and the thing.
    """

    parts: dict[int, dict[str | None, set[int]]] = field(default_factory=dict)
    displays: set[int] = field(default_factory=set)
    frail: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    stateful: set[int] = field(default_factory=set)
    definitions: set[int] = field(default_factory=set)
    changes: list[tuple[int, int]] = field(default_factory=list)
    _met: int = 0

    def new(self, held: Iterable[int] = (), *, display: bool = False) -> int:
        """Return a new thing that holds others somewhere in it."""
        thing = len(self.parts)
        self.parts[thing] = {SOME: {*held}} if display or held else {}
        if display:
            self.displays.add(thing)
        return thing

    def put(self, things: Things, key: str | None, values: Things) -> None:
        """Let things hold values, in addition to what they hold."""
        self._meet(len(things) * len(values))
        for each in things:
            self.parts[each].setdefault(key, set()).update(values)

    def part(self, things: Things, key: str | None) -> Things:
        """Return what may stand below a key of these things; one that is not known has parts like any other."""
        found: set[int] = set()
        for each in things:
            if key is SOME:
                if each not in self.displays | self.definitions and SOME not in self.parts[each]:
                    self._make(each, SOME)
                held = self.parts[each].values()
                self._meet(sum(map(len, held)))
                found.update(*held)
            else:
                if each not in self.displays and key not in self.parts[each]:
                    self._make(each, key)
                named = self.parts[each].get(key, set()) | self.parts[each].get(SOME, set())
                self._meet(1 + len(named))
                found |= named
        return frozenset(found)

    def _meet(self, count: int) -> None:
        self._met += count
        if self._met > _LONGEST:
            raise TooInvolvedError

    def _make(self, thing: int, key: str | None) -> None:
        part = self.new()
        self.parts[thing].setdefault(key, set()).add(part)
        if thing in self.frail:
            self.frail[part] = self.frail[thing]

    def reach(self, things: Iterable[int]) -> frozenset[int]:
        """Return these things and all that they hold, however deep."""
        seen, waiting = set(things), deque(things)
        while waiting:
            for held in self.parts[waiting.popleft()].values():
                waiting.extend(held - seen)
                seen |= held
        self._meet(len(seen))
        return frozenset(seen)

    def change(self, at: int, things: Things, *, deep: bool = False) -> None:
        """Note that things are changed in place; `deep` also what they hold, as when an array is written to."""
        changed = self.reach(things) - self.definitions if deep else things
        self.changes += [(at, each) for each in changed]
