"""Projects of one small plan, whose steps stand in a notebook beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from alo_nb.headless.cli import main

GOOD = {
    "input": """\
df = pd.DataFrame({"a": range(asset.check_args("rows", chng_type="int"))})
asset.save_data({"df": df})
asset.save_config(asset.load_config())""",
    "train": """\
df = asset.load_data()["df"]
model = {"mean": float(df["a"].mean())}
with open(asset.get_model_path() + "model.txt", "w") as file:
    file.write(str(model["mean"]))
asset.save_data({"df": df, "model": model})
asset.save_config(asset.load_config())""",
    "last": """\
asset.save_data(asset.load_data())
asset.save_config(asset.load_config())""",
}

INFER = """\
with open(asset.get_model_path() + "model.txt") as file:
    mean = float(file.read())
pd.DataFrame({"mean": [mean]}).to_csv(asset.get_output_path() + "output.csv")
asset.save_summary(result="OK", score=0.5)
asset.save_data({"mean": mean})
asset.save_config({})"""


@dataclass
class SmallProject:
    """A folder with ``plan.yaml`` and ``steps.ipynb``: train pipeline of input, train, last."""

    root: Path

    def write(self, *, inference: str = "", **bodies: str) -> None:
        """Write the plan and its notebook; `bodies` replace the good steps, one cell each, magic on line 1.

        With `inference`, the body of a step of that name, there is an inference pipeline of this step.
        """
        pipelines = {
            "train_pipeline": [*{**GOOD, **bodies}],
            **({"inference_pipeline": ["inference"]} if inference else {}),
        }
        steps = {**GOOD, **bodies, **({"inference": inference} if inference else {})}
        cells = ["import os\nimport signal\nimport time\n\nimport pandas as pd"]
        cells += [f"%%alo_asset step={name}\n{body}" for name, body in steps.items()]
        (self.root / "steps.ipynb").write_text(json.dumps(notebook(*cells)))
        (self.root / "plan.yaml").write_text(_plan(pipelines))

    def write_inference(self) -> None:
        """Write the good plan with a good inference pipeline."""
        self.write(inference=INFER)

    def write_notebook(self, name: str, *cells: str) -> None:
        """Write an ordinary notebook of code cells."""
        (self.root / name).write_text(json.dumps(notebook(*cells)))

    def files(self, folder: str) -> dict[str, bytes]:
        """Return the files of a folder with their bytes."""
        found = (path for path in (self.root / folder).rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def record(self) -> dict[str, object]:
        """Return the record of the newest run."""
        return json.loads((self._newest() / "run.json").read_text())

    def cells(self) -> list[dict[str, object]]:
        """Return the code cells of the newest run's executed notebook."""
        content = json.loads((self._newest() / "notebook.ipynb").read_text())
        return [cell for cell in content["cells"] if cell["cell_type"] == "code"]

    def states(self) -> dict[str, str]:
        """Return what the executed notebook says of each code cell: label to papermill's status."""
        return {label(cell): cell["metadata"]["papermill"]["status"] for cell in self.cells()}

    def _newest(self) -> Path:
        return max((self.root / ".alo" / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime_ns)


def label(cell: dict[str, object]) -> str:
    return str(cell["source"][0] if isinstance(cell["source"], list) else cell["source"]).split("=")[1].split()[0]


def notebook(*cells: str) -> dict[str, object]:
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "source": cell,
                "outputs": [],
                "execution_count": None,
            }
            for number, cell in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _plan(pipelines: dict[str, list[str]]) -> str:
    lines = ["name: small", "user_parameters:"]
    for pipeline, names in pipelines.items():
        lines += [f"  - {pipeline}:", *(f"    - step: {name}\n      args:\n      - rows: 7" for name in names)]
    lines.append("asset_source:")
    for pipeline, names in pipelines.items():
        source = "source: {code: steps.ipynb, branch: , requirements: []}"
        lines += [f"  - {pipeline}:", *(f"    - step: {name}\n      {source}" for name in names)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A good project that is the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # what --in-process would leave there
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    small = SmallProject(tmp_path)
    small.write()
    return small


@pytest.fixture
def alo_nb(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command line in this process: words to (exit code, stdout, stderr)."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def new_process() -> Callable[[str], str]:
    """A function that runs Python code in a process of its own and returns what it printed."""

    def run(code: str) -> str:
        words = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
