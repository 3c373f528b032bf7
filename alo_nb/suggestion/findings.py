"""What was found in a notebook: where it stands, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """A line of a code cell; cells are counted from 1 as people count code cells, lines from 1 within the cell."""

    cell: int
    line: int
    text: str = ""

    def __str__(self) -> str:
        if self == WHOLE:
            return "the whole notebook"
        return f"cell {self.cell}, line {self.line}" + (f": {self.text}" if self.text else "")


WHOLE = Place(0, 0)  # no line of it more than another


@dataclass(frozen=True)
class Finding:
    """Something that cannot be, or that a person should know: what, where, and what to do."""

    what: str
    place: Place
    do: str = ""


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once, from the top of the notebook to its end."""
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.place, each.what)))
