from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import OrderedDict, namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.handover import FileInterface, MemoryInterface
from alo_nb.handover.channel import Channel
from alo_nb.handover.codec import encode
from alo_nb.handover.interface import Entry, Key, encode_all
from alo_nb.handover.signature import CELLS, NAMED_COLUMNS, NAMED_KEYS, signature_of
from alo_nb.project import Project

KEY = Key("20260101T000000Z-000001", "train_pipeline", "input")
NEXT = Key("20260101T000000Z-000001", "train_pipeline", "train")
SECOND = 1.0


def test_a_table_is_described_by_its_columns():
    frame = pd.DataFrame(
        {
            "age": [22.5, None, 80.0],
            "klass": [1, 2, 3],
            "old": [True, False, True],
            "sex": ["m", "f", None],
            "port": pd.Categorical(["S", "C", "S"]),
            "day": pd.to_datetime(["2026-01-01", None, "2026-01-02"]),
            "cabins": pd.array([1, None, 3], dtype="Int64"),
            "share": pd.array([0.5, None, 0.25], dtype="Float64"),
            "mixed": [1, "a", None],
        }
    )
    columns = {
        "age": {"dtype": "float64", "nulls": 1, "min": 22.5, "max": 80.0},
        "klass": {"dtype": "int64", "nulls": 0, "min": 1, "max": 3},
        "old": {"dtype": "bool", "nulls": 0},
        "sex": {"dtype": str(frame["sex"].dtype), "nulls": 1, "distinct": 2},
        "port": {"dtype": "category", "nulls": 0, "distinct": 2},
        "day": {"dtype": str(frame["day"].dtype), "nulls": 1},
        "cabins": {"dtype": "Int64", "nulls": 1, "min": 1, "max": 3},
        "share": {"dtype": "Float64", "nulls": 1, "min": 0.25, "max": 0.5},
        "mixed": {"dtype": "object", "nulls": 1},
    }
    assert signature_of(frame) == {"type": "DataFrame", "rows": 3, "width": 9, "columns": columns}


@pytest.mark.parametrize(
    ("value", "signature"),
    [
        (None, {"type": "NoneType"}),
        (True, {"type": "bool"}),
        (3, {"type": "int"}),
        (np.float64(0.5), {"type": "float64"}),
        ("abc", {"type": "str", "length": 3}),
        (b"ab", {"type": "bytes", "length": 2}),
        ([1, 2], {"type": "list", "length": 2}),
        ((), {"type": "tuple", "length": 0}),
        ({1}, {"type": "set", "length": 1}),
        (namedtuple("Point", "x y")(1, 2), {"type": "Point", "length": 2}),
        ({"a": 1, 2: "b"}, {"type": "dict", "length": 2, "keys": ["a", "2"]}),
        (OrderedDict(a=1), {"type": "OrderedDict", "length": 1, "keys": ["a"]}),
        (dict.fromkeys(range(NAMED_KEYS + 1)), {"type": "dict", "length": NAMED_KEYS + 1}),
        (np.ones((2, 3)), {"type": "ndarray", "shape": [2, 3], "dtype": "float64", "nulls": 0, "min": 1.0, "max": 1.0}),
        (np.array(1.5), {"type": "ndarray", "shape": [], "dtype": "float64", "nulls": 0, "min": 1.5, "max": 1.5}),
        (np.array([np.nan]), {"type": "ndarray", "shape": [1], "dtype": "float64", "nulls": 1}),
        (np.array([]), {"type": "ndarray", "shape": [0], "dtype": "float64", "nulls": 0}),
        (np.array(["ab", "c"]), {"type": "ndarray", "shape": [2], "dtype": "str"}),
        (np.array([object()]), {"type": "ndarray", "shape": [1], "dtype": "object"}),
        (pd.Series([1, 2]), {"type": "Series", "rows": 2, "dtype": "int64", "nulls": 0, "min": 1, "max": 2}),
        (pd.DataFrame(), {"type": "DataFrame", "rows": 0, "width": 0, "columns": {}}),
    ],
    ids=lambda each: None if isinstance(each, dict) and "type" in each else type(each).__name__,
)
def test_values_are_described_by_type_and_size(value, signature):
    assert signature_of(value) == signature


