"""How two values differ, in words: which rows and columns, by how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from alo_nb.handover.codec import summarise
from alo_nb.plan.redact import redact, redact_named

Names = tuple[str, str]

NAMED = 5  # columns and keys that are listed
LONGEST = 40  # characters of a text
DEEPEST = 4  # containers in containers that are looked into
_PLAIN = (str, bytes, bytearray, bool, complex, type(None), set, frozenset, range)


def difference(a: object, b: object, names: Names, *, key: str = "") -> str | None:
    """Return how two values differ, in a few words; None when they are equal, whatever their bytes are.

    Parameters
    ----------
    a, b : object
        Tables, arrays, numbers, texts, lists and mappings of them; of other objects, what they hold is compared.
    names : tuple of str
        What the two are called, e.g. ``("here", "fresh")``.
    key : str, optional
        The name of the value; what stands below a name of a secret is not shown.

    Returns
    -------
    str or None
        E.g. ``"12 of 916 rows differ, in column age; by 0.5 at most"``. An object that only its bytes tell apart is
        never called equal.
    """
    return _difference(a, b, names, key, 0)


def _difference(a: Any, b: Any, names: Names, key: str, depth: int) -> str | None:
    if type(a) is not type(b) and not (_is_number(a) and _is_number(b)):
        return _sides(summarise(a), summarise(b), names, kinds=(type(a).__name__, type(b).__name__))
    kind = f"{type(a).__module__.partition('.')[0]}.{type(a).__name__}"
    if kind == "pandas.DataFrame":
        return _frames(a, b, names)
    if kind == "pandas.Series":
        return _frames(a.to_frame("values"), b.to_frame("values"), names)
    if kind == "numpy.ndarray":
        return _arrays(a, b, names)
    if _is_number(a):
        return None if _equal_numbers(a, b) else _sides(_shown(key, a), _shown(key, b), names)
    if isinstance(a, _PLAIN):
        return None if a == b else _sides(_shown(key, a), _shown(key, b), names)
    if depth == DEEPEST:
        return "the bytes differ"
    if isinstance(a, Mapping):
        return _mappings(a, b, names, depth)
    if isinstance(a, (list, tuple)):
        return _sequences(a, b, names, depth)
    return _objects(a, b, names, depth)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _equal_numbers(a: Any, b: Any) -> bool:
    return bool(a == b) or (a != a and b != b)  # NaN is what differs from itself


def _shown(key: str, value: object) -> str:
    masked = redact_named(key, value)
    if _is_number(masked):
        return f"{masked:.6g}" if isinstance(masked, float) else str(masked)
    text = redact(repr(masked))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _sides(a: str, b: str, names: Names, *, kinds: Names = ("", "")) -> str:
    """Return what is on each side; with the `kinds` where the two would look the same."""
    same = a == b
    first, second = (f"{kind} {text}".strip() if same else text for kind, text in zip(kinds, (a, b), strict=True))
    return f"{first} {names[0]}, {second} {names[1]}"


def _some(found: Sequence[object]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(str(each) for each in found[:NAMED]) + more


def _only(a: Sequence[Any], b: Sequence[Any], names: Names, what: str) -> list[str]:
    """Return what is on one side only."""
    sides = ((a, b, names[0]), (b, a, names[1]))
    found = (([each for each in one if each not in other], name) for one, other, name in sides)
    return [f"{what} {_some(missing)} only {name}" for missing, name in found if missing]


# Tables and arrays --------------------------------------------------------------------------------------------------


def _frames(a: Any, b: Any, names: Names) -> str | None:
    if not (a.columns.is_unique and b.columns.is_unique):
        return None if a.equals(b) else _sides(summarise(a), summarise(b), names)
    parts = _only(list(a.columns), list(b.columns), names, "column")
    shared = [each for each in a.columns if each in b.columns]
    if len(a) != len(b):
        return "; ".join([*parts, f"{len(a)} rows {names[0]}, {len(b)} {names[1]}"])
    if not a.index.equals(b.index):
        return "; ".join([*parts, "the rows have other labels, or another order"])
    if not parts and list(a.columns) != list(b.columns):
        return "the columns are in another order"
    types = [
        f"column {each} is {_sides(str(a[each].dtype), str(b[each].dtype), names)}"
        for each in shared
        if a[each].dtype != b[each].dtype
    ]
    return "; ".join([*parts, *types, *_cells(a, b, shared)]) or None


def _cells(a: Any, b: Any, columns: list[Any]) -> list[str]:
    """Return which rows and columns of two tables with equal labels differ, and by how much at most."""
    rows, differing, largest = None, [], 0.0
    for column in columns:
        mask = _unequal(a[column], b[column])
        if mask.any():
            differing.append(column)
            rows = mask if rows is None else rows | mask
            largest = max(largest, _distance(a[column][mask], b[column][mask]))
    if rows is None:
        return []
    where = f"in column{'s' * (len(differing) > 1)} {_some(differing)}"
    return [f"{int(rows.sum())} of {len(a)} rows differ, {where}{_at_most(largest)}"]


def _unequal(a: Any, b: Any) -> Any:
    """Return a mask of the values that differ; two that are missing are equal."""
    import numpy as np

    missing = np.asarray(a.isna()) & np.asarray(b.isna())
    try:
        same = np.asarray((a.reset_index(drop=True) == b.reset_index(drop=True)).fillna(value=False), dtype=bool)
    except (TypeError, ValueError):  # of two kinds, or cells that are arrays
        pairs = zip(a.tolist(), b.tolist(), strict=True)
        same = np.fromiter((difference(one, other, ("", "")) is None for one, other in pairs), dtype=bool, count=len(a))
    return ~(same | missing)


def _distance(a: Any, b: Any) -> float:
    """Return the largest absolute difference of two columns of numbers; 0 where there are none."""
    import numpy as np

    if not {a.dtype.kind, b.dtype.kind} <= set("iuf"):
        return 0.0
    first, second = (np.asarray(each, dtype=float) for each in (a, b))
    gap = np.abs(first - second)
    known = gap[np.isfinite(gap)]
    return float(known.max()) if known.size else 0.0


def _at_most(largest: float) -> str:
    return f"; by {largest:.4g} at most" if largest and math.isfinite(largest) else ""


def _arrays(a: Any, b: Any, names: Names) -> str | None:
    import numpy as np

    if a.shape != b.shape:
        return _sides(summarise(a), summarise(b), names)
    if a.dtype != b.dtype:
        return _sides(str(a.dtype), str(b.dtype), names)
    if a.dtype == object or a.dtype.names:
        return None if _equal_lists(a, b) else "the elements differ"
    floats = np.issubdtype(a.dtype, np.inexact)
    unequal = ~((a == b) | (np.isnan(a) & np.isnan(b))) if floats else a != b
    if not unequal.any():
        return None
    return f"{int(unequal.sum())} of {a.size} elements differ{_at_most(_distance(a[unequal], b[unequal]))}"


def _equal_lists(a: Any, b: Any) -> bool:
    return difference(a.tolist(), b.tolist(), ("", "")) is None


# Containers and objects ---------------------------------------------------------------------------------------------


def _mappings(a: Mapping[Any, Any], b: Mapping[Any, Any], names: Names, depth: int) -> str | None:
    parts = _only([*a], [*b], names, "key")
    inner = ((key, _difference(a[key], b[key], names, str(key), depth + 1)) for key in a if key in b)
    found = [f"{key}: {text}" for key, text in inner if text is not None]
    if not parts and not found and [*a] != [*b]:
        return "the keys are in another order"
    return "; ".join([*parts, *_first(found)]) or None


def _first(found: list[str]) -> list[str]:
    return [*found[:NAMED], *([f"and {len(found) - NAMED} more"] if len(found) > NAMED else [])]


def _sequences(a: Sequence[Any], b: Sequence[Any], names: Names, depth: int) -> str | None:
    if len(a) != len(b):
        return _sides(f"{len(a)} elements", str(len(b)), names)
    inner = (_difference(one, other, names, "", depth + 1) for one, other in zip(a, b, strict=True))
    found = [(number, text) for number, text in enumerate(inner) if text is not None]
    if not found:
        return None
    number, text = found[0]
    return f"{len(found)} of {len(a)} elements differ; the first, number {number}: {text}"


def _objects(a: Any, b: Any, names: Names, depth: int) -> str:
    """Return where two objects of a class differ; they are never equal, for their class may hide what matters."""
    inside = (getattr(each, "__dict__", None) for each in (a, b))
    first, second = (each if isinstance(each, dict) else {} for each in inside)
    found = _mappings(first, second, names, depth + 1)
    return f"{type(a).__name__}: {found}" if found else f"{type(a).__name__}: the bytes differ"
