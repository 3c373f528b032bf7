"""What a saved value is like, as plain data: its type, shape, names and ranges, and none of its texts.

A signature is made once, when a value is encoded, and lies in the run's record: `alo_nb.runner.contracts` compares it
with those of earlier runs, `alo_nb.views.signature` shows it. It costs some milliseconds whatever the value is: of much
data only a sample is looked at, and an object of a class that is not known is asked nothing, not even for its length.
No library is imported for it: a value can only be of one that is there already.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from alo_nb.plan.redact import is_secret_name, redact

CELLS = 200_000  # looked at in a table or an array: some milliseconds
FEWEST_ROWS = 200  # looked at in each column, in however many
NAMED_COLUMNS = 1_000  # a wider table has its columns counted and not named: nobody reads so many, and a record is kept
DESCRIBED_COLUMNS = 60  # the first so many have ranges and nulls as well: each costs 0.1 ms
TEXTS = 100  # values of a column of texts that are told apart
SHORT = 100  # characters; a column of longer texts has no categories
NAMED_KEYS = 200  # of a dict
LONG_NAME = 100

_SIZED = (str, bytes, bytearray, list, tuple, set, frozenset)
_LARGEST = sys.float_info.max  # stands for an infinity, which JSON has not
_MODELS = ("sklearn", "lightgbm", "xgboost", "catboost")


def signature_of(value: object) -> dict[str, Any]:
    """Return what a value is like, in what JSON can hold.

    Returns
    -------
    dict
        Always ``type``, the name of the class. For a DataFrame ``rows``, ``width`` and ``columns``: name to ``dtype``,
        ``nulls``, ``min`` and ``max`` of numbers, ``distinct`` of short texts and categories (among ``distinct_of``
        rows when those are not all). A table wider than `NAMED_COLUMNS` has ``dtypes`` with their counts instead. For a
        Series the same as for a column, with ``rows``; for an array ``shape``, ``dtype``, ``nulls``, ``min``, ``max``;
        for lists, texts and the like ``length``; for a dict ``keys`` too; for a fitted model of scikit-learn
        ``features`` and ``classes``. ``sampled`` is how many rows, or elements of an array, were looked at, when those
        are not all. A column that is named for a secret has no range.
    """
    about: dict[str, Any] = {"type": type(value).__name__}
    for module, name, describe in _KNOWN:
        if type(value) is getattr(sys.modules.get(module), name, None):
            return {**about, **describe(value)}
    for base in _SIZED:
        if issubclass(type(value), base):
            return {**about, "length": base.__len__(value)}  # type: ignore[arg-type]  # not a subclass's own
    if issubclass(type(value), dict):
        return {**about, **_dict(value)}
    return {**about, **_model(value)} if _is_of(type(value), _MODELS) else about


def _dict(value: Any) -> dict[str, Any]:
    length = dict.__len__(value)
    return {"length": length, **({"keys": [*_names(dict.__iter__(value))]} if length <= NAMED_KEYS else {})}


def _model(value: object) -> dict[str, Any]:
    """Return what fitting has left in the object itself: a property could run anything."""
    try:
        fitted = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    features, classes = fitted.get("n_features_in_"), fitted.get("classes_")
    about = {"features": features} if type(features) is int else {}
    is_array = type(classes) is getattr(sys.modules.get("numpy"), "ndarray", None)
    return {**about, **({"classes": len(classes)} if is_array and classes.ndim == 1 else {})}


# Tables and arrays ----------------------------------------------------------------------------------------------------


def _frame(frame: Any) -> dict[str, Any]:
    rows, width = frame.shape
    about: dict[str, Any] = {"rows": rows, "width": width}
    dtypes = _dtype_names([*frame.dtypes])
    if width > NAMED_COLUMNS:
        return {**about, "dtypes": dict(Counter(dtypes))}
    step = _step(rows, min(width, DESCRIBED_COLUMNS))
    sample = frame.iloc[::step, :DESCRIBED_COLUMNS]
    details = [_column(sample.iloc[:, number]) for number in range(sample.shape[1])]
    details += [{}] * (width - len(details))
    names = [*_names(frame.columns)]
    columns = {
        name: {"dtype": dtype, **_without_secrets(name, detail)}
        for name, dtype, detail in zip(names, dtypes, details, strict=True)
    }
    return {**about, "columns": columns, **({"sampled": len(sample)} if step > 1 else {})}


def _series(series: Any) -> dict[str, Any]:
    step = _step(len(series), 1)
    sample = series.iloc[::step]
    name = next(_names([series.name]))
    about = {"rows": len(series), "dtype": _dtype_name(series.dtype), **_without_secrets(name, _column(sample))}
    return {**about, **({"sampled": len(sample)} if step > 1 else {})}


def _array(array: Any) -> dict[str, Any]:
    about = {"shape": list(array.shape), "dtype": _dtype_name(array.dtype)}
    step = _step(array.size, 1)
    sample = array if step == 1 else array.flat[::step]
    return {**about, **_numbers(sample), **({"sampled": sample.size} if step > 1 else {})}


_KNOWN: tuple[tuple[str, str, Callable[[Any], dict[str, Any]]], ...] = (
    ("pandas", "DataFrame", _frame),
    ("pandas", "Series", _series),
    ("numpy", "ndarray", _array),
)


def _step(rows: int, columns: int) -> int:
    """Return which rows to look at: every first, second, third and so on."""
    return max(1, math.ceil(rows / max(FEWEST_ROWS, CELLS // max(columns, 1))))


def _without_secrets(name: str, about: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a column; the numbers below the name of a secret may be the secret."""
    if "min" in about and is_secret_name(name):
        return {each: value for each, value in about.items() if each not in {"min", "max"}}
    return about


