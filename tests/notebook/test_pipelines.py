"""What cells make together: pipelines with and without a plan, projects, runs of parts, and what is shown of them."""

from __future__ import annotations

import os
import re

import pytest

import alo_nb
from alo_nb.errors import (
    AloNbError,
    InterfaceError,
    MagicUsageError,
    PlanInvalidError,
    StepDefinitionError,
    UnknownStepError,
)
from alo_nb.notebook.session import current_session
from alo_nb.store import RunStore

COUNT = """\
asset.check_args("n", default=0, chng_type="int")
asset.save_data({**asset.load_data(), "%(step)s": [*asset.load_data(), asset.load_args().get("n", 0)]})
asset.save_config(asset.load_config())"""


def plan_text(train: str = "input train", inference: str = "", mode: str = "memory", n: int = 1) -> str:
    """Return a plan whose steps are cells and have the argument `n`."""
    pipelines = {"train_pipeline": train.split(), "inference_pipeline": inference.split()}
    lines = ["name: small", "user_parameters:"]
    for name, steps in pipelines.items():
        lines += (
            [f"  - {name}:", *(f"    - step: {each}\n      args:\n      - n: {n}" for each in steps)] if steps else []
        )
    lines += ["asset_source:"]
    for name, steps in pipelines.items():
        source = "source: {code: notebook, branch: , requirements: []}"
        lines += [f"  - {name}:", *(f"    - step: {each}\n      {source}" for each in steps)] if steps else []
    return "\n".join([*lines, "control:", f"  - interface_mode: {mode}", ""])


def define(shell, *steps, options="-n"):
    for step in steps:
        shell.run(f"%%alo_asset step={step} {options}\n{COUNT % {'step': step}}")


def names(run):
    return [(each.pipeline.removesuffix("_pipeline"), each.step) for each in run.steps]


def test_the_same_step_for_another_pipeline_is_an_error_and_takes_it_out_of_none(shell):
    shell.run("%%alo_asset step=a -n\n" + COUNT % {"step": "a"}, cell="one")
    error = shell.error("%%alo_asset step=a -n -p inference\n" + COUNT % {"step": "a"}, cell="two")
    assert isinstance(error, StepDefinitionError)
    assert "is already defined in" in error.what
    assert "-p all" in error.do
    assert names(shell.run("%alo_run")) == [("train", "a")]


# Without a plan ---------------------------------------------------------------------------------------------------


def test_without_a_plan_the_steps_are_the_train_pipeline_in_their_order(shell):
    define(shell, "b", "a", "c")
    run = shell.run("%alo_run")
    assert names(run) == [("train", "b"), ("train", "a"), ("train", "c")]
    assert [each.name for each in run.step("c").data] == ["b", "a", "c"]
    define(shell, "b")
    assert names(shell.run("%alo_run")) == names(run)


def test_a_run_takes_over_a_cell_that_saved_another_summary_than_the_run_before(shell):
    summary = "asset.save_summary('ok', asset.load_args()['score'])\n"
    shell.step("a", summary, options="score=0.1")
    shell.run("%alo_run a.score=0.2")
    shell.step("a", summary, options="score=0.3")
    run = shell.run("%alo_run")
    assert run.step("a").cached_from
    assert run.summaries["train_pipeline"]["score"] == 0.3


def test_an_argument_for_one_run_is_no_surprise(shell):
    shell.step("a", "asset.load_args()['n']\n", options="-n n=1")
    shell.run("run = %alo_run a.n=2")
    assert "is not used" not in shell.out


def test_pipeline_places_a_step_elsewhere(shell):
    define(shell, "a")
    define(shell, "b", options="-n pipeline=inference")
    define(shell, "c", options="-n -p all")
    assert names(shell.run("%alo_run train")) == [("train", "a"), ("train", "c")]
    assert str(shell.run("%alo_plan").pipelines[1].step_names()) == "('b', 'c')"


def test_a_step_cell_runs_missing_steps_before_it_and_no_others(shell):
    define(shell, "a", "b")
    run = shell.run(f"%%alo_asset step=c\n{COUNT % {'step': 'c'}}")
    assert names(run) == [("train", "a"), ("train", "b"), ("train", "c")]
    define(shell, "d")
    again = shell.run(f"%%alo_asset step=c\n{COUNT % {'step': 'c'}}")
    assert names(again) == [("train", "c")]
    assert again.step("c").digests() == run.step("c").digests()


