"""The cells of the first tutorial."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
from example_project import REPOSITORY


def step_cells(trees: int = 10) -> Iterator[str]:
    """Yield the cells that the steps need, and those that define the steps and run none."""
    notebook = nbformat.read(REPOSITORY / "example_notebooks" / "01_titanic.ipynb", 4)
    for text in (cell.source for cell in notebook.cells if cell.cell_type == "code"):
        first, end, rest = text.partition("\n")
        if first.startswith("%%alo_asset"):
            yield f"{first.removesuffix(' -n')} -n{end}{rest}"
        elif first.startswith(("%load_ext", "from pathlib")):
            yield text
        elif first.startswith("n_estimators"):
            yield f"n_estimators = {trees}"
