"""The metrics of a run as curves: a small drawing of each metric, and the same facts as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from alo_nb.lang import tr
from alo_nb.store.metrics import read_metrics
from alo_nb.views.card import number_text
from alo_nb.views.picture import pictured
from alo_nb.views.svg import GREY, document, fitted, said, xml_text
from alo_nb.views.text import table

Series = Sequence[tuple[int, float]]  # (step, value), in order
POINTS, MOST = 400, 24
_LINE = "#2a7ad2"  # can be read on white and on black
_WIDTH, _HEIGHT, _ACROSS = 270, 130, 3
_LEFT, _TOP, _RIGHT, _BOTTOM = 8, 40, 254, 104


def read_series(path: Path) -> dict[str, list[tuple[int, float]]]:
    """Return every metric of a run that has a line for more than one step; only finite numbers count."""
    found: dict[str, list[tuple[int, float]]] = {}
    for step, _, values in read_metrics(path):
        for name, value in values.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                found.setdefault(name, []).append((step, value))
    return {name: series for name, series in found.items() if len(series) > 1}


def curves_text(series: Mapping[str, Series]) -> str:
    """Return a row for each metric: how many steps, its first, last, lowest and highest value."""
    rows = [
        {"metric": name, **{key: number_text(each) for key, each in _facts(of).items()}} for name, of in series.items()
    ]
    return table(rows, ("metric", "steps", "first", "last", "min", "max"))


def _facts(series: Series) -> dict[str, float]:
    values = [value for _, value in series]
    return {
        **{"steps": len(series), "first": values[0], "last": values[-1]},
        **{"min": min(values), "max": max(values)},
    }


def curves_html(series: Mapping[str, Series]) -> str:
    """Return the drawings as an image, with the text twin folded below it."""
    return pictured(curves_svg(series), curves_text(series)).html if series else ""


def curves_svg(series: Mapping[str, Series]) -> str:
    """Return a small drawing of each metric, three in a row; what is beyond 24 metrics is only counted."""
    shown = [*series.items()][:MOST]
    more = len(series) - len(shown)
    rows = -(-len(shown) // _ACROSS)
    width, height = _WIDTH * min(_ACROSS, len(shown)), _HEIGHT * rows + (20 if more else 0)
    parts = [_curve(name, of, _WIDTH * (i % _ACROSS), _HEIGHT * (i // _ACROSS)) for i, (name, of) in enumerate(shown)]
    note = f'<text x="{_LEFT}" y="{height - 6}">{tr("+{count} more metrics", count=more)}</text>' if more else ""
    body = f'<g font-size="11" fill="{GREY}">{"".join(parts)}{note}</g>'
    return document(width, height, body, title=tr("metrics"), description=curves_text(series))


def _curve(name: str, series: Series, x: int, y: int) -> str:
    facts = {key: number_text(value) for key, value in _facts(series).items()}
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in _placed(series))
    end_x, end_y = points.rpartition(" ")[2].split(",")
    title = tr("{name}: from {first} to {last} in {steps} steps", name=said(name), **facts)
    first, last = series[0][0], series[-1][0]
    label = xml_text(fitted(said(name), _RIGHT - _LEFT - 60, 12))
    return (
        f'<g transform="translate({x} {y})"><title>{xml_text(title)}</title>'
        f'<text x="{_LEFT}" y="16" font-size="12" font-weight="bold">{label}</text>'
        f'<text x="{_RIGHT}" y="16" font-size="12" text-anchor="end" fill="{_LINE}">{facts["last"]}</text>'
        f'<text x="{_LEFT}" y="32">{facts["min"]} … {facts["max"]}</text>'
        f'<path d="M{_LEFT} {_BOTTOM + 4}H{_RIGHT}" stroke="{GREY}" stroke-opacity=".5"/>'
        f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<circle cx="{end_x}" cy="{end_y}" r="2.5" fill="{_LINE}"/>'
        f'<text x="{_LEFT}" y="{_BOTTOM + 18}">step {first}</text>'
        f'<text x="{_RIGHT}" y="{_BOTTOM + 18}" text-anchor="end">{last}</text></g>'
    )


def _placed(series: Series) -> list[tuple[float, float]]:
    """Return where the points stand; of many, the lowest and highest of each stretch, so that no peak is lost."""
    facts = _facts(series)
    low, high = facts["min"], facts["max"]
    first, last = series[0][0], series[-1][0]
    across = (_RIGHT - _LEFT) / max(last - first, 1)
    if not math.isfinite(high - low):  # the difference of two huge numbers
        low, high = low / 2, high / 2
        series = [(step, value / 2) for step, value in series]
    return [
        (
            _LEFT + (step - first) * across,
            _BOTTOM - (_BOTTOM - _TOP) * ((value - low) / (high - low) if high > low else 0.5),
        )
        for step, value in _thinned(series)
    ]


def _thinned(series: Series) -> Series:
    if len(series) <= POINTS:
        return series
    size = -(-len(series) // (POINTS // 2))
    stretches = (series[at : at + size] for at in range(0, len(series), size))
    kept = {
        point
        for stretch in stretches
        for point in (min(stretch, key=lambda each: each[1]), max(stretch, key=lambda each: each[1]))
    }
    return sorted({series[0], series[-1], *kept})