def test_a_step_reads_what_its_cell_above_saved_last(shell):
    shell.run("%%alo_asset step=a\nasset.save_data({'v': 1})\nasset.save_config({})")
    shell.step("b", "v = asset.load_data()['v']")
    shell.run("%%alo_asset step=a\nasset.save_data({'v': 2})\nasset.save_config({})")
    shell.step("b", "v = asset.load_data()['v']")
    assert shell.run("steps.b.v") == 2


def test_the_names_of_a_step_that_was_taken_over_are_those_of_its_run(shell):
    """Also its arguments for that run only, and its inputs when the step before it has run anew meanwhile."""
    shell.run("%%alo_asset step=a v=1\nv = asset.load_args()['v']\nasset.save_data({'v': v})\nasset.save_config({})")
    shell.step("b", "got, n = asset.load_data()['v'], asset.load_args()['n']", options="n=1")
    shell.run("%alo_run b.n=2")
    shell.run("%reload_ext alo_nb")
    a = "v = asset.load_args()['v']\nasset.save_data({'v': v})\nasset.save_config({})"
    shell.step("a", a, options="-n v=1", end="")
    shell.step("b", "got, n = asset.load_data()['v'], asset.load_args()['n']", options="-n n=1")
    assert shell.run("%alo_run b.n=2").step("b").cached_from
    shell.step("a", a, options="v=5", end="")
    assert shell.run("steps.b.got, steps.b.n") == (1, 2)
    assert "step 'b' is executed, since its names are wanted" in shell.out


@pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")
def test_a_completion_executes_no_step(shell):
    shell.step("a", "found = 1")
    shell.run("%reload_ext alo_nb")
    shell.step("a", "found = 1")
    before = len(list(RunStore(current_session().project)))
    text = "steps.a.f"
    assert "found" not in {each.text for each in shell.ip.Completer.completions(text, len(text))}
    assert not shell.ip.object_inspect("steps.a.found")["found"]
    assert len(list(RunStore(current_session().project))) == before
    assert shell.run("steps.a.found") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%alo_run --resume --no-cache", "--no-cache executes every step"),
        ("%alo_run --inputs v0", "--inputs says where a step gets its inputs from"),
        ("alo_nb.run(resume=True, cache=False)", "--no-cache executes every step"),
    ],
)
def test_options_that_would_have_no_effect_are_usage_errors(shell, line, said):
    define(shell, "a")
    shell.run("import alo_nb")
    error = shell.error(line)
    assert isinstance(error, MagicUsageError)
    assert said in error.what
    assert error.do


WITH_MODEL = "x = {}\nwith open(asset.get_model_path() + 'm', 'w') as file:\n    file.write(str(x))"


def test_looking_at_a_step_that_was_taken_over_records_and_publishes_nothing(shell, project):
    shell.step("a", "new = 1")
    shell.step("b", WITH_MODEL.format(7))
    shell.run("%reload_ext alo_nb")
    shell.step("a", "new = 1", options="-n")
    shell.step("b", WITH_MODEL.format(7), options="-n")
    shell.error("%%alo_asset step=c\n1 / 0")
    assert all(each.cached_from for each in shell.run("%alo_run --to b").steps)

    def written():
        folders = [project / "train_artifacts", project / ".alo" / "runs", project / ".alo" / "journal"]
        return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*")}

    before = written()
    assert shell.run("steps.b.x") == 7
    assert "step 'b' is executed" in shell.out
    assert written() == before
    assert shell.run("steps.b.x") == 7
    assert "is executed" not in shell.out


def test_the_names_of_a_step_before_one_that_fails_can_be_looked_at(shell):
    shell.step("a", "asset.save_data({'v': 3})", end="\nasset.save_config({})")
    shell.step("b", "v = asset.load_data()['v']")
    shell.run("%reload_ext alo_nb")
    shell.step("a", "asset.save_data({'v': 3})", options="-n", end="\nasset.save_config({})")
    shell.step("b", "v = asset.load_data()['v']", options="-n")
    shell.run("%%alo_asset step=c -n\n1 / 0")
    assert isinstance(shell.error("%alo_run"), ZeroDivisionError)
    assert shell.run("steps.b.v") == 3


