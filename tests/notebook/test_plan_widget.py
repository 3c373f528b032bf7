"""The plan widget: its handlers are called, as clicks would, and what they did is in the plan's text."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import ipywidgets
import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

import alo_nb
from alo_nb.errors import AloNbError, PlanEditError
from alo_nb.notebook.widget import runs as runs_module

TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"
PLAN = """\
# a plan to click at
name: shop
version: "1.0"
external_path:
  - load_train_data_path:
  - load_inference_data_path:
  - save_train_artifacts_path:
  - save_inference_artifacts_path:
  - load_model_path:
external_path_permission:
  - aws_key_profile:
user_parameters:
  - train_pipeline:
      - step: prep
        args:
      - step: fit
        args:
          - depth: 5   # how deep
            kind: forest
            columns: [a, b]
            password: hunter2-hunter2
        ui_args:
          - depth
asset_source:
  - train_pipeline:
      - step: prep
        source: {code: steps.ipynb, branch: , requirements: []}
      - step: fit
        source: {code: steps.ipynb, branch: , requirements: []}
control:
  - get_asset_source: once
  - backup_artifacts: True
  - backup_log: True
  - backup_size: 1000
  - interface_mode: memory
  - save_inference_format: tar.gz
  - check_resource: False
ui_args_detail:
  - train_pipeline:
      - step: fit
        args:
          - {name: depth, type: int, default: [3], range: [1, 20], description: how deep a tree may grow}
          - {name: kind, type: single_selection, default: forest, selectable: [forest, boosting]}
          - {name: rate, type: float, default: [0.5], range: [0, 1]}
