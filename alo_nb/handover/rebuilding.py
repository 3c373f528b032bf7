"""What a pickle may name when its value is only looked at: exact pairs of module and name that rebuild plain data.

A pickle can call whatever it names, with any arguments, and change it. So nothing is handed out itself but a stand-in
of its own for each look, which calls the one thing on the list, allocates no more than its arguments hold, and is what
the pickle may change. Models are not made at all: a `_Shown` object of the same name holds their attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from math import prod
from typing import Any

_MODELS = ("sklearn", "lightgbm", "xgboost", "catboost")
_RANDOM = "numpy.random."  # generators, which models hold
# Classes of which pickles make an empty object first; called with arguments they would allocate.
_EMPTY = {
    "Categorical",
    "DataFrame",
    "Series",
    "MaskedArray",
    "ndarray",
    "list",
    "dict",
    "set",
    "int",
    "float",
    "deque",
}


def _pairs(modules: str, names: str) -> Iterable[tuple[str, str]]:
    return ((module, name) for module in modules.split() for name in names.split())


_PYTHON = {
    *_pairs("builtins", "Ellipsis NotImplemented complex range slice list dict set int float getattr"),
    *_pairs("collections", "Counter OrderedDict defaultdict deque"),
    *_pairs("datetime", "date datetime time timedelta timezone"),
    *_pairs("pathlib pathlib._local", "PosixPath PurePosixPath PureWindowsPath WindowsPath"),
    *(("decimal", "Decimal"), ("fractions", "Fraction"), ("uuid", "UUID"), ("zoneinfo", "ZoneInfo")),
    *_pairs("pytz", "_UTC _p"),
}
_NUMPY = {
    *_pairs("numpy", "dtype ndarray"),
    *_pairs("numpy._core.multiarray numpy.core.multiarray", "_reconstruct scalar"),
    *_pairs("numpy._core.numeric numpy.core.numeric", "_frombuffer"),
    *_pairs("numpy.ma numpy.ma.core", "MaskedArray _mareconstruct"),
}
_INDEXES = "Index CategoricalIndex DatetimeIndex IntervalIndex MultiIndex PeriodIndex RangeIndex TimedeltaIndex"
_DTYPES = "ArrowDtype BooleanDtype CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype StringDtype"
_ARRAYS = (
    "ArrowExtensionArray ArrowStringArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray"
    " IntervalArray PeriodArray StringArray TimedeltaArray"
)
_INTEGERS = "Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype"
_FLOATS = "Float32Dtype Float64Dtype"
_OFFSETS = (
    "BQuarterBegin BQuarterEnd BYearBegin BYearEnd BusinessDay BusinessMonthBegin BusinessMonthEnd Day Hour Micro Milli"
    " Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second SemiMonthBegin SemiMonthEnd Week YearBegin YearEnd"
)
_PANDAS = {  # of version 3 by the public names, of those before by where they lie
    *_pairs("pandas", f"DataFrame Series Interval NA Period {_INDEXES} {_DTYPES} {_INTEGERS} {_FLOATS} Categorical"),
    *_pairs("pandas.arrays", _ARRAYS),
    *_pairs("pandas.core.frame", "DataFrame"),
    *_pairs("pandas.core.series", "Series"),
    *_pairs("pandas.core.indexes.base", "Index _new_Index"),
    *_pairs("pandas.core.indexes.category", "CategoricalIndex"),
    *_pairs("pandas.core.indexes.datetimes", "DatetimeIndex _new_DatetimeIndex"),
    *_pairs("pandas.core.indexes.interval", "IntervalIndex _new_IntervalIndex"),
    *_pairs("pandas.core.indexes.multi", "MultiIndex"),
    *_pairs("pandas.core.indexes.period", "PeriodIndex _new_PeriodIndex"),
    *_pairs("pandas.core.indexes.range", "RangeIndex"),
    *_pairs("pandas.core.indexes.timedeltas", "TimedeltaIndex _new_TimedeltaIndex"),
    *_pairs("pandas.core.internals.managers", "BlockManager SingleBlockManager"),
    *_pairs("pandas.core.dtypes.dtypes", _DTYPES),
    *_pairs("pandas.core.arrays.boolean", "BooleanArray BooleanDtype"),
    *_pairs("pandas.core.arrays.categorical", "Categorical"),
    *_pairs("pandas.core.arrays.datetimes", "DatetimeArray"),
    *_pairs("pandas.core.arrays.floating", f"FloatingArray {_FLOATS}"),
    *_pairs("pandas.core.arrays.integer", f"IntegerArray {_INTEGERS}"),
    *_pairs("pandas.core.arrays.interval", "IntervalArray"),
    *_pairs("pandas.core.arrays.period", "PeriodArray"),
    *_pairs("pandas.core.arrays.string_", "StringArray StringDtype"),
    *_pairs("pandas.core.arrays.string_arrow", "ArrowStringArray"),
    *_pairs("pandas.core.arrays.arrow.array", "ArrowExtensionArray"),
    *_pairs("pandas.core.arrays.timedeltas", "TimedeltaArray"),
    *_pairs("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"),
    *_pairs("pandas._libs.internals", "_unpickle_block"),
    *_pairs("pandas._libs.interval", "Interval __pyx_unpickle_IntervalMixin"),
    *_pairs("pandas._libs.missing", "NA"),
    *_pairs("pandas._libs.tslibs.nattype", "_nat_unpickle __nat_unpickle"),
    *_pairs("pandas._libs.tslibs.offsets", _OFFSETS),
    *_pairs("pandas._libs.tslibs.period", "Period"),
    *_pairs("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle"),
    *_pairs("pandas._libs.tslibs.timestamps", "_unpickle_timestamp"),
}
_OTHERS = {
    ("alo_nb.handover.reduce", "joined"),
    *_pairs("pyarrow.lib", "_reconstruct_record_batch _reconstruct_table _restore_array chunked_array py_buffer"),
    *_pairs("pyarrow.lib", "decimal128 dictionary field list_ schema struct timestamp type_for_alias"),
    *_pairs("scipy.sparse._csr", "csr_array csr_matrix"),
    *_pairs("scipy.sparse._csc", "csc_array csc_matrix"),
    *_pairs("scipy.sparse._coo", "coo_array coo_matrix"),
    ("PIL.Image", "Image"),
}
REBUILT = frozenset(_PYTHON | _NUMPY | _PANDAS | _OTHERS)


def is_model(module: str, name: str) -> bool:
    """Tell whether a name is of a library of models, which a `shown_only` object stands for."""
    return "." not in name and (module.partition(".")[0] in _MODELS or module.startswith(_RANDOM))


def shown_only(module: str, name: str) -> type:
    """Return a class of this name that does nothing: its objects hold the attributes that the pickle gives them."""
    return type(name, (_Shown,), {"__module__": module})


class _Shown:
    def __new__(cls, *args: object) -> _Shown:
        return super().__new__(cls)

    def __init__(self, *args: object) -> None:
        """Nothing of a model is made."""

    def __setstate__(self, state: object) -> None:
        for each in state if type(state) is tuple else (state,):
            self.__dict__.update(each if type(each) is dict else {})


def stand_in(module: str, name: str, real: Any) -> Any:
    """Return what a pickle gets in the place of something that is on the list."""
    if name in _LIMITED:
        return _limited(partial(_LIMITED[name], real))
    if module == "PIL.Image":
        return _picture_class(real)
    if isinstance(real, type):
        return _class(real, starts_empty=name in _EMPTY or name.endswith(("Index", "Array", "_array", "_matrix")))
    return _limited(real) if callable(real) else real


def of_pickle(value: Any) -> Any:
    """Return a value of a pickle as its library knows it: arrays without our check, and classes themselves."""
    if isinstance(value, type):
        return value.__dict__.get("_real", value)
    return value.view(value._kind) if hasattr(type(value), "_kind") else value


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: object) -> Any:
        return function(*_checked(args))

    return call


def _class(real: Any, *, starts_empty: bool) -> type:
    def new(cls: type, *args: object) -> Any:
        if args and starts_empty:
            raise ValueError(f"{real.__name__} is filled from arguments")
        return real(*_checked(args)) if args else real.__new__(real)

    return type(real.__name__, (), {"__new__": new, "_real": real})


def _checked(args: Iterable[object]) -> list[Any]:
    return [_argument(each) for each in args]


def _argument(value: object) -> Any:
    """Return an argument; a range is refused, since a few bytes of it stand for any number of values."""
    if type(value) is range:
        raise ValueError("a range is no argument")
    if type(value) is dict:
        if type(value.get("data")).__name__ in {"range", "RangeIndex"}:
            raise ValueError("a range is no data")
        return {key: of_pickle(each) for key, each in value.items()}
    return tuple(map(of_pickle, value)) if type(value) is tuple else of_pickle(value)


# What is called in another way than a pickle says ---------------------------------------------------------------------


def _empty_array(_: Any, kind: Any, shape: tuple[int, ...], *__: object) -> Any:
    """Return the empty array that a pickle fills afterwards, from as many values as it has then."""
    _is_empty(shape)
    return _array_class().__new__(_array_class(), (0,), "b")


@cache
def _array_class() -> Any:
    import numpy as np

    def fill(array: Any, state: Any) -> None:
        _, shape, _, _, values = state
        if isinstance(values, list) and prod(shape) > len(values):
            raise ValueError(f"an array of shape {shape} with fewer values")
        np.ndarray.__setstate__(array, state)  # which looks at the length of bytes itself

    return type("ndarray", (np.ndarray,), {"__module__": __name__, "__setstate__": fill, "_kind": np.ndarray})


def _masked_array(real: Any, kind: Any, base: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    _is_empty(shape)
    return real(kind, base, shape, dtype)


def _is_empty(shape: tuple[int, ...]) -> None:
    if shape != (0,):
        raise ValueError(f"an array of shape {shape} without its values")


def _scalar(real: Any, dtype: Any, content: bytes) -> Any:
    if len(content) != dtype.itemsize:
        raise ValueError("a number of another size")
    return real(dtype, content)


def _dtype(real: Any, text: str, *_: object) -> Any:
    return real(text, copy=True)  # one of its own, since a pickle changes it


def _fraction(real: Any, *parts: Any) -> Any:
    if any(not str(each).lstrip("-").replace("/", "", 1).isdecimal() for each in parts):  # 1e999999999 has a power
        raise ValueError("no fraction of two numbers")
    return real(*parts)


def _arrow_array(real: Any, data: Any) -> Any:
    """Return an array of Arrow whose buffers have been found to be as long as it says."""
    array = real(data)
    array.validate()
    return array


def _time_zone(_: Any, owner: Any, name: str) -> Any:
    """Return how zoneinfo unpickles a zone: the one use of `getattr` in pickles of data."""
    from zoneinfo import ZoneInfo

    if owner is not ZoneInfo or name != "_unpickle":
        raise ValueError("getattr of something else than a time zone")
    return _limited(ZoneInfo._unpickle)  # type: ignore[attr-defined]


def _picture_class(real: Any) -> type:
    """Return a class whose new objects are pictures that are filled from no fewer bytes than they need."""

    def fill(image: Any, state: Any) -> None:
        _, _, size, _, content = state
        if prod(size) > 8 * len(content):
            raise ValueError(f"a picture of {size} with fewer pixels")
        image.__class__ = real
        image.__setstate__(state)

    checked: Any = type(real.__name__, (real,), {"__module__": __name__, "__setstate__": fill})
    return _class(checked, starts_empty=True)


_LIMITED: dict[str, Callable[..., Any]] = {
    "_reconstruct": _empty_array,
    "_mareconstruct": _masked_array,
    "scalar": _scalar,
    "dtype": _dtype,
    "Fraction": _fraction,
    "_restore_array": _arrow_array,
    "getattr": _time_zone,
}
