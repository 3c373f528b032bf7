"""Asset files as users of ALO have them run unchanged, from folders and from git."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alo_nb.errors import StepOutputError, StepRunError
from alo_nb.plan import parse_plan
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources
from alo_nb.store import Run

HEAD = """# -*- coding: utf-8 -*-
import os
import sys
from alolib.asset import Asset
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
"""
TAIL = """
if __name__ == "__main__":
    ua = UserAsset(envs={}, argv={}, data={}, config={})
    ua.run()
"""
INPUT = (
    HEAD
    + """
from engine import Reader

class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.args = self.asset.load_args()
        self.config = self.asset.load_config()

    @Asset.decorator_run
    def run(self):
        self.asset.save_info("reading")
        self.config["y_column"] = self.args["y_column"]
        self.asset.save_data({"reader": Reader(3), "numbers": [1, 2, 3]})
        self.asset.save_config(self.config)
"""
    + TAIL
)
TRAIN = (
    HEAD
    + """
import engine

class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.data = self.asset.load_data()
        self.config = self.asset.load_config()

    @Asset.decorator_run
    def run(self):
        self.data["sum"] = engine.total(self.data["numbers"]) + self.data["reader"].size
        with open(self.asset.get_model_path() + "model.txt", "w") as file:
            file.write(self.config["y_column"])
        self.asset.save_data(self.data)
        self.asset.save_config(self.config)
"""
    + TAIL
)
ALO_1_0 = (
    HEAD
    + """
import alolib.common as common
from alolib.exception import *

class UserAsset(Asset):
    def __init__(self, envs, argv, data, config):
        super().__init__(envs, argv, version=1.0)
        self.args = self.asset.load_config('args')
        self.envs = self.asset.load_config('envs')
        self.config = config
        self.input_data = data

    @Asset.decorator_run
    def run(self):
        old = self.input_data["numbers"] if self.input_data else [0]
        self.config["pipeline"] = self.envs["pipeline"]
        return {"numbers": old + [self.args.get("more", 9)]}, self.config
"""
    + TAIL
)


def write_asset(project: Path, step: str, text: str, **neighbours: str) -> Path:
    folder = project / "assets" / step
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"asset_{step}.py").write_text(text)
    for name, content in neighbours.items():
        (folder / f"{name}.py").write_text(content)
    return folder


def plan_text(steps: dict[str, str], *, code: dict[str, str] | None = None, every: bool = False) -> str:
    sources = code or {}
    lines = ["name: content", 'version: "1"', "user_parameters:", "  - train_pipeline:"]
    lines += [f"    - step: {step}\n      args:\n        - {args}" for step, args in steps.items()]
    lines += ["asset_source:", "  - train_pipeline:"]
    for step in steps:
        lines += [f"    - step: {step}", "      source:", f"        code: {sources.get(step, 'local')}"]
        lines += ["        branch:", "        requirements: []"]
    return "\n".join([*lines, "control:", f"  - get_asset_source: {'every' if every else 'once'}"])


def run(project: Path, steps: dict[str, str], **options: object) -> Run:
    plan = parse_plan(plan_text(steps, **options))  # type: ignore[arg-type]
    place = Project(project)
    return run_plan(RunRequest(plan=plan, project=place, find=Sources(plan, place, fetch=True).step, mode="train"))


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Two assets of ALO 2.4 and later, each with a module called `engine` beside it."""
    write_asset(
        tmp_path, "input", INPUT, engine="class Reader:\n    def __init__(self, size):\n        self.size = size\n"
    )
    write_asset(tmp_path, "train", TRAIN, engine="def total(numbers):\n    return sum(numbers)\n")
    return tmp_path


STEPS = {"input": "y_column: Survived", "train": "n: 1"}


def test_assets_run_unchanged_and_their_neighbour_modules_do_not_disturb_each_other(content: Path) -> None:
    done = run(content, STEPS)

    assert [each.name for each in done.step("train").data] == ["reader", "numbers", "sum"]
    assert done.step("train").data[2].summary == "9"
    assert (content / "train_artifacts" / "models" / "train" / "model.txt").read_text() == "Survived"


def test_nothing_of_a_run_is_left_in_the_process(content: Path) -> None:
    path, modules = list(sys.path), set(sys.modules)
    run(content, STEPS)

    assert not {name for name in set(sys.modules) - modules if name.partition(".")[0] in {"alolib", "engine"}}
    assert [each for each in sys.path if each not in path] == []


def test_an_edited_neighbour_counts_at_the_next_run(content: Path) -> None:
    run(content, STEPS)
    (content / "assets" / "train" / "engine.py").write_text("def total(numbers):\n    return 100 + sum(numbers)\n")

    assert run(content, STEPS).step("train").data[2].summary == "109"


def test_an_asset_of_alo_1_0_gets_data_and_config_and_returns_them(tmp_path: Path) -> None:
    write_asset(tmp_path, "input", ALO_1_0)
    write_asset(tmp_path, "train", ALO_1_0)
    done = run(tmp_path, {"input": "more: 1", "train": "more: 2"})

    assert [each.summary for each in done.step("train").data] == ["list 3"]
    assert [each.summary for each in done.step("train").config] == ["'train_pipeline'"]


def test_an_exception_while_an_asset_is_made_is_shown_with_its_line(content: Path) -> None:
    broken = INPUT.replace("self.args = self.asset.load_args()", "self.args = 1 / 0")
    write_asset(content, "input", broken)

    with pytest.raises(ZeroDivisionError) as caught:
        run(content, STEPS)
    assert "assets/input/asset_input.py, line" in caught.value.__notes__[0]
    assert "self.args = 1 / 0" in caught.value.__notes__[0]


def test_save_error_outside_of_an_except_block_says_what_was_wrong(content: Path) -> None:
    write_asset(content, "input", INPUT.replace('self.asset.save_info("reading")', 'self.asset.save_error("no data")'))

    with pytest.raises(StepRunError, match="no data"):
        run(content, STEPS)


def test_a_key_deleted_in_place_is_noticed(content: Path) -> None:
    write_asset(
        content,
        "train",
        TRAIN.replace("import engine\n", "import engine\n")
        .replace('self.data["sum"] =', 'del self.data["numbers"]; self.data["sum"] =')
        .replace('self.data["numbers"]) +', "[]) +"),
    )

    with pytest.raises(StepOutputError, match="dropped key 'numbers'"):
        run(content, STEPS)


def test_a_step_called_like_a_library_does_not_hide_it(tmp_path: Path) -> None:
    write_asset(tmp_path, "lib", INPUT.replace("from engine import Reader", "Reader = int"))
    write_asset(
        tmp_path,
        "train",
        TRAIN.replace("import engine", "import wave").replace(
            'engine.total(self.data["numbers"]) + self.data["reader"].size', "1"
        ),
    )

    assert run(tmp_path, {"lib": "y_column: y", "train": "n: 1"}).status == "success"


def test_assets_come_from_git_and_the_record_names_the_commit(
    content: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "file")
    project, code = tmp_path_factory.mktemp("project"), {}
    for step in STEPS:
        folder = content / "assets" / step
        git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", "asset"], check=True)
        code[step] = f"file://{folder}"
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout

    done = run(project, STEPS, code=code)
    assert done.step("train").data[2].summary == "9"
    assert commit[:12] in done.step("train").cell
    again = run(project, STEPS, code=code, every=True)
    assert [each.digest for each in again.step("train").data[1:]] == [
        each.digest for each in done.step("train").data[1:]
    ]
