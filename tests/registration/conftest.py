"""A small solution: a train pipeline of an asset folder and a cell, an inference pipeline of the same and one more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from alo_nb.plan import Problem, read_plan
from alo_nb.project import Project
from alo_nb.registration import Bundle, Examination, examine, write_bundle
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources
from alo_nb.store import Run

INPUT = """\
import csv
from pathlib import Path

from alolib.asset import Asset
from reading import first_column


class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.asset.check_args("column", is_required=True)

    @Asset.decorator_run
    def run(self):
        files = sorted(Path(self.asset.get_input_path()).rglob("*.csv"))
        values = first_column(files[0], self.asset.load_args()["column"])
        self.asset.save_data({"values": values})
        self.asset.save_config({})
"""
READING = """\
import csv


def first_column(path, column):
    with path.open() as file:
        return [float(row[column]) for row in csv.DictReader(file)]
"""
SHARED = """\
FACTOR = 2


def mean(values):
    return FACTOR * sum(values) / len(values) / FACTOR
"""
TRAIN = """\
values = asset.load_data()["values"]
rate = asset.check_args("rate", chng_type="float", default=1.0)
with open(asset.get_model_path() + "model.txt", "w") as file:
    file.write(str(rate * mean(values)))
asset.save_data(asset.load_data())
asset.save_config(asset.load_config())
"""
INFER = """\
with open(asset.get_model_path() + "model.txt") as file:
    model = float(file.read())
limit = asset.check_args("limit", chng_type="float", default=1.0)
with open(asset.get_output_path() + "output.csv", "w") as file:
    file.write("value\\n" + "".join(f"{value - model}\\n" for value in asset.load_data()["values"]))
asset.save_summary(result="OK", score=0.5)
asset.save_data(asset.load_data())
asset.save_config(asset.load_config())
"""
PLAN: Mapping[str, Any] = {
    "name": "demo",
    "version": "1.0.0",
    "external_path": [
        {"load_train_data_path": "./sample/train/"},
        {"load_inference_data_path": "./sample/inference/"},
        {"save_train_artifacts_path": None},
        {"save_inference_artifacts_path": None},
        {"load_model_path": None},
    ],
    "external_path_permission": [{"aws_key_profile": None}],
    "user_parameters": [
        {
            "train_pipeline": [
                {"step": "input", "args": [{"column": "x"}]},
                {"step": "train", "args": [{"rate": 0.5}], "ui_args": ["rate"]},
            ]
        },
        {
            "inference_pipeline": [
                {"step": "input", "args": [{"column": "x"}]},
                {"step": "inference", "args": None},
            ]
        },
    ],
    "asset_source": [
        {
            "train_pipeline": [
                {"step": "input", "source": {"code": "local", "branch": None, "requirements": ["requirements.txt"]}},
                {"step": "train", "source": {"code": "steps.ipynb", "branch": None, "requirements": ["numpy"]}},
            ]
        },
        {
            "inference_pipeline": [
                {"step": "input", "source": {"code": "local", "branch": None, "requirements": ["requirements.txt"]}},
                {"step": "inference", "source": {"code": "steps.ipynb", "branch": None, "requirements": []}},
            ]
        },
    ],
    "control": [{"get_asset_source": "once"}, {"backup_artifacts": False}],
    "ui_args_detail": [
        {
            "train_pipeline": [
                {
                    "step": "train",
                    "args": [
                        {"name": "rate", "description": "how fast", "type": "float", "default": 0.5, "range": [0, 1]},
                        {"name": "other", "description": "not offered", "type": "int", "default": 1, "range": [0, 1]},
                    ],
                }
            ]
        }
    ],
}
INFO: Mapping[str, Any] = {
    "solution_name": "demo-solution",
    "inference_only": False,
    "solution_update": False,
    "overview": "Means of a column.",
    "detail": [{"title": "How", "content": "By adding."}],
    "contents_type": {
        "support_labeling": False,
        "inference_result_datatype": "table",
        "train_datatype": "table",
        "labeling_column_name": None,
    },
    "train_gpu": False,
    "inference_gpu": False,
    "inference_arm": False,
}


class Solution:
    """A project folder that holds a solution; tests change one thing in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.project, self.output = root / "project", Project(root / "project"), root / "bundle"
        self.plan: dict[str, Any] = json.loads(json.dumps(PLAN))
        self.info: dict[str, Any] = json.loads(json.dumps(INFO))
        self.cells = {"train": TRAIN, "inference": INFER}
        self.lines = {"train": "", "inference": ""}  # what stands on the magic lines behind step=
        self.shared = SHARED

    def write(self) -> None:
        """Write all files but the results."""
        self.put("assets/input/asset_input.py", INPUT)
        self.put("assets/input/reading.py", READING)
        self.put("assets/input/requirements.txt", "pandas>=2  # tables\n\n# nothing else\n")
        for mode, rows in (("train", "1\n2\n6\n"), ("inference", "4\n")):
            self.put(f"sample/{mode}/values.csv", f"x\n{rows}")
        self.write_texts()

    def write_texts(self) -> None:
        """Write the notebook, the plan and the info."""
        cells = [
            self.shared,
            *(f"%%alo_asset step={name}{self.lines[name]}\n{body}" for name, body in self.cells.items()),
        ]
        content = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": c} for n, c in enumerate(cells)]
        self.put("steps.ipynb", json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        self.put("plan.yaml", yaml.safe_dump(self.plan, sort_keys=False))
        self.put("info.yaml", yaml.safe_dump(self.info, sort_keys=False))

    def put(self, name: str, text: str) -> Path:
        """Write one file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def steps(self, section: str, pipeline: str) -> list[dict[str, Any]]:
        """Return the steps of a pipeline as a section of the plan lists them."""
        found: list[dict[str, Any]] = next(each[pipeline] for each in self.plan[section] if pipeline in each)
        return found

    def drop(self, pipeline: str) -> None:
        """Take a pipeline out of the plan."""
        for section in ("user_parameters", "asset_source", "ui_args_detail"):
            self.plan[section] = [each for each in self.plan[section] if pipeline not in each]

    def run(self, mode: str = "all") -> Run:
        """Run the plan in this process."""
        plan = read_plan(self.root / "plan.yaml")
        return run_plan(RunRequest(plan=plan, project=self.project, find=Sources(plan, self.project).step, mode=mode))

    def examine(self) -> Examination:
        """Examine what the files say now."""
        return examine(read_plan(self.root / "plan.yaml"), self.project, self.root / "info.yaml")

    def bundle(self) -> Bundle:
        """Write the bundle."""
        return write_bundle(self.examine(), self.output)

    def found(self, code: str) -> Problem:
        """Return the one problem with this code."""
        (problem,) = [each for each in self.examine().problems if each.code == code]
        return problem


@pytest.fixture
def solution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Solution:
    """A solution whose files are written, and whose plan has not run."""
    made = Solution(tmp_path)
    made.write()
    monkeypatch.chdir(made.root)
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    return made


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a solution whose plan has run, to copy."""
    made = Solution(tmp_path_factory.mktemp("solution"))
    made.write()
    made.run()
    return made.root


@pytest.fixture
def ran(solution: Solution, run_once: Path) -> Solution:
    """A solution that is ready to be registered."""
    shutil.copytree(run_once, solution.root, dirs_exist_ok=True)
    return solution
