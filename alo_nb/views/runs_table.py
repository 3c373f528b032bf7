"""`Runs`: the table of runs, a DataFrame that shows itself with what is worth seeing first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from alo_nb.lang import tr
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS
from alo_nb.views.card import Card, number_text, shortened
from alo_nb.views.html import COLOURS, escape, frame, grey, html_table, span
from alo_nb.views.printable import bounded
from alo_nb.views.runs import COLUMNS
from alo_nb.views.sparkline import sparkline, sparkline_text
from alo_nb.views.text import GLYPHS, duration, is_deterministic, state_text, table

MOST_ROWS, MOST_COLUMNS = 60, 20
_DIFFERS = {"id", "started", "finished", "seconds"}  # from machine to machine
_FIRST = ("id", "status", "name", "job_type", "mode")
_LOWER_IS_BETTER = ("loss", "error", "rmse", "mse", "mae", "mape", "perplexity")
_CELL = 120  # characters


class Runs(pd.DataFrame):  # type: ignore[misc]  # pandas has no types here
    """A row for each run; what pandas makes of it is a plain DataFrame, which shows every cell.

    It shows the columns that are not empty, each metric as a line through all runs that have it, its best value in a
    run that went well, and what failed in red.
    """

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def __repr__(self) -> str:
        return bounded(_card(self).text)

    def _repr_html_(self) -> str:
        return _card(self).html


def _card(runs: Runs) -> Card:
    rows: list[dict[str, Any]] = pd.DataFrame(runs).to_dict("records")
    columns = [*_columns(rows, [*map(str, runs.columns)])]
    shown, rest = columns[:MOST_COLUMNS], columns[MOST_COLUMNS:]
    if not rows or not shown:
        said = tr("no runs") if not rows else tr("{count} runs", count=len(rows))
        return Card(said, frame(grey(said)))
    metrics = {each: _series(rows, each) for each in shown if each.startswith("metrics.")}
    good = [row for row in rows if row.get("status", SUCCESS) == SUCCESS]
    best = {each: _best(each, values) for each in metrics if len(values := _series(good, each)) > 1}
    first, more = rows[:MOST_ROWS], [*_more(rows, rest)]
    texts = [{each: _text(row, each, best) for each in shown} for row in first]
    lines = {each: sparkline_text(values) for each, values in metrics.items()}
    cells = [[_html(row, each, best) for each in shown] for row in first]
    drawn = [sparkline(metrics.get(each, ()), _says(each, metrics.get(each, ()))) for each in shown]
    heads = [shortened(each, _CELL) for each in shown]
    text = table([*([lines] if any(lines.values()) else []), *texts], shown, heads)
    html = html_table(heads, [*([drawn] if any(drawn) else []), *cells])
    return Card("\n".join([text, *more]), frame(html, *(f"<div>{grey(each)}</div>" for each in more)))


def _columns(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yield the columns that are worth seeing: not those that are empty, or that others say already."""
    said = {"finished"} if {"started", "seconds"} <= {*columns} else set()
    left_out = _DIFFERS if is_deterministic() else said
    for each in [*columns] if {*COLUMNS} - {*columns} else _what_it_found_first(columns):
        if each not in left_out and not all(_is_nothing(row[each]) for row in rows):
            yield each


def _what_it_found_first(columns: Sequence[str]) -> list[str]:
    """Return all columns with metrics and config before what is said of every run; a window may be narrow."""
    groups = [each for each in columns if each not in COLUMNS]
    others = [each for each in COLUMNS if each not in _FIRST]
    return [*_FIRST, *groups, *others]


def _series(rows: Sequence[Mapping[str, Any]], column: str) -> list[float]:
    """Return the numbers of a metric, the oldest first; rows stand newest first where they do not say when."""
    in_order = [*reversed(rows)]
    in_order.sort(key=lambda row: str(row.get("started", "")))
    return [row[column] for row in in_order if _is_number(row[column])]


def _best(column: str, values: Sequence[float]) -> float:
    """Return the best value: the lowest of losses and errors, the highest of anything else."""
    words = column.lower().replace(".", "_").split("_")
    return min(values) if any(each in words for each in _LOWER_IS_BETTER) else max(values)


def _more(rows: Sequence[object], columns: Sequence[str]) -> Iterator[str]:
    if rows[MOST_ROWS:]:
        yield tr("+{count} more", count=len(rows) - MOST_ROWS)
    if columns:
        yield tr("more columns: {names}", names=shortened(", ".join(columns), 300))


def _says(column: str, values: Sequence[float]) -> str:
    if not values:
        return ""
    low, high = number_text(min(values)), number_text(max(values))
    return tr("{name} in {count} runs: {low} to {high}", name=column, count=len(values), low=low, high=high)


def _text(row: Mapping[str, Any], column: str, best: Mapping[str, float]) -> str:
    value = row[column]
    if _is_nothing(value):
        return ""
    if column == "status":
        return f"{GLYPHS.get(str(value), '')} {state_text(str(value))}".strip()
    if column == "seconds":
        return duration(value)
    if column in {"started", "finished"}:
        return f"{str(value)[:19]}Z"
    said = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else number_text(value)
    return f"{shortened(said, _CELL)}{' *' if value == best.get(column) else ''}"


def _html(row: Mapping[str, Any], column: str, best: Mapping[str, float]) -> str:
    said = escape(_text(row, column, {}))
    if column in {"status", "error"} and row.get("status") in {FAILED, INTERRUPTED}:
        return span(said, f"color:{COLOURS['failed']}")
    if said and row[column] == best.get(column):
        return f"<b>{said}</b>"
    return span(said, "white-space:nowrap") if column in {"id", "status", "started", "finished"} else said


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_nothing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, (str, tuple, list)) and not value)
        or (isinstance(value, float) and math.isnan(value))
    )
