"""The first tutorial keeps what its head promises: how soon a pipeline runs, is drawn and is compared."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "example_notebooks"
MOST = 12


@pytest.fixture(params=["01_titanic.ipynb", "01_titanic.ko.ipynb"])
def cells(request: pytest.FixtureRequest) -> list[nbformat.NotebookNode]:
    """The code cells with which the tutorial begins."""
    notebook = nbformat.read(NOTEBOOKS / request.param, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"][:MOST]


def html_of(cell: nbformat.NotebookNode) -> str:
    return "".join("".join(each.data.get("text/html", "")) for each in cell.outputs if "data" in each)


def drawings_of(cell: nbformat.NotebookNode) -> list[str]:
    return [b64decode(each).decode() for each in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html_of(cell))]


def test_twelve_cells_lead_from_nothing_to_a_run_of_three_steps_with_a_picture_and_a_comparison(cells) -> None:
    sources = [cell.source for cell in cells]
    [run, *_] = [each for each in cells if each.source.startswith("%alo_run")]
    [comparison] = [each for each in cells if each.source.startswith("%alo_diff")]
    before = sources[: sources.index(run.source)]
    defined = [source.split()[1] for source in before if source.startswith("%%alo_asset")]

    assert sources[0] == "%load_ext alo_nb"
    assert defined == ["step=input", "step=preprocess", "step=train"]
    assert any(all(f">{step.removeprefix('step=')}<" in each for step in defined) for each in drawings_of(run))
    assert "train.max_depth" in html_of(comparison)
