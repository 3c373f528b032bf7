from __future__ import annotations

import math

import nbformat
import pytest

from alo_nb.headless.run_notebook import literal, run_notebook
from alo_nb.plan import read_plan
from alo_nb.project import find_project
from alo_nb.runner import ActiveRun, RunRequest, Selection
from alo_nb.steps.sources import Sources


@pytest.mark.parametrize("value", [1, -2.5, "a'\"\n\\", True, None, [1, "x"], (1,), {"k": [None]}, {1, 2}, b"x"])
def test_a_literal_is_python_for_the_value(value):
    assert eval(literal(value)) == value


def test_a_literal_can_be_infinite_or_not_a_number():
    values = eval(literal([math.inf, -math.inf, math.nan]))
    assert values[:2] == [math.inf, -math.inf]
    assert math.isnan(values[2])


def built(project, last=None, **options):
    plan, place = read_plan(project.root / "plan.yaml"), find_project(project.root)
    request = RunRequest(plan=plan, project=place, find=Sources(plan, place).step, selection=Selection(last=last))
    return nbformat.from_dict(run_notebook(ActiveRun(request), **options))


def test_the_notebook_is_valid_with_one_code_cell_for_each_step(project):
    notebook = built(project, timeout=3.0)
    nbformat.validate(notebook)
    places = [cell.metadata.alo_nb for cell in notebook.cells if cell.cell_type == "code"]
    assert places[0] == {"part": "setup"}
    assert places[1:4] == [
        {"pipeline": "train_pipeline", "step": name, "timeout": 3.0} for name in ("input", "train", "last")
    ]
    assert places[4] == {"pipeline": "train_pipeline", "part": "save"}


def test_the_notebook_holds_the_chosen_steps_only(project):
    code = [cell.source for cell in built(project, "train").cells if cell.cell_type == "code"]
    assert [line.splitlines()[-1] for line in code[1:]] == [
        'run.step("train_pipeline", "input")',
        'run.step("train_pipeline", "train")',
        'run.save("train_pipeline")',
    ]


def test_code_that_holds_a_fence_stays_in_one_block(project):
    project.write(train='text = """\n```\n"""')
    about = next(cell.source for cell in built(project).cells if cell.source.startswith("### train"))
    assert "````python\n" in about
    assert about.endswith("\n````")