def test_what_a_step_does_to_its_data_stays_in_the_step(shell):
    shell.run("%%alo_asset step=a\nrows = [1]\nasset.save_data({'rows': rows})\nasset.save_config({})\nrows.append(2)")
    shell.step("b", "asset.load_data()['rows'].append(3)\nrows = asset.load_data()['rows']")
    assert shell.run("steps.b.rows") == [1]


# With a plan ------------------------------------------------------------------------------------------------------


def test_with_a_plan_a_step_belongs_to_every_pipeline_that_lists_it(shell, project):
    (project / "plan.yaml").write_text(plan_text("input train", "input predict"))
    shell.run("%alo_plan plan.yaml")
    define(shell, "predict", "train", "input")
    run = shell.run("%alo_run train")
    assert names(run) == [("train", "input"), ("train", "train")]
    assert [(row.pipeline, row.step, row.state) for row in shell.run("%alo_status")] == [
        ("train_pipeline", "input", "fresh"),
        ("train_pipeline", "train", "fresh"),
        ("inference_pipeline", "input", "never"),
        ("inference_pipeline", "predict", "never"),
    ]


def test_the_plans_arguments_go_before_those_of_the_cell(shell, project):
    (project / "plan.yaml").write_text(plan_text("input", n=5))
    shell.run("%alo_plan plan.yaml")
    run = shell.run(f"%%alo_asset step=input n=1 more=2\n{COUNT % {'step': 'input'}}")
    assert run.step("input").args == {"n": 5, "more": 2}


def test_an_edited_plan_is_read_again_and_a_broken_one_is_an_error(shell, project):
    path = project / "plan.yaml"
    path.write_text(plan_text("input", n=1))
    shell.run("%alo_plan plan.yaml")
    define(shell, "input")
    path.write_text(plan_text("input", n=22))
    assert shell.run("%alo_run").step("input").args == {"n": 22}
    path.write_text(plan_text("input", n=22) + "contrl: []\n")
    assert isinstance(shell.error("%alo_run"), PlanInvalidError)
    path.write_text(plan_text("input", n=333))
    assert shell.run("%alo_run").step("input").args == {"n": 333}


def test_a_new_kernel_in_file_mode_goes_on_from_the_outputs_on_disk(shell, project):
    (project / "plan.yaml").write_text(plan_text(mode="file"))
    shell.run("%alo_plan plan.yaml")
    define(shell, "input", "train")
    before = shell.run("%alo_run")
    shell.run("%reload_ext alo_nb")
    shell.run("%alo_plan plan.yaml")
    run = shell.run(f"%%alo_asset step=train\n{COUNT % {'step': 'train'}}")
    assert names(run) == [("train", "train")]
    assert run.step("train").digests() == before.step("train").digests()


def test_a_step_cell_in_a_new_kernel_takes_the_inputs_of_the_latest_run_and_says_so(shell, project):
    (project / "plan.yaml").write_text(plan_text())
    shell.run("%alo_plan plan.yaml")
    define(shell, "input", "train")
    first = shell.run("%alo_run")
    shell.run("%reload_ext alo_nb")
    shell.run("%alo_plan plan.yaml")
    run = shell.run(f"%%alo_asset step=train --force\n{COUNT % {'step': 'train'}}")
    assert [(each.step, each.inputs_from) for each in run.steps] == [("train", first.id)]
    assert run.step("train").digests() == first.step("train").digests()


def test_a_step_cell_in_a_new_kernel_without_any_run_says_which_cell_to_run(shell, project):
    (project / "plan.yaml").write_text(plan_text())
    shell.run("%alo_plan plan.yaml")
    error = shell.error(f"%%alo_asset step=train\n{COUNT % {'step': 'train'}}")
    assert isinstance(error, UnknownStepError)
    assert "run the cell `%%alo_asset step=input`" in str(error)


