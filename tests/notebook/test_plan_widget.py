"""The plan widget: its handlers are called, as clicks would, and what they did is in the plan's text."""

from __future__ import annotations

import html
import threading
from pathlib import Path

import ipywidgets
import pytest
from clicked_plan import INFERENCE, PLAN, TRAIN, chips, click_step, write
from socket_kernels import running_kernel

import alo_nb
from alo_nb.errors import AloNbError, PlanEditError
from alo_nb.notebook.widget.look import is_shown
from alo_nb.views.text import GLYPHS

HOSTILE = "<img src=x onerror=alert(1)>"


def everything_shown(form):
    """The state of every widget, as it goes to a front end."""
    return "\n".join(repr(each.get_state()) for each in walk(form))


def walk(widget):
    yield widget
    for each in getattr(widget, "children", ()):
        yield from walk(each)


def html_of(part):
    return "".join(each.value for each in walk(part) if isinstance(each, ipywidgets.HTML))


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
        **{"rounds": "IntText", "rate": "FloatText", "seconds": "IntText"},
    }
    origins = {each.name: (each.value, each.origin) for each in form.bench.fields(TRAIN, "fit")}
    assert origins["depth"] == (5, "plan")
    assert origins["rounds"] == (9, "magic line")
    assert origins["rate"] == (0.5, "default")
    said = {name: each.hint.value for name, each in form.arguments.fields.rows.items()}
    assert "plan · default: 3 · 1 to 20 · how deep a tree may grow" in said["depth"]
    assert "magic line" in said["rounds"]
    assert form.arguments.controls["depth"].description == "depth"
    assert form.arguments.controls["depth"].tooltip == "depth: how deep a tree may grow"


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
    assert "not taken over" in form.arguments.fields.rows[name].hint.value
    assert why in form.message.value
    assert form.bench.file.text == PLAN
    click_step(form, TRAIN, "prep")
    assert form.last_error is None
    assert form.message.value == ""
    form.choose(TRAIN, "fit")
    assert form.arguments.controls[name].value == form.arguments.fields.rows[name].field.shown()


def test_an_argument_is_added_and_taken_away(form):
    form.choose(TRAIN, "fit")
    form.arguments.new_name.value, form.arguments.new_value.value = "limits", "[1, 2.5, no]"
    form.guard(form.arguments.add)()
    assert form.last_error is None
    assert form.bench.step(TRAIN, "fit").args["limits"] == [1, 2.5, False]
    form.arguments.fields.rows["limits"].reset.click()
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
    form.control.controls["interface_mode"].value = "file"
    form.control.controls["backup_size"].value = 5
    form.control.controls["backup_log"].value = False
    form.paths.controls["load_train_data_path"].value = "./data/"
    assert form.last_error is None
    plan = form.bench.plan
    assert (plan.control.interface_mode, plan.control.backup_size, plan.control.backup_log) == ("file", 5, False)
    assert plan.external_path.load_train_data_path == ("./data/",)
    form.paths.controls["load_train_data_path"].value = ""
    assert form.bench.plan.external_path.load_train_data_path == ()


# -- steps -----------------------------------------------------------------------------------------------------------


def test_steps_are_moved_copied_put_aside_and_taken_away_and_all_of_it_can_be_undone(form):
    tools, steps = form.tools, form.lists[TRAIN]
    form.choose(TRAIN, "fit")
    for act in (lambda: tools.move(-1), tools.duplicate, tools.toggle):
        form.guard(act)()
        assert form.last_error is None
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "prep")
    assert "⊘ fit_2" in chips(form, TRAIN)
    assert tools.toggle_button.description == "Enable"
    form.guard(tools.toggle)()
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "fit_2", "prep")
    form.guard(tools.remove)()
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "prep")
    assert steps.chosen == form.arguments.step == "prep"
    while form.bench.file.can_undo:
        form.guard(form.bar.undo)()
    assert form.bench.file.text == PLAN
    while form.bench.file.can_redo:
        form.guard(form.bar.redo)()
    assert form.bench.plan.pipeline(TRAIN).step_names() == ("fit", "prep")
    assert form.last_error is None


