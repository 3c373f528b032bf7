from __future__ import annotations

import pytest

from alo_nb.errors import MagicUsageError
from alo_nb.project import Project
from alo_nb.store import PipelineIds, Run, RunStore, StepRecord
from alo_nb.store.pins import pin
from alo_nb.store.records import FAILED, SUCCESS
from alo_nb.views.history import ALO_COLUMNS, HistoryFilter, columns_of, history_rows, project_history

TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"
IDS = {TRAIN: PipelineIds("d1", "c1", "p1"), INFERENCE: PipelineIds("d2", "c2", "p2")}
SUMMARY = {"score": 0.5, "result": "OK", "note": "n", "probability": {"a": 1.0}, "version": "v1"}
STEPS = (
    StepRecord(TRAIN, "train", SUCCESS, seconds=1.5, args={"depth": 3}),
    StepRecord(INFERENCE, "inference", FAILED, seconds=0.5, args={"limit": 0.1}),
)


def run(**values):
    defaults = {"id": "r1", "status": FAILED, "steps": STEPS, "ids": IDS, "complete": (TRAIN,), "train_id": "r1"}
    return Run(**{**defaults, "summaries": {TRAIN: SUMMARY}, **values})


def rows(*runs, **wanted):
    return list(history_rows(runs or (run(),), HistoryFilter(**wanted)))


def test_a_run_of_both_pipelines_has_a_row_for_each_with_alos_columns_first():
    train, inference = rows()
    assert [*train][: len(ALO_COLUMNS)] == list(ALO_COLUMNS)
    assert (train["pipeline"], train["status"], train["score"], train["data_id"]) == ("train", "success", 0.5, "d1")
    assert (inference["pipeline"], inference["status"], inference["score"]) == ("inference", "failed", "")
    assert (train["train_id"], inference["train_id"]) == ("", "r1")
    assert (train["seconds"], train["steps"], inference["seconds"]) == (1.5, 1, 0.5)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["train", "inference"]),
        ({"mode": "inference"}, ["inference"]),
        ({"status": "success"}, ["train"]),
        ({"data_id": "d"}, ["train", "inference"]),
        ({"data_id": "d2"}, ["inference"]),
        ({"code_id": "c1"}, ["train"]),
        ({"param_id": "x"}, []),
        ({"train_id": "r1"}, ["inference"]),
        ({"status": "success", "mode": "inference"}, []),
    ],
)
def test_a_filter_takes_the_rows_that_have_its_values(wanted, found):
    assert [each["pipeline"] for each in rows(**wanted)] == found


@pytest.mark.parametrize("wanted", [{"mode": "trian"}, {"status": "succes"}])
def test_a_filter_that_no_row_can_match_is_told_with_the_nearest_word(wanted):
    with pytest.raises(MagicUsageError, match=r"is no (mode|status); did you mean '(train|success)'\?"):
        HistoryFilter(**wanted)


def test_arguments_get_columns_of_their_own_when_they_are_asked_for():
    found = rows(steps=("all",))
    assert columns_of(found)[-2:] == ["train.depth", "inference.limit"]
    assert "inference.limit" not in columns_of(rows(steps=("train",)))
    assert rows(steps=("train",))[0]["train.depth"] == 3


def test_a_run_that_ended_before_any_step_has_one_row():
    [row] = rows(run(steps=(), ids={}, complete=(), mode="all", error="no data"))
    assert (row["steps"], row["status"], row["error"]) == (0, "failed", "no data")


def test_a_projects_history_is_newest_first_with_at_most_so_many_rows_and_its_pins(tmp_path):
    project = Project(tmp_path)
    store = RunStore(project)
    for number in range(3):
        store.finish(store.start(run(id=f"20260101T00000{number}Z-00000{number}")), SUCCESS)
    pin(project, "000001")
    found = project_history(project, HistoryFilter(mode="train"), limit=2)
    assert [(each["id"][-1], each["pinned"]) for each in found] == [("2", False), ("1", True)]
