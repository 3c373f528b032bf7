"""The one drawing of work that leads to other work: plans, runs, differences and lineages are drawn with it.

Each lane is laid out in layers (`alo_nb.views.layered`). It runs to the right, lanes one below the other; where that
would be too wide it runs down, lanes side by side. States are told by colour and by glyph.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from alo_nb.views.boxes import Lane, Links
from alo_nb.views.dag_shapes import (
    ARROW,
    HEIGHT,
    Point,
    arrow_svg,
    box_svg,
    box_width,
    frame_svg,
    label_svg,
    label_width,
)
from alo_nb.views.layered import Layout, Place, arrange
from alo_nb.views.svg import HEAD, document, said

WIDE = 780  # what is wider is drawn downwards, if that is narrower
_NARROWEST, _WIDEST = 84, 190  # box
_LABEL, _BESIDE = 120, 18  # the widest label; what lies between two boxes beside the flow
_ALONG, _ALONG_DOWN, _ALONG_LABEL = 28, 24, 36  # the same along the flow: to the right, down, down past a label
_MARGIN, _HEAD = 12, 26  # around the boxes of a lane; the room of its title
_BETWEEN, _BETWEEN_DOWN = 32, 56  # two lanes; two that run down


class _Measure(NamedTuple):
    """The direction of the flow, the width of all boxes, what lies between two, and the widest label."""

    down: bool
    width: float
    along: float
    beside: float
    label: float

    def corner(self, place: Place) -> Point:
        """Return where a box begins, seen from its lane."""
        column, height = place
        if self.down:
            return height * (self.width + self.beside), column * (HEIGHT + self.along)
        return column * (self.width + self.along), height * (HEIGHT + self.beside)

    def out(self, corner: Point, *, across: bool = False) -> Point:
        """Return where an arrow leaves a box: with the flow, or across it to another lane."""
        return self._end(corner, far=True, down=self.down != across)

    def into(self, corner: Point, *, across: bool = False) -> Point:
        """Return where an arrow enters a box."""
        return self._end(corner, far=False, down=self.down != across)

    def _end(self, corner: Point, *, far: bool, down: bool) -> Point:
        x, y = corner
        return (x + self.width / 2, y + HEIGHT * far) if down else (x + self.width * far, y + HEIGHT / 2)

    def extent(self, layout: Layout) -> Point:
        """Return width and height of a lane."""
        corners = [self.corner(place) for way in (layout.nodes.values(), *layout.ways.values()) for place in way]
        right, bottom = (max((each[i] for each in corners), default=0.0) for i in (0, 1))
        spill = max(0.0, self.label + 8 - self.width / 2) if self.down else 0.0  # of what is written beside arrows
        return right + self.width + spill, bottom + HEIGHT


class _Placed(NamedTuple):
    """A lane, its layout, and the corner and the extent of its frame."""

    lane: Lane
    layout: Layout
    at: Point
    width: float
    height: float

    def has(self, key: Hashable) -> bool:
        """Tell whether a key is that of a box in this lane, or of the lane itself."""
        return key in self.lane.boxes or key == self.lane.key

    def corner(self, place: Place, measure: _Measure) -> Point:
        """Return where a box begins on the page."""
        x, y = measure.corner(place)
        return self.at[0] + _MARGIN + x, self.at[1] + _head(self.lane) + y


class _Page(NamedTuple):
    measure: _Measure
    lanes: tuple[_Placed, ...]

    def size(self) -> Point:
        return (
            max((each.at[0] + each.width for each in self.lanes), default=0.0) + 1,
            max((each.at[1] + each.height for each in self.lanes), default=0.0) + 1,
        )


def dag_svg(lanes: Sequence[Lane], links: Links, *, title: str, description: str = "") -> str:
    """Return the drawing of the boxes of all lanes and of the links between them.

    Parameters
    ----------
    links : mapping of (key, key) to Link
        Keys are those of boxes, or of lanes as a whole. Links within a lane shape it; the others are drawn on top.
    description : str
        What the drawing says, as text.
    """
    inner = [[edge for edge in links if {*edge} <= lane.boxes.keys()] for lane in lanes]
    layouts = [arrange([*lane.boxes], edges) for lane, edges in zip(lanes, inner, strict=True)]
    widths = [box_width(box) for lane in lanes for box in lane.boxes.values()]
    labels = [label_width(links[edge]) for edges in inner for edge in edges]
    page, tall = (_page(lanes, layouts, _measure(widths, labels, down=down)) for down in (False, True))
    if page.size()[0] > WIDE:
        page = min(page, tall, key=lambda each: each.size()[0])
    parts = [part for placed in page.lanes for part in _lane(placed, links, page.measure)]
    body = "".join([ARROW, *parts, *_between(page, links)])
    return document(*page.size(), body, title=said(title, HEAD), description=description)


def _measure(widths: Sequence[float], labels: Sequence[float], *, down: bool) -> _Measure:
    width, label = min(max([_NARROWEST, *widths]), _WIDEST), min(max([0.0, *labels]), _LABEL)
    if down:
        along, beside = _ALONG_LABEL if label else _ALONG_DOWN, max(_BESIDE, label + 12 - width / 2)
        return _Measure(down, width, along, beside, label)
    return _Measure(down, width, max(_ALONG, label + 20), _BESIDE, label)


def _page(lanes: Sequence[Lane], layouts: Sequence[Layout], measure: _Measure) -> _Page:
    """Return where each lane stands: one beside the other, seen along the flow."""
    placed: list[_Placed] = []
    at = 1.0
    for lane, layout in zip(lanes, layouts, strict=True):
        inner = measure.extent(layout)
        width, height = inner[0] + 2 * _MARGIN, inner[1] + _head(lane) + _MARGIN
        placed.append(_Placed(lane, layout, (at, 1.0) if measure.down else (1.0, at), width, height))
        at += (width + _BETWEEN_DOWN) if measure.down else (height + _BETWEEN)
    return _Page(measure, tuple(placed))


def _head(lane: Lane) -> int:
    return _HEAD if lane.title else _MARGIN


def _lane(placed: _Placed, links: Links, measure: _Measure) -> Iterator[str]:
    lane, layout = placed.lane, placed.layout
    if lane.title:
        yield frame_svg(lane.title, placed.at, placed.width, placed.height)
    for edge, way in layout.ways.items():
        bends = [placed.corner(place, measure) for place in way]
        source, target = (placed.corner(layout.nodes[key], measure) for key in edge)
        stops = [measure.out(source), *(end for at in bends for end in (measure.into(at), measure.out(at)))]
        stops.append(measure.into(target))
        yield arrow_svg(stops, links[edge], down=measure.down)
        middle = (stops[0][0] + stops[1][0]) / 2, (stops[0][1] + stops[1][1]) / 2
        yield label_svg(links[edge], middle, measure.label, down=measure.down)
    for key, box in lane.boxes.items():
        yield box_svg(box, placed.corner(layout.nodes[key], measure), measure.width)


def _between(page: _Page, links: Links) -> Iterator[str]:
    """Yield the links that lead from one lane to another, across the flow."""
    for (source, target), link in links.items():
        lanes = [next(each for each in page.lanes if each.has(key)) for key in (source, target)]
        if lanes[0] is lanes[1]:
            continue
        start, end = _leaves(page.measure, lanes[0], source), _enters(page.measure, lanes[1], target)
        x, y = lanes[1].at
        gap = (x - _BETWEEN_DOWN / 2, end[1]) if page.measure.down else ((start[0] + end[0]) / 2, y - _BETWEEN / 2)
        yield arrow_svg((start, end), link, down=not page.measure.down)
        yield label_svg(link, gap, _LABEL, down=not page.measure.down)


def _leaves(measure: _Measure, placed: _Placed, key: Hashable) -> Point:
    """Return where a link to another lane begins: at a box, or at the frame of the lane."""
    if key in placed.lane.boxes:
        return measure.out(placed.corner(placed.layout.nodes[key], measure), across=True)
    x, y = placed.at
    return (x + placed.width, y + placed.height / 2) if measure.down else (x + placed.width / 2, y + placed.height)


def _enters(measure: _Measure, placed: _Placed, key: Hashable) -> Point:
    if key in placed.lane.boxes:
        return measure.into(placed.corner(placed.layout.nodes[key], measure), across=True)
    x, y = placed.at
    return (x, y + placed.height / 2) if measure.down else (x + placed.width / 2, y)