def _column(series: Any) -> dict[str, Any]:
    dtype = series.dtype
    if _is_of(type(dtype), ("numpy",)) and dtype.kind in "biufc":
        return _numbers(series.to_numpy())
    if not _is_of(type(dtype), ("numpy", "pandas")):
        return {}  # somebody's own sort of column: it may do anything when it is asked
    about = {"nulls": int(series.isna().sum())}
    if type(dtype).__name__ == "CategoricalDtype":
        return {**about, "distinct": len(dtype.categories)}
    if dtype.kind in "iuf" and about["nulls"] < len(series):  # Int64 and Float64, which know of nulls
        return {**about, "min": _number(series.min()), "max": _number(series.max())}
    return {**about, **_texts(series)} if dtype.kind == "O" else about


def _numbers(array: Any) -> dict[str, Any]:
    """Return nulls and range of a numpy array; the range leaves nulls out."""
    kind = array.dtype.kind
    if kind not in "biuf":
        return {}
    if kind == "b" or array.size == 0:
        return {"nulls": 0}
    if kind != "f":
        return {"nulls": 0, "min": int(array.min()), "max": int(array.max())}
    numpy = sys.modules["numpy"]
    nulls = int(numpy.count_nonzero(numpy.isnan(array)))
    if nulls == array.size:
        return {"nulls": nulls}
    low, high = numpy.fmin.reduce(array, axis=None), numpy.fmax.reduce(array, axis=None)
    return {"nulls": nulls, "min": _number(low), "max": _number(high)}


def _number(value: Any) -> int | float:
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, int):
        return int(number)
    return max(-_LARGEST, min(_LARGEST, float(number)))


def _texts(series: Any) -> dict[str, Any]:
    """Return how many different texts there are, when all are short."""
    sample = series.iloc[:: max(1, math.ceil(len(series) / TEXTS))]
    if sample.array.nbytes > TEXTS * SHORT:
        return {}
    values = [each for each in sample.tolist() if not (each is None or type(each) is float)]
    if not all(type(each) is str and len(each) <= SHORT for each in values):
        return {}
    about = {"distinct": len({*values})}
    return {**about, **({"distinct_of": len(sample)} if len(sample) < len(series) else {})}


# Names ----------------------------------------------------------------------------------------------------------------


def _is_of(kind: type, libraries: Iterable[str]) -> bool:
    module = type.__getattribute__(kind, "__module__")
    return isinstance(module, str) and module.partition(".")[0] in libraries


def _dtype_name(dtype: Any) -> str:
    """Return ``float64``, ``str``, ``category``; not how long the texts are, which changes with the data."""
    if not _is_of(type(dtype), ("numpy", "pandas")):
        return type(dtype).__name__
    if type(dtype).__name__ == "SparseDtype":
        return "Sparse"  # its text holds a value of the data
    texts = {"U": "str", "S": "bytes", "V": "void"}
    return texts.get(dtype.kind) or str(dtype)


def _dtype_names(dtypes: Sequence[Any]) -> list[str]:
    """Return the name of each; ten thousand columns share a few."""
    names = {number: _dtype_name(each) for number, each in {id(each): each for each in dtypes}.items()}
    return [names[id(each)] for each in dtypes]


def _names(labels: Iterable[object]) -> Iterator[str]:
    """Yield names of columns or keys as texts of their own; the second one of a name is told apart."""
    met: Counter[str] = Counter()
    for label in labels:
        name = _name(label)
        met[name] += 1
        yield name if met[name] == 1 else f"{name} ({met[name]})"


def _name(label: object) -> str:
    if issubclass(type(label), str):
        return redact(str.__str__(label))[:LONG_NAME]
    if type(label) is tuple:
        return ", ".join(map(_name, label))[:LONG_NAME]
    plain = label is None or type(label) in {int, float, bool} or _is_of(type(label), ("pandas", "numpy"))
    return str(label)[:LONG_NAME] if plain else type(label).__name__
