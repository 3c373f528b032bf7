"""The cache in a real kernel, whose cells are edited and run again."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from socket_kernels import execute

pytestmark = pytest.mark.slow

FIRST = """\
%%alo_asset step=first
asset.save_data({'x': list(range(3))})
asset.save_config({})"""
SECOND = """\
%%alo_asset step=second
import own
data = asset.load_data()
data['y'] = own.shifted(scaled(data['x']))
asset.save_data(data)
asset.save_config(asset.load_config())"""
HELPER = "def scaled(values):\n    return [each * {} for each in values]"
MODULE = "Path('own.py').write_text('def shifted(values):\\n    return [each + {} for each in values]\\n')"
TOLD = """\
run = %alo_run
print([(each.step, 'kept' if each.cached_from else each.reason) for each in run.steps], steps.second.data['y'])"""


def test_helpers_in_other_cells_and_modules_that_are_edited_are_never_stale(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    cells = [
        "%load_ext alo_nb\nfrom pathlib import Path",
        MODULE.format(1),
        HELPER.format(2),
        FIRST,
        SECOND,
        TOLD,
        "import own  # an ordinary cell, which keeps the module",
        HELPER.format(3),
        TOLD,
        TOLD,
        MODULE.format(5),
        TOLD,
        HELPER.format(2),
        MODULE.format(1),
        TOLD,
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    execute(notebook, tmp_path)
    said = [
        "".join(each.text for each in cell.outputs if each.get("name") == "stdout").splitlines()[-1]
        for cell in notebook.cells
        if cell.source == TOLD
    ]
    assert said == [
        "[('first', 'kept'), ('second', 'kept')] [1, 3, 5]",
        "[('first', 'kept'), ('second', 'helper scaled() in cell In[8] changed')] [1, 4, 7]",
        "[('first', 'kept'), ('second', 'kept')] [1, 4, 7]",
        "[('first', 'kept'), ('second', 'module own.py changed')] [5, 8, 11]",
        "[('first', 'kept'), ('second', 'kept')] [1, 3, 5]",
    ]
