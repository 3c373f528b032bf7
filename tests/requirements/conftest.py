"""A project whose plan requires what a test says, and wheels to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tiny_wheels import INSTALLERS, use_installer, write_wheel

from alo_nb.plan import Plan, read_plan
from alo_nb.project import Project
from alo_nb.requirements.collect import Requirements, collect


@dataclass
class Planned:
    """A folder with a plan: a train pipeline of steps whose code is in ``assets/``."""

    root: Path
    project: Project = field(init=False)

    def __post_init__(self) -> None:
        self.project = Project(self.root)

    def plan(self, steps: Mapping[str, Sequence[str]], *, code: str = "local") -> Plan:
        """Write the plan and return it; `steps` maps names to requirements, which stand on lines of their own."""
        lines = ["name: p", "version: '1'", "user_parameters:", "- train_pipeline:"]
        lines += [f"  - {{step: {name}, args: }}" for name in steps]
        lines += ["asset_source:", "- train_pipeline:"]
        for name, requirements in steps.items():
            listed = ", ".join("'{}'".format(each.replace("'", "''")) for each in requirements)
            lines += [f"  - step: {name}", f"    source: {{code: {code}, branch: , requirements: [{listed}]}}"]
            (self.root / "assets" / name).mkdir(parents=True, exist_ok=True)
        (self.root / "plan.yaml").write_text("\n".join(lines) + "\n")
        return read_plan(self.root / "plan.yaml")

    def file(self, step: str, text: str) -> Plan:
        """Write ``requirements.txt`` of a step and return a plan of this step that names it."""
        plan = self.plan({step: ["requirements.txt"]})
        (self.root / "assets" / step / "requirements.txt").write_text(text)
        return plan

    def collect(self, plan: Plan, **options: object) -> Requirements:
        return collect(plan, self.project, **options)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    root = tmp_path / "my project 프로젝트"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    return Planned(root)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of wheels: tiny-apple 1.0 and 2.0, tiny-pear, which needs an apple, and tiny-lost, which needs more."""
    folder = tmp_path / "wheels"
    for version in ("1.0", "2.0"):
        write_wheel(folder, "tiny-apple", version)
    write_wheel(folder, "tiny-pear", "1.0", ["tiny-apple>=1", "pandas>=2"], script=True)
    write_wheel(folder, "tiny-plum", "1.0", ["tiny-apple<2"])
    write_wheel(folder, "tiny-lost", "1.0", ["nowhere-to-be-found"])
    write_wheel(folder, "sortedcontainers", "0.0.1")  # which the tests have in another version
    return folder


@pytest.fixture(params=INSTALLERS)
def installer(request: pytest.FixtureRequest, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The installer in use: each test with it runs once with uv and once with pip."""
    use_installer(request.param, wheels, monkeypatch)
    return request.param


@pytest.fixture
def uv(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install with uv, the faster one, where the installer makes no difference."""
    use_installer("uv", wheels, monkeypatch)
