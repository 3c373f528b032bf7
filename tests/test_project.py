from __future__ import annotations

import pytest

from alo_nb.errors import ProjectError
from alo_nb.project import Project, find_project


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)


def test_the_nearest_parent_with_our_folder_is_the_project(tmp_path, monkeypatch):
    inner = tmp_path / "project" / "notebooks" / "deep"
    inner.mkdir(parents=True)
    assert find_project(start=inner) == Project(inner)
    (tmp_path / ".alo").mkdir()
    (tmp_path / "project" / ".alo").mkdir()
    assert find_project(start=inner) == Project(tmp_path / "project")
    monkeypatch.chdir(inner)
    assert find_project() == Project(tmp_path / "project")


def test_a_project_that_was_named_goes_first_then_the_variable(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("ALO_NB_PROJECT", str(tmp_path / "b"))
    assert find_project(tmp_path / "a") == Project(tmp_path / "a")
    assert find_project(start=tmp_path) == Project(tmp_path / "b")
    monkeypatch.chdir(tmp_path)
    assert find_project("a").root.is_absolute()


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_project_that_was_named_must_be_a_folder(tmp_path, monkeypatch, name):
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path / name)
    assert caught.value.what == f"the project folder does not exist: {tmp_path / name}"
    assert caught.value.do == "make the folder, or name another"


def test_preparing_makes_a_private_folder_that_version_control_passes_over(tmp_path):
    project = Project(tmp_path)
    for _ in range(2):
        project.prepare()
    assert (tmp_path / ".alo" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / ".alo").stat().st_mode & 0o777 == 0o700
    assert (project.runs, project.modules) == (tmp_path / ".alo" / "runs", tmp_path / ".alo" / "modules")
    assert (project.history, project.published("input")) == (tmp_path / "history", tmp_path / "input")


def test_a_project_that_cannot_be_written_says_what_to_do(tmp_path):
    (tmp_path / ".alo").touch()
    with pytest.raises(ProjectError, match="the project folder cannot be written: ") as caught:
        Project(tmp_path).prepare()
    assert caught.value.where == str(tmp_path / ".alo")
    assert caught.value.do == "choose another folder with `%alo_project DIR` or `--project DIR`"


def test_a_plan_in_another_project_leads_to_it_when_the_current_folder_is_in_none(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project" / ".alo").mkdir(parents=True)
    plan = tmp_path / "project" / "plans" / "plan.yaml"
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert find_project(near=plan).root == tmp_path / "project"
    assert find_project().root == tmp_path / "elsewhere"
    (tmp_path / "elsewhere" / ".alo").mkdir()
    assert find_project(near=plan).root == tmp_path / "elsewhere"


@pytest.mark.parametrize("name", ["runs", "cache", "cache/values", "work", "journal", "objects"])
@pytest.mark.parametrize("what", ["file", "broken link"])
def test_a_file_in_the_place_of_one_of_our_folders_is_said_with_what_to_do(tmp_path, name, what):
    path = tmp_path / ".alo" / name
    path.parent.mkdir(parents=True)
    path.touch() if what == "file" else path.symlink_to(tmp_path / "gone")
    for ask in (lambda: find_project(tmp_path), lambda: find_project(start=tmp_path), Project(tmp_path).prepare):
        with pytest.raises(ProjectError, match=f".alo/{name} must be a folder") as caught:
            ask()
        assert (caught.value.where, "move this file away" in caught.value.do) == (str(path), True)
    path.unlink()
    path.mkdir()
    assert find_project(tmp_path) == Project(tmp_path)


@pytest.mark.parametrize("name", ["publish.lock", "history.lock", "cache/in_use", "cache/pruning"])
def test_a_folder_in_the_place_of_a_lock_is_said_with_what_to_do(tmp_path, name):
    (tmp_path / ".alo" / name).mkdir(parents=True)
    with pytest.raises(ProjectError, match=f".alo/{name} must be a file"):
        find_project(tmp_path)


def test_a_folder_that_is_a_link_to_one_elsewhere_is_good(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".alo").mkdir()
    (tmp_path / ".alo" / "cache").symlink_to(tmp_path / "elsewhere")
    assert find_project(tmp_path) == Project(tmp_path)
