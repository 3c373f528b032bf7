"""A new project runs at once, in a terminal and as a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from alo_nb.errors import ProjectError
from alo_nb.export.alo import export_alo
from alo_nb.export.new_project import new_project
from alo_nb.plan import check, read_plan
from alo_nb.project import Project, find_project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources


@pytest.fixture
def there(project: Project) -> Project:
    """A project that was just made."""
    new_project(Path("press_wear"))
    return Project(project.root / "press_wear")


def test_it_has_a_notebook_a_plan_data_and_a_readme(project: Project) -> None:
    files = new_project(Path("press_wear"))

    assert sorted(files) == [
        ".gitignore",
        "README.md",
        "data/inference/machines.csv",
        "data/train/machines.csv",
        "experimental_plan.yaml",
        "press_wear.ipynb",
    ]
    root = project.root / "press_wear"
    assert {name for name in files if (root / name).is_file()} == set(files)
    assert "{{" not in "".join((root / name).read_text("utf-8") for name in files)
    assert sorted(each.name for each in project.root.iterdir()) == ["press_wear"]


def test_it_is_a_project_of_its_own_inside_of_another(project: Project, there: Project) -> None:
    (project.root / ".alo").mkdir()

    assert find_project(start=there.root) == there


def test_its_plan_has_no_problem_and_runs(there: Project) -> None:
    plan = read_plan(there.root / "experimental_plan.yaml")

    assert check(plan) == []
    run = run_plan(RunRequest(plan=plan, project=there, find=Sources(plan, there).step))
    assert run.status == "success"
    assert set(run.summaries) == {"train_pipeline", "inference_pipeline"}
    assert (there.root / "inference_artifacts" / "output" / "output.csv").is_file()


def test_its_notebook_is_good_and_opens_its_plan(there: Project) -> None:
    notebook = nbformat.read(there.root / "press_wear.ipynb", as_version=4)

    nbformat.validate(notebook)
    assert "%alo_plan experimental_plan.yaml" in notebook.cells[1].source
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_the_readme_shows_three_commands_that_exist(there: Project) -> None:
    from alo_nb.headless.options import parser

    text = (there.root / "README.md").read_text("utf-8")
    lines = [line.partition("#")[0].split() for line in text.partition("```sh\n")[2].partition("```")[0].splitlines()]

    assert len(lines) == 3
    for _, *words in lines:
        parser().parse_args(words)


def test_it_can_be_exported_at_once(there: Project) -> None:
    plan = read_plan(there.root / "experimental_plan.yaml")
    exported = export_alo(plan, Sources(plan, there).step, there, there.root / "solution_for_alo")

    assert exported.notes == ()
    assert check(read_plan(exported.plan)) == []


@pytest.mark.parametrize(
    ("name", "what", "do"),
    [
        ("press wear", "cannot be the name of a project", "e.g. 'press_wear'"),
        ("-p", "cannot be the name of a project", "e.g. 'p'"),
        ("con", "cannot be the name of a project", "use letters"),
        ("a/b/c", "there is no folder 'b'", "make it first"),
        ("here", "there is a 'here' already", "choose another name"),
    ],
)
def test_a_bad_name_is_refused_and_nothing_is_made(project: Project, name: str, what: str, do: str) -> None:
    (project.root / "here").mkdir()
    with pytest.raises(ProjectError) as caught:
        new_project(Path(name))

    assert what in caught.value.what
    assert do in caught.value.do
    assert [each.name for each in project.root.iterdir()] == ["here"]


def test_the_template_is_in_the_package() -> None:
    from alo_nb.export.new_project import TEMPLATE

    assert json.loads((TEMPLATE / "notebook.ipynb").read_text("utf-8"))["nbformat"] == 4
