from __future__ import annotations

import datetime
import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import InterfaceError
from alo_nb.handover.codec import decode, encode, summarise

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.dates(),
    st.complex_numbers(allow_nan=False),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)


def again(value):
    return decode(encode(value).parts)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(VALUES)
def test_plain_values_come_back_equal_with_an_equal_digest(value):
    back = again(value)
    assert back == value
    assert repr(type(back)) == repr(type(value))
    assert encode(back).digest == encode(value).digest


def test_an_object_that_is_there_twice_is_stored_once_and_comes_back_as_one():
    array = np.ones(10_000)
    folds = encode({"folds": [array] * 12})
    assert folds.size < 2 * array.nbytes
    back = decode(folds.parts)["folds"]
    assert all(each is back[0] for each in back)


def test_deeply_shared_values_take_no_longer_than_they_are_large():
    value = [1]
    for _ in range(60):
        value = [value, value]
    assert encode(value).size < 2_000


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sets(st.one_of(st.integers(), st.text())))
def test_sets_come_back_equal(values):
    assert again(values) == values
    assert type(again(frozenset(values))) is frozenset


@settings(deadline=None, derandomize=True, max_examples=60)
@given(VALUES, VALUES)
def test_different_values_have_different_digests(first, second):
    same = encode(first).digest == encode(second).digest
    assert same == (repr(first) == repr(second)) or (not same and first == second)


FRAMES = {
    "plain": lambda: pd.DataFrame({"a": [1, 2, 3], "b": [1.5, float("nan"), -0.0]}),
    "text": lambda: pd.DataFrame({"s": ["x", None, "한글"], "o": pd.Series(["x", 1, [2]], dtype=object)}),
    "empty": lambda: pd.DataFrame(),
    "no rows": lambda: pd.DataFrame({"a": pd.Series([], dtype="int32")}),
    "index": lambda: pd.DataFrame({"a": [1, 2]}, index=pd.Index(["r", "s"], name="id")),
    "multi": lambda: pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]}).set_index(["a", "b"]),
    "columns": lambda: pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("x", 1), ("x", 2)])),
    "int keys": lambda: pd.DataFrame([[1, 2], [3, 4]]),
    "categories": lambda: pd.DataFrame({"c": pd.Categorical(["u", None], categories=["v", "u"], ordered=True)}),
    "times": lambda: pd.DataFrame(
        {"t": pd.date_range("2024-03-09", periods=3, tz="Asia/Seoul"), "d": pd.to_timedelta([1, None, 3], unit="s")}
    ),
    "nullable": lambda: pd.DataFrame({"i": pd.array([1, None], "Int64"), "b": pd.array([True, None], "boolean")}),
    "duplicate": lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "period": lambda: pd.DataFrame({"p": pd.period_range("2024-01", periods=2, freq="M")}),
}  # fmt: skip


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_a_frame_comes_back_the_same_in_every_way(make):
    frame = make()
    frame.attrs["unit"] = "m"
    back = again(frame)
    pd.testing.assert_frame_equal(back, frame, check_exact=True, check_freq=True)
    assert list(map(str, back.dtypes)) == list(map(str, frame.dtypes))
    assert encode(back).digest == encode(again(back)).digest
    assert encode(frame).digest == encode(frame.copy()).digest
    assert (back.attrs, back.index.name, back.columns.tolist()) == (
        frame.attrs,
        frame.index.name,
        frame.columns.tolist(),
    )


def test_a_part_of_a_frame_equals_a_copy_of_that_part():
    frame = pd.DataFrame({"a": range(6), "b": range(6)})
    assert encode(frame[::2]).digest == encode(frame[::2].copy()).digest


