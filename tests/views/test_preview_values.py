"""Any value as a card: quickly, whatever it is, and without running code of its own class."""

from __future__ import annotations

import datetime
import io
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alo_nb.errors import InterfaceError
from alo_nb.handover.codec import encode
from alo_nb.handover.peek import peek
from alo_nb.views.preview_values import SAMPLE, value_card
from alo_nb.views.thumbnail import SIDE, is_picture, thumbnail

from .safety import LIMIT, Page, outputs


def text(value: Any) -> str:
    return next(outputs(value_card("head", [], value, {})))


class Trap:
    """Everything that could be asked of it is an error."""

    def __init__(self) -> None:
        self.x = 1

    def _refuse(self, *_: Any) -> Any:
        raise AssertionError("it was asked something")

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __format__ = _refuse  # type: ignore[assignment]
    __array__ = __reduce_ex__ = __getattr__ = __dir__ = __float__ = _refuse  # type: ignore[assignment]


class Sleeps(Trap):
    def _refuse(self, *_: Any) -> Any:
        time.sleep(3600)

    __repr__ = __str__ = _refuse  # type: ignore[assignment]


def recursive() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def wide(columns: int) -> pd.DataFrame:
    return pd.DataFrame(np.zeros((3, columns)), columns=[f"c{n}" for n in range(columns)])


HUGE = {
    "10,000 columns": lambda: wide(10_000),
    "5 GB": lambda: np.zeros((25_000, 25_000)),  # no page of it is there before it is read
    "5 GB of another order": lambda: np.zeros((25_000, 25_000)).T,
    "5 GB with gaps": lambda: np.zeros((25_000, 25_000))[:, ::2],
    "a million letters": lambda: "x" * 10**6,
    "a million texts": lambda: ["x" * 1000] * 10**6,
    "a million keys": lambda: dict.fromkeys(range(10**6), "x" * 1000),
    "columns of a million letters": lambda: pd.DataFrame({"x" * 10**6: ["y" * 10**6]}),
    "a list that holds itself": recursive,
    "deep": lambda: [[[[[[[[[[[["x"]]]]]]]]]]]],
    "an object": Trap,
    "an object that takes its time": Sleeps,
    "a list of objects": lambda: [Trap()] * 1000,
    "a table of objects": lambda: pd.DataFrame({"a": pd.Series([Trap()] * 1000, dtype=object)}),
    "an array of objects": lambda: pd.Series([Trap()] * 1000, dtype=object).to_numpy(),
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_value_of_any_size_and_kind_is_a_small_card_and_is_asked_nothing(kind: str) -> None:
    value = HUGE[kind]()
    for each in outputs(value_card("head", [], value, {})):
        assert len(each.encode()) <= LIMIT


def test_of_an_array_only_a_sample_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(np, "isfinite", lambda values: read.append(values.size) or np.ones(values.shape, bool))
    text(np.zeros(10**9, dtype="uint8"))
    assert 0 < sum(read) <= SAMPLE


def test_of_a_table_only_the_first_cells_are_read_when_its_columns_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    monkeypatch.setattr(pd.DataFrame, "isna", lambda frame: read.append(frame))
    frame = pd.DataFrame(np.zeros((10**6, 50)))
    signature = {"type": "DataFrame", "rows": 10**6, "width": 50, "columns": {"0": {"dtype": "float64"}}}
    assert "0 " in value_card("head", [], frame, signature).text
    assert read == []


def test_a_table_shows_its_first_rows_and_what_its_columns_are_like() -> None:
    frame = pd.DataFrame(
        {"n": [1.5, None, 2, 3, 4, 5], "word": ["one", "two", None, "x", "y", "z"]}, index=list("abcdef")
    )
    lines = text(frame).splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["n", "word"],
        ["a", "1.5", "one"],
        ["b", "nan", "two"],
        ["c", "2", "nan"],
    ]
    assert "f " not in lines[6]
    assert [line.split()[:5] for line in lines if line.strip().startswith("n ")][-1] == [
        "n",
        "float64",
        "1",
        "1.5",
        "to",
    ]


@pytest.mark.parametrize("columns", [["a", "a"], [1, "1"], [("a", 1), ("a", 2)], ["", ""], [None, np.nan]])
def test_columns_of_any_name_keep_their_own_values(columns: list[Any]) -> None:
    shown = text(pd.DataFrame([[11, 22]], columns=pd.Index(columns, tupleize_cols=False)))
    assert "11" in shown
    assert "22" in shown


def test_secrets_in_tables_and_dicts_are_masked() -> None:
    frame = pd.DataFrame({"password": ["hunter2"], "where": ["https://me:hunter2@host/x"]})
    assert "hunter2" not in text(frame)
    assert "hunter2" not in text({"password": "hunter2", "deep": {"api_key": "hunter2abc"}})
    assert "hunter2" not in text("https://me:hunter2@host/x")


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "uint64", "bool"])
def test_numbers_have_a_range_and_a_histogram(dtype: str) -> None:
    shown = text(np.arange(100).astype(dtype))
    assert "range" in shown
    assert any(bar in shown for bar in "▁▂▃▄▅▆▇█")


