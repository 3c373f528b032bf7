"""What happens during a run, for whoever listens: the notebook, the terminal, the log file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alo_nb.step_api import LogRecord
from alo_nb.store import Run, StepRecord


@dataclass(frozen=True)
class RunStarted:
    """Everything was checked; nothing has run. `steps` are (pipeline, step) in order."""

    run: Run
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DataLoaded:
    """External data was copied into the run's view of ``input/``."""

    pipeline: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class StepStarted:
    """A step begins. `code` says where its code stands, `args` are as recorded, `data`, `config` are keys it gets."""

    pipeline: str
    step: str
    code: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    config: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepLogged:
    """A step asked to have a line logged."""

    pipeline: str
    step: str
    record: LogRecord


@dataclass(frozen=True)
class StepFinished:
    """A step ended; its record says whether it went well. `traceback` is that of the exception which ended it.

    `shown` is what the step displayed when it was executed, if it was taken over from an earlier run.
    """

    record: StepRecord
    traceback: str = ""
    shown: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Warned:
    """Something that the user should know and that does not stop the run."""

    message: str


@dataclass(frozen=True)
class PipelineFinished:
    """A pipeline is complete; its results get their place when the whole run is.

    `outputs` are paths in the project; `seconds` maps ``setup``, ``load`` and ``run`` to how long each took.
    """

    pipeline: str
    outputs: tuple[str, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RunFinished:
    """The run has ended, well or not."""

    run: Run


Event = RunStarted | DataLoaded | StepStarted | StepLogged | StepFinished | Warned | PipelineFinished | RunFinished
Listener = Callable[[Event], None]
