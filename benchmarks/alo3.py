"""Four trivial steps in three spellings: functions of ALO 3, run by ALO 3 itself and by us, and local assets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PACKAGE = "mellerikat-alo==3.0.4"
VENV = "ALO_3_VENV"
FUNCTIONS_PLAN, ASSETS_PLAN = "experimental_plan.yaml", "assets.yaml"
DONE = "499500"

_STEPS = ("read", "double", "fit", "check")
_FUNCTIONS = f"""\
def read(pipeline):
    return {{"numbers": list(range(1000))}}


def double(pipeline, factor=1):
    return {{"numbers": [factor * each for each in pipeline["read"]["result"]["numbers"]]}}


def fit(pipeline):
    pipeline["model"]["total"] = sum(pipeline["double"]["result"]["numbers"])


def check(pipeline):
    total = pipeline["model"]["total"] // 2
    assert total == {DONE}
    return {{"summary": {{"result": str(total), "score": 1.0, "note": "sum", "probability": {{}}}}}}
"""
_BODIES = {
    "read": 'self.data["numbers"] = list(range(1000))',
    "double": 'self.data["numbers"] = [self.args["factor"] * each for each in self.data["numbers"]]',
    "fit": """\
total = sum(self.data["numbers"])
        with open(self.asset.get_model_path() + "total.txt", "w") as file:
            file.write(str(total))
        self.data["total"] = total""",
    "check": f"""\
total = self.data["total"] // 2
        assert total == {DONE}
        self.asset.save_summary(str(total), 1.0, "sum")""",
}
_ASSET = """\
from alolib.asset import Asset


class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.args = self.asset.load_args()
        self.data = self.asset.load_data()
        self.config = self.asset.load_config()

    @Asset.decorator_run
    def run(self):
        {body}
        self.asset.save_data(self.data)
        self.asset.save_config(self.config)
"""


def write_solution(folder: Path) -> None:
    """Write the four functions with ALO 3's plan, and the four asset folders with a plan of ALO 2."""
    (folder / "steps.py").write_text(_FUNCTIONS)
    arguments = {"double": "\n      argument: {factor: 2}"}
    functions = "\n".join(f"    {name}:\n      def: steps.{name}{arguments.get(name, '')}" for name in _STEPS)
    train = f"  train:\n    pipeline: [{', '.join(_STEPS)}]"
    (folder / FUNCTIONS_PLAN).write_text(f"name: four\nversion: 1.0.0\nsolution:\n  function:\n{functions}\n{train}\n")
    for name, body in _BODIES.items():
        asset = folder / "assets" / name / f"asset_{name}.py"
        asset.parent.mkdir(parents=True)
        asset.write_text(_ASSET.format(body=body))
    parameters = "\n".join(f"      - step: {name}\n        args: [{{factor: 2}}]" for name in _STEPS)
    source = "source: {code: local, branch: , requirements: []}"
    sources = "\n".join(f"      - step: {name}\n        {source}" for name in _STEPS)
    (folder / ASSETS_PLAN).write_text(
        f"name: four\nversion: '1'\nuser_parameters:\n  - train_pipeline:\n{parameters}\n"
        f"asset_source:\n  - train_pipeline:\n{sources}\n"
    )


def alo_3_command(folder: Path) -> str | None:
    """Return the path of ALO 3's command: in the environment that `VENV` names, else in a new one; None without it."""
    own = os.environ.get(VENV)
    venv = Path(own) if own else folder / "venv"
    if not own:
        sys.stderr.write(f"  installing {PACKAGE} into {venv}; {VENV}=FOLDER names an environment that has it\n")
        install = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q", PACKAGE]
        for command in ([sys.executable, "-m", "venv", str(venv)], install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.stderr.write(f"  left out: {PACKAGE} cannot be installed: {done.stderr.strip()[-300:]}\n")
                return None
    command = venv / "bin" / "alo"
    if not command.is_file():
        sys.stderr.write(f"  left out: there is no {command}\n")
        return None
    return str(command)
