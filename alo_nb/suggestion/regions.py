"""Memory as far as it must be known: regions, which others each may hold, and when each may be changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["plain", "data", "box", "model", "random", "own", "unknown"]
NAN = 0  # the one region of values that are not equal to themselves, and are found by their identity


@dataclass(frozen=True)
class Value:
    """What an expression may give.

    Attributes
    ----------
    kind : str
        ``plain``: a number or text, which nobody can change. ``data``: an array or table. ``box``: a list, dict or set.
        ``model``, ``random``: an estimator, a generator of random numbers. ``own``: a definition. Else ``unknown``.
    regions : frozenset of int
        Where it, and what it holds, may be.
    apart : bool
        A tuple of new values, or a new value: each part of it has a region of its own.
    """

    kind: Kind = "plain"
    regions: frozenset[int] = frozenset()
    apart: bool = False


PLAIN = Value()


@dataclass
class Regions:
    """The regions of a program. `mixed` ones hold things that can be changed; `wild` ones may do anything."""

    holds: list[set[int]] = field(default_factory=lambda: [set()])
    mixed: set[int] = field(default_factory=set)
    wild: set[int] = field(default_factory=set)
    changes: list[tuple[int, int]] = field(default_factory=list)

    def new(self, held: Iterable[int] = (), *, mixed: bool = False) -> int:
        """Return a new region that holds others."""
        self.holds.append({*held})
        if mixed:
            self.mixed.add(len(self.holds) - 1)
        return len(self.holds) - 1

    def reach(self, values: Iterable[Value]) -> frozenset[int]:
        """Return the regions of values, and all that these hold."""
        seen = {region for value in values for region in value.regions}
        waiting = [*seen]
        while waiting:
            more = self.holds[waiting.pop()] - seen
            seen |= more
            waiting.extend(more)
        return frozenset(seen)

    def change(self, at: int, *values: Value) -> None:
        """Note that values, and all that they hold, may be changed by piece `at`."""
        self.changes += [(at, region) for region in self.reach(values)]

    def is_flat(self, *values: Value) -> bool:
        """Tell whether values hold numbers and texts only, so that a copy of them shares nothing."""
        known = all(each.kind in {"plain", "data", "box"} for each in values)
        return known and not self.reach(values) & (self.mixed | self.wild)

    def is_tame(self, *values: Value) -> bool:
        """Tell whether values run no code of the notebook when they are shown, compared or computed with."""
        known = all(each.kind not in {"unknown", "own"} for each in values)
        return known and not self.reach(values) & self.wild

    def put(self, target: Value, *values: Value) -> None:
        """Let `target` hold values."""
        for region in target.regions:
            for value in values:
                if target.kind == "data" and value.kind == "plain":
                    continue  # arrays and tables copy numbers
                self.holds[region] |= value.regions - {region}
                if value.kind != "plain" and not (target.kind == "data" and self.is_flat(value)):
                    self.mixed.add(region)

    def derive(self, kind: Kind, *values: Value) -> Value:
        """Return a new value made of others: it shares with them whatever in them can be changed."""
        if kind == "plain" or (kind == "data" and self.is_flat(*values)):
            return Value(kind, frozenset({self.new()}) if kind == "data" else frozenset())
        if kind == "box" and self.is_flat(*values):
            return Value(kind, frozenset({self.new(self.reach(values) & {NAN})}))
        return Value(kind, frozenset({self.new(self.reach(values), mixed=True)}))

    def gather(self, *values: Value) -> Value:
        """Return a new list, dict or set whose elements are these."""
        if all(each.kind == "plain" for each in values):
            return self.derive("box", *values)
        return Value("box", frozenset({self.new(self.reach(values), mixed=True)}))

    def anything(self, at: int, *values: Value) -> Value:
        """Take it that all of these may be changed, and may hold each other afterwards; return what may be any."""
        regions = self.reach(values)
        self.changes += [(at, region) for region in regions]
        pool = self.new(regions, mixed=True)
        self.wild.add(pool)
        for region in regions - {NAN}:
            self.holds[region].add(pool)
        return Value("unknown", frozenset({pool}))

    def either(self, *values: Value) -> Value:
        """Return what may be any one of these."""
        kinds = {each.kind for each in values if each.kind != "plain"}
        kind: Kind = kinds.pop() if len(kinds) == 1 else "unknown" if kinds else "plain"
        return Value(kind, frozenset[int]().union(*(each.regions for each in values)))
