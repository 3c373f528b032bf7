"""Where the nodes of a drawing stand."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.views.layered import _crossings, arrange


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    count = draw(st.integers(1, 25))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = {(min(pair), max(pair)) for pair in draw(st.lists(pairs, max_size=60)) if pair[0] != pair[1]}
    return [*range(count)], sorted(edges)


@settings(deadline=None)
@given(graphs())
def test_arrows_lead_to_the_right_and_nodes_do_not_overlap(graph: tuple[list[int], list[tuple[int, int]]]) -> None:
    nodes, edges = graph
    layout = arrange(nodes, edges)

    assert set(layout.nodes) == set(nodes)
    for source, target in edges:
        columns = [
            layout.nodes[source][0],
            *(place[0] for place in layout.ways[source, target]),
            layout.nodes[target][0],
        ]
        assert columns == [*range(columns[0], columns[0] + len(columns))]
        assert len(columns) > 1
    heights = defaultdict(list)
    for column, height in layout.nodes.values():
        assert column >= 0
        assert height >= 0
        heights[column].append(height)
    for column in heights.values():
        ordered = sorted(column)
        assert all(below - above >= 0.9 for above, below in pairwise(ordered))


@settings(deadline=None)
@given(graphs())
def test_equal_graphs_have_equal_drawings(graph: tuple[list[int], list[tuple[int, int]]]) -> None:
    assert arrange(*graph) == arrange(*graph)


def test_crossings_that_can_be_avoided_are() -> None:
    nodes = ["a", "b", "c", "z", "y", "x"]
    layout = arrange(nodes, [("a", "x"), ("b", "y"), ("c", "z")])
    order = [sorted(nodes[:3], key=lambda n: layout.nodes[n][1]), sorted(nodes[3:], key=lambda n: layout.nodes[n][1])]
    assert _crossings(order, {"a": ["x"], "b": ["y"], "c": ["z"]}) == 0
    assert _crossings([["a", "b"], ["y", "x"]], {"a": ["x"], "b": ["y"]}) == 1


def test_what_comes_from_nothing_stands_beside_its_heirs() -> None:
    layout = arrange(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])
    assert layout.nodes["late"][0] == layout.nodes["b"][0]


def test_a_circle_does_not_hang() -> None:
    assert set(arrange(["a", "b"], [("a", "b"), ("b", "a")]).nodes) == {"a", "b"}


def test_no_nodes_no_places() -> None:
    assert arrange([], []).nodes == {}
