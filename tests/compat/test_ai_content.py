"""Whole AI Contents of every generation of ALO's API run unchanged from git, train and inference in two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

HEAD = """# -*- coding: utf-8 -*-
import os
import sys
from alolib.asset import Asset
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import pandas as pd
"""
CLASS = """

class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.args = self.asset.load_args()
        self.config = self.asset.load_config()
        self.data = self.asset.load_data()

    @Asset.decorator_run
    def run(self):
"""
TAIL = """

if __name__ == "__main__":
    envs, argv, data, config = {}, {}, {}, {}
    ua = UserAsset(envs, argv, data, config)
    ua.run()
"""
SAVES = """
        self.asset.save_data(self.data)
        self.asset.save_config(self.config)
"""

# ALO 2.4 to 2.6: four assets, each with a helper module called `tools`.
INPUT = (
    HEAD
    + "from tools import csv_files"
    + CLASS.replace("        self.data = self.asset.load_data()\n", "        self.data = {}\n")
    + """
        folder = self.asset.get_input_path()
        self.data["table"] = pd.concat([pd.read_csv(each) for each in csv_files(folder)], ignore_index=True)
        self.config["x_columns"] = self.asset.check_args("x_columns", is_required=True, chng_type="list")
        self.config["y_column"] = self.asset.check_args("y_column", default="survived")
        self.asset.save_info(f"{len(self.data['table'])} rows", show=True)
"""
    + SAVES
    + TAIL
)
PREPROCESS = (
    HEAD
    + "import tools"
    + CLASS
    + """
        table = self.data["table"]
        table[self.config["x_columns"]] = tools.fill(table[self.config["x_columns"]], self.args["fill"])
        self.data["table"] = table
"""
    + SAVES
    + TAIL
)
TRAIN = (
    HEAD
    + "import joblib\nfrom tools import make_model"
    + CLASS
    + """
        model = make_model(**self.args)
        x, y = self.data["table"][self.config["x_columns"]], self.data["table"][self.config["y_column"]]
        model.fit(x, y)
        joblib.dump(model, self.asset.get_model_path() + "model.joblib")
        score = float(model.score(x, y))
        self.asset.save_summary(result=f"accuracy {score:.2f}", score=score, note="train", probability={})
        self.data["table"].to_csv(self.asset.get_output_path() + "output.csv", index=False)
"""
    + SAVES
    + TAIL
)
INFERENCE = (
    HEAD
    + "import joblib"
    + CLASS
    + """
        model = joblib.load(self.asset.get_model_path() + "model.joblib")
        table = self.data["table"]
        table["prediction"] = model.predict(table[self.config["x_columns"]])
        table.to_csv(self.asset.get_output_path() + "output.csv", index=False)
        share = float((table["prediction"] == 1).mean())
        self.asset.save_summary(result="OK", score=0.5, probability={"1": share, "0": 1 - share})
"""
    + SAVES
    + TAIL
)
MODERN = {
    "input": (
        INPUT,
        "import glob\n\ndef csv_files(folder):\n    return sorted(glob.glob(folder + '**/*.csv', recursive=True))\n",
    ),
    "preprocess": (PREPROCESS, "def fill(frame, how):\n    return frame.fillna(getattr(frame, how)())\n"),
    "train": (
        TRAIN,
        "from sklearn.tree import DecisionTreeClassifier\n\ndef make_model(max_depth):\n"
        "    return DecisionTreeClassifier(max_depth=max_depth, random_state=0)\n",
    ),
    "inference": (INFERENCE, ""),
}

# ALO 1.2 to 2.3: `load_envs`, the summary with positional arguments, a model folder without `get_model_path`'s options.
OLDER = {
    **MODERN,
    "input": (
        INPUT.replace(
            "        self.data = {}\n", "        self.data = {}\n        self.envs = self.asset.load_envs()\n"
        ),
        MODERN["input"][1],
    ),
}

# ALO 2.7 and 2.8: scores may be numpy numbers, and the inference asks for its own model folder, too.
NEWER = {
    **MODERN,
    "inference": (
        INFERENCE.replace("share = float(", "share = (").replace(
            'self.asset.save_summary(result="OK"',
            'open(self.asset.get_model_path(use_inference_path=True) + "seen", "w").close()\n'
            '        self.asset.save_summary(result="OK"',
        ),
        "",
    ),
}

# ALO 1.0: data and config come in as arguments and go out as the result; step 0 gets 0 and {}.
CLASS_1_0 = """

class UserAsset(Asset):
    def __init__(self, envs, argv, data, config):
        super().__init__(envs, argv, version=1.0)
        self.args = self.asset.load_config('args')
        self.config = config
        self.data = data if data else {}

    @Asset.decorator_run
    def run(self):
