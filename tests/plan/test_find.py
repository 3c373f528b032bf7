from __future__ import annotations

import pytest

from alo_nb.errors import PlanReadError
from alo_nb.plan import find_plan, read_plan
from alo_nb.project import Project


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder, and beside it the current folder."""
    (tmp_path / "project").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Project(tmp_path / "project")


def test_a_plan_is_sought_in_the_current_folder_and_then_in_the_project(project, tmp_path):
    (project.root / "plan.yaml").touch()
    assert find_plan("plan.yaml", project) == project.root / "plan.yaml"
    (tmp_path / "here" / "plan.yaml").touch()
    assert find_plan("plan.yaml", project).absolute() == tmp_path / "here" / "plan.yaml"


def test_a_plan_that_is_nowhere_names_the_nearest_and_both_folders(project, tmp_path):
    (project.root / "experimental_plan.yaml").touch()
    with pytest.raises(PlanReadError, match="did you mean 'experimental_plan") as caught:
        find_plan("experimentl_plan.yaml", project)
    assert caught.value.code == "PLAN_NOT_FOUND"
    assert caught.value.where == f"{tmp_path / 'here'} and {project.root}"


@pytest.mark.parametrize("name", ["a\0b.yaml", "~no-user-of-this-name/plan.yaml", "~"])
def test_what_no_file_is_called_is_not_found_or_refused(project, name):
    with pytest.raises(PlanReadError) as caught:
        read_plan(find_plan(name, project))
    assert caught.value.code == ("PLAN_NOT_FILE" if name == "~" else "PLAN_NOT_FOUND")


@pytest.mark.parametrize("name", ["x" * 300, "/".join(["x" * 200] * 30)])
def test_a_name_longer_than_a_file_can_have_is_left_to_the_reader_to_refuse(project, name):
    with pytest.raises(PlanReadError) as caught:
        read_plan(find_plan(name, project))
    assert caught.value.code == "PLAN_UNREADABLE"


def test_copies_of_plans_and_other_files_that_runs_leave_are_not_offered(project):
    for name in ("train_artifacts/score/a.yaml", "history/train/1/b.yaml", ".alo/runs/1/c.yaml", "plans/d.yml"):
        (project.root / name).parent.mkdir(parents=True)
        (project.root / name).touch()
    with pytest.raises(PlanReadError) as caught:
        find_plan("nothing-like-it", project)
    assert caught.value.what == "there is no plan 'nothing-like-it'; known: plans/d.yml"
