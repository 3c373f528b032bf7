"""What this kernel's latest run of each step was: its record, its code, and what it was handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alo_nb.plan import Plan, Step
from alo_nb.runner import Event
from alo_nb.runner.events import RunStarted, StepFinished
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import StepRecord

Find = Callable[[Step], StepDefinition]


@dataclass(frozen=True)
class LatestRun:
    """One execution of a step in this kernel. `inputs` are the digests that the step before it had made by then."""

    run_id: str
    record: StepRecord
    definition: StepDefinition
    inputs: Mapping[str, str] | None = None


@dataclass
class LatestRuns:
    """A listener that keeps the latest execution of each step, by (pipeline, step)."""

    known: dict[tuple[str, str], LatestRun] = field(default_factory=dict)
    _plan: Plan = field(default_factory=Plan)
    _found: dict[str, StepDefinition] = field(default_factory=dict)
    _run_id: str = ""

    def following(self, plan: Plan, find: Find) -> Find:
        """Return `find`, with a note of the code that it gives to a run of `plan`."""

        def noted(step: Step) -> StepDefinition:
            self._plan, self._found[step.name] = plan, find(step)
            return self._found[step.name]

        return noted

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._run_id = event.run.id
        elif isinstance(event, StepFinished):
            record = event.record
            definition = self._found[record.step]
            latest = LatestRun(self._run_id, record, definition, self._handed(record))
            self.known[record.pipeline, record.step] = latest

    def _handed(self, record: StepRecord) -> Mapping[str, str] | None:
        pipeline = self._plan.pipeline(record.pipeline)
        names = pipeline.step_names() if pipeline is not None else ()
        number = names.index(record.step) if record.step in names else 0
        before = self.known.get((record.pipeline, names[number - 1])) if number else None
        return None if before is None else before.record.digests()
