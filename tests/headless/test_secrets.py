"""What is run headless leaves no secret in the notebook."""

from __future__ import annotations

import nbformat
import pytest

from alo_nb.errors import MagicUsageError
from alo_nb.headless.perform import overrides_in
from alo_nb.headless.saving import SavedNotebook


@pytest.mark.parametrize("pair", ["train.password=CANARY", "train.opts={'token': 'CANARY'}", "password=CANARY"])
def test_a_secret_is_not_taken_from_the_command_line_and_not_repeated(pair):
    with pytest.raises(MagicUsageError) as caught:
        overrides_in([pair])
    assert "CANARY" not in str(caught.value)


def test_other_values_are_taken_from_the_command_line():
    assert overrides_in(["train.max_tokens=512"]) == {"train.max_tokens": 512}


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


LEAKS = {
    "argument": ("raise ValueError('cannot log in with ' + asset.load_args()['password'])", "CANARY-plan"),
    "variable": ("password = 'CANARY-' + 'step'\nraise ValueError(f'cannot log in with {password}')", "CANARY-step"),
    "our own error": ("asset.save_error('cannot log in with ' + asset.load_args()['password'])", "CANARY-plan"),
}


@pytest.mark.parametrize(
    ("leak", "how"),
    [*((leak, "--in-process") for leak in LEAKS), ("argument", "--no-cache"), ("our own error", "--no-cache")],
)
def test_a_secret_in_the_text_of_an_exception_is_not_shown(project, alo_nb, leak, how):
    body, secret = LEAKS[leak]
    project.write(train=body)
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text().replace("- rows: 7", "- rows: 7\n        password: CANARY-plan"))
    code, out, err = alo_nb("run", "plan.yaml", how)
    assert code == 1
    assert "cannot log in with ***" in err
    assert secret not in out + err
