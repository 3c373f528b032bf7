"""What happens during a run, for whoever listens: the notebook, the terminal, the log file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    """A step begins."""

    pipeline: str
    step: str


@dataclass(frozen=True)
class StepLogged:
    """A step asked to have a line logged."""

    pipeline: str
    step: str
    record: LogRecord


@dataclass(frozen=True)
class StepFinished:
    """A step ended; its record says whether it went well."""

    record: StepRecord


@dataclass(frozen=True)
class Warned:
    """Something that the user should know and that does not stop the run."""

    message: str


@dataclass(frozen=True)
class PipelineFinished:
    """A pipeline is complete; its results get their place when the whole run is. `outputs` are paths in the project."""

    pipeline: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class RunFinished:
    """The run has ended, well or not."""

    run: Run


Event = RunStarted | DataLoaded | StepStarted | StepLogged | StepFinished | Warned | PipelineFinished | RunFinished
Listener = Callable[[Event], None]
