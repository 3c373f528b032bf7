"""Where the nodes of a graph without circles stand: in columns from left to right, with few crossing edges.

The usual three stages (Sugiyama): each node gets a column, the nodes of a column an order, and then a height. An edge
that passes a column takes a place in it, so that it does not run across a node.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

SWEEPS, SETTLING = 8, 24
_THIN = 0.4  # how much room an edge that passes needs, of that of a node

Edge = tuple[Hashable, Hashable]
Place = tuple[int, float]  # column, height


class Layout(NamedTuple):
    """The places of nodes, and of what each edge passes on its way; heights are in units of one node."""

    nodes: dict[Hashable, Place]
    ways: dict[Edge, tuple[Place, ...]]


class _Bend(NamedTuple):
    """The place that an edge takes in a column that it passes."""

    edge: Edge
    column: int


def arrange(nodes: Sequence[Hashable], edges: Sequence[Edge]) -> Layout:
    """Return where the nodes stand; equal input gives equal places."""
    columns = _columns(nodes, edges)
    parts = {edge: _parts(edge, columns) for edge in edges}
    every = dict.fromkeys([*nodes, *(each for way in parts.values() for each in way)])
    column_of = {each: each.column if isinstance(each, _Bend) else columns[each] for each in every}
    pairs = (pair for way in parts.values() for pair in pairwise(way))
    short = [(left, right) for left, right in pairs if column_of[right] - column_of[left] == 1]
    order = _ordered(column_of, short)
    heights = _heights(order, short)
    places = {each: (column_of[each], heights[each]) for each in every}
    ways = {edge: tuple(places[each] for each in way[1:-1]) for edge, way in parts.items()}
    return Layout({node: places[node] for node in nodes}, ways)


def _columns(nodes: Sequence[Hashable], edges: Sequence[Edge]) -> dict[Hashable, int]:
    """Return the column of each node: right of all that it comes from; what comes from nothing stands by its heirs."""
    after, waiting = defaultdict(list), dict.fromkeys(nodes, 0)
    for source, target in edges:
        after[source].append(target)
        waiting[target] += 1
    columns = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting[node]]
    first = [*ready]
    for node in ready:  # grows while it is walked
        for target in after[node]:
            columns[target] = max(columns[target], columns[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in first:
        if after[node]:
            columns[node] = min(columns[target] for target in after[node]) - 1
    return columns


def _parts(edge: Edge, columns: Mapping[Hashable, int]) -> tuple[Hashable, ...]:
    source, target = edge
    return source, *(_Bend(edge, each) for each in range(columns[source] + 1, columns[target])), target


def _ordered(column_of: Mapping[Hashable, int], edges: Sequence[Edge]) -> list[list[Hashable]]:
    """Return the nodes of each column from top to bottom: each near the middle of its neighbours (barycentre)."""
    order: list[list[Hashable]] = [[] for _ in range(max(column_of.values(), default=0) + 1)]
    for node, column in column_of.items():
        order[column].append(node)
    before, after = _neighbours(edges)
    best, fewest = [[*each] for each in order], _crossings(order, after)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        near = before if forward else after
        for column in range(1, len(order)) if forward else range(len(order) - 2, -1, -1):
            beside = {node: at for at, node in enumerate(order[column - 1 if forward else column + 1])}
            own = {node: at for at, node in enumerate(order[column])}
            order[column].sort(key=lambda node: _middle([beside[each] for each in near[node]], own[node]))
        count = _crossings(order, after)
        if count < fewest:
            best, fewest = [[*each] for each in order], count
    return best


def _neighbours(edges: Sequence[Edge]) -> tuple[Mapping[Hashable, list[Hashable]], Mapping[Hashable, list[Hashable]]]:
    before, after = defaultdict(list), defaultdict(list)
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    return before, after


def _middle(places: Sequence[float], own: float) -> float:
    return sum(places) / len(places) if places else own


def _crossings(order: Sequence[Sequence[Hashable]], after: Mapping[Hashable, list[Hashable]]) -> int:
    """Count the pairs of edges between neighbouring columns that cross."""
    count = 0
    for left, right in pairwise(order):
        place = {node: at for at, node in enumerate(right)}
        seen: list[int] = []
        for node in left:
            targets = [place[each] for each in after[node]]
            count += sum(len(seen) - bisect_right(seen, each) for each in targets)
            for each in targets:
                insort(seen, each)
    return count


def _heights(order: Sequence[Sequence[Hashable]], edges: Sequence[Edge]) -> dict[Hashable, float]:
    """Return the height of each node: as near to its neighbours as the order and the room that each needs allow."""
    before, after = _neighbours(edges)
    heights: dict[Hashable, float] = {}
    for column in order:
        for node, height in zip(column, _offsets(column), strict=True):
            heights[node] = height
    for sweep in range(SETTLING):
        for column in order if sweep % 2 == 0 else reversed(order):
            wanted = [
                _middle([heights[each] for each in (*before[node], *after[node])], heights[node]) for node in column
            ]
            offsets = _offsets(column)
            free = _rising([want - offset for want, offset in zip(wanted, offsets, strict=True)])
            for node, height, offset in zip(column, free, offsets, strict=True):
                heights[node] = height + offset
    top = min(heights.values(), default=0.0)
    return {node: round(height - top, 2) for node, height in heights.items()}


def _offsets(column: Sequence[Hashable]) -> list[float]:
    """Return the height of each node of a column when they stand as close as they may."""
    offsets, at, last = [], 0.0, 0.0
    for number, node in enumerate(column):
        room = _THIN if isinstance(node, _Bend) else 1.0
        at += (last + room) / 2 if number else 0.0
        offsets.append(at)
        last = room
    return offsets


def _rising(values: Sequence[float]) -> list[float]:
    """Return the sequence that never falls and is nearest to `values` (isotonic regression by pooling)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (left, m), (right, n) = pools[-2:]
            pools[-2:] = [((left * m + right * n) / (m + n), m + n)]
    return [mean for mean, count in pools for _ in range(count)]