@pytest.mark.parametrize(
    ("folder", "path"),
    [(".", "plans/plan.yaml"), ("notebooks", "../plans/plan.yaml"), ("notebooks", "plans/plan.yaml")],
)
def test_the_same_plan_works_from_above_and_from_a_subfolder(shell, project, monkeypatch, folder, path):
    for name in ("plans", "notebooks"):
        (project / name).mkdir()
    (project / "plans" / "plan.yaml").write_text(plan_text())
    monkeypatch.chdir(project / folder)
    shell.run(f"%alo_plan {path}")
    define(shell, "input", "train")
    run = shell.run("%alo_run")
    assert names(run) == [("train", "input"), ("train", "train")]
    assert (project / ".alo" / "runs" / run.id).is_dir()
    assert not (project / "notebooks" / ".alo").exists()


def test_the_project_is_the_nearest_parent_with_alo_or_the_one_that_is_named(shell, project, monkeypatch):
    inner, other = project / "inner" / "deep", project / "other"
    inner.mkdir(parents=True)
    other.mkdir()
    (project / "inner" / ".alo").mkdir()
    assert shell.run("%alo_project").root == project
    monkeypatch.chdir(inner)
    assert shell.run("%alo_project").root == project / "inner"
    monkeypatch.setenv("ALO_NB_PROJECT", "")
    assert shell.run("%alo_project ../../other").root == other
    assert os.environ["ALO_NB_PROJECT"] == str(other)
    define(shell, "a")
    run = shell.run("%alo_run")
    assert (other / ".alo" / "runs" / run.id).is_dir()


# Runs of parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ("", "abc"),
        ("train", "abc"),
        ("--from b", "bc"),
        ("--from=b", "bc"),
        ("--to b", "ab"),
        ("--from b --to b", "b"),
        ("--only b", "b"),
        ("--only=a,c", "ac"),
        ("--only 'c, a'", "ac"),
    ],
)
def test_a_part_is_run_in_the_order_of_the_pipeline(shell, options, steps):
    define(shell, "a", "b", "c")
    whole = shell.run("%alo_run")
    run = shell.run(f"%alo_run {options}")
    assert [each.step for each in run.steps] == [*steps]
    expected = whole.digests()
    assert run.digests() == {name: expected[name] for name in run.digests()}


def test_a_part_needs_the_outputs_before_it(shell):
    define(shell, "a", "b")
    error = shell.error("%alo_run --from b")
    assert isinstance(error, InterfaceError)
    assert "--from a" in str(error)


def test_an_argument_for_one_run_is_for_one_run_only(shell):
    define(shell, "a", "b")
    assert shell.run("%alo_run a.n=7").step("a").args == {"n": 7}
    run = shell.run("%alo_run --only=b b.n=[1,2]")
    assert run.step("b").args == {"n": [1, 2]}
    assert shell.run("%alo_run").step("a").args == {}


def test_a_notebook_argument_has_the_value_of_the_moment_of_the_run(shell):
    shell.run("n = 1")
    shell.run(f"%%alo_asset step=a n=$n\n{COUNT % {'step': 'a'}}")
    shell.run("n = 2")
    assert shell.run("%alo_run").step("a").args == {"n": 2}


def test_both_interface_modes_give_the_same(shell):
    define(shell, "a", "b")
    assert (
        shell.run("%alo_run --interface-mode=file").digests() == shell.run("%alo_run --interface-mode memory").digests()
    )


def test_a_failed_step_stops_the_run_and_says_where_it_was(shell):
    define(shell, "a")
    shell.run("%%alo_asset step=b -n\nasset.load_data()['nothing']")
    define(shell, "c")
    error = shell.error("%alo_run")
    assert isinstance(error, KeyError)
    assert any("step 'b', cell In[3], line 2" in note for note in error.__notes__)
    run = RunStore(current_session().project).list()[0]
    assert [(each.step, each.status) for each in run.steps] == [("a", "success"), ("b", "failed")]
    assert run.status == "failed"


# Looking ----------------------------------------------------------------------------------------------------------


