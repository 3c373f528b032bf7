"""A row of numbers as a line of the height of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from alo_nb.views.svg import GREY, document, image

_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST = 40  # numbers
_WIDTH, _HEIGHT, _MARGIN = 64, 16, 2
_LINE = "#2a7ad2"  # can be read on white and on black


def sparkline(values: Sequence[float], alternative: str) -> str:
    """Return numbers, the oldest first, as an image within a line; nothing for fewer than two that are finite.

    Of many the newest 40 are drawn.
    """
    heights = _heights(values)
    if len(heights) < 2:
        return ""
    across, down = (_WIDTH - 2 * _MARGIN) / (len(heights) - 1), _HEIGHT - 2 * _MARGIN
    points = [(_MARGIN + at * across, _HEIGHT - _MARGIN - height * down) for at, height in enumerate(heights)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    body = (
        f'<polyline points="{line}" fill="none" stroke="{GREY}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="{_LINE}"/>'
    )
    return image(document(_WIDTH, _HEIGHT, body, title=alternative), alternative)


def sparkline_text(values: Sequence[float]) -> str:
    """Return the same as blocks, ``"▁▄█"``."""
    heights = _heights(values)
    return "".join(_BLOCKS[round(height * (len(_BLOCKS) - 1))] for height in heights) if len(heights) > 1 else ""


def _heights(values: Sequence[float]) -> list[float]:
    """Return the finite numbers as shares of the way from the lowest to the highest; a half when all are equal."""
    known = [float(each) for each in values if math.isfinite(each)][-_MOST:]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return [(each / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5 for each in known]
