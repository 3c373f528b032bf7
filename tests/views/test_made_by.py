"""Which data and code made this file?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import alo_nb
from alo_nb.errors import ArtifactNotFoundError, StoreError
from alo_nb.project import Project
from alo_nb.store.batch import Batch
from alo_nb.store.records import Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.views.made_by import made_by


def test_a_file_that_was_copied_and_renamed_is_known_by_its_content(digits: Project) -> None:
    Path("elsewhere.bin").write_text("1")  # the weights of model:v1, and raw's first file

    found = made_by(digits, "elsewhere.bin")

    assert found.versions == ("model:v1/weights.txt", "raw:v0/a.txt")
    assert [each["work"].split(" · ")[0] for each in found.work] == ["✔ train", "✔ prepare", "✔ load"]
    assert "made by" in repr(found)
    assert "model:v1" in found._repr_html_()


def test_of_equal_contents_the_one_that_is_called_so_goes_first(digits: Project) -> None:
    Path("a.txt").write_text("1")
    assert made_by(digits, "a.txt").versions[0] == "raw:v0/a.txt"


def test_the_code_and_the_commit_of_each_step_are_told(project: Project) -> None:
    store, runs = Store.of(project), RunStore(project)
    with alo_nb.init(job_type="load") as tracked:
        artifact = alo_nb.Artifact("input", "dataset")
        with artifact.new_file("rows.csv") as file:
            file.write("1,2")
        tracked.log_artifact(artifact)
    run = runs.start(
        Run("20990101T000000Z-00000a", plan="small", made_in={"git": "1234567890abcdef", "git_dirty": True})
    )
    steps = tuple(
        StepRecord("train_pipeline", name, "success", fingerprint=f"b3:{name}", cell=f"cell of {name}")
        for name in ("prepare", "predict")
    )
    Path("out.csv").write_text("the predictions")
    with Batch(store, run.id) as batch:
        batch.use("input", number=0, step="prepare")
        batch.log("prepared", "dataset", {"x": batch.bytes(b"x")}, step="prepare")
        batch.use("prepared", step="predict")
        batch.log("output", "output", {"deep/er/output.csv": batch.file(Path("out.csv"))}, step="predict")
        batch.commit()
    runs.finish(replace(run, steps=steps), "success")

    found = made_by(project, "out.csv")

    assert found.versions == ("output:v0/deep/er/output.csv",)
    assert [(each["step"], each["code"], each["commit"]) for each in found.work] == [
        ("predict", "cell of predict", "1234567890ab with changes"),
        ("prepare", "cell of prepare", "1234567890ab with changes"),
        ("", "", ""),
    ]
    assert found.to_dict()["work"][0]["fingerprint"] == "b3:predict"


def test_what_was_never_logged_is_named_as_an_origin(project: Project) -> None:
    artifact = alo_nb.Artifact("imported", "dataset")
    with artifact.new_file("x") as file:
        file.write("x")
    with alo_nb.init() as run:
        run.use_artifact(artifact)
        model = alo_nb.Artifact("model", "model")
        with model.new_file("m") as file:
            file.write("m")
        run.log_artifact(model)
    Path("m").write_text("m")
    assert made_by(project, "m").origins == ("imported:v0",)


def test_a_file_that_nobody_logged_says_so(digits: Project) -> None:
    Path("unknown").write_text("never seen")
    with pytest.raises(ArtifactNotFoundError, match="no version holds what is in unknown"):
        made_by(digits, "unknown")
    with pytest.raises(StoreError, match="is no file"):
        made_by(digits, "missing")
