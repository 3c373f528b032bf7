"""The Titanic plan gives the same bytes through every door, in memory and in file mode."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from example_project import copy_examples

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the plan, the notebook and the data, as in the repository."""
    root = tmp_path_factory.mktemp("titanic")
    (root / ".alo").mkdir()
    copy_examples(root)
    return root


def call(project: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALO_NB")}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def digests(run: dict) -> dict[str, str]:
    return {
        f"{step['pipeline']}/{step['step']}/{kind}/{each['name']}": each["digest"]
        for step in run["steps"]
        for kind in ("data", "config")
        for each in step[kind]
    }


def run_from_terminal(project: Path, *options: str) -> dict[str, str]:
    return digests(json.loads(call(project, "alo_nb", "run", "plans/titanic.yaml", "--json", *options)))


@pytest.fixture(scope="module")
def expected(project: Path) -> dict[str, str]:
    """What a run in this process's memory hands on."""
    return run_from_terminal(project, "--in-process", "--interface-mode", "memory")


def test_every_step_hands_something_on(expected: dict[str, str]) -> None:
    steps = {name.rsplit("/", 2)[0] for name in expected}

    assert len(steps) == 7
    assert all(digest.startswith("b3:") for digest in expected.values())


@pytest.mark.parametrize("options", [["--interface-mode", "memory"], ["--interface-mode", "file"]], ids=" ".join)
def test_a_kernel_hands_on_the_same_bytes(project: Path, expected: dict[str, str], options: list[str]) -> None:
    assert run_from_terminal(project, *options) == expected


def test_file_mode_in_this_process_hands_on_the_same_bytes(project: Path, expected: dict[str, str]) -> None:
    assert run_from_terminal(project, "--in-process", "--interface-mode", "file") == expected


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_the_notebook_hands_on_the_same_bytes(project: Path, expected: dict[str, str], mode: str) -> None:
    plan = project / "plans" / "titanic.yaml"
    plan.write_text(plan.read_text().replace("interface_mode: memory", f"interface_mode: {mode}"))
    call(project, "papermill", "example_notebooks/01_titanic.ipynb", "out.ipynb", "--no-progress-bar")
    plan.write_text(plan.read_text().replace(f"interface_mode: {mode}", "interface_mode: memory"))

    runs = [json.loads(path.read_text()) for path in (project / ".alo" / "runs").glob("*/run.json")]
    cells = [run for run in runs if run["trigger"] == "cell" and run["interface_mode"] == mode]
    whole = [run for run in runs if run["trigger"] == "notebook" and run["interface_mode"] == mode]
    last = max(whole, key=lambda run: run["started"])  # two ids of one second are in no order

    assert {step["step"] for run in cells for step in run["steps"]} == {"input", "preprocess", "train"}
    assert digests(last) == expected
    for run in cells:
        assert digests(run).items() <= expected.items()


def test_results_lie_where_alo_users_look_for_them(project: Path, expected: dict[str, str]) -> None:
    assert expected
    for name in (
        "train_artifacts/models/train/model.joblib",
        "train_artifacts/report/importance.png",
        "train_artifacts/score/train_summary.yaml",
        "inference_artifacts/output/output.csv",
        "inference_artifacts/score/inference_summary.yaml",
        "input/train/train/passengers.csv",
        "input/inference/inference/passengers.csv",
    ):
        assert (project / name).is_file(), name