"""
SAVES_1_0 = "\n        return self.data, self.config\n"
OLDEST = {
    name: (
        text.replace(CLASS, CLASS_1_0)
        .replace(CLASS.replace("        self.data = self.asset.load_data()\n", "        self.data = {}\n"), CLASS_1_0)
        .replace(SAVES, SAVES_1_0),
        tools,
    )
    for name, (text, tools) in MODERN.items()
}

PASSENGERS = "age,fare,survived\n22,7.25,0\n38,71.3,1\n26,7.9,1\n35,53.1,1\n,8.05,0\n54,51.9,0\n2,21.1,0\n27,11.1,1\n"
PIPELINES = {
    "train_pipeline": ("input", "preprocess", "train"),
    "inference_pipeline": ("input", "preprocess", "inference"),
}
ARGS = {
    "input": "{x_columns: [age, fare], y_column: survived}",
    "preprocess": "{fill: mean}",
    "train": "{max_depth: 9}",
    "inference": "{}",
}


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write_repositories(root: Path, assets: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Make a git repository for each asset and return its commit."""
    commits = {}
    for name, (text, tools) in assets.items():
        folder = root / f"{name}.git"
        folder.mkdir(parents=True)
        (folder / f"asset_{name}.py").write_text(text)
        (folder / "README.md").write_text(f"the asset {name}\n")
        if tools:
            (folder / "tools.py").write_text(tools)
        git(folder, "init", "-q", "-b", "release")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "asset")
        commits[name] = git(folder, "rev-parse", "HEAD")
    return commits


def plan_text(repositories: Path) -> str:
    """Return a plan in the form of ALO 2.4: sections are lists of one-key mappings."""
    lines = ["name: titanic", 'version: "1.0"', "external_path:"]
    lines += [f"  - load_{mode}_data_path: ./data/{mode}/" for mode in ("train", "inference")]
    lines += ["  - save_train_artifacts_path:", "  - save_inference_artifacts_path:", "  - load_model_path:"]
    lines += ["external_path_permission:", "  - aws_key_profile:", "user_parameters:"]
    for pipeline, steps in PIPELINES.items():
        lines += [f"  - {pipeline}:"]
        for step in steps:
            lines += [f"    - step: {step}", f"      args:\n        - {ARGS[step]}", "      ui_args:"]
    lines += ["asset_source:"]
    for pipeline, steps in PIPELINES.items():
        lines += [f"  - {pipeline}:"]
        for step in steps:
            lines += [f"    - step: {step}", "      source:", f"        code: {(repositories / step).as_uri()}.git"]
            lines += ["        branch: release", "        requirements: []"]
    lines += ["control:", "  - get_asset_source: once", "  - backup_artifacts: True", "  - interface_mode: memory"]
    return "\n".join(lines) + "\n"


@pytest.fixture
def content(tmp_path):
    """Return a function that writes an AI Content of some API generation and returns its folder and commits."""

    def make(assets: Mapping[str, tuple[str, str]]) -> tuple[Path, dict[str, str]]:
        project = tmp_path / "project"
        for mode in ("train", "inference"):
            folder = project / "data" / mode
            folder.mkdir(parents=True)
            (folder / "passengers.csv").write_text(PASSENGERS)
        commits = write_repositories(tmp_path / "repositories", assets)
        (project / "plan.yaml").write_text(plan_text(tmp_path / "repositories"))
        return project, commits

    return make


def alo_nb(project: Path, *words: str) -> dict:
    command = [sys.executable, "-m", "alo_nb", "run", "plan.yaml", "--project", ".", "--json", *words]
    environment = {**os.environ, "ALO_NB_GIT_PROTOCOLS": "https,ssh,file"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    "assets", [OLDEST, OLDER, MODERN, NEWER], ids=["ALO 1.0", "ALO 1.2-2.3", "ALO 2.4-2.6", "ALO 2.7-2.8"]
)
def test_four_git_assets_run_unchanged_train_then_inference_in_two_processes(content, assets):
    project, commits = content(assets)
    train = alo_nb(project, "--mode", "train", "--in-process")
    inference = alo_nb(project, "--mode", "inference", "--in-process")
    assert [each["step"] for each in train["steps"]] == list(PIPELINES["train_pipeline"])
    assert all(commits[each["step"]][:12] in each["cell"] for each in [*train["steps"], *inference["steps"]])
    assert inference["train_id"] == train["id"]
    assert train["summaries"]["train_pipeline"]["score"] == 1.0
    predicted = (project / "inference_artifacts" / "output" / "output.csv").read_text().splitlines()
    assert predicted[0] == "age,fare,survived,prediction"
    assert [line.rpartition(",")[2] for line in predicted[1:]] == [line[-1] for line in PASSENGERS.splitlines()[1:]]
    mark = json.loads((project / "inference_artifacts" / "log" / "experimental_history.json").read_text())
    assert (mark["id"], mark["train_id"]) == (inference["id"], train["id"])
    assert not [each for each in (project / "history").rglob("*") if each.name == ".git"]


@pytest.mark.slow
def test_git_assets_give_the_same_bytes_in_a_kernel_of_their_own(content):
    project, _ = content(MODERN)
    kernel, here = alo_nb(project), alo_nb(project, "--in-process")
    digests = [[(each["step"], each["data"]) for each in run["steps"]] for run in (kernel, here)]
    assert digests[0] == digests[1]
    assert (kernel["ids"], kernel["status"]) == (here["ids"], "success")
