"""Models come in and results go out, by folders and archives as ALO has them."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from alo_nb.errors import SourceError
from alo_nb.external.artifacts import load_model, save_artifacts
from alo_nb.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    folder = tmp_path / "staged"
    for name in ("models/train/model.txt", "score/train_summary.yaml"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)
    return folder


def test_a_saved_train_run_gives_its_model_to_an_inference_elsewhere(project: Project, staged: Path) -> None:
    written = save_artifacts(staged, "../shared/run", project, mode="train", kind="zip")
    load_model("../shared/run", project, project.root / "models")

    assert [each.name for each in written] == ["train_artifacts.tar.gz", "model.tar.gz"]
    assert (project.root / "models" / "train" / "model.txt").read_text() == "models/train/model.txt"
    with tarfile.open(written[0]) as archive:
        assert sorted(archive.getnames()) == ["models/train/model.txt", "score/train_summary.yaml"]


def test_inference_results_are_saved_in_the_format_of_the_plan(project: Project, staged: Path) -> None:
    written = save_artifacts(staged, "saved", project, mode="inference", kind="zip")

    assert [each.name for each in written] == ["inference_artifacts.zip"]
    assert "score/train_summary.yaml" in zipfile.ZipFile(written[0]).namelist()


def test_a_single_model_file_is_taken_where_alo_3_allows_it(project: Project, staged: Path) -> None:
    (project.root / "model.pkl").write_text("m")
    with pytest.raises(SourceError, match=r"the model folder '.*model\.pkl' does not exist"):
        load_model("./model.pkl", project, staged / "a")
    load_model("./model.pkl", project, staged / "b", or_file=True)
    assert [each.name for each in (staged / "b").iterdir()] == ["model.pkl"]


def test_a_model_folder_without_an_archive_is_copied(project: Project, staged: Path) -> None:
    load_model(str(staged / "models"), project, project.root / "models")

    assert (project.root / "models" / "train" / "model.txt").exists()


@pytest.mark.parametrize("path", ["nowhere", "gs://bucket/model"])
def test_a_model_that_is_not_there_is_refused(project: Project, path: str) -> None:
    with pytest.raises(SourceError, match=r"does not exist|not a folder on this machine"):
        load_model(path, project, project.root / "models")
    assert not (project.root / "models").exists()


@pytest.mark.parametrize("path", [".", "train_artifacts", "history/x", ".alo"])
def test_results_are_not_saved_over_the_projects_own(project: Project, staged: Path, path: str) -> None:
    with pytest.raises(SourceError, match="where runs keep their own"):
        save_artifacts(staged, path, project, mode="train", kind="tar.gz")
