"""Contracts in a notebook: the warning under the cell, ``--strict``, ``%alo_status`` and `alo_nb.signature`."""

from __future__ import annotations

import pytest

from alo_nb.errors import MagicUsageError, RunNotFoundError, StepOutputError

MAKE = "import pandas as pd\nasset.save_data({'df': pd.DataFrame({'a': range(30), 'b': 0.5})})\nasset.save_config({})"
TAKE = "df = asset.load_data()['df']\n{}\nasset.save_data({{'df': df}})\nasset.save_config({{'columns': [*df]}})"
LOST = "data.df lost column 'b' (2 columns in run "


@pytest.fixture
def trained(shell):
    shell.step("make", MAKE, end="")
    shell.step("train", TAKE.format(""), end="")
    return shell


def test_an_edited_cell_that_loses_a_column_is_warned_of_once(trained):
    assert "lost" not in trained.out
    trained.step("train", TAKE.format("del df['b']"), end="")
    assert f"▲ {LOST}" in trained.out
    assert LOST in repr(trained.run("%alo_show train"))
    trained.step("train", TAKE.format("del df['b']"), end="")
    assert "lost" not in trained.out + repr(trained.run("%alo_show train"))


def test_the_status_and_the_signature_tell_what_a_step_makes(trained):
    trained.step("train", TAKE.format("df = df.rename(columns={'b': 'c'}).head(20)"), end="")
    line = "df 30x2 -> 20x2, +c -b; config +columns"
    assert line in repr(trained.run("%alo_status"))
    assert "df 20x2 (-10 rows, +c -b); config +columns" in repr(trained.run("%alo_show train"))
    trained.run("import alo_nb")
    text = repr(trained.run("alo_nb.signature('train')"))
    assert line in text
    assert "0 to 19" in text
    assert isinstance(trained.error("alo_nb.signature('trian')"), RunNotFoundError)
    run = trained.run("%alo_run train").id
    assert isinstance(trained.error(f"alo_nb.signature({run!r})"), MagicUsageError)


def test_a_strict_run_ends_and_one_in_a_clean_kernel_cannot_be_strict(trained):
    trained.run(f"%%alo_asset step=train -n\n{TAKE.format('del df[chr(98)]')}")
    error = trained.error("%alo_run train --strict")
    assert isinstance(error, StepOutputError)
    assert "a run without --strict" in str(error)
    for line in ("%alo_run --strict --fresh", "%alo_run --strict --fresh --compare"):
        assert isinstance(trained.error(line), MagicUsageError)