@pytest.mark.parametrize(
    "array",
    [
        np.array([]),
        np.array(3.5),
        np.array([np.nan, np.inf]),
        np.array([1 + 2j]),
        np.array(["a"]),
        np.array([b"a"]),
        np.array([np.datetime64("2099-01-01"), np.datetime64("NaT")]),
        np.array([(1, "a")], dtype=[("n", int), ("t", "U3")]),
        np.array([np.finfo(float).max, -np.finfo(float).max]),
        np.zeros((3, 0)),
        np.full(10, 7),
    ],
)
def test_arrays_without_numbers_to_count_are_shown_too(array: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert str(array.dtype) in text(array)


def test_a_model_shows_its_parameters_and_what_fitting_has_left() -> None:
    from sklearn.linear_model import LogisticRegression

    shown = text(LogisticRegression(C=0.5).fit([[0.0], [1.0]], [0, 1]))
    assert "sklearn.linear_model._logistic.LogisticRegression" in shown
    assert "C " in shown
    assert "0.5" in shown
    assert "coef_" in shown
    assert "classes_" in shown


@pytest.mark.parametrize("shape", [(9, 8), (300, 200), (200, 300, 1), (64, 64, 3), (1000, 10, 4), (1500, 1000, 3)])
def test_pixels_are_a_small_picture_that_can_be_read(shape: tuple[int, ...]) -> None:
    image = pytest.importorskip("PIL.Image")  # comes with matplotlib, of the examples
    import base64

    pixels = np.arange(np.prod(shape), dtype="uint64").astype("uint8").reshape(shape)
    assert is_picture(shape, "uint8")
    html = thumbnail(pixels, "a")
    Page(html)
    assert len(html) <= LIMIT
    read = image.open(io.BytesIO(base64.b64decode(html.partition("base64,")[2].partition('"')[0])))
    step = -(-max(shape[:2]) // SIDE) if max(shape[:2]) > SIDE else 1
    assert np.array_equal(np.asarray(read), pixels[::step, ::step].squeeze())


def test_a_picture_of_pillow_is_shown() -> None:
    image = pytest.importorskip("PIL.Image")
    shown = "".join(outputs(value_card("head", [], peek(encode(image.new("L", (20, 10))).parts), {})))
    assert "20x10 L" in shown
    assert "data:image/png" in shown


class Own:
    started = False

    def __setstate__(self, state: Any) -> None:
        Own.started = True


def test_a_value_with_a_class_of_the_users_is_not_loaded_for_a_look() -> None:
    own = Own()
    own.__dict__["x"] = 1
    for value in (own, [own], {"a": own}, lambda: 1, pd.DataFrame({"a": [own]})):
        with pytest.raises(InterfaceError, match="nothing of your own code is started"):
            peek(encode(value).parts)
    assert not Own.started


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, (2, {3}), b"x", 1.5, None, True, 2j, range(3), slice(1)], "b": frozenset({1})},
        pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"]), "d": pd.Timestamp("2099-01-01")}),
        pd.Series([1, None], dtype="Int64"),
        np.arange(10**6),
        np.ma.masked_array([1, 2], [True, False]),
        pd.date_range("2099-01-01", periods=3, tz="Asia/Seoul"),
    ],
)
def test_values_of_known_libraries_are_loaded_for_a_look(value: object) -> None:
    assert type(peek(encode(value).parts)) is type(value)


def test_what_is_damaged_says_so() -> None:
    for parts in ((), (b"no pickle",), (encode([1]).parts[0][:-3],)):
        with pytest.raises(InterfaceError):
            peek(parts)


# Dates, durations and arrays of two dimensions -----------------------------------------------------------------------


def test_dates_and_durations_are_shown_as_text_with_their_range() -> None:
    days = pd.date_range("2024-01-01", periods=3, tz="Asia/Seoul")
    frame = pd.DataFrame({"at": days, "took": pd.to_timedelta([1, 2, None], "h"), "password": days}, index=days)
    shown = text(frame)
    assert "2024-01-01 00:00:00+09:00 to 2024-01-03 00:00:00+09:00" in shown
    assert "0 days 01:00:00 to 0 days 02:00:00" in shown
    assert "Timestamp" not in shown + text(days)
    assert "Timedelta" not in shown
    assert next(line for line in shown.splitlines() if line.split()[:1] == ["password"]).split()[-1] == "0"  # no range
    assert text(days[:1]).endswith("DatetimeIndex 1: [2024-01-01 00:00:00+09:00]")
    assert "2024-01-01 00:00:00, NaT" in text(pd.DatetimeIndex(["2024-01-01", None]))
    assert "2024-01-01T00:00:00" in text(np.array(["2024-01-01", "NaT"], dtype="M8[ns]"))


def test_a_moment_in_a_time_zone_of_ones_own_is_not_asked() -> None:
    class Zone(datetime.tzinfo):
        asked = 0

        def utcoffset(self, _: object) -> datetime.timedelta:
            Zone.asked += 1
            return datetime.timedelta(0)

    moment = pd.Timestamp(datetime.datetime(2024, 1, 1, tzinfo=Zone()))
    Zone.asked = 0
    assert text([moment]).split()[-1] == "Timestamp"
    assert Zone.asked == 0


def test_an_array_of_two_dimensions_is_shown_by_its_first_rows() -> None:
    lines = [line.split() for line in text(np.arange(40).reshape(2, 20)).splitlines()]
    assert ["1", *map(str, range(20, 32)), "…"] in lines
    assert ["0", "2024-01-01T00:00:00"] in [
        line.split() for line in text(np.array([["2024-01-01"]], dtype="M8[s]")).splitlines()
    ]
    assert "shape  0x3" in text(np.zeros((0, 3)))
