"""A look at a kept value: data are what they were, and nothing that a pickle names is started or fills the memory."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import fractions
import os
import pickle
import sys
import uuid
import zoneinfo
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alo_nb.errors import InterfaceError
from alo_nb.handover.codec import encode
from alo_nb.handover.peek import peek
from alo_nb.handover.rebuilding import REBUILT
from alo_nb.handover.reduce import ROWS

SEOUL = zoneinfo.ZoneInfo("Asia/Seoul")


class Calls:
    """Its pickle calls a function."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


class Fills:
    """Its pickle makes an object by a call and gives it a state."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], state: Any) -> None:
        self.parts = (function, args, state)

    def __reduce__(self) -> Any:
        return self.parts


def refused(value: object, match: str) -> None:
    with pytest.raises(InterfaceError, match=match):
        peek([pickle.dumps(value, protocol=5)])


# Nothing is started ---------------------------------------------------------------------------------------------------


def test_a_pickle_inside_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    mark, evil = tmp_path / "started", tmp_path / "evil.pkl"
    evil.write_bytes(pickle.dumps(Calls(os.mkdir, str(mark))))
    refused(Calls(pd.read_pickle, str(evil)), r"pandas(\.io\.pickle)?\.read_pickle, not opened")
    assert not mark.exists()


def test_a_function_of_a_known_library_that_runs_a_text_is_not_called(tmp_path: Path) -> None:
    from numpy.testing._private.utils import runstring  # what it is good for: numpy's own helper calls exec

    mark = tmp_path / "started"
    refused(Calls(runstring, f"import os; os.mkdir({str(mark)!r})", {}), "runstring, not opened")
    assert not mark.exists()


@pytest.mark.parametrize("module", ["pathlib", "sklearn.base", "pandas"])
def test_what_stands_behind_a_dot_is_not_looked_for(tmp_path: Path, module: str) -> None:
    mark = tmp_path / "started"
    raw = (
        b"\x80\x04" + b"".join(b"\x8c" + bytes([len(each)]) + each.encode() for each in (module, "os.mkdir")) + b"\x93"
    )
    raw += b"\x8c" + bytes([len(str(mark))]) + str(mark).encode() + b"\x85R."
    with pytest.raises(InterfaceError, match=r"os\.mkdir, not opened"):
        peek([raw])
    assert not mark.exists()


def test_getattr_gives_time_zones_only() -> None:
    for owner, name in ((pd.DataFrame, "to_pickle"), (zoneinfo.ZoneInfo, "from_file"), (dict, "fromkeys")):
        refused(Calls(getattr, owner, name), "cannot be loaded here: ValueError")


def test_the_list_has_whole_names_and_nothing_that_runs_or_opens() -> None:
    assert not [name for _, name in REBUILT if "." in name]
    assert not [name for _, name in REBUILT if name in {"eval", "exec", "open", "__import__", "read_pickle", "load"}]
    assert not [module for module, _ in REBUILT if module.partition(".")[0] in {"os", "subprocess", "importlib", "sys"}]


def test_a_pickle_cannot_change_what_it_names() -> None:
    global_of = b"\x8c\x06pandas\x8c\x09DataFrame\x93"
    raw = b"\x80\x04" + global_of + b"N}\x8c\x05owned\x88s\x86b."  # its slots get `owned = True`
    peek([raw])
    assert not hasattr(pd.DataFrame, "owned")


# Nothing fills the memory ---------------------------------------------------------------------------------------------

MANY = 10**14  # no machine has so many


@pytest.mark.parametrize(
    "value",
    [
        Calls(np.ones, (MANY,)),
        Calls(np.zeros, (MANY,)),
        Calls(np.ndarray, (MANY,)),
        Calls(bytearray, MANY),
        Calls(list, range(MANY)),
        Calls(set, range(MANY)),
        Calls(collections.deque, range(MANY)),
        Calls(collections.Counter, range(MANY)),
        Calls(pd.Series, 0, pd.RangeIndex(MANY)),
        Calls(pd.DataFrame, 0, pd.RangeIndex(MANY), ["a"]),
        Calls(pd.Index, pd.RangeIndex(MANY), np.dtype("float64")),
        Calls(pd.core.indexes.base._new_Index, pd.Index, {"data": pd.RangeIndex(MANY), "dtype": np.dtype("float64")}),
        Calls(np.empty(0).__reduce__()[0], np.ndarray, (MANY,), b"d"),
        Calls(np.ma.masked_array([1]).__reduce__()[0], np.ma.MaskedArray, np.ndarray, (MANY,), b"d"),
        Calls(np.float64(1).__reduce__()[0], np.dtype(("V", 2**31 - 1)), b""),
        Fills(np.empty(0).__reduce__()[0], (np.ndarray, (0,), b"b"), (1, (MANY,), np.dtype(object), False, [])),
        Fills(np.empty(0).__reduce__()[0], (np.ndarray, (0,), b"b"), (1, (MANY,), np.dtype("f8"), False, b"")),
        Calls(fractions.Fraction, "1e999999999"),
    ],
)
def test_a_few_bytes_that_stand_for_many_values_are_refused(value: Any) -> None:
    refused(value, r"not opened|cannot be loaded here: (ValueError|UnpicklingError|TypeError)")


def test_a_picture_without_its_pixels_is_refused() -> None:
    image = pytest.importorskip("PIL.Image")
    raw = pickle.dumps(image.new("L", (250, 250)), protocol=5).replace(b"K\xfaK\xfa", b"M\xff\xffM\xff\xff")
    with pytest.raises(InterfaceError, match="cannot be loaded here: ValueError"):
        peek([raw])


# Data are what they were ----------------------------------------------------------------------------------------------

PLAIN = {
    "python": [
        {"a": [1, (2, {3}), b"x", 1.5, None, True, 2j, range(3), slice(1), bytearray(b"y"), ...]},
        frozenset({1}),
    ],
    "collections": [
        *(collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1, 2])),
        collections.defaultdict(list, {1: [2]}),
    ],
    "times": [
        *(dt.datetime(2099, 1, 2, tzinfo=SEOUL), dt.date(2099, 1, 2), dt.time(1, 2), dt.timedelta(3)),
        *(dt.timezone(dt.timedelta(hours=9)), dt.datetime(2099, 1, 2, tzinfo=dt.UTC), SEOUL),
    ],
    "numbers": [decimal.Decimal("1.50"), fractions.Fraction(-1, 3), uuid.UUID(int=5)],
    "paths": [Path("a/b"), PurePosixPath("a"), PureWindowsPath("c:/a")],
    "numpy": [np.float64(1.5), np.int8(3), np.bool_(True), np.str_("a"), np.str_(""), np.datetime64("2099-01-01", "s")],
    "pandas": [
        *(pd.Timestamp("2099"), pd.Timestamp("2099", tz="Asia/Seoul"), pd.Timedelta(1), pd.Interval(0, 1)),
        *(pd.Period("2099", freq="M"), pd.offsets.Week(weekday=2), pd.offsets.MonthEnd(2)),
    ],
}


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_values_are_what_they_were(kind: str) -> None:
    found: Any = peek(encode(PLAIN[kind]).parts)
    assert found == PLAIN[kind]
    assert [*map(type, found)] == [*map(type, PLAIN[kind])]


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.arange(10)[::-2],
    np.array([1, "a", None], dtype=object),
    np.array(["a", "bc"]),
    np.array([b"a"]),
    np.array(["2099-01-01", "NaT"], dtype="M8[D]"),
    np.array([(1, "a")], dtype=[("n", "i4"), ("t", "U3")]),
    np.array(3.5),
    np.zeros((0, 3)),
    np.arange(10**6),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda each: f"{each.dtype} {each.shape}")
def test_arrays_are_what_they_were(array: np.ndarray) -> None:
    found: Any = peek(encode(array).parts)
    assert type(found) is np.ndarray
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


COLUMNS: dict[str, Any] = {
    "numbers": [1.5, None],
    "texts": ["x", None],
    "objects": pd.Series([1, "x"], dtype=object),
    "categories": pd.Categorical(["u", "v"], ordered=True),
    "times": pd.to_datetime(["2099-01-01", None]),
    "zoned": pd.to_datetime(["2099-01-01", None]).tz_localize("Asia/Seoul"),
    "spans": pd.to_timedelta([1, None]),
    "periods": pd.period_range("2099", periods=2, freq="M"),
    "intervals": pd.interval_range(0, 2),
    **{each: pd.array([1, None], dtype=each) for each in ("Int8", "Int64", "UInt16", "Float32", "boolean")},
    "string": pd.array(["a", None], dtype="string[python]"),
}
INDEXES = [
    *(pd.RangeIndex(2), pd.Index([1, 2]), pd.Index(["a", "b"]), pd.MultiIndex.from_tuples([(1, "a"), (1, "b")])),
    *(pd.date_range("2099", periods=2, freq="MS", tz="Asia/Seoul"), pd.period_range("2099", periods=2, freq="D")),
    *(pd.timedelta_range(0, periods=2), pd.CategoricalIndex(["a", "b"]), pd.interval_range(0, 2)),
]


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_what_they_were(name: str) -> None:
    frame = pd.DataFrame({name: COLUMNS[name]})
    pd.testing.assert_frame_equal(peek(encode(frame).parts), frame)  # type: ignore[arg-type]
    pd.testing.assert_series_equal(peek(encode(frame[name]).parts), frame[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("index", INDEXES, ids=lambda each: type(each).__name__)
def test_indexes_are_what_they_were(index: pd.Index) -> None:
    pd.testing.assert_index_equal(peek(encode(index).parts), index)  # type: ignore[arg-type]
    frame = pd.DataFrame([[1, 2]], columns=index)
    pd.testing.assert_frame_equal(peek(encode(frame).parts), frame)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["int64[pyarrow]", "string[pyarrow]", "timestamp[ns][pyarrow]"])
def test_columns_of_arrow_are_what_they_were(dtype: str) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": pd.Series([None, None], dtype=dtype)})
    pd.testing.assert_frame_equal(peek(encode(frame).parts), frame)  # type: ignore[arg-type]


def test_a_large_table_is_what_it_was() -> None:
    frame = pd.DataFrame({"a": np.arange(ROWS), "b": np.arange(ROWS) / 2, "c": pd.Timestamp("2099")})
    pd.testing.assert_frame_equal(peek(encode(frame).parts), frame)  # type: ignore[arg-type]


def test_a_model_is_shown_by_its_class_and_attributes_and_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    model = linear.LogisticRegression(C=3.0).fit(np.eye(4), [0, 1, 0, 1])
    parts = encode(model).parts
    monkeypatch.setitem(sys.modules, type(model).__module__, None)  # importing it would be an error
    found = peek(parts)
    assert not isinstance(found, linear.LogisticRegression)
    assert (type(found).__module__, type(found).__name__) == (type(model).__module__, "LogisticRegression")
    assert vars(found)["C"] == 3.0
    np.testing.assert_array_equal(vars(found)["coef_"], model.coef_)
