"""A project with a notebook of steps and a plan, and what stands in it afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import alo_nb
from alo_nb.plan import read_plan
from alo_nb.project import Project
from alo_nb.runner import RunRequest, Selection, run_plan
from alo_nb.steps.sources import Sources
from alo_nb.store import Run, RunStore

SAVE = "asset.save_data({**asset.load_data(), **locals().get('new', {})})\nasset.save_config(asset.load_config())"
ALL = Selection()
PUBLISHED = ("train_artifacts", "inference_artifacts", "input", "history")
SUBPROCESS = """
import json, sys
from pathlib import Path
from alo_nb.plan import read_plan
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources
plan, project = read_plan("plan.yaml"), Project(Path.cwd())
run = run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, **json.loads(sys.argv[1])))
print(run.id)
"""


def tree(*folders: Path) -> dict[str, object]:
    """Return every path below the folders with its bytes, or where it links to."""
    found: dict[str, object] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = f"{folder.name}/{path.relative_to(folder)}"
            found[name] = (
                str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else "folder"
            )
    return found


class Bench:
    """Writes plans and steps, runs them, and looks at the project."""

    def __init__(self, root: Path) -> None:
        self.root, self.project, self.events = root, Project(root), []
        self.steps: dict[str, str] = {}
        self.cells: list[str] = []
        self.plan = "plan.yaml"

    def write(
        self,
        train: Mapping[str, str] = {},
        inference: Mapping[str, str] = {},
        *,
        args: Mapping[str, Mapping[str, object]] = {},
        control: Mapping[str, object] = {},
        external: Mapping[str, object] = {},
    ) -> None:
        """Write the notebook and the plan; each step's text gets its saving calls, unless it says ``# saves``."""
        self.steps |= {**train, **inference}
        bodies = {name: text if "# saves" in text else f"{text}\n{SAVE}" for name, text in self.steps.items()}
        cells = [*self.cells, *(f"%%alo_asset step={name}\n{body}" for name, body in bodies.items())]
        content = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": c} for n, c in enumerate(cells)]
        (self.root / "steps.ipynb").write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4}))
        lists = {"train_pipeline": list(train), "inference_pipeline": list(inference)}
        source = {"code": "steps.ipynb", "branch": None, "requirements": []}
        plan = {
            "name": "demo",
            "version": "1",
            "external_path": [{key: value} for key, value in external.items()],
            "user_parameters": [
                {name: [{"step": step, "args": [args[step]] if step in args else None} for step in steps]}
                for name, steps in lists.items() if steps
            ],
            "asset_source": [
                {name: [{"step": step, "source": source} for step in steps]} for name, steps in lists.items() if steps
            ],
            "control": [{key: value} for key, value in control.items()],
        }  # fmt: skip
        (self.root / "plan.yaml").write_text(json.dumps(plan, indent=1, ensure_ascii=False), encoding="utf-8")

    def run(self, mode: str = "train", selection: Selection = ALL, **options: object) -> Run:
        """Run the plan in this process, in file mode unless told otherwise; the events are kept."""
        plan = read_plan(self.root / self.plan)
        self.events = []
        request = RunRequest(
            plan=plan,
            project=self.project,
            find=Sources(plan, self.project).step,
            mode=mode,
            selection=selection,
            **{"interface_mode": "file", "listeners": (self.events.append,), **options},
        )
        return run_plan(request)

    def start(self, **options: object) -> subprocess.Popen[str]:
        """Start a run in a process of its own."""
        environment = {**os.environ, "PYTHONPATH": str(Path(alo_nb.__file__).parents[1])}
        command = [sys.executable, "-c", SUBPROCESS, json.dumps({"mode": "train", "interface_mode": "file", **options})]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self.root, env=environment, text=True, **pipes)

    def published(self) -> dict[str, object]:
        """Return all that ALO users look at, byte for byte; what failed runs have left in the history is told apart."""
        found = tree(*(self.root / name for name in PUBLISHED))
        return {name: content for name, content in found.items() if "-error" not in name}

    def text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    @property
    def store(self) -> RunStore:
        return RunStore(self.project)
