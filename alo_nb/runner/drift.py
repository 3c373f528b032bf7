"""How one value that a step saves has changed against what it was like before, as `Break`s.

Data changes with every delivery, and code is edited all day. What is told here is what rarely happens by itself: the
limits below are wide, and where the past is too short to tell, nothing is told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alo_nb.store.breaks import Break

Signature = Mapping[str, Any]

ROWS_FACTOR = 10  # a delivery is rarely ten times another; a join on the wrong column easily makes that of it
FEW_ROWS = 10  # fewer count as so many: from one row to twelve is no explosion
RANGE_MARGIN = 10  # times the largest value seen, or the span: a wrong unit or a -999 is beyond, an outlier is not
ENOUGH_ROWS = 20  # fewer say nothing of a column's range
RARE_NULLS = 0.01  # of the rows: rarer ones may have been missed where only a sample was looked at

_NUMBER = re.compile(r"u?int\d*|float\d*")
_NONE = "NoneType"


@dataclass(frozen=True)
class Seen:
    """What a value was like in a run."""

    run: str
    digest: str
    signature: Signature


def run_text(run_id: str) -> str:
    """Return ``"run 1f3a9c"``: the part of an id that is random will do to find the run."""
    return f"run {run_id.rpartition('-')[2]}"


def is_steady(present: Iterable[bool]) -> bool:
    """Tell whether something is there in the newest run and has never been gone in between; the newest comes first."""
    told = [*present]
    first_gone = told.index(False) if False in told else len(told)
    return first_gone > 0 and True not in told[first_gone:]


def drifts(output: str, past: Sequence[Seen], new: Signature) -> Iterator[Break]:
    """Yield what has broken in the value `output`, given what it was like before, newest first."""
    sound = [each for each in past if _is_sound(each.signature)]
    if not sound or not new:  # records of an earlier version of alo_nb have no signatures
        return
    kinds = {_kind(each.signature) for each in sound}
    if _kind(new) in kinds:
        alike = [each for each in sound if _kind(each.signature) == _kind(new)]
        yield from _Drift(output, alike, new).all()
    elif kinds != {_NONE}:
        old = f"{sound[0].signature['type']} in {run_text(sound[0].run)}"
        yield Break(output, "changed its type", "", old, f"{new['type']} now")


@dataclass(frozen=True)
class _Drift:
    """One value, and what it was like while it had the same type; newest first."""

    output: str
    past: Sequence[Seen]
    new: Signature

    def all(self) -> Iterator[Break]:
        """Yield every break; of an empty table only what can still be seen."""
        yield from self._rows()
        yield from self._shape()
        yield from self._lost_columns()
        yield from self._lost_keys()
        if _rows(self.new) != 0:
            for name, column in _columns(self.new).items():
                yield from self._column(name, column)

    def _break(self, what: str, name: str, old: str, new: str, *, since: str | None = None) -> Break:
        return Break(self.output, what, name, f"{old} in {since or run_text(self.past[0].run)}", f"{new} now")

    def _runs(self, number: int) -> str:
        return f"{number} runs" if number > 1 else run_text(self.past[0].run)

    def _rows(self) -> Iterator[Break]:
        seen = [rows for each in self.past if (rows := _rows(each.signature)) is not None]
        now = _rows(self.new)
        if not seen or now is None:
            return
        if now == 0:
            if 0 not in seen:
                yield self._break("has no rows", "", f"{seen[0]}", "0")
            return
        low, high = min(seen), max(seen)
        told = f"{low} rows" if low == high else f"{low} to {high} rows"
        if now > ROWS_FACTOR * max(high, FEW_ROWS):
            yield self._break("has far more rows", "", told, f"{now}", since=self._runs(len(seen)))
        elif ROWS_FACTOR * max(now, FEW_ROWS) < low:
            yield self._break("has far fewer rows", "", told, f"{now}", since=self._runs(len(seen)))

    def _lost_columns(self) -> Iterator[Break]:
        last = self.past[0].signature
        if "columns" in last and "columns" in self.new:
            counts = f"{last['width']} columns", f"{self.new['width']}"
            for name in last["columns"]:
                was_steady = is_steady(name in each.signature.get("columns", {}) for each in self.past)
                if name not in self.new["columns"] and was_steady:
                    yield self._break("lost column", name, *counts)
        elif self._is_fixed(_width) and (_width(self.new) or 0) < (_width(last) or 0):
            yield self._break("lost columns", "", f"{_width(last)}", f"{_width(self.new)}")

    def _shape(self) -> Iterator[Break]:
        axes = [len(each.signature.get("shape", ())) for each in self.past]
        if len(self.new.get("shape", ())) not in axes:
            yield self._break("changed its shape", "", f"{axes[0]} axes", f"{len(self.new['shape'])}")

    def _lost_keys(self) -> Iterator[Break]:
        last = self.past[0].signature
        if "keys" in self.new and self._is_fixed(lambda each: {*each.get("keys", ())}):
            counts = f"{last['length']} keys", f"{self.new['length']}"
            lost = (key for key in last.get("keys", ()) if key not in self.new["keys"])
            yield from (self._break("lost key", key, *counts) for key in lost)

    def _is_fixed(self, part: Callable[[Signature], object]) -> bool:
        """Tell whether a part has stayed while the value has changed: then it is no matter of the data."""
        parts = [part(each.signature) for each in self.past]
        return len({each.digest for each in self.past}) > 1 and all(each == parts[0] for each in parts)

    def _column(self, name: str, new: Signature) -> Iterator[Break]:
        seen = [
            (each.signature, column)
            for each in self.past
            if _rows(each.signature) != 0 and (column := _columns(each.signature).get(name)) is not None
        ]
        if not seen:
            return
        of_column = " of column" if name else ""
        in_column = " in column" if name else ""
        dtypes = [column["dtype"] for whole, column in seen if column.get("nulls") != _looked_at(whole)]
        if dtypes and new["dtype"] not in dtypes:
            yield self._break(f"changed the dtype{of_column}", name, dtypes[0], new["dtype"])
        if _has_new_nulls(seen, self.new, new):
            old, now = f"none of {_looked_at(seen[0][0])}", f"{new['nulls']} of {_looked_at(self.new)}"
            yield self._break(f"has missing values{in_column}", name, old, now)
        ranges = [column for whole, column in seen if "min" in column and (_looked_at(whole) or 0) >= ENOUGH_ROWS]
        if ranges and "min" in new and _is_far_out(ranges, new):
            old = _range(min(each["min"] for each in ranges), max(each["max"] for each in ranges))
            now = _range(new["min"], new["max"])
            yield self._break(f"is far out of range{in_column}", name, old, now, since=self._runs(len(ranges)))


def _has_new_nulls(seen: Sequence[tuple[Signature, Signature]], whole: Signature, new: Signature) -> bool:
    if any(column.get("nulls") != 0 for _, column in seen):
        return False
    is_sampled = "sampled" in whole or any("sampled" in each for each, _ in seen)
    rare = RARE_NULLS * (_looked_at(whole) or 0) if is_sampled else 0
    return bool(new.get("nulls", 0) > rare)


def _is_far_out(ranges: Sequence[Signature], new: Signature) -> bool:
    low, high = float(min(each["min"] for each in ranges)), float(max(each["max"] for each in ranges))
    if low == high:  # a constant says nothing of what else may come
        return False
    margin = RANGE_MARGIN * max(high - low, abs(low), abs(high))
    return bool(new["min"] < low - margin or new["max"] > high + margin)


def _range(low: float, high: float) -> str:
    return f"{low:.6g} to {high:.6g}"


# What a signature says ------------------------------------------------------------------------------------------------


def _kind(signature: Signature) -> str:
    """Return the type as far as it matters to who reads the value: a number is a number."""
    name = str(signature["type"]).rstrip("_")
    return "number" if _NUMBER.fullmatch(name) else name


def _rows(signature: Signature) -> int | None:
    """Return the rows of a table, a column or an array; None for anything else."""
    shape = signature.get("shape")
    rows = shape[0] if shape else signature.get("rows")
    return None if rows is None else int(rows)


def _width(signature: Signature) -> int | None:
    shape = signature.get("shape", ())
    width = shape[-1] if len(shape) > 1 else signature.get("width")
    return None if width is None else int(width)


def _columns(signature: Signature) -> Mapping[str, Signature]:
    """Return what is known of each column; a Series or an array is one without a name."""
    if "dtype" in signature:
        return {"": signature}
    found: Mapping[str, Signature] = signature.get("columns", {})
    return found


def _looked_at(signature: Signature) -> int | None:
    """Return how many rows, or elements of an array, the counts are of."""
    if "sampled" in signature:
        return int(signature["sampled"])
    return math.prod(signature["shape"]) if "shape" in signature else signature.get("rows")


def _is_sound(signature: Any) -> bool:
    """Tell whether a signature from a record, which anybody may have edited, can be compared."""
    try:
        columns = _columns(signature)
        numbers = [each.get(key, 0) for each in columns.values() for key in ("nulls", "min", "max")]
        texts = [signature["type"], *signature.get("keys", ()), *(each["dtype"] for each in columns.values())]
        counts = [_rows(signature), _width(signature), _looked_at(signature), signature.get("length")]
        return (
            all(isinstance(each, (int, float)) for each in numbers)
            and all(isinstance(each, str) for each in texts)
            and all(each is None or isinstance(each, int) for each in counts)
            and ("columns" not in signature or "width" in signature)
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
