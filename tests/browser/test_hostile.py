"""Whatever names, values and errors say, it is text: no script runs, no element appears, nobody is asked."""

from __future__ import annotations

import json

import pytest
import yaml
from yaml.reader import Reader

from tests.browser.notebook_page import texts
from tests.browser.plan_form import PlanForm
from tests.browser.shop import PLAN
from tests.views.safety import MARK, PAYLOADS

pytestmark = pytest.mark.slow

TEXTS = tuple(each for each in PAYLOADS if not Reader.NON_PRINTABLE.search(each))  # YAML holds no other characters
IMAGE = next(each for each in TEXTS if each.startswith("<img"))
STEP = """\
%%alo_asset step=prep -n
import pandas as pd
notes = asset.load_args()["notes"]
frame = pd.DataFrame({each: [each] for each in notes})
asset.save_summary(result=notes[2][:32], score=0.5, note=notes[1], probability={each: 1 / len(notes) for each in notes})
asset.save_data({"frame": frame, **{each: each for each in notes}})
asset.save_config({each: each for each in notes})
"""
OWN = """\
import alo_nb, json
notes = json.load(open("hostile.json"))
with alo_nb.init(name=notes[2], tags=notes, notes=notes[3], config=dict.fromkeys(notes, notes[4])) as run:
    artifact = alo_nb.Artifact("raw", "dataset", description=notes[2], metadata=dict.fromkeys(notes, notes[5]))
    with artifact.new_file("raw.txt") as file:
        file.write(notes[0])
    run.log_artifact(artifact)
alo_nb.show(run.id)
"""
FAILS = """\
%%alo_asset step=train
raise ValueError("\\n".join(asset.load_args()["notes"]))
"""
SHOWN = ("%alo_run train --to prep", "%alo_status", "%alo_show prep", "%alo_runs", "%alo_history", "%alo_why prep")
AT_LAST = ("%alo_artifact ls", "%alo_show raw:latest", "%alo_lineage raw:latest", FAILS)


@pytest.fixture
def hostile_plan():
    plan = yaml.safe_load(PLAN)
    for step in plan["user_parameters"][0]["train_pipeline"]:
        step["args"] = [{"notes": list(TEXTS)}]
    return plan


def check_harmless(page):
    """Check that no text has become an element; the fixture has seen what scripts would do, and who would be asked."""
    assert page.locator(f"[{MARK}]").count() == 0
    assert page.locator(".jp-Cell-outputArea mjx-container").count() == 0
    assert page.locator(".jp-Cell-outputArea a[href^='javascript:']").count() == 0
    assert page.locator(".jp-Notebook").is_visible()


def test_hostile_texts_are_text_in_every_card(open_notebook, project, hostile_plan):
    (project / "plan.yaml").write_text(yaml.safe_dump(hostile_plan, allow_unicode=True))
    (project / "hostile.json").write_text(json.dumps(PAYLOADS))
    cells = ["%load_ext alo_nb", "%alo_plan plan.yaml", STEP, *SHOWN, OWN, *AT_LAST]
    notebook = open_notebook(project / "shop.ipynb", cells)
    notebook.run_all()
    assert "ValueError" in notebook.error()
    check_harmless(notebook.page)
    said = texts(notebook.page.locator(".jp-Cell-outputArea"))
    assert said.count(IMAGE) > 5


def test_a_plan_of_hostile_texts_is_text_in_its_form(open_notebook, project, hostile_plan, expect):
    hostile_plan["name"] = IMAGE
    hostile_plan["external_path"][0]["load_train_data_path"] = list(TEXTS)
    hostile_plan["control"][4]["interface_mode"] = IMAGE
    train = hostile_plan["user_parameters"][0]["train_pipeline"]
    train += [{"step": each, "args": [{each: each}]} for each in TEXTS]
    declared = [{"name": "notes", "type": "single_selection", "default": IMAGE, "selectable": list(TEXTS)}]
    declared[0]["description"] = IMAGE
    hostile_plan["ui_args_detail"] = [{"train_pipeline": [{"step": "prep", "args": declared}]}]
    (project / "plan.yaml").write_text(yaml.safe_dump(hostile_plan, allow_unicode=True))
    notebook = open_notebook(project / "shop.ipynb", ["%load_ext alo_nb", "%alo_plan plan.yaml --widget"])
    notebook.run_all()
    assert notebook.error() == ""
    form = PlanForm(notebook)
    expect(form.whole).to_contain_text(IMAGE)
    for number in range(len(TEXTS) + 2):
        form.click(form.chips().nth(number))
        check_harmless(notebook.page)
    for section in ("paths", "control", "text", "runs"):
        form.open(section)
    form.add_argument(IMAGE, TEXTS[1])
    form.click("▶ Run")
    expect(form.whole).to_contain_text("the plan cannot run")
    check_harmless(notebook.page)
