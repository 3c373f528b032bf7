"""``%alo_debug``: a step that failed is opened in this kernel, or in one of another day."""

from __future__ import annotations

import json
import shutil

import pytest
from IPython.core.formatters import DisplayFormatter

import alo_nb
from alo_nb.errors import MagicUsageError, RunNotFoundError, UnknownStepError
from alo_nb.notebook.session import Session, current_session, set_session
from alo_nb.runner.capsule import NotKept

FIRST = "asset.save_data({'rows': [1, 2, 3]})\nasset.save_config({'target': 'a'})"
BUG = "rows = asset.load_data()['rows']\nmodel = object()\nby = 0\nsum(rows) / by"
SAVE = "\nasset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"


TO_DO = "# when it works, move the fix to the cell that defines the step, and delete this one\n"


def new_cell(shell):
    """Return what the front end was asked to put below the running cell, once, without its first line of comment."""
    text, shell.ip.rl_next_input = getattr(shell.ip, "rl_next_input", ""), ""
    assert text.startswith(TO_DO) or not text
    return text.removeprefix(TO_DO)


def another_day(shell):
    """Forget all that the notebook has defined."""
    shell.run("%unload_ext alo_nb")
    shell.ip.reset(new_session=True)
    shell.run("%load_ext alo_nb")


@pytest.fixture
def failed(shell):
    """A notebook whose second step has failed."""
    shell.step("first", FIRST, end="")
    shell.error(f"%%alo_asset step=train rate=0.5\n{BUG}")
    return shell


def test_the_error_tells_the_magic_that_shows_its_inputs(failed) -> None:
    error = failed.error(f"%%alo_asset step=train\n{BUG}")
    found = failed.run("%alo_debug")
    assert error.__notes__[-1] == f"inputs kept: %alo_debug {found.capsule.record.name}"
    assert failed.run(error.__notes__[-1].partition(": ")[2]).capsule.record == found.capsule.record


def test_inputs_and_variables_stand_in_steps_and_the_code_in_a_new_cell(failed) -> None:
    found = failed.run("found = %alo_debug\nfound")
    steps = failed.ip.user_ns["steps"]
    assert (steps.train.data["rows"], steps.train.config["target"], steps.train.args) == ([1, 2, 3], "a", {"rate": 0.5})
    assert (steps.train.rows, steps.train.by) == ([1, 2, 3], 0)
    assert isinstance(steps.train.model, NotKept)
    assert found.frames[-1].locals["by"] == 0
    assert new_cell(failed) == f"%%alo_asset step=train rate=0.5\n{BUG}"
    for line in (
        "> 5  sum(rows) / by",
        "data               rows: list 3",
        "args               rate=0.5",
        "by     int     0",
    ):
        assert line in repr(found), line
    assert "Traceback" in found.traceback


def test_the_new_cell_is_the_step_again_and_the_edited_one_works(failed) -> None:
    failed.run("%alo_debug")
    cell = new_cell(failed)
    assert isinstance(failed.error(cell.replace("%%alo_asset", "%%alo_asset --replace")), ZeroDivisionError)
    end = "\nasset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"
    record = failed.run(cell.replace("%%alo_asset", "%%alo_asset --replace").replace("by = 0", "by = 1") + end)
    assert (record.status, [each.step for each in record.steps]) == ("success", ["train"])


def test_the_inputs_of_the_failure_are_used_until_the_step_before_runs_again(failed) -> None:
    failed.step("first", FIRST.replace("3]", "30]"), options="--replace", end="")
    failed.run("%alo_debug")
    body = "held = asset.load_data()['rows']"
    failed.step("train", body, options="--replace")
    assert failed.ip.user_ns["steps"].train.held == [1, 2, 3]
    failed.step("first", FIRST.replace("3]", "300]"), options="--replace", end="")
    failed.step("train", body, options="--replace")
    assert failed.ip.user_ns["steps"].train.held == [1, 2, 300]


def test_in_an_empty_kernel_the_step_runs_on_the_inputs_with_which_it_failed(failed) -> None:
    another_day(failed)
    failed.run("%alo_debug")
    assert failed.ip.user_ns["steps"].train.data["rows"] == [1, 2, 3]
    record = failed.run(new_cell(failed).replace("by = 0", "by = 1\nheld = rows") + SAVE)
    assert [each.step for each in record.steps] == ["train"]
    assert failed.ip.user_ns["steps"].train.held == [1, 2, 3]
    assert "the code of step 'first' is a cell that has not run" in str(failed.error("%alo_run"))
    failed.run(f"%%alo_asset step=first\n{FIRST}")
    assert [each.step for each in failed.run("%alo_run").steps] == ["first", "train"]


