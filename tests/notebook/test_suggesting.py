"""``%alo_suggest`` in a kernel: this notebook's own file, and the values that the kernel holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import alo_nb
from alo_nb.errors import MagicUsageError, StepDefinitionError

CELLS = ("import numpy as np", "## Read", "numbers = np.arange(6.0)", "## Add", "print(numbers.sum())")


def save(path: Path, *cells: str) -> Path:
    content = [
        {"cell_type": "markdown" if each.startswith("## ") else "code", "metadata": {}, "source": each}
        for each in cells
    ]
    path.write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    return path


def test_this_notebook_is_read_from_its_file_and_its_values_are_looked_at(shell, project, monkeypatch):
    path = save(project / "mine.ipynb", *CELLS, "%load_ext alo_nb", "%alo_suggest")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    shell.run(CELLS[0])
    shell.run(CELLS[2])
    found = shell.run("%alo_suggest")

    assert [each.name for each in found.steps] == ["input", "add"]
    assert "numbers: ndarray 6, 48 B" in repr(found)
    assert "numbers: numbers = np.arange(6.0)" in repr(
        shell.run(f"%alo_suggest {save(project / 'other.ipynb', *CELLS)}")
    )


def test_it_writes_a_new_notebook_when_asked_to_and_never_this_one(shell, project, monkeypatch):
    path = save(project / "mine.ipynb", *CELLS)
    before = path.read_bytes()
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    found = shell.run("%alo_suggest --write")

    assert found.written == project / "mine.alo.ipynb"
    assert "Wrote mine.alo.ipynb; nothing has run" in repr(found)
    assert path.read_bytes() == before
    assert shell.run("%alo_suggest --to second.ipynb").written == Path("second.ipynb")
    assert alo_nb.suggest(path).write("third.ipynb").exists()


def test_a_notebook_that_nobody_knows_is_asked_for(shell, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    error = shell.error("%alo_suggest")
    assert isinstance(error, MagicUsageError)
    assert "%alo_suggest FILE.ipynb" in str(error)


def test_writing_what_is_refused_is_an_error_and_looking_is_none(shell, project):
    path = save(project / "bad.ipynb", "from math import *", "print(pi)")

    assert "from math import *" in repr(shell.run(f"%alo_suggest {path}"))
    error = shell.error(f"%alo_suggest {path} --write")
    assert isinstance(error, StepDefinitionError)
    with pytest.raises(StepDefinitionError):
        alo_nb.suggest(path).write()


def test_the_next_command_names_the_file_that_was_read(shell, project):
    save(project / "my plain.ipynb", *CELLS)
    shown = repr(shell.run("%alo_suggest 'my plain.ipynb'"))
    assert "`%alo_suggest 'my plain.ipynb' --write`" in shown
    assert shell.run("%alo_suggest 'my plain.ipynb' --write").written.name == "my plain.alo.ipynb"


def test_one_step_of_one_cell_is_counted_in_the_singular(shell, project):
    save(project / "one.ipynb", "print(sum([1, 2]))")
    assert "1 step from 1 code cell, as saved" in repr(shell.run("%alo_suggest one.ipynb"))


def test_an_empty_notebook_is_refused_as_a_whole(shell, project):
    save(project / "empty.ipynb", "## Only words")
    shown = repr(shell.run("%alo_suggest empty.ipynb"))
    assert "the whole notebook\n    it has no code cells" in shown
    assert "cell 1" not in shown
