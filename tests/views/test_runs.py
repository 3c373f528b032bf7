"""All runs as rows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

import alo_nb
from alo_nb.errors import MagicUsageError
from alo_nb.project import Project
from alo_nb.store.records import Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.views.runs import RunFilter, chosen_columns, columns_of, project_runs, terminal_columns


def names(rows: list[dict[str, object]]) -> list[object]:
    return [row["name"] or row["job_type"] for row in rows]


def test_a_project_without_runs_has_no_rows_and_gets_no_folder(tmp_path) -> None:
    assert project_runs(Project(tmp_path), RunFilter("anything < 1"), sort="anything") == []
    assert list(tmp_path.iterdir()) == []


def test_runs_of_all_kinds_are_listed_newest_first(digits: Project) -> None:
    store = RunStore(digits)
    record = StepRecord("train_pipeline", "fit", "success", 1.0, args={"n": 3})
    run = store.start(Run("20990101T000000Z-000001", mode="train", plan="small", trigger="cell"))
    store.finish(replace(run, steps=(record,), summaries={"train_pipeline": {"score": 0.5}}), "success")

    rows = project_runs(digits)

    assert names(rows)[1:] == ["evaluate", "train-1", "train-0", "prepare", "load"]
    assert rows[0]["config.fit.n"] == 3
    assert rows[0]["metrics.train.score"] == 0.5
    assert rows[1]["status"] == "failed"
    assert rows[2]["metrics.nested.accuracy"] == 0.75
    assert rows[2]["config.rate"] == 0.5


def test_where_sort_and_last_choose_and_order(digits: Project) -> None:
    assert names(project_runs(digits, RunFilter("loss > 0"), sort="loss")) == ["train-1", "train-0"]
    assert names(project_runs(digits, RunFilter("loss > 0"), sort="loss", descending=True)) == ["train-0", "train-1"]
    assert names(project_runs(digits, sort="rate"))[:2] == ["train-0", "train-1"]
    assert names(project_runs(digits, last=2)) == ["evaluate", "train-1"]
    assert names(project_runs(digits, RunFilter(tag="t"), last=1)) == ["train-1"]
    assert names(project_runs(digits, RunFilter(status="failed"))) == ["evaluate"]
    assert project_runs(digits, RunFilter(mode="train")) == []


def test_rows_without_the_column_come_last_in_both_directions(digits: Project) -> None:
    for descending in (False, True):
        found = names(project_runs(digits, sort="config.rate", descending=descending))
        assert {*found[:2]} == {"train-0", "train-1"}


@pytest.mark.parametrize("wanted", [{"status": "sucess"}, {"mode": "trian"}])
def test_a_value_that_no_run_can_have_is_refused_with_the_nearest(wanted: dict[str, str]) -> None:
    with pytest.raises(MagicUsageError, match="did you mean"):
        RunFilter(**wanted)


@pytest.mark.parametrize("last", [-1, True, "3", 1.5])
def test_last_is_a_number_of_runs(digits: Project, last: object) -> None:
    with pytest.raises(MagicUsageError, match="last is a number"):
        project_runs(digits, last=last)  # type: ignore[arg-type]


def test_columns_are_chosen_by_name_and_misspelt_ones_named(digits: Project) -> None:
    rows = project_runs(digits)
    assert chosen_columns(rows, ["id", "loss"], columns_of) == ["id", "metrics.loss"]
    assert chosen_columns(rows, [], columns_of) == columns_of(rows)
    assert "metrics.loss" in terminal_columns(rows)
    with pytest.raises(MagicUsageError, match=r"did you mean '(metrics\.)?loss'"):
        chosen_columns(rows, ["lss"], columns_of)


def test_a_run_whose_process_died_is_interrupted(project: Project) -> None:
    code = "import alo_nb, os; alo_nb.init(job_type='doomed'); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], cwd=project.root, check=False)

    (row,) = project_runs(project)

    assert (row["job_type"], row["status"], row["error"]) == ("doomed", "interrupted", "the process died")
    assert project_runs(project, RunFilter(status="running")) == []


def test_a_run_that_goes_on_is_running(project: Project) -> None:
    with alo_nb.init(job_type="work"):
        assert [row["status"] for row in project_runs(project)] == ["running"]
    assert [row["status"] for row in project_runs(project)] == ["success"]
