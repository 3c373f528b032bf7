"""The parts of the drawing of `alo_nb.views.dag`: a box, an arrow, what is written at an arrow, the frame of a lane."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from alo_nb.lang import tr
from alo_nb.views.boxes import Box, Link
from alo_nb.views.svg import GREY, QUIET, TEXT, fitted, said, text_width, xml_text

HEIGHT = 40  # of a box
TITLE, FACTS, SIDE = 12, 10, 9  # heights of the letters in a box, and what lies beside them
_SIGN = 17  # the room of a glyph
_BOLD = 1.07  # how much wider bold letters are
_VERSION = 8  # letters of a version's number
ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 .5 7.5 4 0 7.5z" fill="{GREY}"/></marker></defs>'
)

Point = tuple[float, float]


def box_width(box: Box) -> float:
    """Return how wide a box has to be for all that is written in it."""
    head = text_width(said(box.title), TITLE) * _BOLD + (_SIGN if box.look.glyph else 0)
    return max(head, text_width(said(box.facts), FACTS)) + 2 * SIDE


def box_svg(box: Box, at: Point, width: float) -> str:
    """Return a box with its glyph, title and facts; what is cut there, its tooltip says."""
    sign = _SIGN if box.look.glyph else 0
    room = (width - 2 * SIDE - sign) / _BOLD
    title = (_versioned if box.shape == "artifact" else fitted)(said(box.title), room, TITLE)
    facts = fitted(said(box.facts), width - 2 * SIDE, FACTS)
    glyph = f'<tspan fill="{box.look.colour}">{box.look.glyph}</tspan>' if sign else ""
    parts = [
        _outline(box, width),
        f'<text x="{width / 2:.1f}" y="{17 if facts else 24}" font-size="{TITLE}" text-anchor="middle" fill="{TEXT}">'
        f'{glyph}<tspan dx="{5 if sign else 0}" font-weight="600">{xml_text(title)}</tspan></text>',
    ]
    if facts:
        parts.append(
            f'<text x="{width / 2:.1f}" y="31" font-size="{FACTS}" text-anchor="middle" fill="{QUIET}">'
            f"{xml_text(facts)}</text>"
        )
    about = " · ".join(filter(None, map(said, (box.title, box.word, box.facts))))
    inner = f"<title>{xml_text(about)}</title>{''.join(parts)}{_hidden(box, width)}"
    return f'<g transform="translate({at[0]:.1f} {at[1]:.1f})">{inner}</g>'


def _outline(box: Box, width: float) -> str:
    rounded = HEIGHT // 2 if box.shape == "artifact" else 5
    stroke = f'stroke="{box.look.colour}" stroke-width="{3 if box.stands_out else 1.3}"'
    broken = ' stroke-dasharray="3 3"' if box.shape == "more" else ""
    return f'<rect width="{width:.1f}" height="{HEIGHT}" rx="{rounded}" fill="{box.look.fill}" {stroke}{broken}/>'


def _versioned(title: str, room: float, size: float) -> str:
    """Return the name of an artifact that fits; the number of its version stays."""
    name, _, version = title.rpartition(":")
    if not name or len(version) > _VERSION:
        return fitted(title, room, size)
    return f"{fitted(name, room - text_width(f':{version}', size), size)}:{version}"


def _hidden(box: Box, width: float) -> str:
    """Return how many neighbours are not drawn, below the side where they would stand."""
    shown = (
        (box.before, "4", "start", tr("← +{count} more", count=box.before)),
        (box.after, f"{width - 4:.1f}", "end", tr("+{count} more →", count=box.after)),
    )
    return "".join(
        f'<text x="{x}" y="{HEIGHT + 11}" font-size="{FACTS}" text-anchor="{anchor}" fill="{GREY}">{text}</text>'
        for count, x, anchor, text in shown
        if count
    )


def arrow_svg(stops: Sequence[Point], link: Link, *, down: bool) -> str:
    """Return an arrow that leaves each of its stops in the direction of the flow."""
    path = f"M{_point(*stops[0])}"
    for (x, y), (next_x, next_y) in pairwise(stops):
        across, along = (0.0, (next_y - y) / 2) if down else ((next_x - x) / 2, 0.0)
        path += f"C{_point(x + across, y + along)} {_point(next_x - across, next_y - along)} {_point(next_x, next_y)}"
    broken = ' stroke-dasharray="5 4"' if link.is_dashed else ""
    return f'<path d="{path}" fill="none" stroke="{GREY}" stroke-width="1.3"{broken} marker-end="url(#arrow)"/>'


def label_width(link: Link) -> float:
    """Return how much room what is written at an arrow needs along it."""
    return max(text_width(said(text), FACTS) for text in (link.above, link.below))


def label_svg(link: Link, at: Point, room: float, *, down: bool) -> str:
    """Return what is written at the middle of an arrow: above and below it, or to its right where it leads down."""
    x, y = at
    places = ((x + 6, y - 2), (x + 6, y + 10)) if down else ((x, y - 5), (x, y + 13))
    anchor = "start" if down else "middle"
    return "".join(
        f'<text x="{place[0]:.1f}" y="{place[1]:.1f}" font-size="{FACTS}" text-anchor="{anchor}" fill="{GREY}">'
        f"{xml_text(fitted(said(text), room, FACTS))}</text>"
        for text, place in zip((link.above, link.below), places, strict=True)
        if text
    )


def frame_svg(title: str, at: Point, width: float, height: float) -> str:
    """Return the frame of a lane, with its title."""
    return (
        f'<rect x="{at[0]:.1f}" y="{at[1]:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8" fill="none"'
        f' stroke="{GREY}" stroke-opacity=".45"/>'
        f'<text x="{at[0] + 12:.1f}" y="{at[1] + 16:.1f}" font-size="11" fill="{GREY}">'
        f"{xml_text(fitted(said(title), width - 24, 11))}</text>"
    )


def _point(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"
