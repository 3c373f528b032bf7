"""Any value as a short text, and small plain data as bytes."""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
from collections import OrderedDict, namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.handover.codec import decode
from alo_nb.handover.glance import MAX_TEXT, WINDOW, dtype_of, hidden_text, is_plain, short_text, small_bytes
from alo_nb.plan.secrets import Mask
from alo_nb.step_api.loaded import Loaded

SECRET = "hunter2CANARY"
MASK = Mask({SECRET: "***"})
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
PLAIN = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=20,
)


class Colour(enum.Enum):
    RED = 1


class Whole(enum.IntEnum):
    ONE = 1


class Slots:
    __slots__ = ("a",)


class Model:
    def __init__(self, **values):
        vars(self).update(values)


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("it's", '"it\'s"'),
        (b"abc", "bytes 3"),
        (bytearray(b"abc"), "bytearray 3"),
        (10**200, "int of 665 bits"),
        (Whole.ONE, "1"),
        ((1,), "(1)"),
        ([*range(9)], "[0, 1, 2, 3, 4, 5, … 3 more]"),
        ({"a": [1], "password": "abcd"}, "{'a': [1], 'password': '***'}"),
        (OrderedDict(a=1), "{'a': 1}"),
        (Point(1, 2), "(1, 2)"),
        (Model(rate=0.5, token="abcd", _own=1), "Model(rate=0.5, token='***')"),
        (Slots(), "Slots()"),
        (datetime.date(2026, 11, 21), "datetime.date(2026, 11, 21)"),
        (decimal.Decimal("1.5"), "Decimal('1.5')"),
        (pathlib.PurePosixPath("/a"), "PurePosixPath('/a')"),
        (np.float64(1.5), "1.5"),
        (np.arange(3), "ndarray 3: [0, 1, 2]"),
        (np.array(["a"]), "ndarray 1: ['a']"),
        (pd.Series([1.5, 2]), "Series 2: [1.5, 2.0]"),
        (pd.DataFrame({"a": [1]}), "DataFrame 1x1: 'a' int64"),
        (pd.DataFrame(), "DataFrame 0x0: "),
        (Loaded(["x"], len), "{'x': (not loaded)}"),
    ],
)
def test_a_value_is_told_in_few_words(value, text) -> None:
    assert short_text(value, MASK) == text


def test_dtypes_of_arrays_only() -> None:
    assert dtype_of(np.zeros(2)) == "float64"
    assert dtype_of(pd.Series([1])) == "int64"
    assert dtype_of(pd.DataFrame()) == dtype_of(np.float64(1)) == dtype_of([1]) == dtype_of(np.float64) == ""


@given(PLAIN)
def test_plain_data_is_short_as_text_and_itself_as_bytes(value) -> None:
    assert len(short_text(value, MASK)) <= MAX_TEXT
    assert is_plain(value)
    parts = small_bytes(value)
    assert parts is None or decode(parts) == value


@given(st.integers(0, 300), st.sampled_from(["", "x", SECRET]), st.integers(-40, 40))
def test_no_part_of_a_secret_is_shown_wherever_the_text_is_cut(before, filler, shift) -> None:
    text = filler + "-" * before + SECRET + "-" * (WINDOW + shift - before) + SECRET * 3
    for shown in (hidden_text(text, MASK), short_text(text, MASK), short_text([text, {"k": text}], MASK)):
        assert "hunter" not in shown


@pytest.mark.parametrize("value", [Model(), np.array([Model()]), pd.DataFrame({"a": [Model()]}), [[Model()]], len])
def test_only_plain_data_is_kept_as_bytes(value) -> None:
    assert small_bytes(value) is None


@pytest.mark.parametrize("value", ["x" * 40_000, np.zeros(5_000), pd.DataFrame(np.zeros((2, 200))), [0] * 3_000])
def test_only_small_values_are_kept_as_bytes(value) -> None:
    assert small_bytes(value) is None
