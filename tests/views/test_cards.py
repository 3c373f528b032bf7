"""Runs, steps and versions as cards; what a typed name means."""

from __future__ import annotations

from dataclasses import replace

import pytest

import alo_nb
from alo_nb.errors import AloNbError, ArtifactNotFoundError, RunNotFoundError, UnknownStepError
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.batch import Batch
from alo_nb.store.records import OutputRecord, Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.views.artifacts import project_artifacts
from alo_nb.views.card import bytes_text, facts_card
from alo_nb.views.cards import card_of
from alo_nb.views.lineage import project_lineage
from alo_nb.views.named import StepOfRun, named, run_named

RECORD = StepRecord(
    "train_pipeline",
    "fit",
    "success",
    1.5,
    fingerprint="b3:0123456789abcdef0123",
    cell="steps.ipynb cell 3",
    args={"n": 3, "api_key": "hunter2"},
    data=(OutputRecord("df", "DataFrame 3x1", 9, "b3:0"),),
)


def pipeline_run(project: Project, number: int, *records: StepRecord) -> Run:
    store = RunStore(project)
    run = store.start(Run(f"2099010{number}T000000Z-00000{number}", mode="train", plan="small"))
    return store.finish(replace(run, steps=records), "success")


def text(project: Project, name: str) -> str:
    return card_of(project, named(project, name)).text


def test_a_tracked_run_shows_what_it_was_told_found_used_and_made(digits: Project) -> None:
    shown = text(digits, "train-1")
    first, *rest = shown.splitlines()
    assert first.startswith("✔ train-1 · train · success · run ")
    assert [line.strip() for line in rest if "ran on" not in line and "commit" not in line] == [
        "project  digits",
        "tags     t",
        "config   rate=0.5",
        "summary  loss=0.2, nested.accuracy=0.75",
        "inputs   data:v0 dataset (latest)",
        "outputs  model:v1 model (best, latest)",
        "metric           steps  first  last  min  max",
        "loss             4      0.5    0.2   0.2  0.5",
        "nested.accuracy  4      0      0.75  0    0.75",
    ]


def test_a_pipeline_run_shows_its_steps(digits: Project) -> None:
    run = pipeline_run(digits, 1, RECORD)
    shown = card_of(digits, run)
    assert "small · train · success" in shown.text
    assert "✔ fit" in shown.text
    assert "<b>fit</b>" in shown.html


def test_a_step_shows_its_code_arguments_and_outputs_without_secrets(digits: Project) -> None:
    run = pipeline_run(digits, 1, RECORD)
    shown = text(digits, f"{run.id}/fit")
    assert "steps.ipynb cell 3" in shown
    assert "n=3, api_key=***" in shown
    assert "hunter2" not in shown
    assert "df 3x1" in shown


def test_what_a_step_made_for_another_is_no_input_of_the_run(project: Project) -> None:
    run = pipeline_run(project, 1, RECORD)
    with alo_nb.init() as other, Batch(Store.of(project), run.id) as batch:
        source = alo_nb.Artifact("source", "dataset")
        with source.new_file("x") as file:
            file.write("x")
        other.log_artifact(source)
        batch.use("source", number=0, step="prepare")
        batch.log("prepared", "dataset", {"x": batch.bytes(b"y")}, step="prepare")
        batch.use("prepared", step="fit")
        batch.log("model", "model", {"x": batch.bytes(b"z")}, step="fit")
        batch.commit()

    whole = text(project, run.id)
    assert "inputs   source:v0 dataset (latest)\n  outputs  prepared:v0 dataset (latest)\n           model:v0" in whole
    assert "prepared:v0" in text(project, f"{run.id}/fit").partition("inputs")[2].partition("outputs")[0]
    assert project_lineage(project, run.id).text().splitlines()[2:6] == [
        "✔ fit  small · 000001",
        "└─ prepared:v0  dataset · latest",
        "   └─ ✔ prepare  small · 000001",
        "      └─ source:v0  dataset · latest",
    ]


