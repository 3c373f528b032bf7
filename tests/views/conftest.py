"""A project with a few runs and artifacts in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import alo_nb
from alo_nb.project import Project
from alo_nb.store.tracking import TrackedRun


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project that is the current folder."""
    (tmp_path / ".alo").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    return Project(tmp_path)


def log(run: TrackedRun, name: str, type: str, **files: str) -> alo_nb.Artifact:
    """Log an artifact of text files."""
    artifact = alo_nb.Artifact(name, type, metadata={"files": len(files)})
    for file, text in files.items():
        with artifact.new_file(f"{file}.txt") as opened:
            opened.write(text)
    return run.log_artifact(artifact)


@pytest.fixture
def digits(project: Project) -> Project:
    """raw -> prepare -> data -> two trainings -> model v0, v1 (best) -> a failed evaluation of v1."""
    with alo_nb.init("digits", job_type="load") as run:
        log(run, "raw", "dataset", a="1", b="2")
    with alo_nb.init("digits", job_type="prepare") as run:
        run.use_artifact("raw:latest")
        log(run, "data", "dataset", a="11", b="2")
    for number, rate in enumerate((0.1, 0.5)):
        with alo_nb.init("digits", job_type="train", name=f"train-{number}", config={"rate": rate}, tags=["t"]) as run:
            run.use_artifact("data:latest")
            for step in range(4):
                run.log({"loss": 1 / (step + 1 + number), "nested": {"accuracy": step / 4}})
            log(run, "model", "model", weights=str(number))
    best = alo_nb.Api().artifact("model:v1")
    best.aliases.append("best")
    best.save()
    with alo_nb.init("digits", job_type="evaluate") as run:
        run.use_artifact("data:v0")
        run.use_artifact("model:best")
        log(run, "report", "metrics", score="0.5")
        run.finish(exit_code=1)
    return project
