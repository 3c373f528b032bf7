"""Texts in Arrow's memory: handed on without a copy, never shared, and each storage stays what it is."""

from __future__ import annotations

import ctypes

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from alo_nb.handover import Channel, codec, large
from alo_nb.handover.codec import decode, encode
from alo_nb.handover.interface import Key
from alo_nb.handover.large import Large
from alo_nb.handover.signature import signature_of

KEY = Key("20260101T000000Z-000001", "train_pipeline", "input")
STEPS = [KEY._replace(step=f"s{number}") for number in range(3)]
ROWS = 200
NAMES = [None if number % 7 == 0 else f"name {number}" for number in range(ROWS)]
DTYPES = {
    "str": pd.StringDtype("pyarrow", na_value=np.nan),
    "string": pd.StringDtype("pyarrow"),
    "text of Arrow": pd.ArrowDtype(pa.string()),
    "category of Arrow": pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
}
WHERES = {
    "whole": lambda array: array,
    "rows of another": lambda array: array[50:90],
    "every third": lambda array: array[::3],
    "in pieces": lambda array: type(array)._concat_same_type([array[:90], array[90:]]),
    "empty": lambda array: array[:0],
}


def texts(dtype, where=WHERES["whole"]):
    return where(pd.array(NAMES, "str").astype(dtype))


@pytest.mark.parametrize("where", WHERES.values(), ids=WHERES)
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_texts_come_back_the_same_wherever_they_lie(interface, apart, dtype, where):
    frame = pd.DataFrame({"t": texts(dtype, where), "n": np.arange(float(len(texts(dtype, where))))})
    expected = frame.copy(deep=True)
    Channel(interface, None, KEY).save("data", {"x": frame})
    back = Channel(interface, KEY, STEPS[0]).load("data", "x")
    pd.testing.assert_frame_equal(back, expected)
    assert back["t"].dtype == dtype
    Channel(interface, KEY, STEPS[0]).save("data", {"x": back})
    pd.testing.assert_frame_equal(Channel(interface, STEPS[0], STEPS[1]).load("data", "x"), expected)


WRITES = {
    "past pandas": lambda series: series.array.__setitem__(3, "spoiled"),
    "loc": lambda series: series.loc.__setitem__(3, "spoiled"),
    "in place": lambda series: series.replace("name 3", "spoiled", inplace=True),
    "in Arrow's memory": lambda series: _write(series.array._pa_array.chunk(0).buffers()[-1]),
}


def _write(buffer):
    """Write to memory that nobody is to write to, as C libraries can."""
    memory = (ctypes.c_uint8 * buffer.size).from_address(buffer.address)
    memory[0] ^= 1


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_step_sees_what_another_does_to_texts(interface, apart, write):
    mine = pd.Series(texts("str"))
    Channel(interface, None, KEY).save("data", {"x": mine})
    first, second = (Channel(interface, KEY, each).load("data", "x") for each in STEPS[:2])
    write(mine)
    write(first)
    for each in (second, Channel(interface, KEY, STEPS[2]).load("data", "x")):
        pd.testing.assert_series_equal(each, pd.Series(texts("str")))


@pytest.mark.parametrize("dtype", [DTYPES["str"], DTYPES["string"], DTYPES["text of Arrow"]])
def test_texts_are_not_copied_to_be_handed_on(monkeypatch, dtype):
    monkeypatch.setattr(codec, "LARGE", 64)
    column = texts(dtype)
    own = {each.address for each in column._pa_array.chunk(0).buffers() if each is not None}
    seen = set()

    def keep(buffer):
        seen.add(large._address(buffer))
        return codec.in_memory(buffer)

    pd.testing.assert_extension_array_equal(decode(encode(pd.DataFrame({"t": column}), keep).parts)["t"].array, column)
    assert len(own & seen) >= 2  # where each text begins, and the characters


def test_a_column_of_texts_that_nobody_writes_to_is_kept_once(store, apart):
    frame = pd.DataFrame({"t": texts("str"), "u": texts("str").take(range(ROWS - 1, -1, -1)), "n": np.arange(200.0)})
    first = encode(frame, store.keep)
    store.put(first)
    back = decode(store.get(first.digest).parts)
    back["u"] = back["u"].str.upper()
    second = encode(back, store.keep)
    apart_first, apart_second = (
        {each.digest for each in value.parts[1:] if isinstance(each, Large)} for value in (first, second)
    )
    assert 1 <= len(apart_second - apart_first) <= 2  # its characters, and where they begin if they are others
    store.put(second)
    pd.testing.assert_frame_equal(decode(store.get(second.digest).parts), back)


def test_both_storages_of_texts_are_described_alike():
    dtypes = [pd.StringDtype(each, na_value=np.nan) for each in ("python", "pyarrow")]
    by_storage = [signature_of(pd.DataFrame({"t": texts(each)})) for each in dtypes]
    assert by_storage[0] == by_storage[1]
    assert by_storage[0]["columns"]["t"]["nulls"] == sum(each is None for each in NAMES)


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
def test_a_storage_is_part_of_a_value(storage):
    dtype = pd.StringDtype(storage, na_value=np.nan)
    back = decode(encode(pd.Series(texts(dtype))).parts)
    assert back.dtype.storage == storage
    assert encode(back).digest == encode(pd.Series(texts(dtype))).digest


@pytest.mark.parametrize("dtype", ["string[pyarrow]", "str", pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.bool_())])
def test_a_column_in_which_nothing_is_missing_has_the_same_bytes_after_each_hand_over(dtype) -> None:
    values = ["a", None, "b", "c"] if "bool" not in str(dtype) else [True, None, False, True]
    frame = pd.DataFrame({"a": pd.Series(values, dtype=dtype), "b": range(4)}).dropna().rename(columns=str.upper)
    first = encode(frame).parts
    assert [bytes(part) for part in encode(decode(first)).parts] == [bytes(part) for part in first]
    pd.testing.assert_frame_equal(decode(first), frame)
