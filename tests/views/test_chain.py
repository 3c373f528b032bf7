"""Of many steps in a row, those that matter are drawn and the others are counted."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.errors import MagicUsageError
from alo_nb.views.boxes import Box, Link, state_look
from alo_nb.views.chain import ENDS, MOST, OUTSTANDING, chain, check_depth, shown_parts


@settings(deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 400), st.sets(st.integers(0, 399), max_size=12), st.none() | st.integers(1, 5))
def test_each_step_is_drawn_or_counted_once_and_in_order(count: int, wanted: set[int], depth: int | None) -> None:
    outstanding = {each for each in wanted if each < count}
    parts = shown_parts(count, outstanding, depth)

    flat = [each for part in parts for each in ([part] if isinstance(part, int) else part)]
    assert flat == [*range(count)]
    assert all(len(part) > 1 for part in parts if isinstance(part, range))
    drawn = {part for part in parts if isinstance(part, int)}
    assert {*sorted(outstanding)[:OUTSTANDING]} <= drawn
    assert {*range(min(depth or ENDS, count))} <= drawn
    assert len(parts) <= max(MOST, 4 * (ENDS + OUTSTANDING) if depth is None else 4 * (depth + OUTSTANDING * 2 * depth))


def test_a_short_row_is_drawn_whole_unless_a_depth_is_asked_for() -> None:
    assert shown_parts(MOST, (), None) == [*range(MOST)]
    assert shown_parts(MOST + 1, (), None) == [0, 1, 2, 3, range(4, MOST - 3), *range(MOST - 3, MOST + 1)]
    assert shown_parts(6, (), 1) == [0, range(1, 5), 5]
    assert shown_parts(9, {4}, 2) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert shown_parts(9, {4}, 1) == [0, range(1, 4), 4, range(5, 8), 8]


def test_a_box_for_many_counts_them_by_state() -> None:
    boxes = {i: Box(f"s{i}", look=state_look("cached" if i % 3 else "fresh")) for i in range(30)}
    row = chain("train", boxes, {25: Link("df")})

    (more,) = [each for each in row.lane.boxes.values() if each.shape == "more"]
    assert (more.title, more.facts) == ("+22 more", "◌ 15  ✔ 7")
    assert row.places[10] == row.places[25] == (4, 25)
    assert row.links[(4, 25), 26] == Link("df")
    assert len(row.links) == len(row.lane.boxes) - 1


@pytest.mark.parametrize("depth", [0, -1, True, "2", 1.5])
def test_a_depth_that_is_no_number_of_steps_is_refused(depth: object) -> None:
    with pytest.raises(MagicUsageError, match="depth is a number of steps from 1 on"):
        check_depth(depth)