def test_a_step_that_is_edited_and_what_comes_after_it_are_unknown_until_the_plan_is_saved(form):
    states = {"prep": GLYPHS["never"], "fit": f"{GLYPHS['never']}"}
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 8
    assert chips(form, TRAIN) == [f"{states['prep']} prep", "? fit !"]
    assert "save the plan to see what would run" in form.arguments.state.value
    assert "unknown" in form.picture.value
    form.guard(form.bar.undo)()
    assert chips(form, TRAIN) == [f"{states['prep']} prep", f"{states['fit']} fit !"]
    form.paths.controls["load_train_data_path"].value = "./data/"
    assert chips(form, TRAIN) == ["? prep", "? fit !"]
    form.guard(form.bar.undo)()
    form.choose(TRAIN, "prep")
    form.arguments.new_name.value, form.arguments.new_value.value = "more", "1"
    form.guard(form.arguments.add)()
    assert chips(form, TRAIN) == ["? prep", "? fit !"]
    form.guard(form.bar.save)()
    assert chips(form, TRAIN) == [f"{states['prep']} prep", f"{states['fit']} fit !"]
    assert form.last_error is None


def test_a_click_that_was_under_way_while_the_steps_changed_hits_no_other_step(form):
    form.choose(TRAIN, "fit")
    before = form.lists[TRAIN].chips
    form.guard(lambda: form.tools.move(-1))()
    assert chips(form, TRAIN) == ["? fit !", "? prep"]
    assert [each.comm for each in before] == [None, None]  # nothing that is told of them arrives any more
    assert form.lists[TRAIN].chosen == form.arguments.step == "fit"


def test_one_step_is_chosen_whichever_is_clicked_and_however_often(form):
    for step in ("fit", "prep", "prep"):
        click_step(form, TRAIN, step)
        assert [each.step.name for each in form.lists[TRAIN].chips if each.value] == [step]
        assert form.lists[TRAIN].chosen == form.arguments.step == step
    form.guard(form.tools.remove)()
    form.guard(form.tools.remove)()
    assert chips(form, TRAIN) == []
    assert form.last_error is None


def test_a_step_is_added_from_a_cell_to_a_pipeline_that_was_not_there(form, shell):
    shell.run("%%alo_asset step=score -n\nasset.save_data({})\nasset.save_config({})")
    form.guard(form.adding.toggle)()
    form.adding.pipeline.value = INFERENCE
    assert "score" in form.adding.wanted.options
    form.adding.wanted.value = "score"
    form.guard(form.adding.add)()
    assert form.last_error is None
    assert form.bench.plan.pipeline(INFERENCE).steps[0].source.code == "notebook"
    assert "score" not in form.adding.wanted.options
    assert form.lists[INFERENCE].chosen == form.arguments.step == "score"
    assert form.lists[TRAIN].chosen == ""


def test_the_form_for_a_step_asks_what_its_kind_needs(form):
    form.guard(form.adding.toggle)()
    for kind, name, branch in (("cell", False, False), ("file", True, False), ("git", True, True)):
        form.adding.kind.value = kind
        assert (is_shown(form.adding.name), is_shown(form.adding.branch)) == (name, branch)
    form.adding.wanted.value, form.adding.branch.value = "https://git.example.org/group/step.git", "main"
    form.adding.name.value = "from_git"
    form.bench.fetch = lambda *_: None  # nothing is asked of the network here
    form.guard(form.adding.add)()
    assert form.last_error is None
    source = form.bench.step(TRAIN, "from_git").source
    assert (source.code, source.branch) == ("https://git.example.org/group/step.git", "main")
    assert is_shown(form.arguments.branch)
    form.arguments.branch.value = "v2"
    form.arguments.requirements.value = "pandas, numpy==1.26"
    source = form.bench.step(TRAIN, "from_git").source
    assert (source.branch, source.requirements) == ("v2", ("pandas", "numpy==1.26"))
    assert form.last_error is None


