"""Steps in a row, of which many may be more than anybody reads: those in the middle become one box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.views.boxes import Box, Lane, Link, Links
from alo_nb.views.dag import dag_svg
from alo_nb.views.dag_text import dag_text
from alo_nb.views.picture import NO_PICTURE, Picture, pictured

MOST, ENDS, OUTSTANDING = 24, 4, 8  # steps that are all drawn; of more, those at each end, and those that stand out

Part = int | range


class Chain(NamedTuple):
    """A lane of steps in a row, the arrows in it, and for each step the key of the box that stands for it."""

    lane: Lane
    links: Links
    places: Mapping[Hashable, Hashable]


def check_depth(depth: object) -> None:
    """Raise unless `depth` is None or a number of steps.

    Raises
    ------
    MagicUsageError
        It is anything else.
    """
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool) or depth < 1):
        raise MagicUsageError(f"depth is a number of steps from 1 on, got {depth!r}", do="leave it out to see more")


def shown_parts(count: int, outstanding: Collection[int], depth: int | None) -> list[Part]:
    """Return which of `count` steps in a row are drawn: a number is a step, a range those that become one box.

    Parameters
    ----------
    outstanding : collection of int
        The steps that must not get lost, e.g. the one that failed; the first eight of them are drawn.
    depth : int, optional
        How many steps are drawn from each end, and from each that stands out; all of a short row when absent.
    """
    if depth is None and count <= MOST:
        return [*range(count)]
    ends = ENDS if depth is None else depth
    kept = {*range(min(ends, count)), *range(max(0, count - ends), count)}
    near = 1 if depth is None else depth - 1
    for each in sorted(outstanding)[:OUTSTANDING]:
        kept |= {*range(max(0, each - near), min(count, each + near + 1))}
    ordered = sorted(kept)
    parts: list[Part] = [*ordered[:1]]
    for before, after in pairwise(ordered):
        gap = range(before + 1, after)
        parts += [*gap] if len(gap) == 1 else [gap] if gap else []  # a box for one step would say less than the step
        parts.append(after)
    return parts


def chain(
    title: str,
    boxes: Mapping[Hashable, Box],
    links: Mapping[Hashable, Link],
    *,
    outstanding: Collection[Hashable] = (),
    depth: int | None = None,
    key: Hashable = None,
) -> Chain:
    """Return a lane of steps in a row.

    Parameters
    ----------
    links : mapping of key to Link
        What goes from a step to the next one; a plain arrow where nothing is said.
    outstanding : collection of keys
        The steps that must not get lost.
    depth : int, optional
        See `shown_parts`.
    """
    keys = [*boxes]
    numbers = {at for at, each in enumerate(keys) if each in outstanding}
    drawn: dict[Hashable, Box] = {}
    places: dict[Hashable, Hashable] = {}
    last: dict[Hashable, Hashable] = {}
    for part in shown_parts(len(keys), numbers, depth):
        members = [part] if isinstance(part, int) else [*part]
        name = keys[part] if isinstance(part, int) else (keys[members[0]], keys[members[-1]])
        drawn[name] = boxes[keys[part]] if isinstance(part, int) else more([boxes[keys[at]] for at in members])
        places |= dict.fromkeys((keys[at] for at in members), name)
        last[name] = keys[members[-1]]
    arrows = {(before, after): links.get(last[before], Link()) for before, after in pairwise(drawn)}
    return Chain(Lane(title, drawn, key), arrows, places)


def more(hidden: Sequence[Box]) -> Box:
    """Return the box that stands for others: how many, and how many in each state."""
    counts = Counter(each.look.glyph for each in hidden if each.look.glyph)
    facts = "  ".join(f"{glyph} {count}" for glyph, count in counts.most_common())
    return Box(tr("+{count} more", count=len(hidden)), facts, shape="more")


def chains_picture(
    head: str, chains: Sequence[Chain], models: Collection[tuple[Hashable, Hashable]], *, twin: bool
) -> Picture:
    """Return the picture of rows of steps; an empty one for none.

    Parameters
    ----------
    head : str
        What it is a picture of.
    models : collection of (key, key)
        Which step, or row, gives its model to which.
    twin : bool
        Whether the html has the text, too.
    """
    if not chains:
        return NO_PICTURE
    lanes = [each.lane for each in chains]
    places = {key: place for each in chains for key, place in each.places.items()}
    links = {edge: link for each in chains for edge, link in each.links.items()}
    model = Link(tr("model"), is_dashed=True)
    links |= {(places.get(source, source), places.get(target, target)): model for source, target in models}
    text = dag_text(head, lanes, links)
    return pictured(dag_svg(lanes, links, title=head, description=text), text, twin=twin)
