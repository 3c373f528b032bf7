"""The proposal as a notebook: step cells between the cells that stay as they are. The source is never written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alo_nb.errors import ProjectError, StepDefinitionError
from alo_nb.files import write_atomic
from alo_nb.suggestion.cells import Cell
from alo_nb.suggestion.proposal import Proposal

_LOAD = "%load_ext alo_nb"
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def new_name(path: Path) -> Path:
    """Return where the new notebook goes when nobody says: ``NAME.alo.ipynb`` beside ``NAME.ipynb``."""
    return path.with_name(f"{path.stem}.alo.ipynb")


def write_notebook(proposal: Proposal, path: Path | None = None) -> Path:
    """Write what is proposed as a new notebook and return its path; nothing is run.

    Raises
    ------
    StepDefinitionError
        The notebook was refused: the first reason, with its cell and line.
    ProjectError
        There is a file already, or the path is not that of a notebook.
    """
    if proposal.refused:
        first, *others = proposal.refused
        more = f" (and {len(others)} more: `alo-nb suggest` lists them)" if others else ""
        raise StepDefinitionError(
            f"{proposal.path.name} cannot become steps: {first.what}{more}",
            where=f"{proposal.path.name}, {first.place}",
            do=first.do or None,
        )
    target = path or new_name(proposal.path)
    if target.suffix != ".ipynb":
        raise ProjectError(f"{target.name!r} is no name of a notebook", where=str(target), do="let it end with .ipynb")
    if target.exists():
        do = "name another new notebook: `--to NAME.ipynb`, in a terminal `--write NAME.ipynb`"
        raise ProjectError(f"{target.name!r} is there already", where=str(target), do=do)
    write_atomic(target, notebook_text(proposal))
    return target


def notebook_text(proposal: Proposal) -> str:
    """Return the new notebook as the text of its file, in format 4.5; nothing in it has run."""
    known = proposal.content.get("metadata", {})
    metadata = {"kernelspec": known.get("kernelspec", _KERNEL), "language_info": {"name": "python"}}
    cells = [_with_id(cell, number) for number, cell in enumerate(_cells(proposal), start=1)]
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _cells(proposal: Proposal) -> Iterator[dict[str, Any]]:
    yield _code(_LOAD)
    last_of = {step.cells[-1]: step for step in proposal.steps}
    for cell in proposal.cells:
        works = any(each.piece.cell == cell.number and each.role == "work" for each in proposal.lines)
        if not works:
            if cell.text.strip() or not cell.number:
                yield _as_it_is(cell)
            continue
        rest = [each.piece.source for each in proposal.lines if each.piece.cell == cell.number and each.role != "work"]
        if rest:
            yield _code("\n".join(rest), cell.content.get("metadata", {}))
        if cell.number in last_of:
            yield _code(last_of[cell.number].text)


def _as_it_is(cell: Cell) -> dict[str, Any]:
    found = {name: value for name, value in cell.content.items() if name != "id"}
    return {**found, "outputs": [], "execution_count": None} if cell.number else found


def _code(text: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": dict(metadata or {}),
        "outputs": [],
        "source": text.strip("\n").splitlines(keepends=True),
    }


def _with_id(cell: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {
        "cell_type": cell["cell_type"],
        "id": f"cell-{number}",
        **{k: v for k, v in cell.items() if k != "cell_type"},
    }
