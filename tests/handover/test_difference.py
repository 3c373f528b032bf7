"""How two values differ is said in words; equal values are equal whatever their bytes are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.handover.codec import decode, encode
from alo_nb.handover.difference import difference

NAMES = ("here", "fresh")
TABLE = pd.DataFrame({"age": [20.0, 21.0, None], "name": ["a", None, "c"], "n": [1, 2, 3]})


class Model:
    def __init__(self, weight):
        self.weight = weight


def changed(row, column, value):
    table = TABLE.copy()
    table.loc[row, column] = value
    return table


CASES = {
    "one cell of numbers": (TABLE, changed(1, "age", 21.5), "1 of 3 rows differ, in column age; by 0.5 at most"),
    "one cell of texts": (TABLE, changed(0, "name", "b"), "1 of 3 rows differ, in column name"),
    "a missing value": (TABLE, changed(0, "age", None), "1 of 3 rows differ, in column age"),
    "two columns": (
        TABLE,
        changed(1, "age", 22).assign(n=[1, 2, 7]),
        "2 of 3 rows differ, in columns age, n; by 4 at most",
    ),
    "a column more": (TABLE, TABLE.assign(new=1), "column new only fresh"),
    "a column less": (TABLE, TABLE[["age", "n"]], "column name only here"),
    "rows": (TABLE, TABLE.iloc[:2], "3 rows here, 2 fresh"),
    "another type": (TABLE, TABLE.astype({"n": float}), "column n is int64 here, float64 fresh"),
    "other labels": (TABLE, TABLE.set_index(pd.Index([5, 6, 7])), "the rows have other labels, or another order"),
    "order of columns": (TABLE, TABLE[["n", "name", "age"]], "the columns are in another order"),
    "dates": (
        pd.DataFrame({"t": pd.to_datetime(["2020-01-01"])}),
        pd.DataFrame({"t": pd.to_datetime(["2020-01-02"])}),
        "1 of 1 rows differ, in column t",
    ),
    "lists in cells": (pd.Series([[1], [2]]), pd.Series([[1], [3]]), "1 of 2 rows differ, in column values"),
    "array": (np.array([1.0, np.nan]), np.array([3.0, np.nan]), "1 of 2 elements differ; by 2 at most"),
    "shape of an array": (np.zeros(2), np.zeros((2, 2)), "ndarray 2 here, ndarray 2x2 fresh"),
    "array of objects": (np.array(["a", 1], object), np.array(["b", 1], object), "the elements differ"),
    "number": (0.91, 0.84, "0.91 here, 0.84 fresh"),
    "text": ("a", "b", "'a' here, 'b' fresh"),
    "kinds that look alike": (1, True, "1 here, True fresh"),
    "mapping": ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, "b: c: 2 here, 3 fresh"),
    "keys": ({"a": 1}, {"b": 1}, "key a only here; key b only fresh"),
    "list": ([1, 2, 3], [1, 5, 4], "2 of 3 elements differ; the first, number 1: 2 here, 5 fresh"),
    "length": ([1], [1, 2], "1 elements here, 2 fresh"),
    "object": (Model(np.ones(2)), Model(np.zeros(2)), "Model: weight: 2 of 2 elements differ; by 1 at most"),
    "object that hides it": (Model(1), Model(1), "Model: the bytes differ"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_difference_is_told_in_words(case):
    a, b, text = CASES[case]
    assert difference(a, b, NAMES) == text


@pytest.mark.parametrize("value", [TABLE, TABLE["age"], np.array([1.0, np.nan]), float("nan"), {"a": [1, {2}]}, "x"])
def test_a_copy_is_equal(value):
    assert difference(value, decode(encode(value).parts), NAMES) is None


def test_a_secret_is_masked():
    assert "hunter2" not in difference({"password": "hunter2hunter2"}, {"password": "another-one"}, NAMES)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@given(PLAIN)
def test_plain_values_equal_their_copies(value):
    assert difference(value, decode(encode(value).parts), NAMES) is None


@given(PLAIN, PLAIN)
def test_values_that_python_calls_different_are_never_called_equal(a, b):
    if a != b:
        same_but_for_nan = repr(a) == repr(b)
        assert (difference(a, b, NAMES) is None) == same_but_for_nan
