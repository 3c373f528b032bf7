"""All runs as rows: pipeline runs, runs of one cell, and runs of `alo_nb.init`; one row for each, in our own columns.

`views.history` has the pipelines only, in ALO's columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from alo_nb.errors import MagicUsageError, nearest
from alo_nb.plan import MODES
from alo_nb.project import Project
from alo_nb.store.records import FAILED, INTERRUPTED, RUNNING, SUCCESS
from alo_nb.store.runs import find_run
from alo_nb.store.store import Store
from alo_nb.views.where import Condition, column_named, parse_where

COLUMNS = (
    *("id", "status", "name", "job_type", "mode", "trigger", "plan", "started", "finished", "seconds", "steps"),
    *("tags", "train_id", "error"),
)
GROUPS = ("metrics", "config")  # what a run was told and what it found have columns of their own
IN_A_TERMINAL = ("id", "status", "name", "job_type", "mode", "started", "seconds")


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list: `where` is a text of comparisons, every other value that is set must be the run's own."""

    where: str = ""
    status: str | None = None
    mode: str | None = None
    tag: str | None = None

    def __post_init__(self) -> None:
        known = {"status": (SUCCESS, FAILED, INTERRUPTED, RUNNING), "mode": tuple(MODES)}
        for name, values in known.items():
            value = getattr(self, name)
            if value is not None and value not in values:
                raise MagicUsageError(f"runs: {value!r} is no {name}{nearest(str(value), values)}")

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row is one of those, `where` left aside."""
        return (
            (self.status is None or row["status"] == self.status)
            and (self.mode is None or row.get("mode") == self.mode)
            and (self.tag is None or self.tag in row.get("tags", ()))
        )


EVERY_RUN = RunFilter()


def project_runs(
    project: Project,
    wanted: RunFilter = EVERY_RUN,
    *,
    sort: str | None = None,
    descending: bool = False,
    last: int | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of a project's runs, newest first, or sorted by a column; rows without it come last.

    Parameters
    ----------
    last : int, optional
        Only the newest so many of those that `wanted` takes.

    Raises
    ------
    MagicUsageError
        No run has the column, the nearest is named; or `last` is no number of runs.
    """
    if last is not None and (not isinstance(last, int) or isinstance(last, bool) or last < 0):
        raise MagicUsageError(f"runs: last is a number of runs, got {last!r}", do="leave it out for all runs")
    conditions = parse_where(wanted.where)
    rows = (_flat(row) for row in _current(project) if wanted.takes(row))
    if conditions:
        every = [*rows]
        conditions = _with_columns(conditions, every)
        rows = (row for row in every if all(each.takes(row) for each in conditions))
    found = [*islice(rows, last)]
    if sort is None or not found:
        return found
    return _sorted(found, column_named(sort, columns_of(found), GROUPS), descending=descending)


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns that rows have: our own, then those of metrics, then those of config."""
    found: dict[str, Any] = {}
    for row in rows:
        found.update(row)  # keeps the order in which names came; this is about speed, values do not matter
    groups = [name for group in GROUPS for name in found if name.startswith(f"{group}.")]
    return [*COLUMNS, *groups]


def chosen_columns(
    rows: Sequence[Mapping[str, Any]], names: Iterable[str], usual: Callable[[Sequence[Mapping[str, Any]]], list[str]]
) -> list[str]:
    """Return the columns of these names, and what `usual` gives when none is named.

    Raises
    ------
    MagicUsageError
        No run has a column of this name.
    """
    known = columns_of(rows)
    return [column_named(name, known, GROUPS) if rows else name for name in names] or usual(rows)


def terminal_columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns that a terminal has room for."""
    return [*IN_A_TERMINAL, *[name for name in columns_of(rows) if name.startswith("metrics.")][:4]]


def _current(project: Project) -> Iterator[dict[str, Any]]:
    """Yield what the index knows of each run; one whose process died says so."""
    if not project.own.is_dir():
        return
    for row in Store.of(project).index.runs():
        if row["status"] == RUNNING and (run := find_run(project, row["id"])) is not None:
            row |= {"status": run.status, "finished": run.finished, "error": run.error}
        yield row


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: row.get(name, "") for name in COLUMNS}
    for group in GROUPS:
        for name, value in row.get(group, {}).items():
            flat[f"{group}.{name}"] = value
    return flat


def _with_columns(conditions: Iterable[Condition], rows: list[dict[str, Any]]) -> tuple[Condition, ...]:
    """Return the conditions with the columns that they mean; where there are no rows, nothing is known of columns."""
    known = columns_of(rows)
    return tuple(replace(each, column=column_named(each.column, known, GROUPS)) for each in conditions if rows)


def _sorted(rows: list[dict[str, Any]], column: str, *, descending: bool) -> list[dict[str, Any]]:
    has = [row for row in rows if not _is_nothing(row.get(column))]
    has.sort(key=lambda row: _key(row[column]), reverse=descending)
    return [*has, *(row for row in rows if _is_nothing(row.get(column)))]


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or value != value  # only a number that is none differs from itself


def _key(value: Any) -> tuple[int, Any]:
    """Return what orders values of all kinds: numbers, then texts, then anything else by its text."""
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))
