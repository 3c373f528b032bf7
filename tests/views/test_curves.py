"""Metrics as curves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from alo_nb.views.curves import MOST, POINTS, curves_html, curves_svg, curves_text, read_series

finite = st.floats(allow_nan=False, allow_infinity=False)


def points(svg: str) -> list[tuple[float, float]]:
    found = re.findall(r'points="([^"]*)"', svg)[0]
    return [(float(x), float(y)) for x, y in (each.split(",") for each in found.split())]


def test_only_numbers_that_change_while_a_run_goes_on_are_curves(tmp_path: Path) -> None:
    rows = [
        {"step": 0, "time": 0, "values": {"loss": 1, "name": "a", "ok": True, "once": 3}},
        {"step": 1, "time": 0, "values": {"loss": float("nan"), "name": "b", "ok": False}},
        {"step": 2, "time": 0, "values": {"loss": 0.5}},
    ]
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows) + '{"step": 3, "val', encoding="utf-8")
    assert read_series(path) == {"loss": [(0, 1), (2, 0.5)]}
    assert read_series(tmp_path / "none.jsonl") == {}


def test_the_text_says_first_last_lowest_and_highest() -> None:
    assert curves_text({"loss": [(0, 3.0), (1, 0.25), (2, 1.0)]}).splitlines() == [
        "metric  steps  first  last  min   max",
        "loss    3      3      1     0.25  3",
    ]


@given(st.lists(finite, min_size=2, max_size=30))
def test_any_values_stay_within_the_drawing(values: list[float]) -> None:
    svg = curves_svg({"a <b>": [*enumerate(values)]})
    ElementTree.fromstring(svg)
    assert all(0 <= x <= 270 and 0 <= y <= 130 for x, y in points(svg))


def test_of_many_points_the_peaks_are_kept() -> None:
    series = [(step, 1.0 if step == 54_321 else 0.0) for step in range(100_000)]
    drawn = points(curves_svg({"spike": series}))
    assert len(drawn) <= POINTS + 4
    assert min(y for _, y in drawn) < max(y for _, y in drawn)


def test_many_metrics_are_counted_and_not_drawn() -> None:
    assert "+6 more metrics" in curves_svg({f"m{number}": [(0, 1.0), (1, 2.0)] for number in range(MOST + 6)})


def test_in_a_notebook_they_are_an_image_with_the_text_as_its_alternative() -> None:
    shown = curves_html({"loss": [(0, 3.0), (1, 1.0)]})
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "loss    2" in shown
    assert curves_html({}) == ""