def write_plan(project, name="plan.yaml"):
    parts = {"user_parameters": {"args": None}, "asset_source": {"source": {"code": "notebook"}}}
    steps = {part: [{"step": step, **about} for step in ("first", "train")] for part, about in parts.items()}
    plan = {"name": "p", **{part: [{"train_pipeline": each}] for part, each in steps.items()}}
    (project / name).write_text(json.dumps(plan))


@pytest.fixture
def failed_plan(shell, project):
    """A plan of cells whose second step has failed, in a kernel of another day."""
    write_plan(project)
    shell.run("%alo_plan plan.yaml")
    shell.step("first", FIRST, end="")
    shell.error(f"%%alo_asset step=train\n{BUG}")
    another_day(shell)
    return shell


def test_the_copy_that_the_run_has_kept_stands_for_a_plan_that_is_gone(failed_plan, project) -> None:
    (project / "plan.yaml").unlink()
    found = failed_plan.run("%alo_debug")
    assert any("is gone: the copy that the run has kept is open" in each for each in found.notes)
    assert current_session().plan.name == "p"
    failed_plan.run(new_cell(failed_plan).replace("by = 0", "by = 1\nheld = rows") + SAVE)
    assert failed_plan.ip.user_ns["steps"].train.held == [1, 2, 3]


def test_under_another_plan_the_one_to_open_is_named(failed_plan, project) -> None:
    write_plan(project, "other.yaml")
    failed_plan.run("%alo_plan other.yaml")
    found = failed_plan.run("%alo_debug")
    assert f"to run it on these inputs, open the plan of that run: %alo_plan {project}/plan.yaml" in found.notes
    assert failed_plan.ip.user_ns["steps"].train.data["rows"] == [1, 2, 3]


def interrupt_a_run(shell):
    shell.run("%%alo_asset step=first --define-only --replace\nraise KeyboardInterrupt")
    shell.error("%alo_run")
    return shell.run("import alo_nb\nalo_nb.history()")["id"][0]


def test_after_an_interrupt_the_line_that_goes_on_is_named(shell) -> None:
    run = interrupt_a_run(shell)
    error = shell.error(f"%alo_debug {run}")
    assert isinstance(error, RunNotFoundError)
    assert f"%alo_run --resume={run} executes what it lacks" in error.do
    assert f"%alo_run --resume={run} executes what it lacks" in shell.error("%alo_debug").do


def test_an_older_failure_is_shown_with_the_interrupt_that_came_after_it(failed) -> None:
    run = interrupt_a_run(failed)
    found = failed.run("%alo_debug")
    assert found.capsule.record.step == "train"
    assert found.notes[0].startswith(f"the newest run, {run}, was interrupted")
    assert f"--resume={run}" in found.notes[0]
    assert "interrupted" not in failed.run(f"%alo_debug {found.capsule.record.name}").notes[0]


def test_what_the_code_takes_along_comes_with_it_where_the_notebook_lacks_it(shell) -> None:
    shell.run("import math\ndef helper(x):\n    return math.sqrt(x)")
    shell.error("%%alo_asset step=s\nhelper(-1)")
    shell.run("%alo_debug")
    assert new_cell(shell) == "%%alo_asset step=s\nhelper(-1)"
    another_day(shell)
    shell.run("%alo_debug")
    cell = new_cell(shell)
    assert (
        cell == "%%alo_asset step=s\ndef helper(x):\n    return math.sqrt(x)\n\n\nhelper(-1)" or "import math" in cell
    )
    assert isinstance(shell.error(cell), ValueError)


def test_a_function_of_any_name_stays_the_step(shell) -> None:
    shell.run("import alo_nb\ndef helper(x):\n    return 1 / x")
    shell.error('@alo_nb.asset(step="s")\ndef anything(asset):\n    helper(0)')
    another_day(shell)
    shell.run("%alo_debug")
    assert isinstance(shell.error(new_cell(shell)), ZeroDivisionError)


def test_variables_of_use_are_set_where_the_notebook_lacks_them(shell) -> None:
    shell.run("limits = open.__name__ and [0, 1]")
    shell.error("%%alo_asset step=s use=limits\n1 / limits[0]")
    shell.run("del limits")
    found = shell.run("%alo_debug")
    assert "set in this notebook, as they were for use=: limits" in found.notes
    assert shell.ip.user_ns["limits"] == [0, 1]
    assert isinstance(shell.error(new_cell(shell)), ZeroDivisionError)
    shell.run("limits = 'mine'\n%alo_debug")
    assert shell.ip.user_ns["limits"] == "mine"