def test_columns_that_cannot_be_told_apart_by_name_or_are_no_text_have_names():
    frame = pd.DataFrame([[1, 2, 3, 4, 5]], columns=["a", "a", 0, ("x", "y"), None])
    assert [*signature_of(frame)["columns"]] == ["a", "a (2)", "0", "x, y", "None"]
    pairs = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)]))
    assert [*signature_of(pairs)["columns"]] == ["a, 1", "a, 2"]


def test_infinities_are_the_largest_numbers():
    found = signature_of(pd.DataFrame({"x": [1.0, np.inf, -np.inf, np.nan]}))["columns"]["x"]
    assert found == {"dtype": "float64", "nulls": 1, "min": -sys.float_info.max, "max": sys.float_info.max}


def test_a_fitted_model_tells_features_and_classes():
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = linear_model.LogisticRegression()
    assert signature_of(model) == {"type": "LogisticRegression"}
    model.fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    assert signature_of(model) == {"type": "LogisticRegression", "features": 2, "classes": 2}


# Much, and hostile ----------------------------------------------------------------------------------------------------


def seconds(value, clock=time.thread_time):
    """Return the shortest of some tries, of this thread's own time: other processes use the machine, too."""
    tries = []
    for _ in range(5):
        started = clock()
        json.dumps(signature_of(value), allow_nan=False)
        tries.append(clock() - started)
    return min(tries)


NUMBERS = np.random.default_rng(0).normal(size=1_000_000)
WORDS = np.array(["a", "b", "c"] * 2000)
MUCH = {
    "10,000 columns": lambda: pd.DataFrame(np.zeros((100, 10_000))),
    "10,000 columns made one by one": lambda: pd.DataFrame({str(n): NUMBERS[:10] for n in range(10_000)}),
    "1,000 columns of texts": lambda: pd.DataFrame({str(n): WORDS for n in range(1_000)}),
    "200 columns of objects": lambda: pd.DataFrame({str(n): pd.Series(WORDS, dtype=object) for n in range(200)}),
    "a million rows": lambda: pd.DataFrame({str(n): NUMBERS for n in range(10)}),
    "a million texts": lambda: pd.Series(np.tile(WORDS, 167), dtype=object),
    "long texts": lambda: pd.Series(["x" * 1_000_000] * 1000, dtype=object),
    "5 GB": lambda: np.broadcast_to(NUMBERS, (625, 1_000_000)),
    "5 GB in one row": lambda: np.broadcast_to(NUMBERS[:1], (1, 625_000_000)),
    "a dict of a million": lambda: dict.fromkeys(range(1_000_000)),
}


@pytest.mark.parametrize("make", MUCH.values(), ids=MUCH)
def test_much_data_costs_little(make):
    assert seconds(make()) < 0.05


def test_of_much_only_a_sample_is_looked_at_and_it_is_said():
    series = signature_of(pd.Series(range(3 * CELLS)))
    assert (series["rows"], series["sampled"], series["min"]) == (3 * CELLS, CELLS, 0)
    array = signature_of(np.arange(10 * CELLS))
    assert (array["shape"], array["sampled"]) == ([10 * CELLS], CELLS)
    width = NAMED_COLUMNS + 1
    wide = signature_of(pd.DataFrame(np.zeros((2, width))))
    assert wide == {"type": "DataFrame", "rows": 2, "width": width, "dtypes": {"float64": width}}


def slow(*_args, **_options):
    time.sleep(SECOND)
    raise RuntimeError("asked")


class Hostile:
    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __getattr__ = __getattribute__ = slow
    shape = dtype = columns = __class__ = property(slow)


class HostileList(list):
    __repr__ = __len__ = __iter__ = __getattribute__ = slow


class HostileDict(dict):
    __repr__ = __len__ = __iter__ = keys = items = __getattribute__ = slow


class HostileFrame(pd.DataFrame):
    __len__ = __iter__ = __getattr__ = __getattribute__ = slow


class HostileText(str):
    __slots__ = ()
    __repr__ = __str__ = __len__ = __eq__ = slow
    __hash__ = str.__hash__


def hostile_array():
    found = np.empty(3, dtype=object)
    for number in range(3):
        found[number] = Hostile.__new__(Hostile)
    return found


