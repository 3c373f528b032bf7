"""What was saved is what is loaded, for every array and table, whether its buffers are small or lie apart."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from alo_nb.handover import codec, reduce
from alo_nb.handover.codec import decode, encode
from alo_nb.handover.large import Large

OFTEN = settings(
    deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DTYPES = st.one_of(
    npst.boolean_dtypes(), npst.integer_dtypes(endianness="?"), npst.floating_dtypes(endianness="?"),
    npst.complex_number_dtypes(endianness="?"), npst.datetime64_dtypes(endianness="="),
    npst.timedelta64_dtypes(endianness="="), npst.byte_string_dtypes(), npst.unicode_string_dtypes(),
    npst.array_dtypes(allow_subarrays=False), st.just(np.dtype(object)),
)  # fmt: skip


@st.composite
def arrays(draw):
    """An array of any type and order; perhaps a view with gaps or backwards, perhaps one that cannot be written to."""
    dtype = draw(DTYPES)
    shape = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=12))
    elements = st.integers() | st.text() if dtype.hasobject else None
    array = np.array(
        draw(npst.arrays(dtype, shape, elements=elements, fill=st.nothing())), order=draw(st.sampled_from("CF"))
    )
    if array.ndim and draw(st.booleans()):
        array = array[draw(npst.basic_indices(array.shape, allow_newaxis=True, allow_ellipsis=False))]
        array = np.asarray(array, dtype=dtype)
    if draw(st.booleans()):
        array = array.T
    array.flags.writeable = array.flags.writeable and draw(st.booleans())
    return array


def same(a, b):
    assert type(a) is np.ndarray
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert a.tolist() == b.tolist() if a.dtype.hasobject else a.tobytes() == b.tobytes()


@pytest.mark.parametrize("is_apart", [False, True])
@OFTEN
@given(array=arrays())
def test_any_array_comes_back_the_same_and_can_be_written_to(request, array, is_apart):
    if is_apart:
        request.getfixturevalue("apart")
    before = array.copy(order="K")
    back = decode(encode(array).parts)
    same(back, array)
    assert back.flags.writeable
    assert not np.shares_memory(back, array)
    if back.size:
        back[...] = np.zeros(1, back.dtype)[0]
        same(array, before)
    assert encode(array).digest == encode(array.copy(order="A")).digest


@st.composite
def frames(draw):
    """A table with columns of many types: consolidated or not, perhaps a part or a transposed one."""
    rows = draw(st.integers(0, 12))
    index = draw(st.sampled_from([None, pd.RangeIndex(5, 5 + 2 * rows, 2), pd.Index([f"r{n}" for n in range(rows)])]))
    made = {name: draw(COLUMNS[name](rows)) for name in draw(st.lists(st.sampled_from([*COLUMNS]), unique=True))}
    frame = pd.DataFrame(made, index=index if made else None)
    change = draw(st.sampled_from(["none", "half", "columns", "multi", "numbers", "replaced"]))
    if change == "half":
        frame = frame[::2]
    elif change == "columns" and frame.shape[1] > 1:
        frame = frame.iloc[:, ::-1]
    elif change == "multi" and frame.shape[1]:
        frame.index = pd.MultiIndex.from_product([frame.index, ["x"]], names=["a", None])
        frame.columns = pd.MultiIndex.from_product([["c"], frame.columns])
    elif change == "numbers":
        frame = pd.DataFrame(draw(npst.arrays("f8", (rows, 3))))
    elif change == "replaced" and frame.shape[1]:
        frame = pd.concat([frame, frame], axis=1)  # names that are there twice
        frame.isetitem(0, range(len(frame)))
    frame.attrs = draw(st.sampled_from([{}, {"unit": {"m": 1}}]))
    return frame


def _numbers(dtype):
    return lambda rows: npst.arrays(dtype, rows)


def _of(make):
    return lambda rows: st.just(make(rows))


def _texts(dtype):
    return lambda rows: st.lists(st.text() | st.none(), min_size=rows, max_size=rows).map(
        lambda texts: pd.array(texts, dtype)
    )


COLUMNS = {
    **{each: _numbers(each) for each in ("f8", "f4", "i8", "u1", "?", "c16")},
    "f8 too": _numbers("f8"),
    **{f"text by {each}": _texts(pd.StringDtype(each, na_value=np.nan)) for each in ("python", "pyarrow")},
    **{f"string by {each}": _texts(pd.StringDtype(each)) for each in ("python", "pyarrow")},
    "number by pyarrow": _of(lambda rows: pd.array([None, *range(1, rows)][:rows], "int64[pyarrow]")),
    "object": _of(lambda rows: pd.Series([[n] if n % 2 else "t" for n in range(rows)], dtype=object).array),
    "category": _of(lambda rows: pd.Categorical([None, "u", "v"] * (rows // 3) + ["u"] * (rows % 3), ["v", "u"])),
    "time": _of(lambda rows: pd.date_range("2024-03-09", periods=rows)),
    "zone": _of(lambda rows: pd.date_range("2024-03-09", periods=rows, tz="Asia/Seoul")),
    "span": _of(lambda rows: pd.to_timedelta(range(rows), unit="s")),
    "period": _of(lambda rows: pd.period_range("2024-01", periods=rows, freq="M")),
    "nullable": _of(lambda rows: pd.array([None, *range(1, rows)][:rows], "Int64")),
    "boolean": _of(lambda rows: pd.array([None, *[True] * rows][:rows], "boolean")),
    "sparse": _of(lambda rows: pd.arrays.SparseArray([0, 1] * (rows // 2) + [0] * (rows % 2))),
    "interval": _of(lambda rows: pd.interval_range(0, rows) if rows else pd.array([], "interval[int64, right]")),
}


@pytest.mark.parametrize("is_apart", [False, True])
@OFTEN
@given(frame=frames())
def test_any_table_comes_back_the_same_and_nobody_sees_a_change_to_it(request, frame, is_apart):
    if is_apart:
        request.getfixturevalue("apart")
    before, parts = pickle.loads(pickle.dumps(frame)), encode(frame).parts
    first, second = decode(parts), decode(parts)
    pd.testing.assert_frame_equal(first, before, check_exact=True, check_freq=True)
    assert (list(map(str, first.dtypes)), first.attrs) == (list(map(str, before.dtypes)), before.attrs)
    assert encode(first).digest == encode(second).digest
    spoil(frame)
    spoil(first)
    pd.testing.assert_frame_equal(second, before, check_exact=True)
    pd.testing.assert_frame_equal(decode(parts), before, check_exact=True)


def spoil(frame):
    """Write to every column as users do, and past pandas, too."""
    for number in range(frame.shape[1]):
        values = frame.iloc[:, number].array
        if len(values) > 1:
            first = values[0]
            try:
                values[0] = values[1]
                frame.iloc[0, number] = first
                frame.iloc[0, number] = values[1]
            except TypeError:  # a sparse array cannot be written to
                assert isinstance(values, pd.arrays.SparseArray)
            if isinstance(first, list):
                first.append("spoiled")
    frame.insert(0, ("new",) * frame.columns.nlevels if frame.columns.nlevels > 1 else "new", 1)


def test_a_large_table_lies_by_column_and_only_new_columns_are_new(apart):
    frame = pd.DataFrame({name: np.arange(100.0) + number for number, name in enumerate("abcd")})
    first = encode(frame)
    back = decode(first.parts)
    back["b"] = back["b"] * 2
    back["e"] = 1.5
    second = encode(back)
    apart_first, apart_second = (
        {each.digest for each in value.parts[1:] if isinstance(each, Large)} for value in (first, second)
    )
    assert len(apart_first - apart_second) == 1
    assert len(apart_second - apart_first) == 2
    pd.testing.assert_frame_equal(decode(second.parts), back)


def test_a_large_table_can_be_used_as_any_other(apart):
    back = decode(encode(pd.DataFrame({"a": [3.0, 1, 2], "b": [1, 2, 3], "c": ["x", None, "z"]})).parts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back["d"] = back["a"] + back["b"]
        back.loc[back["b"] > 1, "a"] = 0
        back = back.sort_values("b", ascending=False).merge(back[["b", "d"]], on="b", suffixes=("", "_2"))
        back = back.groupby("a", as_index=False).agg({"b": "sum", "d": "max"})
    assert back.to_numpy().tolist() == [[0.0, 5.0, 5.0], [3.0, 1.0, 4.0]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: pd.DataFrame(np.arange(200.0).reshape(50, 4), copy=False),  # rows stand one after the other
        lambda: pd.DataFrame(np.zeros((20, reduce.COLUMNS + 1), order="F")),
        lambda: pd.DataFrame({"a": np.zeros(50)}),
    ],
)
def test_a_table_that_would_have_to_be_copied_or_is_wide_stays_whole(apart, make):
    frame = make()
    assert reduce.reduced(frame) is NotImplemented
    pd.testing.assert_frame_equal(decode(encode(frame).parts), frame)


def test_a_subclass_of_a_table_keeps_its_class(apart):
    frame = Named({"a": np.zeros(50), "b": np.ones(50)})
    frame.title = "t"
    back = decode(encode(frame).parts)
    assert (type(back), back.title) == (Named, "t")


class Named(pd.DataFrame):
    _metadata = ["title"]  # noqa: RUF012  # as pandas wants it


def test_what_goes_through_cloudpickle_is_kept_alike(apart):
    frame = pd.DataFrame({"a": np.arange(50.0), "b": np.ones(50)})
    value, plain = encode({"f": lambda: 1, "x": frame, "y": frame["a"].to_numpy()}), encode(frame)
    names = {each.digest for each in plain.parts[1:] if isinstance(each, Large)}
    assert names <= {each.digest for each in value.parts[1:] if isinstance(each, Large)}
    back = decode(value.parts)
    pd.testing.assert_frame_equal(back["x"], frame)
    assert back["y"].flags.writeable


def test_an_array_in_a_file_is_handed_on_as_a_plain_one(apart, tmp_path):
    lying = np.memmap(tmp_path / "a.bin", dtype="f8", mode="w+", shape=(50,))
    lying[:] = 7
    back = decode(encode({"m": lying}).parts)["m"]
    same(back, np.full(50, 7.0))
    back[0] = 1
    assert lying[0] == 7


def test_a_read_only_array_is_not_copied_to_be_pickled(monkeypatch):
    monkeypatch.setattr(codec, "LARGE", 1000)
    array = np.arange(1000.0)
    array.flags.writeable = False
    seen = []

    def keep(buffer):
        seen.append(np.shares_memory(np.frombuffer(buffer, "u1"), array))
        return codec.in_memory(buffer)

    same(decode(encode(array, keep).parts), array)
    assert seen == [True]
