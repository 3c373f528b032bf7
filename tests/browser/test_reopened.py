"""A saved notebook tells what happened where there is no kernel, no trust, and no Jupyter."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.browser.notebook_page import texts
from tests.browser.shop import CELLS, PLAN

pytestmark = pytest.mark.slow

OWN = """\
import alo_nb
with alo_nb.init(name="tuning") as run:
    run.log({"loss": 0.125})
alo_nb.show(run.id)
"""
TOLD = ("prep", "train", "inference", "success", "0.88", "trained", "the best so far", "tuning", "loss", "0.125")
STATES = ("✔ prep", "✔ train", "depth=5", "shop.ipynb")  # what the form's twin says


def test_a_saved_notebook_is_readable_without_kernel_without_trust_and_without_jupyter(open_notebook, project, expect):
    from nbconvert import HTMLExporter

    (project / "plan.yaml").write_text(PLAN)
    first = open_notebook(project / "shop.ipynb", [*CELLS, "%alo_run", OWN, "%alo_plan plan.yaml --widget"])
    first.run_all()
    assert first.error() == ""
    first.save()

    saved = nbformat.read(project / "shop.ipynb", 4)
    saved.metadata.pop("widgets", None)
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(saved)
    saved.metadata.kernelspec = {"name": "gone", "display_name": "gone", "language": "gone"}
    saved.metadata.language_info = {"name": "gone"}
    nbformat.write(saved, project / "reopened.ipynb")
    again = open_notebook(project / "reopened.ipynb")
    again.page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()
    expect(again.page.locator(".jp-KernelName")).to_have_text("No Kernel")
    expect(again.page.locator(".jp-StatusItem-trust")).to_have_attribute("title", re.compile("^Notebook not trusted"))
    again.page.get_by_text("as a table").click()
    said = texts(again.page.locator(".jp-Cell-outputArea"))
    assert [each for each in (*TOLD, *STATES) if each not in said] == []

    again.page.goto("about:blank")
    again.page.set_content(html)
    for each in again.page.locator("summary").all():
        each.click()
    said = again.page.locator("body").inner_text()
    assert [each for each in (*TOLD, *STATES) if each not in said] == []
