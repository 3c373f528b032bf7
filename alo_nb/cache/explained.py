"""`Explained`: what would happen to a step if its pipeline ran now, and why."""

from __future__ import annotations

from dataclasses import dataclass

from alo_nb.cache.decision import Cause
from alo_nb.store import StepRecord

FRESH, STALE, NEVER_RUN, FAILED, UNKNOWN = "fresh", "stale", "never", "failed", "unknown"


@dataclass(frozen=True)
class Explained:
    """One step of one pipeline.

    Attributes
    ----------
    code : str
        Where its code stands; when there is none, why.
    state : str
        ``fresh`` (it would be taken from `run`), ``stale`` (it would run), ``never`` (it has not run yet), ``failed``
        (its last run did), or ``unknown``.
    last : StepRecord, optional
        What is recorded of its newest run, `last_run`.
    causes : tuple of Cause
        Why it would run.
    run : str
        The run that executed what would be taken.
    taken : StepRecord, optional
        What that run has recorded of it, when `last` is another execution.
    waits_for, waits_why : str
        The step before it that runs first, and why, when nobody can tell until then.
    note : str
        What was taken for granted.
    """

    pipeline: str
    step: str
    code: str
    state: str
    last: StepRecord | None = None
    last_run: str = ""
    causes: tuple[Cause, ...] = ()
    run: str = ""
    waits_for: str = ""
    waits_why: str = ""
    note: str = ""
    taken: StepRecord | None = None

    @property
    def made(self) -> StepRecord | None:
        """The record of what the step saved: of what would be taken, else of its newest run."""
        return self.taken or self.last

    @property
    def reason(self) -> str:
        """The state in a few words: ``"argument lr changed: 0.1 -> 0.01 (and 1 more)"``, ``"nothing changed"``."""
        if self.causes:
            more = f" (and {len(self.causes) - 1} more)" if len(self.causes) > 1 else ""
            return f"{self.causes[0].text}{more}"
        if self.waits_for:
            return f"step {self.waits_for} runs first: {self.waits_why}"
        return "nothing changed" if self.state == FRESH else ""