def test_status_tells_what_ran_what_changed_and_what_failed(shell):
    shell.run("LIMIT = 1")
    assert str(shell.run("%alo_status")) == "no steps yet: start a cell with `%%alo_asset step=NAME`"
    define(shell, "never")
    shell.run("%alo_drop never")
    shell.step("ran", "x = 1")
    shell.step("edited", "x = 1")
    shell.step("edited", "x = 2", options="-n")
    shell.step("helped", "x = LIMIT")
    shell.run("LIMIT = 2")
    shell.error("%%alo_asset step=failed\n1 / 0")
    shell.step("new", "x = 1", options="-n")
    states = {row.step: row.state for row in shell.run("%alo_status")}
    assert states == {"ran": "fresh", "edited": "stale", "helped": "stale", "failed": "failed", "new": "never"}


def test_drop_forgets_the_step_and_keeps_its_results(shell):
    run = shell.step("a", "x = 1")
    dropped = shell.run("%alo_drop a")
    assert (str(dropped), dropped.definition.name) == ("step 'a' is forgotten", "a")
    assert list(shell.run("%alo_status")) == []
    assert RunStore(current_session().project).list()[0].id == run.id


def test_history_is_a_table_newest_first(shell):
    define(shell, "a", "b")
    ids = [shell.run("%alo_run").id, shell.run("%alo_run --only a").id]
    table = shell.run("%alo_history")
    assert sorted(table["start_time"], reverse=True) == list(table["start_time"])
    assert set(table["id"]) == set(ids)
    assert set(table["steps"]) == {1, 2}
    assert len(shell.run("%alo_history --limit=1")) == 1
    assert len(shell.run("%alo_history --limit 0")) == 0
    assert len(shell.run("%alo_history train --status success")) == 2
    assert len(shell.run("%alo_history inference")) == 0
    code = table["code_id"][0]
    assert len(shell.run(f"%alo_history --code-id {code} --steps all")) == 1


def test_a_run_can_be_pinned_and_let_go(shell):
    define(shell, "a")
    run = shell.run("%alo_run")
    assert shell.run(f"%alo_pin {run.id[-6:]}").id == run.id
    assert list(shell.run("%alo_history")["pinned"]) == [True]
    assert shell.run("%alo_pin latest --off").id == shell.run("%alo_pin latest").id == run.id
    shell.run(f"%alo_pin {run.id} --off")
    assert list(shell.run("%alo_history")["pinned"]) == [False]


def test_an_inference_takes_the_model_of_the_train_run_that_is_named(shell, project):
    shell.run(
        "%%alo_asset step=train -n\nfrom pathlib import Path\nPath(asset.get_model_path(), 'm').write_text('1')\n"
        "asset.save_data({})\nasset.save_config({})"
    )
    shell.run(
        "%%alo_asset step=inference pipeline=inference -n\nfrom pathlib import Path\n"
        "Path(asset.get_output_path(), 'o.csv').write_text(Path(asset.get_model_path(), 'm').read_text())\n"
        "asset.save_summary('OK', 0.5)\nasset.save_data({})\nasset.save_config({})"
    )
    first = shell.run("%alo_run train")
    shell.run("%alo_run train")
    assert shell.run(f"%alo_run inference --train-id {first.id[-6:]}").train_id == first.id


def test_alo_shows_every_magic_and_the_state(shell, project):
    define(shell, "a")
    shell.run("%alo")
    registered = {
        name for kind in ("line", "cell") for name in shell.ip.magics_manager.magics[kind] if name.startswith("alo")
    }
    for name in registered - {"alo", "alo_unknown"}:
        assert f"%{name}" in shell.out
    assert re.search(rf"project +{re.escape(str(project))}", shell.out)
    assert "none open" in shell.out
    assert re.search(r"train +\S a\n", shell.out)
    (project / "plan.yaml").write_text(plan_text())
    shell.run("%alo_plan plan.yaml")
    shell.run("%alo")
    assert re.search(r"plan +small", shell.out)


def test_a_plan_that_cannot_be_read_right_now_is_said_and_not_hidden(shell, project):
    path = project / "plan.yaml"
    path.write_text(plan_text())
    shell.run("%alo_plan plan.yaml")
    path.write_text("name: [")
    assert isinstance(shell.error("%alo_status"), AloNbError)


