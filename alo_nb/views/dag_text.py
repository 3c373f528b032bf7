"""What the drawing of `alo_nb.views.dag` says, as text: the same boxes in the same words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise

from alo_nb.lang import tr
from alo_nb.views.boxes import Box, Lane, Links
from alo_nb.views.svg import HEAD, said
from alo_nb.views.text import padded, wide


def dag_text(head: str, lanes: Sequence[Lane], links: Links) -> str:
    """Return a line for each box, below the title of its lane, and one for each link between lanes.

    A box follows the one above it unless its line says ``from``.
    """
    lines = [said(head, HEAD)]
    for lane in lanes:
        lines += [f"  {said(lane.title)}", *(f"    {line}" for line in _lane(lane, links))]
    names = {key: said(box.title) for lane in lanes for key, box in lane.boxes.items()}
    names |= {lane.key: said(lane.title) for lane in lanes}
    inside = {edge for lane in lanes for edge in links if {*edge} <= lane.boxes.keys()}
    for (source, target), link in links.items():
        if (source, target) not in inside:
            lines.append(f"  {said(link.above)}: {names[source]} → {names[target]}")
    return "\n".join(lines)


def _lane(lane: Lane, links: Links) -> Iterator[str]:
    width = max((wide(said(box.title)) for box in lane.boxes.values()), default=0)
    above = {after: before for before, after in pairwise(lane.boxes)}
    for key, box in lane.boxes.items():
        sources = [source for source, target in links if target == key and source in lane.boxes]
        expected = [above[key]] if key in above else []
        comes_from = ", ".join(said(lane.boxes[each].title) for each in sources) if sources != expected else ""
        yield "  ".join(filter(None, _words(key, box, width, comes_from, lane, links))).rstrip()


def _words(key: Hashable, box: Box, width: int, comes_from: str, lane: Lane, links: Links) -> Iterator[str]:
    yield f"{box.look.glyph or ' '} {padded(said(box.title), width)}"
    yield said(box.word)
    yield said(box.facts)
    yield tr("from {names}", names=comes_from) if comes_from else ""
    handed = dict.fromkeys(
        ", ".join(filter(None, (said(link.above), said(link.below))))
        for (source, target), link in links.items()
        if source == key and target in lane.boxes
    )
    yield from (f"→ {each}" for each in handed if each)
