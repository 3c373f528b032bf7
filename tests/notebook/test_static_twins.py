"""What was live can be read where nothing lives: in a reopened notebook without trust, in html, and as plain text."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from socket_kernels import execute

pytestmark = pytest.mark.slow

PLAN = """\
name: shop
user_parameters:
  - train_pipeline:
      - step: prepare
        args:
          - rows: 50
      - step: fit
        args:
          - depth: 3
asset_source:
  - train_pipeline:
      - step: prepare
        source: {code: notebook}
      - step: fit
        source: {code: notebook}
"""
CELLS = (
    "%load_ext alo_nb",
    "%alo_plan plan.yaml",
    "%alo_plan plan.yaml --widget",
    "%%alo_asset step=prepare\n"
    "import pandas\n"
    "rows = asset.load_args()['rows']\n"
    "asset.save_data({'table': pandas.DataFrame({'price': range(rows)})})\n"
    "asset.save_config({})",
    "%%alo_asset step=fit\n"
    "asset.save_summary(result='fitted', score=0.8125, note='on prices')\n"
    "asset.save_data(asset.load_data())\n"
    "asset.save_config({'error': 0.125})",
    "%alo_run train --force",
    "%alo_status",
    "%alo_preview prepare.table",
    "%alo_show fit",
    "import alo_nb\nalo_nb.diff(*alo_nb.runs()['id'][:2])",
    "with alo_nb.init(name='tuning', config={'rate': 0.5}) as run:\n    run.log({'loss': 0.0625})\nalo_nb.show(run.id)",
    "%alo_run train --force fit.depth=0",
    "%%alo_asset step=fit --replace\nraise ValueError('too deep')",
    "%alo_debug",
)
SAID = {
    "%alo_plan plan.yaml": ("prepare", "fit", "depth"),
    "%alo_plan plan.yaml --widget": ("prepare", "fit", "depth"),
    "%%alo_asset step=prepare": ("prepare", "ok", "table 50x1", "rows=50"),
    "%%alo_asset step=fit": ("fit", "0.81", "fitted", "on prices", "too deep"),
    "%alo_run train --force": ("prepare", "fit", "success", "0.81", "✔"),
    "%alo_status": ("prepare", "fresh"),
    "%alo_preview prepare.table": ("price", "0 to 49"),
    "%alo_show fit": ("0.125", "table 50x1"),
    "import alo_nb": ("run",),
    "with alo_nb.init": ("tuning", "rate=0.5", "loss", "0.0625"),
    "%alo_debug": ("ValueError", "too deep", "depth=3"),
}
LIMIT = 200_000  # bytes of an output


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An executed notebook, as a front end reads it that has neither a kernel nor widgets."""
    folder = tmp_path_factory.mktemp("project")
    (folder / ".alo").mkdir()
    (folder / "plan.yaml").write_text(PLAN)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    execute(made, folder, allow_errors=True)
    made.metadata.pop("widgets", None)
    for output in (each for cell in made.cells for each in cell.outputs if "data" in each):
        output["data"].pop("application/vnd.jupyter.widget-view+json", None)
    return made


def outputs(notebook: Any, line: str) -> list[Any]:
    return [each for cell in notebook.cells if cell.source.split("\n")[0].startswith(line) for each in cell.outputs]


def plain(output: Any) -> str:
    return str(output.get("data", {}).get("text/plain", "") or output.get("text", "") or output.get("evalue", ""))


@pytest.mark.parametrize("line", SAID)
def test_the_text_of_each_output_says_what_was_shown(notebook: Any, line: str) -> None:
    text = "\n".join(map(plain, outputs(notebook, line)))
    assert [word for word in SAID[line] if word not in text] == []
    assert "<IPython" not in text
    assert " object at 0x" not in text


@pytest.mark.parametrize("line", SAID)
def test_the_html_of_each_output_says_the_same_and_needs_no_script(notebook: Any, line: str) -> None:
    shown = [each["data"]["text/html"] for each in outputs(notebook, line) if "text/html" in each.get("data", {})]
    assert shown
    assert not any(word in each for each in shown for word in ("<script", "javascript:", " onclick", "http://"))


def test_every_output_is_small(notebook: Any) -> None:
    sizes = [len(json.dumps(each, ensure_ascii=False).encode()) for cell in notebook.cells for each in cell.outputs]
    assert max(sizes) <= LIMIT


def test_the_notebook_as_a_page_tells_the_whole_story(notebook: Any, tmp_path: Path) -> None:
    if importlib.util.find_spec("nbconvert") is None:
        missing = "nbconvert is not installed: it comes with JupyterLab, pip install 'alo-nb[browser]'"
        pytest.fail(missing, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(missing)
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic")
    for strip in (False, True):
        copy = nbformat.from_dict(notebook)
        for output in (each for cell in copy.cells for each in cell.outputs if strip and "data" in each):
            output["data"].pop("text/html", None)  # as a front end without trust may do
        page, _ = exporter.from_notebook_node(copy)
        for word in ("prepare", "fit", "0.81", "0.0625", "too deep", "✔", "table 50x1", "success"):
            assert word in page, word
