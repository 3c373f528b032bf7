"""Each of these is refused, not cut, or gives in steps what it gives in cells: never something else without a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alo_nb.suggestion import propose, write_notebook

from .conftest import code_of, printed_by_cells, printed_by_steps, save

CASES: dict[str, list[str]] = json.loads((Path(__file__).parents[1] / "data" / "hostile_notebooks.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_no_cut_is_offered_that_would_give_another_result(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path / "plain.ipynb", CASES[name])
    proposal = propose(path)
    if len(proposal.steps) < 2:
        assert proposal.steps or (proposal.refused and proposal.refused[0].place.cell)
        return
    steps = [each.name for each in proposal.steps]
    written = write_notebook(proposal, tmp_path / "new.ipynb")
    assert printed_by_steps(written, steps, tmp_path) == printed_by_cells(code_of(path))
