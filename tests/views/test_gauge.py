"""Scores as gauges and probabilities as bars."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.views.gauge import MOST, probability_bars, score_gauge

from .drawings import HOSTILE, SVG, images, root, texts


def bars(svg: str) -> list[float]:
    return [float(each.attrib["width"]) for each in root(svg).iter(f"{SVG}rect")]


@settings(deadline=None)
@given(st.floats(0, 1))
def test_a_gauge_is_as_full_as_its_score(score: float) -> None:
    found = images(score_gauge(score))
    filled, whole = bars(found.svgs[0])
    assert filled / whole == pytest.approx(score, abs=0.001)
    assert found.alternatives == [f"score {score:.4g} of 1"]


@pytest.mark.parametrize("score", [-0.1, 1.0001, 82, -1e300])
def test_a_score_that_alo_refuses_is_red_and_says_so(score: float) -> None:
    found = images(score_gauge(score))
    assert bars(found.svgs[0])[0] == 0
    assert "#e53935" in found.svgs[0]
    assert found.alternatives[0].endswith("outside of 0 to 1")


@pytest.mark.parametrize("score", [None, "0.8", float("nan"), float("inf"), True, [0.5], "<b>"])
def test_what_is_no_number_has_no_gauge(score: object) -> None:
    assert score_gauge(score) == ""


def test_the_likeliest_class_comes_first() -> None:
    found = images(probability_bars({"no": 0.25, "yes": 0.75}))
    assert texts(found.svgs[0]) == ["yes", "0.75", "no", "0.25"]
    assert found.alternatives == ["probability: yes 0.75, no 0.25"]
    assert bars(found.svgs[0])[0] == 3 * bars(found.svgs[0])[1]


def test_many_classes_are_counted() -> None:
    found = images(probability_bars({f"class {i}": i / 100 for i in range(100)}))
    assert len(bars(found.svgs[0])) == MOST
    assert "+88 more" in texts(found.svgs[0])
    assert found.alternatives[0].endswith("+88 more")


@pytest.mark.parametrize("share", [None, "x", float("nan"), 7, -1])
def test_what_is_no_probability_has_no_bar(share: object) -> None:
    found = images(probability_bars({"a": share, "b": 0.5}))
    assert sorted(bars(found.svgs[0]))[0] == 0
    assert {"a", "b"} <= {*texts(found.svgs[0])}


def test_no_classes_no_bars() -> None:
    assert probability_bars({}) == ""


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_class_is_text(name: str) -> None:
    assert len(bars(images(probability_bars({name: 0.5})).svgs[0])) == 1
