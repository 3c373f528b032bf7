"""What is run headless leaves no secret in the notebook."""

from __future__ import annotations

import nbformat
import pytest

from alo_nb.errors import MagicUsageError
from alo_nb.headless.perform import _overrides
from alo_nb.headless.saving import SavedNotebook


@pytest.mark.parametrize("pair", ["train.password=CANARY", "train.opts={'token': 'CANARY'}", "password=CANARY"])
def test_a_secret_is_not_taken_from_the_command_line_and_not_repeated(pair):
    with pytest.raises(MagicUsageError) as caught:
        _overrides([pair])
    assert "CANARY" not in str(caught.value)


def test_other_values_are_taken_from_the_command_line():
    assert _overrides(["train.max_tokens=512"]) == {"train.max_tokens": 512}


def test_credentials_in_outputs_are_masked_in_the_saved_notebook(tmp_path):
    address = "postgresql://u:CANARY@host/db"
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": f"to {address}\n"},
        {"output_type": "display_data", "data": {"text/plain": address, "image/png": "AAAA"}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": address, "traceback": ["head", f"E: {address}"]},
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    nb.metadata.papermill = {}
    nb.cells[0].metadata.papermill = {}
    saved = SavedNotebook(nb, str(tmp_path / "out.ipynb"), progress_bar=False)
    saved.notebook_start()
    nb.cells[0].outputs = [nbformat.from_dict(each) for each in outputs]
    saved.autosave_cell()
    saved.write()
    text = (tmp_path / "out.ipynb").read_text(encoding="utf-8")
    assert "CANARY" not in text
    assert text.count("***@host") == 4
    assert "AAAA" in text