# Magics are functions ---------------------------------------------------------------------------------------------


def test_each_magic_is_the_function_of_the_same_job(shell, project, monkeypatch):
    (project / "plan.yaml").write_text(plan_text())
    (project / "other" / ".alo").mkdir(parents=True)
    shell.run("import alo_nb")
    assert shell.run("%alo_plan plan.yaml") == alo_nb.use_plan("plan.yaml") == alo_nb.use_plan()
    define(shell, "input", "train")
    magic = shell.run("%alo_run train --to train input.n=3 --interface-mode=file")
    function = shell.run("alo_nb.run('train', last='train', overrides={'input.n': 3}, interface_mode='file')")
    assert magic.digests() == function.digests()
    assert names(magic) == names(function)
    assert [each.args for each in magic.steps] == [each.args for each in function.steps]
    assert magic.trigger == function.trigger
    assert shell.run("%alo_status") == alo_nb.status()
    assert shell.run("%alo_history --limit=1").equals(alo_nb.history(limit=1))
    assert shell.run("%alo") == alo_nb.overview()
    dropped = shell.run("%alo_drop train").definition
    define(shell, "train")
    assert alo_nb.drop("train") == dropped
    monkeypatch.setenv("ALO_NB_PROJECT", "")
    assert shell.run("%alo_project other") == alo_nb.use_project("other") == alo_nb.use_project()


def test_run_can_open_a_plan_first(shell, project):
    (project / "plan.yaml").write_text(plan_text(n=4))
    define(shell, "input", "train")
    assert alo_nb.run(plan="plan.yaml").step("train").args == {"n": 4}


def test_a_script_without_a_shell_defines_steps_by_the_decorator(project, monkeypatch):
    import importlib

    (project / "my_steps.py").write_text(
        "import alo_nb\n\nFACTOR = 2\n\n\ndef double(x):\n    return FACTOR * x\n\n\n"
        "@alo_nb.asset(step='a', n=4)\ndef run(asset):\n    n = asset.check_args('n', chng_type='int')\n"
        "    asset.save_data({'n': double(n)})\n    asset.save_config({})\n"
    )
    from alo_nb.notebook.session import set_session

    monkeypatch.syspath_prepend(str(project))
    set_session(None)
    try:
        importlib.import_module("my_steps")
        run = alo_nb.run()
    finally:
        set_session(None)
    from alo_nb.handover.codec import encode

    assert run.step("a").digests() == {"data.n": encode(8).digest}
    assert run.trigger == "python"


# What would not be what it seems ----------------------------------------------------------------------------------


def test_a_cell_that_the_plan_does_not_use_is_refused(shell, project):
    folder = project / "assets" / "a"
    folder.mkdir(parents=True)
    (folder / "asset_a.py").write_text("asset.save_data({'from': 'file'})\nasset.save_config({})")
    source = "{code: local, branch: , requirements: []}"
    (project / "plan.yaml").write_text(
        f"name: p\nversion: '1'\nuser_parameters: [{{train_pipeline: [{{step: a, args: [{{}}]}}]}}]\n"
        f"asset_source: [{{train_pipeline: [{{step: a, source: {source}}}]}}]\n"
    )
    shell.run("%alo_plan plan.yaml")
    error = shell.error("%%alo_asset step=a\nraise RuntimeError('the cell ran')")
    assert error.what == "this cell would not run: the plan takes step 'a' from `code: local`"
    assert "plan.yaml, line 4" in error.where
    assert error.do.startswith("write `code: notebook` there to use the cell")


def test_a_run_inside_of_a_step_is_refused_at_once(shell):
    error = shell.error("%%alo_asset step=a\nimport alo_nb\nalo_nb.run('train')")
    assert error.what == "a step cannot start a run: it would start itself again"
    assert len(RunStore(current_session().project).list()) == 1
    define(shell, "a")
    assert shell.run("%alo_run").status == "success"


def test_history_leaves_out_runs_of_single_cells_unless_they_are_asked_for(shell):
    shell.step("a", "x = 1")
    assert len(shell.run("%alo_history")) == 0
    assert list(shell.run("%alo_history --cells")["trigger"]) == ["cell"]
