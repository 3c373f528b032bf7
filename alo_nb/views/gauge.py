"""A score between 0 and 1 as a gauge, and the probabilities of classes as bars."""

from __future__ import annotations

import math
from collections.abc import Mapping

from alo_nb.lang import tr
from alo_nb.views.svg import GREY, document, fitted, image, picture, said, xml_text

MOST = 12  # bars
_FILL, _WRONG = "#1e88e5", "#e53935"  # both can be read on white and on black
_WIDTH, _HEIGHT, _FONT = 160, 14, 11
_ROW, _NAMES, _BARS, _GAP = 16, 150, 140, 8


def score_gauge(score: object) -> str:
    """Return a score as a bar from 0 to 1, as html within a line, with the number in its alternative text.

    A score outside of 0 to 1, which ALO refuses, is an empty bar with a red rim; one that is no number has no gauge.
    """
    value = _number(score)
    if value is None:
        return ""
    is_wrong = not 0 <= value <= 1
    number = f"{value:.4g}"
    says = tr("score {score}, outside of 0 to 1", score=number) if is_wrong else tr("score {score} of 1", score=number)
    rim = _WRONG if is_wrong else GREY
    filled = 0.0 if is_wrong else value * (_WIDTH - 2)
    ticks = "".join(f"M{1 + share * (_WIDTH - 2):.1f} {_HEIGHT - 4}v3" for share in (0.25, 0.5, 0.75))
    body = (
        f'<rect x="1" y="1" width="{filled:.1f}" height="{_HEIGHT - 2}" rx="2" fill="{_FILL}"/>'
        f'<rect x="1" y="1" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" rx="2" fill="none" stroke="{rim}"/>'
        f'<path d="{ticks}" stroke="{GREY}" fill="none"/>'
    )
    return image(document(_WIDTH, _HEIGHT, body, title=says), says)


def probability_bars(shares: Mapping[str, object]) -> str:
    """Return the probability of each class as a bar, the likeliest first, as html; nothing for none.

    Of many classes the twelve likeliest are drawn, and the others counted. What is no number from 0 to 1 has no bar.
    """
    known = sorted(((said(name), _number(share)) for name, share in shares.items()), key=_likelihood)
    if not known:
        return ""
    rows = [_bar(name, share, at * _ROW) for at, (name, share) in enumerate(known[:MOST])]
    height = _ROW * len(rows)
    lines = [f"{name} {_share_text(share)}" for name, share in known[:MOST]]
    if known[MOST:]:
        lines.append(tr("+{count} more", count=len(known) - MOST))
        rows.append(f'<text x="{_NAMES}" y="{height + 12}" text-anchor="end" fill="{GREY}">{lines[-1]}</text>')
        height += _ROW
    says = tr("probability: {classes}", classes=", ".join(lines))
    body = f'<g font-size="{_FONT}">{"".join(rows)}</g>'
    return picture(document(_NAMES + _BARS + 60, height, body, title=says), says)


def _likelihood(known: tuple[str, float | None]) -> float:
    return -known[1] if known[1] is not None else math.inf


def _bar(name: str, share: float | None, y: int) -> str:
    length = share * _BARS if share is not None and 0 <= share <= 1 else 0.0
    left, label = _NAMES + _GAP, xml_text(fitted(name, _NAMES, _FONT))
    return (
        f'<text x="{_NAMES}" y="{y + 12}" text-anchor="end" fill="{GREY}">{label}</text>'
        f'<rect x="{left}" y="{y + 3}" width="{length:.1f}" height="{_ROW - 6}" rx="2" fill="{_FILL}"/>'
        f'<text x="{left + length + 6:.1f}" y="{y + 12}" fill="{GREY}">{_share_text(share)}</text>'
    )


def _share_text(share: float | None) -> str:
    return "?" if share is None else f"{share:.2f}"


def _number(value: object) -> float | None:
    """Return a finite number; None for what is none, as records of other programs may hold it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None