HOSTILE = {
    "an object": Hostile.__new__(Hostile),
    "a list": HostileList([1]),
    "a dict": HostileDict(a=1),
    "a table": HostileFrame.__new__(HostileFrame),
    "an array of them": hostile_array(),
    "a column of them": pd.DataFrame({"x": pd.Series(hostile_array(), dtype=object)}),
    "keys": {HostileText("a"): 1, ("b", 1): 2},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_value_that_answers_late_or_never_is_not_asked(name):
    assert seconds(HOSTILE[name], clock=time.perf_counter) < SECOND / 5  # it would sleep for one


def test_a_column_of_hostile_objects_is_known_by_its_dtype():
    assert signature_of(HOSTILE["a column of them"])["columns"] == {"x": {"dtype": "object", "nulls": 0}}


def test_nothing_is_imported_for_it():
    code = "import sys; from alo_nb.handover.signature import signature_of; signature_of([1]); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "numpy", "sklearn"} & {*found}


# Secrets --------------------------------------------------------------------------------------------------------------

SECRET = "correct horse battery"


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        [SECRET],
        {"password": SECRET, "inner": {"token": SECRET}},
        pd.Series([SECRET] * 3),
        pd.Series([SECRET] * 3, dtype="category"),
        pd.Series([SECRET] * 3, dtype=object),
        pd.DataFrame({"password": [SECRET], "b": [1]}),
        pd.DataFrame({"a": pd.arrays.SparseArray([SECRET] * 2, fill_value=SECRET)}),
        np.array([SECRET]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_text_of_a_value_is_in_its_signature(value):
    assert SECRET not in json.dumps(signature_of(value))


def test_a_name_is_kept_without_the_credentials_in_it_and_numbers_below_the_name_of_a_secret_are_not():
    found = signature_of(pd.DataFrame({"https://me:pass1@host/x": [1], "api_key": [12345678]}))["columns"]
    assert [*found] == ["https://***@host/x", "api_key"]
    assert found["api_key"] == {"dtype": "int64", "nulls": 0}
    assert "12345678" not in json.dumps(signature_of(pd.Series([12345678], name="api_key")))
    assert "12345678" not in json.dumps(signature_of({"api_key": 12345678}))


# Carried along --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "file"])
def interface(request, tmp_path):
    return MemoryInterface() if request.param == "memory" else FileInterface(Project(tmp_path))


def test_a_signature_goes_with_its_value_and_on_with_an_untouched_key(interface):
    frame = pd.DataFrame({"a": [1, 2]})
    interface.write(KEY, "data", encode_all({"df": frame}))
    channel = Channel(interface, KEY, NEXT)
    channel.save("data", {"df": None, "n": 2}, unread=["df"])
    found = {each.name: each.signature for each in interface.entries(NEXT, "data")}
    assert found == {"df": signature_of(frame), "n": {"type": "int"}}


def test_a_manifest_without_signatures_can_still_be_read(tmp_path):
    interface = FileInterface(Project(tmp_path))
    interface.write(KEY, "data", encode_all({"n": 2}))
    manifest = tmp_path / ".alo" / "runs" / KEY.run_id / "interface" / KEY.pipeline / KEY.step / "data.json"
    old = [{k: v for k, v in each.items() if k != "signature"} for each in json.loads(manifest.read_text())]
    manifest.write_text(json.dumps(old))
    assert interface.entries(KEY, "data") == (Entry("n", "2", old[0]["size"], encode(2).digest),)
    assert interface.read(KEY, "data", "n").signature == {}


cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3)
labels = st.none() | st.integers(-5, 5) | st.text(max_size=3) | st.tuples(st.text(max_size=2), st.integers(0, 3))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(labels, st.lists(cells, min_size=3, max_size=3)), max_size=4))
def test_any_table_has_a_signature_that_is_json_and_the_same_again(columns):
    frame = pd.DataFrame(dict(enumerate(values for _, values in columns)))
    frame.columns = pd.Index([label for label, _ in columns], dtype=object, tupleize_cols=False)
    found = signature_of(frame)
    assert json.loads(json.dumps(found, allow_nan=False)) == found == signature_of(frame)
    assert len(found["columns"]) == frame.shape[1]
    assert [each["nulls"] for each in found["columns"].values()] == frame.isna().sum().tolist()
