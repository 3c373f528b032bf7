"""What is loaded when: each promise is checked in a process of its own, which tells what it has loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK_LIBRARIES = {"papermill", "nbformat", "nbclient", "IPython", "jupyter_client", "ipykernel", "ipywidgets"}
DATA_LIBRARIES = {"numpy", "pandas", "pyarrow", "cloudpickle"}
# Each takes 5 ms or more, half of what Python itself needs to start.
SLOW = {"dataclasses", "inspect", "typing", "pathlib", "json", "tempfile", "logging", "asyncio", "difflib", "yaml"}

PLAN = """\
name: small
version: "1"
user_parameters:
  - train_pipeline:
      - step: first
        args:
      - step: last
        args:
asset_source:
  - train_pipeline:
      - step: first
        source: {code: steps.ipynb, branch: , requirements: []}
      - step: last
        source: {code: steps.ipynb, branch: , requirements: []}
"""
BODY = 'asset.save_data({**asset.load_data(), "total": sum(range(10))})\nasset.save_config(asset.load_config())'


def loaded_by(code: str, folder: Path) -> set[str]:
    """Return the modules that a new process loads for `code`, beyond those it starts with."""
    tell = "sys.stderr.write('\\n' + ' '.join(set(sys.modules) - before))"
    text = f"import sys\nbefore = set(sys.modules)\n{code}\n{tell}"
    words = [sys.executable, "-W", "error", "-c", text]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def command(*words: str) -> str:
    return f"from alo_nb.headless.cli import main\nassert main({list(words)!r}) == 0"


def libraries(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "alo_nb"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``plan.yaml``, whose two steps need no library."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "id": name, "source": f"%%alo_asset step={name}\n{BODY}"} for name in ("first", "last")]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / "steps.ipynb").write_text(json.dumps(content))
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path


def test_the_package_loads_nothing_but_itself(tmp_path):
    assert loaded_by("import alo_nb", tmp_path) == {"__future__", "alo_nb"}


def test_a_name_of_the_package_loads_its_home_only(tmp_path):
    loaded = loaded_by("import alo_nb\nalo_nb.AloNbError", tmp_path)
    assert ours(loaded) == {"alo_nb", "alo_nb.errors"}


def test_help_loads_the_parser_only(tmp_path):
    loaded = loaded_by(command("--help"), tmp_path)
    assert ours(loaded) == {
        "alo_nb",
        "alo_nb.headless",
        "alo_nb.headless.cli",
        "alo_nb.headless.options",
        "alo_nb.option_texts",
    }
    assert not libraries(loaded) & (SLOW | NOTEBOOK_LIBRARIES | DATA_LIBRARIES)


@pytest.mark.parametrize(
    "words", [("run", "--in-process", "plan.yaml"), ("check", "plan.yaml"), ("history",)], ids=lambda words: words[0]
)
def test_only_a_kernel_needs_notebook_libraries_and_only_steps_need_data_libraries(project, words):
    assert not libraries(loaded_by(command(*words), project)) & (NOTEBOOK_LIBRARIES | DATA_LIBRARIES)
