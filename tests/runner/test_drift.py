"""Where the limits lie between what data does by itself and a break."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.handover.signature import signature_of
from alo_nb.runner.drift import ENOUGH_ROWS, FEW_ROWS, RANGE_MARGIN, ROWS_FACTOR, Seen, drifts, is_steady


def told(*values):
    """Return what is told of the last value after the ones before it, which are given oldest first."""
    *past, new = map(signature_of, values)
    seen = [Seen(f"20260101T000000Z-00000{n}", f"b3:{n}", each) for n, each in enumerate(past)]
    return [f"{each.what} {each.name}".strip() for each in drifts("data.x", seen[::-1], new)]


def numbers(low, high, rows=100):
    return pd.DataFrame({"n": np.linspace(low, high, rows)})


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        (200, 200 * ROWS_FACTOR, []),
        (200, 200 * ROWS_FACTOR + 1, ["has far more rows"]),
        (200, 20, []),
        (200, 19, ["has far fewer rows"]),
        (1, FEW_ROWS * ROWS_FACTOR, []),
        (1, FEW_ROWS * ROWS_FACTOR + 1, ["has far more rows"]),
        (90, 1, []),
        (1, 0, ["has no rows"]),
        (0, 5, []),
        (0, 0, []),
    ],
)
def test_rows_may_be_ten_times_as_many_or_few(before, after, breaks):
    assert told(numbers(0, 1, before), numbers(0, 1, after)) == breaks
    assert told(pd.Series(np.zeros(before)), pd.Series(np.zeros(after))) == breaks
    assert told(np.zeros((before, 2)), np.zeros((after, 2))) == breaks


def test_rows_are_measured_by_all_that_was_seen():
    assert told(numbers(0, 1, 5000), numbers(0, 1, 20), numbers(0, 1, 40_000)) == []


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ((0, 80), (0, 80 + RANGE_MARGIN * 80), []),
        ((0, 80), (0, 81 + RANGE_MARGIN * 80), ["is far out of range in column n"]),
        ((0, 80), (-999, 80), ["is far out of range in column n"]),
        ((0, 1), (0, 100), ["is far out of range in column n"]),  # a share that became per cent
        ((1000, 1010), (1000, 9000), []),  # numbers that count on
        ((5, 5), (0, 1e9), []),  # a constant says nothing
        ((0, 80), (0, np.inf), ["is far out of range in column n"]),
        ((-np.inf, 80), (0, 1e300), []),
    ],
)
def test_numbers_may_go_ten_times_beyond(before, after, breaks):
    frames = [pd.DataFrame({"n": np.append(np.full(99, float(low)), high)}) for low, high in (before, after)]
    assert told(*frames) == breaks


def test_few_rows_tell_no_range():
    assert told(numbers(0, 1, ENOUGH_ROWS - 1), numbers(0, 100, ENOUGH_ROWS)) == []
    assert told(numbers(0, 1, ENOUGH_ROWS), numbers(0, 100, ENOUGH_ROWS)) == ["is far out of range in column n"]


def without(frame, condition):
    return pd.DataFrame({"n": frame["n"].mask(condition)})


def test_one_missing_value_is_told_unless_only_a_sample_was_looked_at():
    frame = numbers(0, 1)
    assert told(frame, without(frame, frame.index == 3)) == ["has missing values in column n"]
    assert told(without(frame, frame.index == 1), without(frame, frame.index < 50)) == []
    many = numbers(0, 1, 1_000_000)
    assert told(many, without(many, many.index % 1000 == 0)) == []
    assert told(many, without(many, many.index % 11 == 0)) == ["has missing values in column n"]


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        (1, 1.5, []),
        (1, np.float64(1), []),
        ("a", np.str_("a"), []),
        (1, "1", ["changed its type"]),
        (True, 1, ["changed its type"]),
        (None, "a", []),
        ("a", None, ["changed its type"]),
        ([1], (1,), ["changed its type"]),
        (pd.DataFrame(), [], ["changed its type"]),
        (np.zeros(3), np.zeros((3, 1)), ["changed its shape"]),
        (np.zeros(3), np.zeros(3, dtype="float32"), ["changed the dtype"]),
        (np.array(["a"]), np.array(["abc"]), []),
        (pd.Series([1]), pd.Series(["a"]), ["changed the dtype"]),
        (pd.DataFrame({"a": [None, None]}), pd.DataFrame({"a": ["x", "y"]}), []),
    ],
    ids=str,
)
def test_types(before, after, breaks):
    assert told(before, after) == breaks


def test_what_has_varied_may_vary():
    whole, floats = pd.DataFrame({"n": [1, 2]}), pd.DataFrame({"n": [1.0, 2.0]})
    assert told(whole, floats) == ["changed the dtype of column n"]
    assert told(floats, whole, floats) == []
    assert told(None, "a", None) == []


def test_columns_of_a_bare_array_and_of_a_very_wide_table_are_missed_once_they_have_stayed():
    assert told(np.zeros((9, 4)), np.zeros((9, 3))) == []
    assert told(np.zeros((9, 4)), np.ones((8, 4)), np.zeros((9, 3))) == ["lost columns"]
    assert told(np.zeros((9, 4)), np.ones((8, 5)), np.zeros((9, 3))) == []
    wide = [pd.DataFrame(np.full((3, width), value)) for value, width in enumerate((2000, 2000, 1999))]
    assert told(*wide) == ["lost columns"]


def test_a_dict_that_grows_beyond_what_is_named_is_no_break():
    assert told({"a": 1}, {"a": 2}, dict.fromkeys(range(10_000))) == []
    assert told(dict.fromkeys(range(10_000)), dict.fromkeys(range(9000), 1), {"a": 1}) == []


@pytest.mark.parametrize(
    ("present", "steady"),
    [([1], True), ([1, 1, 0, 0], True), ([1, 0, 1], False), ([0, 1], False), ([], False)],
)
def test_what_was_gone_in_between_is_not_steady(present, steady):
    assert is_steady(map(bool, present)) is steady


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
values = st.recursive(
    cells | st.lists(cells, min_size=1, max_size=30).map(lambda found: pd.DataFrame({"a": found, "b": 1})),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=4,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(values, min_size=1, max_size=4))
def test_a_value_that_was_seen_before_breaks_nothing(past):
    assert told(*past, past[-1]) == []
