"""Notebooks as people write them: the new notebook finds in a clean kernel what the old one finds."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import pytest

from alo_nb.headless import cli
from alo_nb.project import Project
from alo_nb.store import RunStore
from alo_nb.suggestion import propose, write_notebook

from .conftest import code_of

NOTEBOOKS = Path(__file__).parents[1] / "data" / "plain_notebooks"
STEPS = {
    "survivors": ["input", "explore", "preprocess", "train", "evaluate"],
    "digits": ["input", "preprocess", "train", "inference"],
    "helpers": ["input", "smooth"],
    "demand": ["data", "preprocess", "train", "inference"],
    "held_together": ["input", "scale", "share"],
}


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the lines that cells print; what they display, in a step's cell printed, is not among them."""
    streams = (out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs)
    return "".join(out.text for out in streams if out.output_type == "stream" and out.name == "stdout").splitlines()


def found_by(name: str) -> list[str]:
    """Run the cells of the old notebook from top to bottom and return what they print by themselves."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()) as out:
        for text in code_of(NOTEBOOKS / f"{name}.ipynb"):
            exec(text.replace("%matplotlib inline", ""), namespace)
    return out.getvalue().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_the_new_notebook_finds_in_a_clean_kernel_what_the_old_one_finds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = found_by(name)
    assert expected

    shutil.copy(NOTEBOOKS / f"{name}.ipynb", tmp_path)
    before = (tmp_path / f"{name}.ipynb").read_bytes()
    assert cli.main(["suggest", f"{name}.ipynb", "--write"]) == 0
    assert cli.main(["run", f"{name}.alo.ipynb", "--project", "."]) == 0
    run = next(each for each in RunStore(Project(tmp_path)) if each.notebook)
    lines = printed(nbformat.read(tmp_path / run.notebook, as_version=4))

    assert [each.step for each in run.steps] == STEPS[name]
    assert [line for line in lines if line in expected][: len(expected)] == expected
    assert (tmp_path / f"{name}.ipynb").read_bytes() == before


def test_what_cannot_be_read_is_refused_with_cell_and_line(tmp_path: Path) -> None:
    refused = propose(NOTEBOOKS / "troubles.ipynb").refused

    assert [(each.place.cell, each.place.line, each.place.text.split("(")[0]) for each in refused] == [
        (1, 4, "from math import *"),
        (2, 4, "listed = !ls"),
        (3, 3, "exec"),
        (3, 5, "!echo {step}"),
        (4, 2, "answer = await asyncio.sleep"),
        (5, 1, "print"),
        (5, 2, 'if __name__ == "__main__":'),
    ]
    assert all(each.do for each in refused)


def test_what_would_not_survive_keeps_cells_together_and_says_where(tmp_path: Path) -> None:
    proposal = propose(NOTEBOOKS / "held_together.ipynb")
    closed = {(each.place.cell, each.place.line): each.what for cut in proposal.closed for each in cut.obstacles}

    assert closed == {
        (2, 1): "'database' is or holds a connection",
        (4, 2): "'scale' is or holds a lambda",
        (7, 1): "'first_two' and 'weights' share an object, and this line may change it for both",
    }
    assert [each.cells for each in proposal.steps] == [(2, 3), (4, 5), (6, 7)]


def test_a_new_notebook_is_a_valid_notebook(tmp_path: Path) -> None:
    for name in STEPS:
        path = write_notebook(propose(NOTEBOOKS / f"{name}.ipynb"), tmp_path / f"{name}.ipynb")
        nbformat.validate(nbformat.read(path, as_version=4))
