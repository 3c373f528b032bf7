"""The plan widget in a real JupyterLab, used as a person would: by clicking."""

from __future__ import annotations

import psutil
import pytest
from example_project import copy_examples

from alo_nb.plan import read_plan
from alo_nb.views.text import GLYPHS
from tests.browser.looks import faults
from tests.browser.plan_form import PlanForm
from tests.browser.shop import CELLS, PLAN
from tests.browser.titanic import step_cells

pytestmark = pytest.mark.slow

WIDGET = "%alo_plan plan.yaml --widget"
X_COLUMNS = "[Pclass, Sex, Age, SibSp, Parch, Fare]"


@pytest.fixture
def open_form(open_notebook, project):
    """Open a notebook that shows the form of the shop's plan."""

    def opened(plan: str = PLAN, **how):
        (project / "plan.yaml").write_text(plan)
        notebook = open_notebook(project / "shop.ipynb", [CELLS[0], *CELLS[2:], WIDGET], **how)
        notebook.run_all()
        assert notebook.error() == ""
        return notebook, PlanForm(notebook)

    return opened


def build_titanic(form):
    for step in ("inference", "output"):
        form.remove(step)
    form.click("+ step")
    for step in ("input", "preprocess", "inference", "output"):
        form.add_step(step, "inference")
    form.click("Cancel")
    for pipeline in ("train", "inference"):
        form.choose("input", pipeline)
        form.add_argument("x_columns", X_COLUMNS)
        form.add_argument("y_column", "Survived")
        form.choose("preprocess", pipeline)
        form.add_argument("handling_missing", "median")
    form.choose("train")
    form.add_argument("max_depth", "5")
    form.open("paths")
    form.set("load_train_data_path", "./example_notebooks/data/titanic/train/")
    form.set("load_inference_data_path", "./example_notebooks/data/titanic/inference/")


def meaning(path):
    """Return what a plan says of its steps and data."""
    plan = read_plan(path)
    steps = {each.name: [(step.name, dict(step.args)) for step in each.steps] for each in plan.pipelines}
    return steps, plan.external_path.load_train_data_path, plan.external_path.load_inference_data_path


def test_the_titanic_plan_is_built_from_cells_by_clicking_and_run_and_changed(open_notebook, project, expect):
    copy_examples(project)
    notebook = open_notebook(project / "titanic.ipynb", [*step_cells(), "%alo_plan --widget"])
    notebook.run_all()
    assert notebook.error() == ""
    form, path = PlanForm(notebook), project / "experimental_plan.yaml"
    build_titanic(form)
    form.click("Save")
    expect(form.button("Save")).to_be_disabled()
    assert meaning(path) == meaning(project / "plans" / "titanic.yaml")
    assert faults(form.whole) == []

    form.click("▶ Run")
    expect(form.chip("train")).to_contain_text(GLYPHS["running"])
    for step, pipeline in (("train", "train"), ("output", "inference")):
        expect(form.chip(step, pipeline)).to_contain_text(GLYPHS["fresh"])
    expect(form.button("▶ Run")).to_be_enabled()
    assert (project / "inference_artifacts" / "output" / "output.csv").is_file()

    saved = path.read_text()
    form.choose("train")
    form.set("max_depth", "4")
    expect(form.button("Save")).to_be_enabled()
    expect(form.chip("preprocess")).to_contain_text(GLYPHS["fresh"])
    for step, pipeline in (("train", "train"), ("output", "inference")):
        expect(form.chip(step, pipeline)).to_contain_text(GLYPHS["unknown"])
    form.click("▶ Run")
    expect(form.button("■ Stop")).to_be_enabled()
    expect(form.button("▶ Run")).to_be_enabled()
    expect(form.chip("output", "inference")).to_contain_text(GLYPHS["fresh"])
    assert path.read_text() == saved.replace("max_depth: 5", "max_depth: 4")
    runs = sorted((project / ".alo" / "runs").iterdir())
    assert len(runs) == 2


def test_edits_are_undone_and_redone_and_what_others_write_is_noticed_and_not_overwritten(open_form, project, expect):
    _, form = open_form()
    form.choose("train")
    form.set("depth", "7")
    expect(form.button("Save")).to_be_enabled()
    form.click("Undo")
    expect(form.field("depth")).to_have_value("5")
    expect(form.button("Save")).to_be_disabled()
    form.click("Redo")
    expect(form.field("depth")).to_have_value("7")

    theirs = PLAN.replace("seconds: 0", "seconds: 1")
    (project / "plan.yaml").write_text(theirs)
    form.click("Save")
    expect(form.whole).to_contain_text("changed on disk")
    assert (project / "plan.yaml").read_text() == theirs
    form.click(form.whole.get_by_title("Take over the file as it is on disk; can be undone"))
    expect(form.field("seconds")).to_have_value("1")
    expect(form.field("depth")).to_have_value("5")
    assert (project / "plan.yaml").read_text() == theirs


def test_a_long_run_is_stopped_and_nothing_of_it_goes_on(open_form, project, expect):
    _, form = open_form(PLAN.replace("seconds: 0", "seconds: 600"))
    form.click("▶ Run")
    expect(form.chip("train")).to_contain_text(GLYPHS["running"])
    expect(form.chip("prep")).to_contain_text(GLYPHS["fresh"])
    expect(form.button("▶ Run")).to_be_disabled()
    began = processes_of_runs(project)
    assert began
    form.click("■ Stop")
    expect(form.whole).to_contain_text("interrupted")
    expect(form.button("▶ Run")).to_be_enabled()
    psutil.wait_procs(began, timeout=10)
    assert [each for each in began if each.is_running()] == []
    assert processes_of_runs(project) == []


def processes_of_runs(project):
    """Return `alo-nb run` of a project, and all processes that it has started."""
    found = []
    for each in psutil.process_iter(["cmdline"]):
        words = each.info["cmdline"] or ()
        if "alo_nb" in words and "run" in words and any(str(project) in word for word in words):
            found += [each, *each.children(recursive=True)]
    return found


def test_every_control_is_reached_by_tab_and_has_a_name(open_form):
    _, form = open_form()
    form.choose("train")
    form.click("+ step")
    form.open("paths")
    controls = "button, input, select, textarea, summary"
    usable = form.whole.locator(controls).locator("visible=true").and_(form.whole.locator(":not(:disabled)"))
    count = usable.count()
    assert count > 20
    usable.evaluate_all("all => all.forEach((each, number) => { each.dataset.order = number })")
    reached = []
    usable.first.focus()
    for _ in range(count):
        reached.append(form.whole.page.evaluate("document.activeElement.closest('[data-order]')?.dataset.order"))
        form.whole.page.keyboard.press("Tab")
    assert reached == [str(number) for number in range(count)]
    assert faults(form.whole) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form_is_readable_and_whole_in_wide_and_in_narrow_windows(open_form, theme, expect):
    plan = PLAN.replace("depth: 5 ", "depth: [1, 2] ").replace("interface_mode: memory", "interface_mode: paper")
    notebook, form = open_form(plan, theme=theme)
    form.choose("train")
    form.set("seconds", "2")
    expect(form.button("Save")).to_be_enabled()
    found = []
    for section in ("paths", "control", "text", "runs"):
        form.open(section)
        for width in (1300, 700):
            notebook.resize(width)
            found += [f"{section}, {width} px: {said}" for said in faults(form.whole)]
    assert found == []
