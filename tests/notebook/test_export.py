"""%alo_export and %alo_load in a notebook: out of it and back into it, with the same code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from socket_kernels import running_kernel

import alo_nb
from alo_nb.errors import MagicUsageError, StepDefinitionError
from alo_nb.notebook.session import current_session
from alo_nb.plan import read_plan

CELLS = ["import math", "LIMIT = 3", "def clean(x):\n    return x * LIMIT"]
INPUT = 'x = clean(math.floor(2.5))\nasset.save_data({"x": x})\nasset.save_config(asset.load_config())'
TRAIN = """\
def run(asset):
    data = asset.load_data()
    asset.save_data({**data, "y": data["x"] + asset.check_args("n", chng_type="int")})
    asset.save_config(asset.load_config())"""


def fingerprints() -> dict[str, str]:
    return {name: step.fingerprint for name, step in current_session().registry.items()}


@pytest.fixture
def notebook(shell: Any) -> Any:
    """A notebook with two steps that have run."""
    for cell in CELLS:
        shell.run(cell)
    shell.run("count = 4")
    shell.run(f"%%alo_asset step=input\n{INPUT}")
    shell.run(f"%%alo_asset step=train n=$count\n{TRAIN}")
    return shell


def test_the_cells_of_a_notebook_go_to_alo_and_back(notebook: Any, project: Path) -> None:
    before, run = fingerprints(), notebook.run("run = %alo_run\nrun")
    exported = notebook.run("%alo_export for_alo")

    assert exported.files[-1] == "solution/experimental_plan.yaml"
    plan = read_plan(exported.plan)
    assert [(each.name, each.args) for each in plan.pipelines[0].steps] == [("input", {}), ("train", {"n": 4})]
    notebook.run("%reload_ext alo_nb")
    notebook.run("%alo_project for_alo")
    loaded = notebook.run("%alo_load solution/experimental_plan.yaml")
    cells = ["".join(each["source"]) for each in json.loads(loaded.notebook.read_text())["cells"]]
    notebook.run("%unload_ext alo_nb")
    os.chdir(loaded.notebook.parent)
    for cell in cells:
        again = notebook.run(cell)
    assert fingerprints() == before
    assert again.digests() == run.digests()


def test_the_open_plan_is_exported_with_the_cells_as_they_are_now(notebook: Any, project: Path) -> None:
    (project / "plan.yaml").write_text("""\
name: mine
version: "1"
user_parameters:
  - train_pipeline:
      - step: train
        args:
          - n: 7
asset_source:
  - train_pipeline:
      - step: train
        source: {code: notebook, branch: , requirements: []}
""")
    notebook.run("%alo_plan plan.yaml")
    exported = notebook.run("%alo_export for_alo")

    plan = read_plan(exported.plan)
    assert (plan.name, plan.pipelines[0].steps[0].args) == ("mine", {"n": 7})
    assert "cell In[" in (exported.folder / "assets/train/asset_train.py").read_text().splitlines()[0]


def test_an_export_runs_nothing(notebook: Any, project: Path) -> None:
    runs = sorted((project / ".alo" / "runs").iterdir())
    notebook.run("%alo_export for_alo")

    assert sorted((project / ".alo" / "runs").iterdir()) == runs


def test_a_magic_in_a_step_is_no_code_for_alo(notebook: Any, project: Path) -> None:
    notebook.run("%%alo_asset step=report -n\n%time x = 1\n" + INPUT)
    error = notebook.error("%alo_export for_alo")

    assert isinstance(error, StepDefinitionError)
    assert "uses a magic" in error.what
    assert "line 2" in error.where
    assert not (project / "for_alo").exists()


@pytest.mark.parametrize(
    "line", ["%alo_export", "%alo_load", "%alo_load a b", "%alo_export x --force", "%alo_load x --to"]
)
def test_a_line_that_is_not_understood_is_an_error(shell: Any, line: str) -> None:
    assert isinstance(shell.error(line), MagicUsageError)


def test_python_has_the_same_functions(notebook: Any, project: Path) -> None:
    exported = alo_nb.export_alo("for_alo")
    loaded = alo_nb.load_alo(exported.folder / "assets" / "train")

    assert loaded.cell == f"%%alo_asset step=train\n{TRAIN}"


# In a kernel ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_front_end_gets_the_cell_of_an_asset_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Front ends insert the first cell that a reply asks for, and no other: there must be one."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    folder = tmp_path / "assets" / "train"
    folder.mkdir(parents=True)
    (folder / "asset_train.py").write_text("from alolib.asset import Asset\n\n\nclass UserAsset(Asset):\n    pass\n")
    with running_kernel(tmp_path) as client:
        client.execute_interactive("%load_ext alo_nb", timeout=60)
        reply = client.execute_interactive("%alo_load assets/train", timeout=60, output_hook=lambda _: None)

    asked = [each for each in reply["content"]["payload"] if each["source"] == "set_next_input"]
    assert [each["replace"] for each in asked] == [False]
    assert asked[0]["text"].startswith("%%alo_asset step=train\nfrom alolib.asset import Asset\n")
