"""`Break`: one thing that a step no longer hands on as it did, as its record keeps it and as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

NAMED = 3  # columns in one line; the record has them all


@dataclass(frozen=True)
class Break:
    """A broken part of a contract.

    Attributes
    ----------
    output : str
        ``"data.dataframe"`` or ``"config.x_columns"``.
    what : str
        What has come of it: ``"lost column"``, ``"has no rows"``.
    name : str
        The column or key concerned; empty when it is the whole value.
    old, new : str
        What the signatures say: ``"12 columns in run 1f3a9c"``, ``"11 now"``.
    inherited : bool
        The step before has broken the same, so it is not this step's doing.
    """

    output: str
    what: str
    name: str
    old: str
    new: str
    inherited: bool = False

    @property
    def subject(self) -> tuple[str, str, str]:
        """What a break of the next step has in common with this one, when it only passes it on."""
        return self.output, self.what, self.name


def break_lines(breaks: Iterable[Break]) -> Iterator[str]:
    """Yield ``"data.dataframe lost column 'Age' (12 columns in run 1f3a9c, 11 now)"``; columns of one fate in one line.

    Those that the step only passes on are left out.
    """
    own = [each for each in breaks if not each.inherited]
    for (output, what), group in groupby(own, key=lambda each: (each.output, each.what)):
        alike = [*group]
        yield f"{output} {what}{'s' if len(alike) > 1 else ''}{_names(alike)}"


def _names(alike: Sequence[Break]) -> str:
    """Return the names, each with what it was and is, which is said once when it is the same for all."""
    fates = [f" ({each.old}, {each.new})" for each in alike]
    is_one = len({*fates}) == 1
    names = [f" {each.name!r}" if each.name else "" for each in alike]
    listed = [name if is_one else name + fate for name, fate in zip(names, fates, strict=True)][:NAMED]
    more = f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    return ",".join(listed) + more + (fates[0] if is_one else "")