def test_a_frame_that_was_loaded_can_be_changed():
    back = again(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    back.loc[0, "a"] = 5
    back["b"] = back["b"] + "!"
    assert back["a"].tolist() == [5, 2]


BASE = np.arange(24.0).reshape(4, 6)
ARRAYS = {
    "C": BASE,
    "F": np.asfortranarray(BASE),
    "rows": BASE[::2],
    "columns": BASE[:, 1:5:2],
    "reversed": BASE[::-1],
    "transposed": BASE.T,
    "0-d": np.array(3.5),
    "empty": np.empty((0, 3)),
    "int8": np.arange(4, dtype="i1"),
    "big endian": np.arange(4, dtype=">i4"),
    "times": np.array(["2024-01-01", "NaT"], dtype="M8[ns]"),
    "text": np.array(["a", "한글"]),
    "record": np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
    "object": np.array([1, "a", None], dtype=object),
    "bool": np.array([True, False]),
    "broadcast": np.broadcast_to(np.arange(3.0), (2, 3)),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_comes_back_the_same_and_writable(array):
    frozen = array.copy(order="K")
    frozen.flags.writeable = False
    for each in (array, frozen):
        back = again(each)
        np.testing.assert_array_equal(back, each)
        assert (back.dtype, back.shape) == (each.dtype, each.shape)
        assert back.flags.writeable
    assert again(array).flags.f_contiguous == (array.flags.f_contiguous or array.ndim < 2)


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_has_the_digest_of_its_copy(array):
    frozen = array.copy(order="A")
    frozen.flags.writeable = False
    digests = {encode(each).digest for each in (array, array.copy(order="A"), frozen, again(array), again(frozen))}
    assert len(digests) == 1


def test_no_two_readers_share_an_object():
    parts = encode({"a": BASE, "l": [1]}).parts
    first, second = decode(parts), decode(parts)
    first["a"][0, 0] = 99
    first["l"].append(2)
    assert second["a"][0, 0] == decode(parts)["a"][0, 0] == 0
    assert decode(parts)["l"] == [1]


def test_writing_takes_the_value_of_that_moment():
    array = np.zeros(3)
    encoded = encode(array)
    array[0] = 7
    assert decode(encoded.parts).tolist() == [0, 0, 0]


def test_lambdas_and_local_classes_are_handed_over():
    factor = 3

    class Local:
        size = 4

    assert again(lambda x: x * factor)(2) == 6
    assert again(Local()).size == 4
    assert again({"f": [Local, lambda: 1]})["f"][1]() == 1


def test_values_that_refer_to_themselves_are_handed_over():
    ring: list = [1]
    ring.append(ring)
    knot: dict = {}
    knot["me"] = knot
    space = SimpleNamespace(items=[])
    space.items.append(space)
    assert again(ring)[1][1][0] == 1
    back = again(knot)
    assert back["me"] is back
    back = again(space)
    assert back.items[0] is back


def test_deeply_nested_values_are_handed_over():
    deep: list = []
    for _ in range(200):
        deep = [deep]
    assert again(deep) == deep


@pytest.mark.parametrize("make", [threading.Lock, lambda: (x for x in "ab"), lambda: {"deep": [threading.Lock()]}])
def test_what_cannot_be_handed_over_says_so(make):
    with pytest.raises(InterfaceError) as caught:
        encode(make())
    kind = type(make()).__name__
    assert caught.value.what.startswith(f"a value of type {kind} cannot be handed to the next step: cannot pickle")
    assert (
        caught.value.do
        == "save what it is made of (a path, an address, plain data) and build it again in the next step"
    )


def test_a_value_that_fails_while_it_is_pickled_says_so():
    with pytest.raises(InterfaceError, match="a value of type Broken cannot be handed to the next step: no way"):
        encode(Broken())


class Broken:
    def __reduce__(self):
        raise OSError("no way")


@pytest.mark.parametrize(
    ("value", "summary"),
    [
        (pd.DataFrame({"a": [1, 2, 3]}), "DataFrame 3x1"),
        (pd.Series([1, 2]), "Series 2"),
        (BASE, "ndarray 4x6"),
        (np.float64(1.23456), "1.235"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        pytest.param(10**5000, "int", id="long"),
        (True, "True"),
        ([1, 2], "list 2"),
        ({}, "dict 0"),
        ("abc", "'abc'"),
        ("x" * 500, "str 500"),
        (5, "5"),
        (None, "NoneType"),
        (datetime.date(2024, 1, 1), "date"),
    ],
)
def test_a_value_is_told_in_a_few_words(value, summary):
    assert summarise(value) == summary


def test_the_size_is_that_of_all_parts():
    encoded = encode(np.zeros(1000))
    assert encoded.size == sum(map(len, encoded.parts)) > 8000
    assert encoded.digest.startswith("b3:")
