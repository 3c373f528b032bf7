from __future__ import annotations

import pytest
from edited_plans import USUAL

from alo_nb.errors import MagicUsageError, PlanEditError, UnknownStepError

PLAN = USUAL.replace("made_by: {team: ours}   # nobody knows this key\n", "")


@pytest.fixture
def opened(shell, project):
    (project / "plan.yaml").write_text(PLAN)
    shell.run("%alo_plan plan.yaml")
    return project / "plan.yaml"


def test_an_argument_is_one_line_of_the_file_and_the_line_is_shown(shell, opened):
    shown = shell.run("%alo_args train max_depth=7")
    assert opened.read_text() == PLAN.replace("max_depth: 5", "max_depth: 7")
    number = PLAN.splitlines().index("            max_depth: 5") + 1
    assert repr(shown).splitlines()[1:] == [
        f"- {number}:             max_depth: 5",
        f"+ {number}:             max_depth: 7",
    ]
    plan = shell.run("%alo_plan")
    assert plan.pipelines[0].steps[2].args["max_depth"] == 7


def test_an_argument_is_changed_where_the_step_has_it(shell, opened):
    shell.run("%alo_args input y_column=Fare")
    assert opened.read_text() == PLAN.replace("'Survived'\t", "'Fare'\t")
    shell.run("%alo_args input x_columns=[Age,Fare]")
    plan = shell.run("%alo_plan")
    assert [each.steps[0].args["x_columns"] for each in plan.pipelines] == [["Age", "Fare"]] * 2


def test_a_new_argument_is_given_in_every_pipeline_or_in_the_one_that_is_named(shell, opened):
    shell.run("%alo_args input rows=10")
    shell.run("%alo_args input top=3 --pipeline inference")
    shell.run("%alo_args input --remove=use_all")
    train, inference = (each.steps[0].args for each in shell.run("%alo_plan").pipelines)
    assert train.get("rows") == inference.get("rows") == 10
    assert ("top" in train, inference["top"]) == (False, 3)
    assert "use_all" not in train


def test_a_value_may_come_from_the_notebook(shell, opened):
    shell.run("deep = 9")
    shell.run("%alo_args train max_depth=$deep")
    assert "max_depth: 9" in opened.read_text()


def test_what_is_there_already_changes_nothing(shell, opened):
    shown = shell.run("%alo_args train max_depth=5")
    assert opened.read_text() == PLAN
    assert "says so already" in repr(shown)


@pytest.mark.parametrize(
    ("line", "error", "why"),
    [
        ("trian max_depth=7", UnknownStepError, "did you mean 'train'"),
        ("train --remove=max_dept", PlanEditError, "did you mean 'max_depth'"),
        ("train --pipeline both", MagicUsageError, "which arguments"),
        ("train a=1 --pipeline both", MagicUsageError, "no pipeline 'both'"),
        ("train lr=$nothing", MagicUsageError, "no variable 'nothing'"),
        ("", MagicUsageError, "which step"),
        ("train", MagicUsageError, "which arguments"),
    ],
)
def test_an_edit_that_cannot_be_leaves_the_file_as_it_is(shell, opened, line, error, why):
    found = shell.error(f"%alo_args {line}")
    assert isinstance(found, error)
    assert why in str(found)
    assert opened.read_text() == PLAN


def test_without_a_plan_the_error_says_where_arguments_live(shell, project):
    found = shell.error("%alo_args train max_depth=7")
    assert "magic line" in str(found)
    assert "`%%alo_asset step=train max_depth=7`" in str(found)