"""
CELLS = (
    "%%alo_asset step=prep\nasset.save_data({'x': [1, 2]})\nasset.save_config({})",
    "%%alo_asset step=fit rounds=9\nimport time\nargs = asset.load_args()\ntime.sleep(args.get('seconds', 0))\n"
    "1 / (args['depth'] - 13)\nasset.save_data(asset.load_data())\nasset.save_config(asset.load_config())",
)
HOSTILE = "<img src=x onerror=alert(1)>"


def write(project: Path, text: str = PLAN) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    nbformat.write(notebook, project / "steps.ipynb")
    (project / "plan.yaml").write_text(text)
    return project / "plan.yaml"


@pytest.fixture
def path(shell, project):
    return write(project)


@pytest.fixture
def form(path):
    made = alo_nb.plan_widget("plan.yaml")
    assert made.last_error is None
    yield made
    if made.runs.running is not None:
        made.runs.stop()
        made.runs.wait(60)
    made.close()


def everything_shown(form):
    """The state of every widget, as it goes to a front end."""
    return "\n".join(repr(each.get_state()) for each in walk(form))


def walk(widget):
    yield widget
    for each in getattr(widget, "children", ()):
        yield from walk(each)


# -- arguments -------------------------------------------------------------------------------------------------------


def test_an_argument_changed_in_the_form_is_one_line_of_the_text(form):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    assert form.last_error is None
    assert form.bench.file.text == PLAN.replace("depth: 5 ", "depth: 7 ")
    form.arguments.controls["kind"].value = "boosting"
    form.arguments.controls["columns"].value = "[a, c]"
    assert form.last_error is None
    wanted = PLAN.replace("depth: 5 ", "depth: 7 ").replace("kind: forest\n", "kind: boosting\n")
    assert form.bench.file.text == wanted.replace("[a, b]", "[a, c]")


def test_each_argument_has_a_control_for_what_it_may_be_and_says_where_it_comes_from(form):
    form.choose(TRAIN, "fit")
    kinds = {name: type(each).__name__ for name, each in form.arguments.controls.items()}
    assert kinds == {
        **{"depth": "IntText", "kind": "Dropdown", "columns": "Text", "password": "Text"},
        **{"rounds": "IntText", "rate": "FloatText"},
    }
    origins = {each.name: (each.value, each.origin) for each in form.bench.fields(TRAIN, "fit")}
    assert origins["depth"] == (5, "plan")
    assert origins["rounds"] == (9, "magic line")
    assert origins["rate"] == (0.5, "default")
    assert "seconds" in form.arguments.new_name.options


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("depth", 70, "outside of 1 to 20"),
        ("rate", -1.0, "outside of 0 to 1"),
        ("columns", "[a, b", "no readable YAML"),
    ],
)
def test_a_value_that_cannot_be_is_told_beside_its_control_and_the_plan_stays(form, name, value, why):
    form.choose(TRAIN, "fit")
    form.arguments.controls[name].value = value
    assert isinstance(form.last_error, AloNbError)
    assert why in str(form.last_error)
    assert "not taken over" in form.arguments.notes[name].value
    assert why in form.message.value
    assert form.bench.file.text == PLAN
    form.lists[TRAIN].steps.value = "prep"
    assert form.last_error is None
    assert form.message.value == ""


def test_an_argument_is_added_and_taken_away(form):
    form.choose(TRAIN, "fit")
    form.arguments.new_name.value, form.arguments.new_value.value = "limits", "[1, 2.5, no]"
    form.guard(form.arguments.add)()
    assert form.last_error is None
    assert form.bench.step(TRAIN, "fit").args["limits"] == [1, 2.5, False]
    form.guard(form.arguments.remove)("limits")
    assert form.bench.file.text == PLAN
    form.guard(form.arguments.add)()
    assert "which argument" in str(form.last_error)


def test_code_cache_policy_and_name_of_a_step_are_edited(form):
    form.choose(TRAIN, "fit")
    form.arguments.code.value = "local"
    form.arguments.cache.value = "off"
    form.arguments.name.value = "train"
    assert form.last_error is None
    plan = form.bench.plan
    assert plan.pipeline(TRAIN).steps[1].source.code == "local"
    assert plan.cache == {"train": "off"}
    assert plan.pipeline(TRAIN).step_names() == ("prep", "train")
    assert form.lists[TRAIN].chosen == form.arguments.step == "train"


def test_paths_and_control_are_edited(form):
    form.settings.controls["interface_mode"].value = "file"
    form.settings.controls["backup_size"].value = 5
    form.settings.controls["backup_log"].value = False
    form.settings.controls["load_train_data_path"].value = "./data/"
    assert form.last_error is None
    plan = form.bench.plan
    assert (plan.control.interface_mode, plan.control.backup_size, plan.control.backup_log) == ("file", 5, False)
    assert plan.external_path.load_train_data_path == ("./data/",)
    form.settings.controls["load_train_data_path"].value = ""
    assert form.bench.plan.external_path.load_train_data_path == ()


# -- steps -----------------------------------------------------------------------------------------------------------


def test_steps_are_added_moved_copied_put_aside_and_taken_away_and_all_of_it_can_be_undone(form, shell):
    shell.run("%alo_plan plan.yaml")
    steps = form.lists[TRAIN]
    form.choose(TRAIN, "fit")
    for act in (lambda: steps.move(-1), steps.duplicate, steps.toggle):
        form.guard(act)()
        assert form.last_error is None
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "prep")
    assert ("⊘ fit_2 (out of use)", "fit_2") in steps.steps.options
    form.guard(steps.toggle)()
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "fit_2", "prep")
    form.guard(steps.remove)()
    steps.name.value = "report"
    form.guard(steps.add)()
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "prep", "report")
    assert steps.chosen == "report"
    while form.bench.file.can_undo:
        form.guard(form.undo)()
    assert form.bench.file.text == PLAN
    while form.bench.file.can_redo:
        form.guard(form.redo)()
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "prep", "report")
    assert form.last_error is None


def test_a_step_is_added_from_a_cell_to_a_pipeline_that_was_not_there(shell, project):
    write(project)
    shell.run("%%alo_asset step=score -n\nasset.save_data({})\nasset.save_config({})")
    form = alo_nb.plan_widget("plan.yaml")
    steps = form.lists[INFERENCE]
    assert "score" in steps.name.options
    steps.name.value = "score"
    form.guard(steps.add)()
    assert form.last_error is None
    assert form.bench.plan.pipeline(INFERENCE).steps[0].source.code == "notebook"
    assert "score" not in steps.name.options
    form.close()


@pytest.mark.parametrize("act", ["move", "duplicate", "toggle", "remove", "add"])
def test_without_a_chosen_step_the_buttons_say_so(form, act):
    handler = getattr(form.lists[TRAIN], act)
    form.guard(lambda: handler(1) if act == "move" else handler())()
    assert "which step" in str(form.last_error)
    assert form.bench.file.text == PLAN


# -- the file --------------------------------------------------------------------------------------------------------


def test_saving_writes_the_text_and_a_change_on_disk_is_never_overwritten(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    assert path.read_text() == PLAN
    assert "not saved" in form.title.value
    form.guard(form.save)()
    assert form.last_error is None
    assert "depth: 7" in path.read_text()
    form.arguments.controls["depth"].value = 8
    path.write_text(PLAN + "# theirs\n")
    form.guard(form.save)()
    assert isinstance(form.last_error, PlanEditError)
    assert path.read_text() == PLAN + "# theirs\n"
    form.guard(form.reload)()
    assert form.last_error is None
    assert form.bench.file.text == PLAN + "# theirs\n"
    form.guard(form.undo)()
    assert "depth: 8" in form.bench.file.text


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (("interface_mode: memory", "interface_mode: memroy"), "memroy"),
        (("- step: fit\n        source", "- step: fitt\n        source"), "did you mean"),
        (("name: shop", "name: [shop"), "no readable YAML"),
    ],
)
def test_a_plan_with_problems_opens_and_shows_them(shell, project, change, shown):
    write(project, PLAN.replace(*change))
    form = alo_nb.plan_widget("plan.yaml")
    assert form.last_error is None
    assert shown in form.problems.value
    assert shown in repr(form.twin())
    form.close()


def test_a_plan_is_mended_in_the_form_and_then_known_to_the_session(shell, project):
    path = write(project, PLAN.replace("interface_mode: memory", "interface_mode: memroy"))
    form = alo_nb.plan_widget("plan.yaml")
    assert not shell.run("import alo_nb.notebook.session as s; s.current_session().has_plan")
    form.settings.controls["interface_mode"].value = "file"
    form.guard(form.save)()
    assert form.last_error is None
    assert path.read_text() == PLAN.replace("interface_mode: memory", "interface_mode: file")
    assert "memroy" not in form.problems.value
    assert shell.run("s.current_session().plan.path") == path
    form.close()


def test_a_plan_begins_with_the_cells_and_its_file_with_the_first_save(shell, project):
    shell.run("%%alo_asset step=a n=3 -n\nasset.save_data({})\nasset.save_config({})")
    shell.run("%%alo_asset step=b pipeline=all -n\nasset.save_data({})\nasset.save_config({})")
    form = alo_nb.plan_widget()
    assert form.last_error is None
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("a", "b")
    assert form.bench.plan.pipeline(INFERENCE).step_names() == ("b",)
    assert not (project / "experimental_plan.yaml").exists()
    form.choose(TRAIN, "a")
    assert form.arguments.controls["n"].value == 3
    form.guard(form.save)()
    assert form.last_error is None
    assert shell.run("%alo_plan").path == project / "experimental_plan.yaml"
    form.close()
    again = alo_nb.plan_widget()
    assert again.bench.file.path == project / "experimental_plan.yaml"
    again.close()


# -- what is shown ---------------------------------------------------------------------------------------------------


def test_hostile_names_are_text_and_secrets_are_not_there(shell, project):
    text = PLAN.replace("kind: forest\n", f'"{HOSTILE}": "{HOSTILE}"\n').replace("name: shop", f'name: "{HOSTILE}"')
    write(project, text.replace("backup_size: 1000", f'backup_size: "{HOSTILE}"'))
    form = alo_nb.plan_widget("plan.yaml")
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    html = [each.value for each in walk(form) if isinstance(each, ipywidgets.HTML)]
    assert any("&lt;img" in each for each in html)
    assert not any("<img" in each for each in html)
    assert "<img" not in form.twin().html
    assert "hunter2" not in everything_shown(form) + form.twin().html + repr(form.twin())
    form.close()


def test_a_form_that_is_used_for_long_keeps_no_widgets(form):
    from ipywidgets.widgets.widget import _instances

    def use(number):
        form.choose(TRAIN, "fit")
        form.arguments.controls["depth"].value = 1 + number % 7
        form.choose(TRAIN, "prep")
        form.guard(form.undo)()

    for number in range(3):
        use(number)
    before = len(_instances)
    for number in range(20):
        use(number)
    assert form.last_error is None
    assert len(_instances) == before
    assert threading.active_count() < 20


def test_a_closed_form_leaves_nothing_behind(path):
    from ipywidgets.widgets.widget import _instances

    before = set(_instances)
    form = alo_nb.plan_widget("plan.yaml")
    form.choose(TRAIN, "fit")
    form.close()
    left = [_instances[each] for each in set(_instances) - before]
    assert [type(each).__name__ for each in left] == []


# -- runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_goes_on_in_a_process_of_its_own_and_its_states_are_shown(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    form.guard(form.runs.start)()
    assert form.last_error is None
    assert "depth: 7" in path.read_text()
    assert form.runs.run_button.disabled
    form.runs.wait(120)
    assert form.last_error is None, form.runs.log_tail.value
    assert "success" in form.runs.state.value
    assert form.lists[TRAIN].steps.options == (("✔ prep  fresh", "prep"), ("✔ fit  fresh", "fit"))
    assert form.runs.bar.value == 2
    run = alo_nb.Run.from_dict(json.loads(sorted(Path(".alo/runs").iterdir())[-1].joinpath("run.json").read_text()))
    assert run.step("fit").args["depth"] == 7
    form.guard(form.runs.start)()
    form.runs.wait(120)
    assert f"nothing to do: all is as in run {run.id[-6:]}" in form.runs.state.value
    form.runs.what.value = "everything"
    form.guard(form.runs.start)()
    form.runs.wait(120)
    assert run.id[-6:] not in form.runs.state.value
    assert "success" in form.runs.state.value


@pytest.mark.slow
def test_a_long_run_is_stopped_and_a_failed_one_says_why(form, monkeypatch):
    monkeypatch.setattr(runs_module, "LOOK_EVERY_S", 0.05)
    form.choose(TRAIN, "fit")
    form.arguments.new_name.value, form.arguments.new_value.value = "seconds", "100"
    form.guard(form.arguments.add)()
    form.guard(form.runs.start)()
    form.guard(form.runs.start)()
    assert "a run is going on" in str(form.last_error)
    waited = threading.Event()
    while "▶ fit" not in repr(form.lists[TRAIN].steps.options) and not waited.wait(0.1):
        assert form.runs._thread.is_alive(), form.runs.log_tail.value
    form.guard(form.runs.stop)()
    form.runs.wait(60)
    assert "interrupted" in form.runs.state.value
    form.arguments.controls["seconds"].value = 0
    form.arguments.controls["depth"].value = 13
    form.runs.what.value = "only this step"
    form.guard(form.runs.start)()
    form.runs.wait(120)
    assert "failed" in form.runs.state.value
    assert "division by zero" in form.runs.steps.value
    assert "ZeroDivisionError" in form.runs.log_tail.value
    assert ("✖ fit  failed", "fit") in form.lists[TRAIN].steps.options


def test_a_run_that_needs_a_step_or_a_notebook_that_nobody_knows_says_so(form, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    form.runs.what.value = "from this step on"
    form.guard(form.runs.start)()
    assert "which one" in str(form.last_error)
    form.choose(TRAIN, "fit")
    form.arguments.code.value = "notebook"
    form.guard(form.runs.start)()
    assert "not known which file this notebook is" in str(form.last_error)


def test_without_a_front_end_the_magic_shows_the_twin(shell, path):
    from IPython.utils.capture import capture_output

    with capture_output() as captured:
        shell.ip.run_cell("%alo_plan plan.yaml --widget").raise_error()
    (shown,) = [each.data for each in captured.outputs]
    assert set(shown) == {"text/plain", "text/html"}
    assert "plan shop · plan.yaml" in shown["text/plain"]
    assert "depth=5" in shown["text/plain"]
    assert shown["text/html"].startswith("<details>")


@pytest.mark.slow
def test_in_a_live_kernel_the_form_is_shown_with_its_twin_which_follows_the_edits(project):
    write(project)
    code = (
        "%load_ext alo_nb\nimport alo_nb\nform = alo_nb.plan_widget('plan.yaml')\nform",
        f"form.choose({TRAIN!r}, 'fit')\nform.arguments.controls['depth'].value = 7\nprint(form.last_error)",
    )
    manager, client = start_new_kernel(cwd=str(project))
    shown = []
    try:
        for each in code:
            client.execute_interactive(each, allow_stdin=True, timeout=60, output_hook=shown.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    displays = [each for each in shown if each["msg_type"] in ("display_data", "update_display_data")]
    view, twin, *updates = displays
    assert "application/vnd.jupyter.widget-view+json" in view["content"]["data"]
    assert "see the table below" in view["content"]["data"]["text/plain"]
    assert "depth=5" in twin["content"]["data"]["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" not in twin["content"]["data"]
    assert updates[-1]["content"]["transient"] == twin["content"]["transient"]
    assert "depth=7" in updates[-1]["content"]["data"]["text/html"]
    assert [each["content"]["text"] for each in shown if each["msg_type"] == "stream"] == ["None\n"]
    assert not [each for each in shown if each["msg_type"] == "error"]
