"""What ``steps.<name>`` gives in this kernel: the names that a step has made here, or makes when they are asked for.

A step that was taken over from an earlier run has made no names in this kernel.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

from alo_nb.runner import Event
from alo_nb.runner.events import RunStarted, StepFinished
from alo_nb.steps.module import StepNamespaces
from alo_nb.store import StepRecord

Execute = Callable[[str, StepRecord, Mapping[str, Any]], ModuleType]


@dataclass
class StepNames:
    """A listener that keeps the namespaces of steps.

    Attributes
    ----------
    execute : callable
        Executes a step once more, as a run has taken it over: takes the run's id, the record, and the arguments that
        the run alone was given.
    overrides : mapping
        Those arguments of the run that goes on.
    """

    namespaces: StepNamespaces
    execute: Execute
    overrides: Mapping[str, Any] = field(default_factory=dict)
    _run_id: str = ""
    _made_by: dict[str, str] = field(default_factory=dict)  # step to the run whose names it has

    def keep(self, step: str, module: ModuleType) -> None:
        """Remember the namespace of a step that the run has executed."""
        self.namespaces.keep(step, module)
        self._made_by[step] = self._run_id

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._run_id = event.run.id
        elif isinstance(event, StepFinished):
            record = event.record
            if record.cached_from and self._made_by.get(record.step) != record.cached_from:
                own = {name: each for name, each in self.overrides.items() if name.startswith(f"{record.step}.")}
                self.namespaces.execute_for(record.step, partial(self._execute, self._run_id, record, own))

    def _execute(self, run_id: str, record: StepRecord, overrides: Mapping[str, Any]) -> None:
        __tracebackhide__ = True
        step = record.step
        why = f"step {step!r} is executed, since its names are wanted: it was taken from run {record.cached_from}"
        sys.stdout.write(f"{why}\n")
        self.namespaces.keep(step, self.execute(run_id, record, overrides))
        self._made_by[step] = record.cached_from
