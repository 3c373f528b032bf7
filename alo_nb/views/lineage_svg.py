"""A graph of artifacts and work as a drawing: no script, no style sheet, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from alo_nb.store.lineage import Node
from alo_nb.views.card import shortened, xml_text
from alo_nb.views.layered import Layout, Place, arrange

_WIDTH, _HEIGHT, _MARGIN = 172, 40, 12
_ALONG, _BESIDE = 212, 56  # from node to node, to the right
_ALONG_DOWN, _BESIDE_DOWN = 76, 184  # the same, downwards
_WIDE = 1070  # five columns; what is wider is drawn downwards, if that is narrower
_TYPES = {  # fill, border; dark text can be read on every fill
    "dataset": ("#e3f2fd", "#1e88e5"),
    "model": ("#e8f5e9", "#43a047"),
    "metrics": ("#fff8e1", "#ffb300"),
    "output": ("#f3e5f5", "#8e24aa"),
    "summary": ("#fff8e1", "#ffb300"),
}
_OTHER = ("#eceff1", "#78909c")
_STATES = {
    "success": ("#fafafa", "#616161"),
    "failed": ("#ffebee", "#e53935"),
    "interrupted": ("#ffebee", "#e53935"),
    "running": ("#e1f5fe", "#039be5"),
}
_LETTERS = 21  # of a title; the box has room for them
_GREY, _TEXT, _QUIET = "#808080", "#212121", "#5f6368"
_ARROW = (
    f'<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 .5 7.5 4 0 7.5z" fill="{_GREY}"/></marker>'
)


class Drawn(NamedTuple):
    """A node: what kind it is, its type or status, its name and a line about it."""

    kind: Literal["artifact", "work"]
    state: str
    title: str
    facts: str
    is_start: bool = False


class _Grid(NamedTuple):
    """Where places of the layout are on the drawing: to the right, or down where that would be too wide."""

    down: bool

    def corner(self, place: Place) -> tuple[float, float]:
        along, beside = place[0], place[1]
        if self.down:
            return _MARGIN + beside * _BESIDE_DOWN, _MARGIN + along * _ALONG_DOWN
        return _MARGIN + along * _ALONG, _MARGIN + beside * _BESIDE

    def out(self, place: Place) -> tuple[float, float]:
        x, y = self.corner(place)
        return (x + _WIDTH / 2, y + _HEIGHT) if self.down else (x + _WIDTH, y + _HEIGHT / 2)

    def into(self, place: Place) -> tuple[float, float]:
        x, y = self.corner(place)
        return (x + _WIDTH / 2, y) if self.down else (x, y + _HEIGHT / 2)

    def size(self, layout: Layout) -> tuple[float, float]:
        corners = [self.corner(place) for way in (layout.nodes.values(), *layout.ways.values()) for place in way]
        right, bottom = (max((each[i] for each in corners), default=0) for i in (0, 1))
        return right + _WIDTH + _MARGIN, bottom + _HEIGHT + _MARGIN


def graph_svg(
    nodes: Mapping[Node, Drawn],
    edges: Sequence[tuple[Node, Node]],
    hidden: Mapping[tuple[Node, bool], int],
    *,
    title: str,
) -> str:
    """Return the drawing.

    Parameters
    ----------
    hidden : mapping of (Node, bool) to int
        How many neighbours of a node are not drawn: True for those behind it, False for those before it.
    """
    layout = arrange([*nodes], edges)
    grid = _Grid(down=False)
    if grid.size(layout)[0] > _WIDE:
        grid = min(grid, _Grid(down=True), key=lambda each: each.size(layout)[0])
    width, height = grid.size(layout)
    parts = [
        *(_edge(layout, edge, grid) for edge in edges),
        *(_node(drawn, grid.corner(layout.nodes[node])) for node, drawn in nodes.items()),
        *(_more(grid.corner(layout.nodes[node]), count, ahead) for (node, ahead), count in hidden.items()),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" font-family="system-ui,sans-serif" role="img">'
        f"<title>{xml_text(title)}</title><defs>{_ARROW}</defs>{''.join(parts)}</svg>"
    )


def _node(drawn: Drawn, at: tuple[float, float]) -> str:
    colours = _TYPES if drawn.kind == "artifact" else _STATES
    fill, border = colours.get(drawn.state, _OTHER)
    round_ = 20 if drawn.kind == "artifact" else 3
    stroke = f'stroke="{border}" stroke-width="{3 if drawn.is_start else 1.2}"'
    top = 17 if drawn.facts else 24
    title = xml_text(_short_title(drawn.title))
    lines = [f'<text x="86" y="{top}" font-size="12" font-weight="600">{title}</text>']
    if drawn.facts:
        lines.append(
            f'<text x="86" y="31" font-size="10" fill="{_QUIET}">{xml_text(shortened(drawn.facts, 30))}</text>'
        )
    return (
        f'<g transform="translate({at[0]:.0f} {at[1]:.1f})" text-anchor="middle" fill="{_TEXT}">'
        f"<title>{xml_text(f'{drawn.title} {drawn.facts} {drawn.state}')}</title>"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="{round_}" fill="{fill}" {stroke}/>{"".join(lines)}</g>'
    )


def _short_title(title: str) -> str:
    """Return a name that fits into its box; of a version, the number stays."""
    name, colon, version = title.rpartition(":")
    return f"{shortened(name, _LETTERS - len(version) - 1)}:{version}" if colon else shortened(title, _LETTERS)


def _edge(layout: Layout, edge: tuple[Node, Node], grid: _Grid) -> str:
    """Return an arrow that runs straight through each column that it passes."""
    source, target = (layout.nodes[node] for node in edge)
    stops = [grid.out(source), *(end for place in layout.ways[edge] for end in (grid.into(place), grid.out(place)))]
    stops.append(grid.into(target))
    path = f"M{_point(*stops[0])}"
    for (x, y), (next_x, next_y) in pairwise(stops):
        across, down = (0.0, (next_y - y) / 2) if grid.down else ((next_x - x) / 2, 0.0)
        path += f"C{_point(x + across, y + down)} {_point(next_x - across, next_y - down)} {_point(next_x, next_y)}"
    return f'<path d="{path}" fill="none" stroke="{_GREY}" stroke-width="1.3" marker-end="url(#arrow)"/>'


def _point(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"


def _more(at: tuple[float, float], count: int, ahead: bool) -> str:
    x, anchor, text = (at[0] + _WIDTH - 4, "end", "→") if ahead else (at[0] + 4, "start", "←")
    label = f"+{count} more {text}" if ahead else f"{text} +{count} more"
    place = f'x="{x:.0f}" y="{at[1] + _HEIGHT + 11:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="10" fill="{_GREY}">{label}</text>'
