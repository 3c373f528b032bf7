"""Makes the pictures of docs/images: `make screenshots`, then look at them. pytest runs it only when it is named."""

from __future__ import annotations

import io

import pytest
from example_project import REPOSITORY, copy_examples

from tests.browser.plan_form import PlanForm
from tests.browser.titanic import step_cells

IMAGES = REPOSITORY / "docs" / "images"
LARGEST = 200_000  # bytes
WIDTH, HEIGHT = 1100, 3000
PLAN = "%alo_plan plans/titanic.yaml"


@pytest.fixture
def open_titanic(open_notebook, project):
    def opened(*cells: str):
        copy_examples(project)
        notebook = open_notebook(project / "titanic.ipynb", cells)
        notebook.resize(WIDTH, HEIGHT)
        notebook.run_all()
        assert notebook.error() == ""
        return notebook

    return opened


def keep(png, name):
    """Write a picture with as few colours as it needs."""
    from PIL import Image

    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(IMAGES / name, optimize=True)
    assert (IMAGES / name).stat().st_size < LARGEST


def around(*parts):
    """Return the part of the page that holds all these parts."""
    boxes = [part.bounding_box() for part in parts]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right, bottom = (max(box[at] + box[size] for box in boxes) for at, size in (("x", "width"), ("y", "height")))
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def test_plan_widget(open_titanic, expect):
    notebook = open_titanic(*step_cells(100), f"{PLAN} --widget")
    form = PlanForm(notebook)
    form.click("▶ Run")
    expect(form.button("■ Stop")).to_be_enabled()
    expect(form.button("▶ Run")).to_be_enabled(timeout=120_000)
    form.choose("train")
    form.set("max_depth", "4")
    expect(form.button("Save")).to_be_enabled()
    keep(form.whole.screenshot(), "plan-widget.png")


def test_step_cards(open_titanic):
    first, imports, *steps = step_cells(100)
    notebook = open_titanic(first, imports, PLAN, *(each.replace(" -n\n", "\n", 1) for each in steps[:3]))
    cells = notebook.page.locator(".jp-CodeCell")
    shown = [cells.nth(cells.count() - 1), cells.nth(cells.count() - 2)]
    keep(notebook.page.screenshot(clip=around(*shown)), "step-cards.png")
