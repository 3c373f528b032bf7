"""Whole runs with data, models and results in S3."""

from __future__ import annotations

import json

import pytest

from alo_nb.errors import SourceError
from alo_nb.plan import read_plan
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources

STEPS = {
    "train": """\
from pathlib import Path
rows = sorted(each.read_text() for each in Path(asset.get_input_path()).rglob("*.csv"))
Path(asset.get_model_path(), "model.txt").write_text(" ".join(rows))
asset.save_data({"rows": rows})
asset.save_config({})""",
    "inference": """\
from pathlib import Path
model = Path(asset.get_model_path(), "model.txt").read_text()
Path(asset.get_output_path(), "output.csv").write_text(f"model: {model}")
asset.save_summary(result="OK", score=0.5)
asset.save_data({"model": model})
asset.save_config({})""",
}


@pytest.fixture
def run(tmp_path, aws):
    """Runs a pipeline of one step in a new project, with these external paths; returns the project folder."""

    def call(mode, **external):
        root = tmp_path / mode
        root.mkdir(exist_ok=True)
        cell = {"cell_type": "code", "id": "c1", "metadata": {}, "source": f"%%alo_asset step={mode}\n{STEPS[mode]}"}
        (root / "steps.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
        source = {"code": "steps.ipynb", "branch": None, "requirements": []}
        plan = {
            "name": "demo",
            "version": "1",
            "external_path": [{key: value} for key, value in external.items()],
            "user_parameters": [{f"{mode}_pipeline": [{"step": mode, "args": None}]}],
            "asset_source": [{f"{mode}_pipeline": [{"step": mode, "source": source}]}],
            "control": [],
        }
        (root / "plan.yaml").write_text(json.dumps(plan))
        project, found = Project(root), read_plan(root / "plan.yaml")
        run_plan(RunRequest(plan=found, project=project, find=Sources(found, project).step, mode=mode))
        return root

    return call


def test_a_model_made_from_s3_is_used_from_s3_in_another_project(bucket, run, tmp_path):
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "b.csv").write_text("two")
    bucket.put_all({"raw/day1/a.csv": "one", "raw/": ""})
    data, runs = ["s3://team-data/raw/day1/", str(tmp_path / "local")], "s3://team-data/runs/1/"

    train = run("train", load_train_data_path=data, save_train_artifacts_path=runs)
    inference = run("inference", load_model_path=runs, save_inference_artifacts_path=runs)

    assert (train / "input" / "train" / "day1" / "a.csv").read_text() == "one"
    assert (inference / "inference_artifacts" / "output" / "output.csv").read_text() == "model: one two"
    names = ["inference_artifacts.tar.gz", "model.tar.gz", "train_artifacts.tar.gz"]
    assert [each for each in bucket.objects() if each.startswith("runs/")] == [f"runs/1/{name}" for name in names]


def test_a_run_whose_data_is_gone_from_s3_keeps_what_the_last_one_made(bucket, run):
    bucket.put_all({"raw/a.csv": "one"})
    root = run("train", load_train_data_path="s3://team-data/raw")
    before = {str(each): each.read_bytes() for each in (root / "train_artifacts").rglob("*") if each.is_file()}
    bucket.client.delete_object(Bucket="team-data", Key="raw/a.csv")

    with pytest.raises(SourceError, match="there are no files in s3://team-data/raw") as caught:
        run("train", load_train_data_path="s3://team-data/raw")

    assert "plan.yaml, line 1" in caught.value.where
    assert (root / "input" / "train" / "raw" / "a.csv").read_text() == "one"
    assert before == {str(each): each.read_bytes() for each in (root / "train_artifacts").rglob("*") if each.is_file()}
