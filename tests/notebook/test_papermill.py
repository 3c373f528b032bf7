"""Plain papermill, without any of alo_nb's own headless code, runs a notebook of steps and fails when a step fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from example_project import copy_examples

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
END = "\nasset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"


def papermill(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALO_NB")}
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def runs(folder: Path) -> list[dict]:
    found = [json.loads(path.read_text()) for path in (folder / ".alo" / "runs").glob("*/run.json")]
    return sorted(found, key=lambda run: run["started"])


def write(folder: Path, *cells: str) -> None:
    (folder / ".alo").mkdir()
    made = [nbformat.v4.new_code_cell(text) for text in ("%load_ext alo_nb", *cells)]
    made[1].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=KERNEL), folder / "steps.ipynb")


def test_a_parameter_reaches_the_titanic_model_and_is_recorded(tmp_path):
    copy_examples(tmp_path)
    (tmp_path / ".alo").mkdir()
    source = (tmp_path / "example_notebooks" / "01_titanic.ipynb").read_bytes()
    done = papermill(tmp_path, "example_notebooks/01_titanic.ipynb", "out.ipynb", "-p", "n_estimators", "50")
    assert done.returncode == 0, done.stderr
    trained = [step for run in runs(tmp_path) for step in run["steps"] if step["step"] == "train"]
    assert trained
    assert {step["args"]["n_estimators"] for step in trained} == {50}
    summaries = [run["summaries"]["train_pipeline"]["note"] for run in runs(tmp_path) if run["mode"] == "all"]
    assert summaries == ["50 trees, 5-fold accuracy"]
    assert (tmp_path / "train_artifacts" / "models" / "train" / "model.joblib").stat().st_size > 0
    assert (tmp_path / "example_notebooks" / "01_titanic.ipynb").read_bytes() == source
    outputs = [output for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells for output in cell.get("outputs", ())]
    assert {output["output_type"] for output in outputs} <= {"execute_result", "stream"}


def test_a_bug_in_a_step_stops_the_notebook_and_is_named_with_its_line(tmp_path):
    last = "%%alo_asset step=last\nfrom pathlib import Path\nPath('last_ran').touch()" + END
    write(
        tmp_path, "n = 1", "%%alo_asset step=first n=$n" + END, f"%%alo_asset step=broken\nx = 1\ny = x / 0{END}", last
    )
    done = papermill(tmp_path, "steps.ipynb", "out.ipynb", "-p", "n", "7")
    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "in step 'broken', cell In[5], line 3: y = x / 0" in done.stderr
    assert not (tmp_path / "last_ran").exists()
    assert [(run["status"], [step["step"] for step in run["steps"]]) for run in runs(tmp_path)] == [
        ("success", ["first"]),
        ("failed", ["broken"]),
    ]
    assert runs(tmp_path)[0]["steps"][0]["args"] == {"n": 7}
    assert "alo_nb/runner" not in done.stderr
    assert "alo_nb/runner" not in (tmp_path / "out.ipynb").read_text()


def test_the_same_name_in_two_cells_is_an_error(tmp_path):
    write(tmp_path, "n = 1", f"%%alo_asset step=s{END}", f"%%alo_asset step=s\nx = 2{END}")
    done = papermill(tmp_path, "steps.ipynb", "out.ipynb")
    assert done.returncode == 1
    assert "StepDefinitionError: step 's' is already defined in cell In[3]" in done.stderr
    assert "where: cell In[4]" in done.stderr


def test_a_magic_that_does_not_exist_inside_a_step_fails_with_a_message(tmp_path):
    write(tmp_path, "n = 1", f"%%alo_asset step=s\n%nosuch{END}")
    done = papermill(tmp_path, "steps.ipynb", "out.ipynb")
    assert done.returncode == 1
    assert "MagicUsageError: Line magic function `%nosuch` not found." in done.stderr
