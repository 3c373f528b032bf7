"""``alo-nb suggest``: how a plain notebook could become step cells."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "data" / "plain_notebooks"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_looking_writes_nothing(here, alo_nb):
    before = sorted(here.iterdir())
    code, out, _ = alo_nb("suggest", "digits.ipynb")

    assert code == 0
    assert "2 preprocess  cells 4 to 5" in out
    assert sorted(here.iterdir()) == before


def test_the_new_notebook_gets_the_name_that_was_asked_for(here, alo_nb):
    assert alo_nb("suggest", "digits.ipynb", "--write", "new/steps.ipynb")[0] == 0
    assert "%%alo_asset step=train" in (here / "new" / "steps.ipynb").read_text()
    code, _, error = alo_nb("suggest", "digits.ipynb", "--write", "new/steps.ipynb")
    assert code == 1
    assert "'steps.ipynb' is there already" in error


def test_a_refused_notebook_ends_with_1_and_is_not_written(here, alo_nb):
    code, out, _ = alo_nb("suggest", "troubles.ipynb", "--write")

    assert code == 1
    assert "cell 1, line 4: from math import *" in out
    assert not (here / "troubles.alo.ipynb").exists()


def test_json_holds_the_steps_and_their_code(here, alo_nb):
    code, out, _ = alo_nb("suggest", "digits.ipynb", "--json")
    steps = json.loads(out)["steps"]

    assert code == 0
    assert [each["name"] for each in steps] == ["input", "preprocess", "train", "inference"]
    assert steps[2]["loads"] == ["train_x", "train_y"]
    assert steps[2]["text"].startswith("%%alo_asset step=train\n")