def test_a_version_shows_its_files_and_the_work_around_it(digits: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    assert (
        text(digits, "model:best")
        == """\
model:v1 · model · best, latest · 1 file
  metadata   files=1
  logged by  ✔ train · digits
  used by    ✖ evaluate · digits
  file         size
  weights.txt  -"""
    )


def named_artifact(project: Project, name: str) -> Artifact:
    found = named(project, name)
    assert isinstance(found, Artifact)
    return found


def test_only_the_first_files_are_listed(project: Project) -> None:
    with alo_nb.init() as run:
        artifact = alo_nb.Artifact("many", "dataset")
        for number in range(50):
            with artifact.new_file(f"{number:02}.txt") as file:
                file.write(str(number))
        run.log_artifact(artifact)
    shown = text(project, "many")
    assert "19.txt" in shown
    assert "20.txt" not in shown
    assert "+30 more" in shown


def test_what_a_name_means(digits: Project) -> None:
    older = pipeline_run(digits, 1, RECORD)
    newer = pipeline_run(digits, 2, RECORD)
    assert named(digits, older.id) == named(digits, "20990101") == older
    assert named(digits, "000002") == newer
    step = named(digits, "fit")
    assert isinstance(step, StepOfRun)
    assert step.run == newer
    assert named(digits, "20990101/train/fit") == named(digits, "20990101/fit")
    assert named_artifact(digits, "model").version == "v1"
    assert named_artifact(digits, "model:v0").version == "v0"
    assert run_named(digits, "train-0").name == "train-0"
    assert named(digits, "latest") == run_named(digits, "latest") == newer


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        ("modle", RunNotFoundError, "did you mean 'model'"),
        ("train-5", RunNotFoundError, "did you mean 'train-"),
        ("model:v7", ArtifactNotFoundError, "no version 'v7'"),
        ("1999", RunNotFoundError, "there is no run '1999'"),
        ("2", RunNotFoundError, "runs match '2'"),
        ("train-0/fti", UnknownStepError, "no step 'fti'"),
        ("model/x", RunNotFoundError, "'model' is no run"),
    ],
)
def test_a_name_that_means_nothing_names_the_nearest(
    digits: Project, name: str, error: type[AloNbError], hint: str
) -> None:
    with pytest.raises(error, match=hint):
        named(digits, name)


def test_artifacts_are_listed_by_their_latest_version_type_or_name(digits: Project) -> None:
    rows = [(row["name"], row["version"], row["aliases"]) for row in project_artifacts(digits)]
    assert rows == [
        ("data", "v0", ["latest"]),
        ("model", "v1", ["best", "latest"]),
        ("raw", "v0", ["latest"]),
        ("report", "v0", ["latest"]),
    ]
    assert [row["name"] for row in project_artifacts(digits, "dataset")] == ["data", "raw"]
    assert [row["version"] for row in project_artifacts(digits, "model")] == ["v1"]  # the type goes before the name
    assert [row["version"] for row in project_artifacts(digits, "raw")] == ["v0"]
    with pytest.raises(ArtifactNotFoundError, match="did you mean 'dataset'"):
        project_artifacts(digits, "datasett")


def test_a_folder_without_a_store_has_no_artifacts_and_gets_none(tmp_path) -> None:
    assert project_artifacts(Project(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_what_people_wrote_is_shown_as_they_wrote_it() -> None:
    card = facts_card("<i>a</i> · b", [("note", "<script>alert(1)</script>"), ("none", "")])
    assert "<script>" not in card.html
    assert "&lt;i&gt;a&lt;/i&gt;" in card.html
    assert card.text == "<i>a</i> · b\n  note  <script>alert(1)</script>"
    assert repr(card) == card.text
    assert card._repr_html_() == card.html


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_951, "1.0 MB"), (5 * 10**13, "50.0 TB")],
)
def test_sizes(size: int, shown: str) -> None:
    assert bytes_text(size) == shown
