"""A slot looks like the project, and only what is complete takes the project's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from alo_nb.errors import ProjectError
from alo_nb.project import Project
from alo_nb.runner.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Project:
    model = tmp_path / "train_artifacts" / "models" / "train"
    model.mkdir(parents=True)
    (model / "model.txt").write_text("first")
    return Project(tmp_path)


def model(workspace: Workspace) -> Path:
    return workspace.root / "train_artifacts" / "models" / "train" / "model.txt"


def test_an_inference_keeps_the_model_it_began_with_while_a_train_run_publishes_another(project: Project) -> None:
    inference = Workspace.acquire(project)
    inference.pin_models()
    train = Workspace.acquire(project)
    train.stage("train_artifacts", whole=True)
    (train.writable("train_artifacts/models/train") / "model.txt").write_text("second")
    train.publish("train_artifacts", whole=True)

    assert model(inference).read_text() == "first"
    assert (project.root / "train_artifacts" / "models" / "train" / "model.txt").read_text() == "second"
    inference.release()
    assert model(inference).read_text() == "second"
    train.release()


def test_letting_go_of_a_pinned_model_leaves_the_published_one(project: Project) -> None:
    workspace = Workspace.acquire(project)
    workspace.pin_models()
    model(workspace).write_text("spoiled by a failing inference")
    workspace.release()

    assert (project.root / "train_artifacts" / "models" / "train" / "model.txt").read_text() == "first"


def test_runs_at_the_same_time_get_slots_of_their_own_and_the_smallest_free_one(project: Project) -> None:
    first, second = Workspace.acquire(project), Workspace.acquire(project)
    assert (first.root.name, second.root.name) == ("1", "2")
    first.release()
    third = Workspace.acquire(project)
    assert third.root.name == "1"
    second.release()
    third.release()


def test_a_part_keeps_a_shared_folder_and_hides_an_own_one(project: Project) -> None:
    workspace = Workspace.acquire(project)
    workspace.stage("train_artifacts", whole=False)
    assert (workspace.writable("train_artifacts/models/train") / "model.txt").read_text() == "first"
    workspace.stage("train_artifacts", whole=False)
    assert not list(workspace.writable("train_artifacts/models/train", empty=True).iterdir())
    workspace.release()

    assert (project.root / "train_artifacts" / "models" / "train" / "model.txt").read_text() == "first"


def test_what_a_dead_run_had_copied_for_the_history_is_dropped(project: Project) -> None:
    project.prepare()
    unfinished = project.own / "staging" / "20260101T000000Z-abcdef-train"
    unfinished.mkdir(parents=True)
    (unfinished / "half").write_text("x")

    Workspace.acquire(project).release()

    assert not unfinished.exists()
    assert not project.history.exists()


def test_a_linked_folder_is_refused_before_anything_behind_the_link_changes(project: Project, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "labels.csv").write_text("precious")
    (project.root / "input").symlink_to(shared)

    with pytest.raises(ProjectError, match="folder input is a link"):
        Workspace.acquire(project)
    assert (shared / "labels.csv").read_text() == "precious"