def test_a_step_whose_code_is_a_file_says_where_to_mend_it(shell, project) -> None:
    folder = project / "assets" / "train"
    folder.mkdir(parents=True)
    file = folder / "asset_train.py"
    lines = ["from alolib.asset import Asset", "class UserAsset(Asset):", "    @Asset.decorator_run"]
    file.write_text("\n".join([*lines, "    def run(self):", "        1 / 0", ""]))
    steps = [{"train_pipeline": [{"step": "train", "source": {"code": "local"}}]}]
    params = [{"train_pipeline": [{"step": "train", "args": None}]}]
    (project / "plan.yaml").write_text(json.dumps({"name": "p", "user_parameters": params, "asset_source": steps}))
    assert isinstance(shell.error("%alo_plan plan.yaml\n%alo_run"), ZeroDivisionError)
    found = shell.run("%alo_debug")
    assert (new_cell(shell), found.cell) == ("", "")
    assert not any("delete this one" in each for each in found.notes)
    assert "its code is assets/train/asset_train.py, line 5; to run it again: %alo_run --only train" in found.notes


def test_arguments_that_one_run_was_given_are_told_with_the_line_that_gives_them_again(failed) -> None:
    failed.error("%alo_run --only train train.rate=2")
    found = failed.run("%alo_debug")
    assert "that run alone was given arguments: %alo_run --only train train.rate=2" in found.notes
    assert (
        found.notes[-1]
        == f"after the fix, %alo_run --resume={found.capsule.record.run_id} executes what that run lacks"
    )


def test_a_failed_cell_is_run_again_and_not_all_before_it(failed) -> None:
    assert failed.run("%alo_debug").notes[-1] == "after the fix, run the cell again, or %alo_run"


def mend(shell, step="train"):
    shell.step(step, BUG.replace("by = 0", "by = 1"), options="--replace")
    return next(iter(alo_nb.history(cells=True)["id"]))


def test_a_failure_that_was_mended_since_says_so_and_one_that_was_not_goes_before_it(failed) -> None:
    failed.error("%%alo_asset step=first --replace\n1 / 0")
    failed.error(f"%%alo_asset step=train --replace\n{BUG}")
    name = failed.run("%alo_debug").capsule.record.name
    good = mend(failed)
    found = failed.run(f"%alo_debug {name}")
    assert (found.mended, found.notes[0]) == (good, f"mended since, in run {good[-6:]}")
    other = failed.run("%alo_debug")
    assert (other.capsule.record.step, other.mended) == ("first", "")


def test_when_all_failures_are_mended_the_name_that_opens_the_newest_is_told(failed) -> None:
    name = failed.run("%alo_debug").capsule.record.name
    good = mend(failed)
    error = failed.error("%alo_debug")
    assert str(error).startswith(
        f"all failures that are kept are mended: step 'train' has succeeded since, in run {good}"
    )
    assert f"`%alo_debug {name}` opens the newest" in error.do
    assert failed.run(f"%alo_debug {name}").mended == good


def test_the_sheet_offers_to_resume_only_what_can_be_resumed(failed) -> None:
    assert "run its cell again or `%alo_run`" in repr(failed.run("%alo"))
    failed.error("%alo_run train")
    assert "`%alo_run train --resume` goes on" in repr(failed.run("%alo"))


def test_inputs_that_are_gone_are_told_and_the_rest_is_shown(failed) -> None:
    folder = failed.run("%alo_debug").capsule.folder
    shutil.rmtree(folder / "values")
    found = failed.run("%alo_debug")
    assert any("its inputs cannot be loaded: the input 'rows'" in each for each in found.notes)
    assert found.frames[-1].locals["by"] == 0


def test_html_and_text_say_the_same_and_nothing_is_markup(shell) -> None:
    shell.error("%%alo_asset step=s\nx = '<b>&'\nraise ValueError(x)")
    shown, _ = DisplayFormatter().format(shell.run("%alo_debug"))
    assert "<b>&" in shown["text/plain"]
    assert "<b>&" not in shown["text/html"]
    assert "&lt;b&gt;&amp;" in shown["text/html"]
    assert "<script" not in shown["text/html"]


def test_wrong_names_are_errors_with_the_nearest(failed) -> None:
    name = failed.run("%alo_debug").capsule.record.name
    assert "did you mean 'train'" in str(failed.error(f"%alo_debug {name[:-1]}"))
    assert isinstance(failed.error("%alo_debug 123456"), RunNotFoundError)
    assert isinstance(failed.error("%alo_debug --later"), MagicUsageError)
    assert isinstance(failed.error(f"alo_nb.debug('{name[:6]}', 'first')"), (UnknownStepError, NameError))


def test_a_script_opens_a_failure_without_a_notebook(failed) -> None:
    here = current_session()
    try:
        set_session(Session())
        found = alo_nb.debug()
        assert current_session().namespaces["train"].rows == [1, 2, 3]
        assert found.cell.startswith(f"{TO_DO}%%alo_asset step=train rate=0.5\n")
        assert "it runs on the inputs with which it failed, until step first runs again" in found.notes
    finally:
        set_session(here)
