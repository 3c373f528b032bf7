"""What a picture of work is made of, before it is drawn (`alo_nb.views.dag`) or written (`alo_nb.views.dag_text`)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Literal, NamedTuple

from alo_nb.views.html import DRAWN
from alo_nb.views.text import GLYPHS

_PLAIN = "#f5f5f5"
_FILLS = {  # of a box, by state; a state without one has nothing to tell yet
    **dict.fromkeys(("success", "fresh"), "#f1f8e9"),
    **dict.fromkeys(("failed", "interrupted"), "#ffebee"),
    "cached": "#e0f7fa",
    "stale": "#fff3e0",
    "running": "#e3f2fd",
}


class Look(NamedTuple):
    """How a box looks: the sign and the colour of its state, and a light fill on which dark text can be read."""

    glyph: str = ""
    colour: str = "#78909c"
    fill: str = _PLAIN


def state_look(state: str) -> Look:
    """Return how a state of `GLYPHS` looks; one that is not known looks like ``unknown``."""
    known = state if state in GLYPHS else "unknown"
    return Look(GLYPHS[known], DRAWN[known], _FILLS.get(known, _PLAIN))


class Box(NamedTuple):
    """A node. Title, facts and word are any text: the drawing cuts and cleans them.

    Attributes
    ----------
    title, facts : str
        Its name, and a line about it.
    look : Look
    word : str
        What its look means, for those who do not see it, e.g. ``"stale"``.
    shape : str
        ``step``, ``artifact`` (round), or ``more`` (broken line): what stands for others that are not drawn.
    stands_out : bool
        Whether the eye is to find it first.
    before, after : int
        How many of its neighbours are not drawn: of those it comes from, and of those that come of it.
    """

    title: str
    facts: str = ""
    look: Look = Look()
    word: str = ""
    shape: Literal["step", "artifact", "more"] = "step"
    stands_out: bool = False
    before: int = 0
    after: int = 0


class Link(NamedTuple):
    """An arrow: what goes along it, as two short texts, and whether it is another thing than the flow of data."""

    above: str = ""
    below: str = ""
    is_dashed: bool = False


class Lane(NamedTuple):
    """Boxes by their keys, which no two lanes share, within a frame; without a title there is no frame.

    `key` is for links that lead to the lane as a whole.
    """

    title: str
    boxes: Mapping[Hashable, Box]
    key: Hashable = None


Links = Mapping[tuple[Hashable, Hashable], Link]
