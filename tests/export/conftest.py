"""Steps that run by themselves, for the tests of what they become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alo_nb.plan import Pipeline, Plan, Step
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.definition import StepDefinition


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A new project, which is the current folder."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture
def digests(project: Project) -> Callable[[StepDefinition], dict[str, str]]:
    """A function that runs one step and returns the digests of what it hands on."""

    def run(step: StepDefinition) -> dict[str, str]:
        plan = Plan(name="one", pipelines=(Pipeline("train_pipeline", (Step(step.name),)),))
        return run_plan(RunRequest(plan=plan, project=project, find=lambda _: step, mode="train")).digests()

    return run
