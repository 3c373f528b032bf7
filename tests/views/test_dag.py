"""The one drawing: everything is on it, nothing lies on anything else, and no text becomes more than text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.views.boxes import _FILLS, Box, Lane, Link, Look, state_look
from alo_nb.views.dag import WIDE, dag_svg
from alo_nb.views.dag_text import dag_text
from alo_nb.views.html import DRAWN
from alo_nb.views.text import GLYPHS

from .drawings import HOSTILE, SVG, arrows, boxes, root, texts

Graph = tuple[list[Lane], dict[Any, Link]]
SETTINGS = settings(
    deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)  # others use the machine, too
DRAW = """
from alo_nb.views.plan_picture import plan_picture
from alo_nb.plan import Pipeline, Plan, Step
steps = tuple(Step(f"s{i}") for i in range(40))
plan = Plan("p", pipelines=(Pipeline("train_pipeline", steps), Pipeline("inference_pipeline", steps)))
states = {(p.name, s.name): "failed" for p in plan.pipelines for s in p.steps[10:30]}
print(ascii(plan_picture(plan, states).html))
"""


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """One to three lanes without circles, with links from each lane to the next."""
    counts = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    names = st.text(alphabet="abc 가나", max_size=40)
    lanes = [
        Lane(f"lane {n}", {(n, i): Box(draw(names), draw(names), state_look("fresh")) for i in range(count)}, n)
        for n, count in enumerate(counts)
    ]
    links = {}
    for n, count in enumerate(counts):
        ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
        for a, b in draw(st.lists(ends, max_size=20)):
            if a != b:
                links[(n, min(a, b)), (n, max(a, b))] = Link(draw(names), draw(names))
        if n and draw(st.booleans()):
            links[(n - 1, 0), (n, count - 1)] = Link("model", is_dashed=True)
        if n and draw(st.booleans()):
            links[n - 1, n] = Link("model", is_dashed=True)
    return lanes, links


def drawn(lanes: list[Lane], links: dict[Any, Link]) -> str:
    return dag_svg(lanes, links, title="a graph", description=dag_text("a graph", lanes, links))


@SETTINGS
@given(graphs())
def test_every_box_and_every_link_is_drawn_on_the_page_and_no_box_lies_on_another(graph: Graph) -> None:
    lanes, links = graph
    svg = drawn(*graph)
    found = boxes(svg)
    width, height = (float(root(svg).attrib[name]) for name in ("width", "height"))

    assert len(found) == sum(len(lane.boxes) for lane in lanes)
    assert len(arrows(svg)) == len(links)
    assert all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in found)
    for a, b in combinations(found, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


@SETTINGS
@given(graphs())
def test_arrows_begin_and_end_at_boxes_or_frames(graph: Graph) -> None:
    svg = drawn(*graph)
    sides = {round(side) for box in boxes(svg) for side in box}
    for each in root(svg).findall(f"{SVG}rect"):  # the frames
        x, y, width, height = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
        sides |= {round(side) for side in (x, y, x + width, y + height)}
    for arrow in arrows(svg):
        numbers = [float(each) for each in re.findall(r"-?\d+\.\d", arrow.attrib["d"])]
        for x, y in (numbers[:2], numbers[-2:]):
            assert any(abs(side - end) <= 1 for side in sides for end in (x, y))


@SETTINGS
@given(graphs())
def test_equal_graphs_have_equal_drawings_and_texts(graph: Graph) -> None:
    assert drawn(*graph) == drawn(*graph)
    assert dag_text("a", *graph) == dag_text("a", *graph)


def test_equal_plans_have_equal_drawings_in_every_process() -> None:
    shown = {
        subprocess.run(
            [sys.executable, "-c", DRAW], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1
    assert len(shown.pop()) > 10_000


@SETTINGS
@given(graphs())
def test_the_text_twin_has_a_line_for_each_box_and_names_each_link_between_lanes(graph: Graph) -> None:
    lanes, links = graph
    lines = dag_text("a graph", lanes, links).splitlines()
    across = [edge for edge in links if not any({*edge} <= lane.boxes.keys() for lane in lanes)]
    assert len(lines) == 1 + sum(1 + len(lane.boxes) for lane in lanes) + len(across)
    assert all("model: " in line for line in lines[len(lines) - len(across) :])


def test_a_short_row_runs_to_the_right_and_a_long_one_down() -> None:
    def row(count: int) -> str:
        links = {(i - 1, i): Link() for i in range(1, count)}
        return drawn([Lane("", {i: Box(f"step {i}") for i in range(count)})], links)

    assert len({top for _, top, _, _ in boxes(row(4))}) == 1
    assert len({left for left, _, _, _ in boxes(row(12))}) == 1
    assert float(root(row(12)).attrib["width"]) < WIDE


def test_two_lanes_stand_below_each_other_when_they_run_to_the_right_and_side_by_side_when_they_run_down() -> None:
    def lanes(count: int) -> str:
        rows = [Lane(name, {(name, i): Box("step") for i in range(count)}) for name in ("train", "inference")]
        links = {((name, i - 1), (name, i)): Link() for name in ("train", "inference") for i in range(1, count)}
        return drawn(rows, {**links, (("train", 0), ("inference", 0)): Link("model", is_dashed=True)})

    short, long = boxes(lanes(3)), boxes(lanes(12))
    assert {box[0] for box in short[:3]} == {box[0] for box in short[3:]}
    assert max(box[3] for box in short[:3]) < min(box[1] for box in short[3:])
    assert {box[1] for box in long[:12]} == {box[1] for box in long[12:]}
    assert max(box[2] for box in long[:12]) < min(box[0] for box in long[12:])


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_drawn_as_text(name: str) -> None:
    look = Look("✔", "#2e7d32")
    lanes = [
        Lane(name, {"a": Box(name, name, look, name), "b": Box(name, name, shape="artifact", after=3)}, 1),
        Lane(name, {"c": Box(name, shape="more", before=2)}, 2),
    ]
    links: dict[Any, Link] = {("a", "b"): Link(name, name), (1, 2): Link(name, name, is_dashed=True)}

    svg = dag_svg(lanes, links, title=name, description=name)

    assert len(boxes(svg)) == 3
    assert len(arrows(svg)) == 2
    assert [each.tag for each in root(svg).iter()][:2] == [f"{SVG}svg", f"{SVG}title"]
    assert len(svg) < 20_000
    assert dag_text(name, lanes, links).replace("\n", "").isprintable()


@pytest.mark.parametrize("secret", ["https://ann:hunter22@host/x", "AKIAABCDEFGHIJKLMNOP"])
def test_a_secret_in_a_name_is_masked_in_the_drawing_and_in_its_text(secret: str) -> None:
    lanes = [Lane(secret, {1: Box(secret, secret, word=secret), 2: Box("b")})]
    links = {(1, 2): Link(secret, secret)}
    text = dag_text(secret, lanes, links)
    for shown in (dag_svg(lanes, links, title=secret, description=text), text):
        assert "hunter22" not in shown
        assert "AKIAABCDEFGHIJKLMNOP" not in shown
        assert "***" in shown


def test_what_is_cut_in_a_box_stands_in_its_tooltip() -> None:
    name = "a name that is much longer than any box is wide"
    svg = drawn([Lane("", {1: Box(name, word="stale")})], {})
    assert any(each.startswith("a name that") and each.endswith("…") for each in texts(svg))
    assert f"{name} · stale" in [each.text for each in root(svg).iter(f"{SVG}title")]


def test_every_state_has_one_sign_one_colour_and_one_fill() -> None:
    for state, glyph in GLYPHS.items():
        assert state_look(state)[:2] == (glyph, DRAWN[state])
    assert _FILLS.keys() <= GLYPHS.keys()
    assert state_look("no such state") == state_look("unknown")


def test_nothing_is_a_drawing_too() -> None:
    assert boxes(dag_svg([], {}, title="nothing")) == []