@pytest.mark.parametrize("act", ["move", "duplicate", "toggle", "remove"])
def test_without_a_chosen_step_the_buttons_say_so(form, act):
    form.choose("", "")
    handler = getattr(form.tools, act)
    form.guard(lambda: handler(1) if act == "move" else handler())()
    assert "which step" in str(form.last_error)
    assert form.bench.file.text == PLAN


# -- the file --------------------------------------------------------------------------------------------------------


def test_saving_writes_the_text(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    assert path.read_text() == PLAN
    assert "not saved" in form.bar.state.value
    assert ("plan.yaml ●", path) in form.bar.plans.options
    form.guard(form.bar.save)()
    assert form.last_error is None
    assert "depth: 7" in path.read_text()
    assert form.bar.state.value == ""


def test_a_change_on_disk_is_noticed_with_the_next_click_and_never_overwritten(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 8
    assert not is_shown(form.bar.banner)
    path.write_text(PLAN + "# theirs\n")
    click_step(form, TRAIN, "prep")
    assert is_shown(form.bar.banner)
    form.guard(form.bar.save)()
    assert isinstance(form.last_error, PlanEditError)
    assert path.read_text() == PLAN + "# theirs\n"
    form.guard(form.bar.reload)()
    assert form.last_error is None
    assert form.bench.file.text == PLAN + "# theirs\n"
    assert not is_shown(form.bar.banner)
    form.guard(form.bar.undo)()
    assert "depth: 8" in form.bench.file.text


def test_mine_is_kept_as_another_file_beside_what_changed_on_disk(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 8
    path.write_text(PLAN + "# theirs\n")
    form.guard(form.bar.open_form)("save as")
    assert form.bar.name.value == "plan_2.yaml"
    form.guard(form.bar.save_as)()
    assert form.last_error is None
    assert path.read_text() == PLAN + "# theirs\n"
    assert path.with_name("plan_2.yaml").read_text() == PLAN.replace("depth: 5", "depth: 8")
    assert form.bar.plans.value == path.with_name("plan_2.yaml")
    assert not is_shown(form.bar.banner)


def test_another_plan_is_chosen_and_begun_and_the_edits_of_the_first_wait(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 8
    form.guard(form.bar.open_form)("new")
    form.bar.beginning.value, form.bar.name.value = "empty", "plans/second.yaml"
    form.guard(form.bar.create)()
    assert form.last_error is None
    assert form.bench.plan.name == "second"
    assert chips(form, TRAIN) == []
    form.bar.plans.value = path
    assert form.last_error is None
    form.choose(TRAIN, "fit")
    assert form.arguments.controls["depth"].value == 8


# -- problems and text -----------------------------------------------------------------------------------------------


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
    assert shown in html_of(form.problems)
    assert shown in repr(form.twin())
    form.close()


def test_a_problem_leads_to_where_it_is_mended(shell, project):
    write(project, PLAN.replace("interface_mode: memory", "interface_mode: memroy").replace("name: shop", "nmae: shop"))
    form = alo_nb.plan_widget("plan.yaml")
    form.choose(TRAIN, "prep")
    going = {each.children[1].value: each.children[0] for each in form.problems.children}
    for words, section in (("memroy", 1), ("nmae", 2), ("password", None)):
        form.sections.selected_index = None
        next(button for said, button in going.items() if words in said).click()
        assert form.sections.selected_index == section
    assert form.arguments.step == "fit"
    assert "password" in html_of(form.arguments.fields.rows["password"])
    assert "memroy" in form.control.fields.rows["interface_mode"].hint.value
    assert "▶" in form.text.said.value
    assert form.last_error is None
    form.close()


def test_a_text_that_is_no_plan_is_mended_as_text_with_one_undo(shell, project):
    bad = PLAN.replace("name: shop", "name: [shop")
    path = write(project, bad)
    form = alo_nb.plan_widget("plan.yaml")
    assert form.sections.selected_index == 2
    assert "line 3" in form.text.said.value
    assert "hunter2" not in form.text.area.value
    form.text.area.value = form.text.area.value.replace("name: [shop", "name: [shop]]")
    assert "no readable YAML" in form.text.said.value
    form.text.area.value = form.text.area.value.replace("name: [shop]]", "name: shop")
    assert form.bench.file.text == bad
    form.guard(form.text.take)()
    assert form.last_error is None
    assert form.bench.file.text == PLAN
    assert form.lists[TRAIN].chosen == ""
    form.guard(form.bar.undo)()
    assert form.bench.file.text == bad
    form.guard(form.bar.redo)()
    form.guard(form.bar.save)()
    assert form.last_error is None
    assert path.read_text() == PLAN
    form.close()


def test_a_draft_of_the_text_stays_while_the_form_is_used_and_is_thrown_away_when_asked(form):
    form.text.area.value += "# mine\n"
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    assert form.text.area.value.endswith("# mine\n")
    form.guard(form.text.discard)()
    form.refresh()
    assert "depth: 7" in form.text.area.value
    assert "# mine" not in form.text.area.value
    assert form.last_error is None


def edit_in_the_form(form, path):
    form.arguments.controls["depth"].value = 7


def reload_what_is_on_disk(form, path):
    path.write_text(PLAN.replace("depth: 5", "depth: 7"))
    form.guard(form.bar.reload)()


def choose_another_plan(form, path):
    form.guard(form.bar.open_form)("new")
    form.bar.beginning.value, form.bar.name.value = "empty", "plans/second.yaml"
    form.guard(form.bar.create)()


@pytest.mark.parametrize("change", [edit_in_the_form, reload_what_is_on_disk, choose_another_plan])
def test_a_draft_never_undoes_what_has_become_of_the_plan_since(form, path, change):
    form.choose(TRAIN, "fit")
    form.text.area.value = draft = form.text.area.value.replace("name: shop", "name: mine")
    change(form, path)
    assert form.last_error is None
    now = form.bench.file.text
    assert now != PLAN
    assert "has changed since" in form.text.said.value
    form.guard(form.text.take)()
    assert isinstance(form.last_error, PlanEditError)
    assert "has changed since" in form.message.value
    assert "press Discard" in form.message.value
    assert form.bench.file.text == now
    assert form.text.area.value == draft


def test_a_draft_is_taken_over_when_the_plan_is_again_what_it_was(form):
    form.choose(TRAIN, "fit")
    form.text.area.value = form.text.area.value.replace("name: shop", "name: mine")
    form.arguments.controls["depth"].value = 7
    form.guard(form.bar.undo)()
    form.guard(form.text.take)()
    assert form.last_error is None
    assert form.bench.file.text == PLAN.replace("name: shop", "name: mine")


def test_a_plan_is_mended_in_the_form_and_then_known_to_the_session(shell, project):
    path = write(project, PLAN.replace("interface_mode: memory", "interface_mode: memroy"))
    form = alo_nb.plan_widget("plan.yaml")
    assert not shell.run("import alo_nb.notebook.session as s; s.current_session().has_plan")
    form.control.controls["interface_mode"].value = "file"
    form.guard(form.bar.save)()
    assert form.last_error is None
    assert path.read_text() == PLAN.replace("interface_mode: memory", "interface_mode: file")
    assert "memroy" not in html_of(form.problems)
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
    form.guard(form.bar.save)()
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
    assert not any("<img src=x" in each for each in html)
    assert "<img src=x" not in form.twin().html
    assert "hunter2" not in everything_shown(form) + form.twin().html + repr(form.twin())
    form.close()


@pytest.mark.parametrize("name", ["$x_1$", "cost $5 or $6", r"\(x\)", r"$\href{javascript:alert(1)}{<b>x</b>}$"])
def test_the_name_of_an_argument_is_no_formula(shell, project, name):
    """ipywidgets hands what stands in `description` to MathJax, as text or, sanitized, as html."""
    write(project, PLAN.replace("kind: forest\n", f"'{name}': 1\n"))
    form = alo_nb.plan_widget("plan.yaml")
    form.choose(TRAIN, "fit")
    control = form.arguments.controls[name]
    assert control.description_allow_html
    assert control.description == f'<span class="mathjax_ignore tex2jax_ignore">{html.escape(name)}</span>'
    assert control.tooltip == name
    assert not form.arguments.controls["depth"].description_allow_html
    form.close()


def test_a_plan_without_a_file_says_why_nobody_knows_what_would_run(form):
    form.guard(form.bar.open_form)("new")
    form.bar.beginning.value, form.bar.name.value = "copy", "copy.yaml"
    form.guard(form.bar.create)()
    form.choose(TRAIN, "prep")
    assert "? save the plan to see what would run" in form.arguments.state.value
    assert chips(form, TRAIN)[0] == "? prep"
    assert "unknown" in form.picture.value
    form.guard(form.bar.save)()
    assert "never run" in form.arguments.state.value
    assert form.last_error is None


def test_two_hundred_refreshes_and_edits_keep_no_widgets_threads_or_files(form):
    def use(number):
        form.choose(TRAIN, "fit")
        form.arguments.controls["depth"].value = 1 + number % 7
        form.arguments.controls["columns"].value = "[a]" if number % 2 else "5"  # another kind of control
        form.choose(TRAIN, "prep")
        form.guard(form.bar.undo)()
        form.guard(form.bar.undo)()
        form.refresh()

    for number in range(2):
        use(number)
    before = held()
    for number in range(2, 12):
        use(number)
    assert form.last_error is None
    for _ in range(140):
        form.refresh()
    assert held() == before


def test_a_form_that_is_closed_leaves_nothing_behind(path):
    alo_nb.plan_widget("plan.yaml").close()  # what is loaded once
    before = held()
    for _ in range(5):
        form = alo_nb.plan_widget("plan.yaml")
        form.choose(TRAIN, "fit")
        form.guard(form.adding.toggle)()
        form.guard(form.bar.open_form)("new")
        form.close()
    assert held() == before


def held():
    """How many widgets, threads and open files this process has."""
    from ipywidgets.widgets.widget import _instances

    return len(_instances), threading.active_count(), len([*Path("/proc/self/fd").iterdir()])


def test_controls_that_are_still_the_right_ones_stay_and_so_does_the_focus_in_them(form):
    form.choose(TRAIN, "fit")
    before = dict(form.arguments.controls)
    form.arguments.controls["depth"].value = 7
    form.arguments.new_name.value, form.arguments.new_value.value = "limits", "[1]"
    form.guard(form.arguments.add)()
    after = form.arguments.controls
    assert all(after[name] is each for name, each in before.items())
    assert [*after] == [*(each.name for each in form.bench.fields(TRAIN, "fit"))]


def test_a_plan_of_many_steps_and_arguments_is_shown_and_an_argument_is_found_by_typing(shell, project):
    many = "".join(f"            argument_{n}: {n}\n" for n in range(40))
    write(project, PLAN.replace("            kind: forest\n", f"            kind: forest\n{many}"))
    form = alo_nb.plan_widget("plan.yaml")
    form.choose(TRAIN, "fit")
    assert is_shown(form.arguments.fields.wanted)
    form.arguments.fields.wanted.value = "t_39"
    shown = [name for name, each in form.arguments.fields.rows.items() if is_shown(each)]
    assert shown == ["argument_39"]
    form.arguments.controls["argument_39"].value = 7
    assert form.last_error is None
    assert "argument_39: 7" in form.bench.file.text
    assert form.arguments.fields.wanted.value == "t_39"
    form.close()


# -- displays ------------------------------------------------------------------------------------------------------


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
    shown = []
    with running_kernel(project) as client:
        for each in code:
            client.execute_interactive(each, allow_stdin=True, timeout=60, output_hook=shown.append)
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
