"""Runs as rows: ALO's columns (ALO 2.6 `pipeline.history`) first, then ours; one row for each pipeline of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from alo_nb.errors import MagicUsageError, nearest
from alo_nb.plan import MODES
from alo_nb.project import Project
from alo_nb.store import PipelineIds, Run, RunStore
from alo_nb.store.pins import pinned

ALO_COLUMNS = (
    *("id", "status", "start_time", "end_time", "score", "result", "note", "probability", "version"),
    *("data_id", "code_id", "param_id", "train_id"),
)
OWN_COLUMNS = ("pipeline", "mode", "trigger", "seconds", "steps", "plan", "pinned", "error")
COLUMNS = (*ALO_COLUMNS, *OWN_COLUMNS)
IN_A_TERMINAL = (
    "id",
    "status",
    "pipeline",
    "start_time",
    "seconds",
    "score",
    "result",
    "data_id",
    "code_id",
    "param_id",
)


@dataclass(frozen=True)
class HistoryFilter:
    """Which rows to show: each text that is set must be the row's own; ids may be cut short at their end.

    `steps` are the steps whose arguments get columns, ``<step>.<argument>``. Runs of a single cell are left out unless
    `cells` is set.
    """

    mode: str | None = None
    status: str | None = None
    data_id: str | None = None
    code_id: str | None = None
    param_id: str | None = None
    train_id: str | None = None
    steps: tuple[str, ...] = ()
    cells: bool = False

    def __post_init__(self) -> None:
        known = {"mode": ("train", "inference"), "status": ("success", "failed", "interrupted", "running")}
        for name, values in known.items():
            value = getattr(self, name)
            if value is not None and value not in values:
                raise MagicUsageError(f"history: {value!r} is no {name}{nearest(str(value), values)}")

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row is one of those."""
        if row["trigger"] == "cell" and not self.cells:
            return False
        if self.mode is not None and row["pipeline"] != self.mode:
            return False
        if self.status is not None and row["status"] != self.status:
            return False
        wanted = {name: getattr(self, name) for name in ("data_id", "code_id", "param_id", "train_id")}
        return all(str(row[name]).startswith(value) for name, value in wanted.items() if value is not None)


EVERY_ROW = HistoryFilter()


def project_history(
    project: Project, wanted: HistoryFilter = EVERY_ROW, *, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a project's runs, newest first; at most `limit`.

    Raises
    ------
    MagicUsageError
        `limit` is no number of rows.
    """
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 0):
        raise MagicUsageError(f"history: limit is a number of rows, got {limit!r}", do="leave it out for all rows")
    return [*islice(history_rows(RunStore(project), wanted, pins=pinned(project)), limit)]


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns that history rows have, those of arguments last."""
    return [*dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)])]


def history_rows(
    runs: Iterable[Run], wanted: HistoryFilter = EVERY_ROW, *, pins: Collection[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield a row of plain values for each pipeline of each run that `wanted` takes, in the order of `runs`."""
    for run in runs:
        for pipeline in _pipelines(run):
            row = _row(run, pipeline, pinned=run.id in pins)
            if wanted.takes(row):
                yield {**row, **_arguments(run, pipeline, wanted.steps)}


def _pipelines(run: Run) -> tuple[str, ...]:
    """Return the pipelines that a run has begun; those it was to run when it ended before that."""
    begun = dict.fromkeys([*run.ids, *(each.pipeline for each in run.steps)])
    return tuple(begun) or MODES.get(run.mode, (run.mode,))[:1]


def _row(run: Run, pipeline: str, *, pinned: bool) -> dict[str, Any]:
    summary: Mapping[str, Any] = run.summaries.get(pipeline, {})
    steps = [each for each in run.steps if each.pipeline == pipeline]
    return {
        "id": run.id,
        "status": _status(run, pipeline),
        "start_time": run.started,
        "end_time": run.finished,
        **{name: summary.get(name, "") for name in ("score", "result", "note", "probability", "version")},
        **asdict(run.ids.get(pipeline, PipelineIds())),
        "train_id": run.train_id if pipeline == "inference_pipeline" else "",
        "pipeline": pipeline.removesuffix("_pipeline"),
        "mode": run.mode,
        "trigger": run.trigger,
        "seconds": round(sum(each.seconds for each in steps), 3),
        "steps": len(steps),
        "plan": run.plan,
        "pinned": pinned,
        "error": run.error,
    }


def _status(run: Run, pipeline: str) -> str:
    """Return how a pipeline ended: a train that was complete stays good when the inference behind it fails."""
    return "success" if pipeline in run.complete and run.status != "running" else run.status


def _arguments(run: Run, pipeline: str, steps: Collection[str]) -> dict[str, Any]:
    return {
        f"{each.step}.{name}": value
        for each in run.steps
        if each.pipeline == pipeline and (each.step in steps or "all" in steps)
        for name, value in each.args.items()
    }
