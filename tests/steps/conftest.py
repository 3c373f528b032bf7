"""Notebooks and projects on disk for the tests of steps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import alo_nb
from alo_nb.project import Project
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition, define_step
from alo_nb.steps.sources import NotebookFile, read_notebook

CHECKOUT = Path(alo_nb.__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A new project, which is the current folder."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., NotebookFile]:
    """Writes code cells to an ``.ipynb`` and reads it; a list of lines is one cell as Jupyter stores it."""

    def write(*cells: str | list[str], name: str = "steps.ipynb") -> NotebookFile:
        content = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": s} for n, s in enumerate(cells)]
        content.insert(0, {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# %%alo_asset step=prose"})
        path = tmp_path / name
        path.write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return read_notebook(path, label=name)

    return write


@pytest.fixture
def define() -> Callable[..., StepDefinition]:
    """Defines a step from its body and the cells above it; `values` are what the notebook's names hold."""

    def make(body: str, *cells: str, values: dict[str, object] | None = None, **options: object) -> StepDefinition:
        scope = Scope(values=values or {})
        for number, text in enumerate(cells, start=1):
            scope.add(Block(text, f"cell-{number}", 1, f"cell {number}"))
        return define_step("train", Block(body, "cell-step", 2, "cell 9"), scope, **options)

    return make


@pytest.fixture
def fresh(project: Project) -> Callable[[str], str]:
    """Runs code in a new process whose current folder is the project, and returns what it printed."""

    def run(code: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(command, cwd=project.root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
