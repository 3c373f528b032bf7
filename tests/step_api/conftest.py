"""A step's context over real folders and a real hand-over, without a run around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alo_nb.handover import Channel, MemoryInterface
from alo_nb.handover.interface import Key, encode_all
from alo_nb.project import Project
from alo_nb.runner.workspace import Workspace
from alo_nb.step_api import Asset, LogRecord, StepContext


@pytest.fixture
def workspace(tmp_path: Path):
    """A slot whose folders are staged as in a whole run of both pipelines."""
    slot = Workspace.acquire(Project(tmp_path))
    slot.stage("train_artifacts", whole=True)
    slot.stage("inference_artifacts", whole=True)
    yield slot
    slot.release()


@pytest.fixture
def logged() -> list[LogRecord]:
    """What steps have logged."""
    return []


@pytest.fixture
def context(workspace: Workspace, logged: list[LogRecord]) -> Callable[..., StepContext]:
    """Makes a context; `data` and `config` are what the previous step saved, None for a first step."""

    def make(step="train", pipeline="train_pipeline", data=None, config=None, **args) -> StepContext:
        interface, upstream = MemoryInterface(), None
        if data is not None or config is not None:
            upstream = Key("r", pipeline, "input")
            interface.write(upstream, "data", encode_all(data or {}))
            interface.write(upstream, "config", encode_all(config or {}))
        return StepContext(
            pipeline=pipeline,
            step=step,
            number=0 if upstream is None else 1,
            args=args,
            io=Channel(interface, upstream, Key("r", pipeline, step)),
            folders=workspace,
            log=logged.append,
            upstream=None if upstream is None else "input",
        )

    return make


@pytest.fixture
def asset(context: Callable[..., StepContext]) -> Callable[..., Asset]:
    """Makes the `asset` of a step."""
    return lambda *args, **options: Asset(context(*args, **options))
