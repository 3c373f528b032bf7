"""What a step has handed on in its good runs is its contract: here it is learned, and held against what comes now.

Nothing is declared. A contract is about what comes out of a step, so it outlasts edits of the step's code; it is
learned from runs that ended well, so a break is told once: the next good run teaches the new state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NoReturn

from alo_nb.errors import StepOutputError
from alo_nb.project import Project
from alo_nb.runner.drift import Seen, drifts, is_steady, run_text
from alo_nb.store import OutputRecord, Run, RunStore, StepRecord
from alo_nb.store.breaks import Break, break_lines
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS
from alo_nb.store.runs import upstream_record

LEARNED_FROM = 5  # runs: enough to see what varies with the data, few enough to follow a change on purpose
LOOK_BACK = 50  # runs: a step that is in none of them has no contract; reading each costs 0.3 ms


@dataclass(frozen=True)
class Contract:
    """What a step handed on in its newest good runs, newest first: run id, and the outputs by ``"data.<key>"``."""

    step: str
    past: tuple[tuple[str, dict[str, OutputRecord]], ...]


def learned(
    project: Project, pipeline: str, step: str, *, plan: str | None = None, runs: Iterable[Run] | None = None
) -> Contract | None:
    """Return what a step has handed on so far; None before its first good run.

    Parameters
    ----------
    plan : str, optional
        Only runs of the plan at this path; empty for those of cells without a plan.
    runs : iterable of Run, optional
        The runs to learn from, newest first; the project's newest when absent.
    """
    met = islice(RunStore(project), LOOK_BACK) if runs is None else runs
    good = (each for each in met if each.status == SUCCESS and plan in {None, each.plan_path})
    records = ((run.id, record) for run in good if (record := _of(run, pipeline, step)) is not None)
    past = tuple((run_id, record.outputs()) for run_id, record in islice(records, LEARNED_FROM))
    return Contract(step, past) if past else None


def _of(run: Run, pipeline: str, step: str) -> StepRecord | None:
    ended_well = (each for each in run.steps if each.status not in {FAILED, INTERRUPTED})
    return next((each for each in ended_well if (each.pipeline, each.step) == (pipeline, step)), None)


def broken(contract: Contract, outputs: dict[str, OutputRecord]) -> list[Break]:
    """Return what a step no longer hands on as its contract has it; what is new in `outputs` breaks nothing.

    Parameters
    ----------
    outputs : dict
        ``"data.<key>"`` and ``"config.<key>"`` to the record of the value: see `StepRecord.outputs`.
    """
    return [*_broken(contract, outputs)]


def _broken(contract: Contract, outputs: dict[str, OutputRecord]) -> Iterator[Break]:
    newest, last = contract.past[0]
    for name, record in last.items():
        if name in outputs:
            past = [(run, each[name]) for run, each in contract.past if name in each]
            seen = [Seen(run, each.digest, each.signature) for run, each in past]
            yield from drifts(name, seen, outputs[name].signature)
        elif is_steady(name in each for _, each in contract.past):
            yield Break(name, "is gone", "", f"{record.kind} in {run_text(newest)}", "not saved now")


@dataclass
class Contracts:
    """The contracts of the steps of one run."""

    project: Project
    plan: str
    strict: bool
    tell: Callable[[str], None]
    _met: list[Run] = field(default_factory=list)
    _more: Iterator[Run] | None = None

    def check(self, record: StepRecord, run: Run) -> StepRecord:
        """Return the record of a step that ended well with the breaks of its contract, having told them.

        What the step before has broken already is kept in the record and not told again: it is not this step's doing.

        Parameters
        ----------
        run : Run
            This run, with the steps that have ended.

        Raises
        ------
        StepOutputError
            There is one, and the run is strict.
        """
        __tracebackhide__ = True
        contract = learned(self.project, record.pipeline, record.step, plan=self.plan, runs=self._earlier())
        found = broken(contract, record.outputs()) if contract is not None else []
        if not found:
            return record
        before = upstream_record(self.project, run, record)
        known = {each.subject for each in before.breaks} if before is not None else set()
        record = replace(record, breaks=tuple(replace(each, inherited=each.subject in known) for each in found))
        warnings = warnings_of(record)
        if warnings and self.strict:
            _refuse(record)
        for warning in warnings:
            self.tell(warning)
        return record

    def _earlier(self) -> Iterator[Run]:
        """Yield the newest runs, each read once, and only when a step asks for one more."""
        if self._more is None:
            self._more = islice(RunStore(self.project), LOOK_BACK)
        yield from [*self._met]
        for run in self._more:
            self._met.append(run)
            yield run


def warnings_of(record: StepRecord) -> list[str]:
    """Return what is told of a step that has broken its contract; nothing when it has not."""
    return [f"{record.step}: {line}" for line in break_lines(record.breaks)]


def _refuse(record: StepRecord) -> NoReturn:
    raise StepOutputError(
        f"step {record.step!r} breaks its contract: {'; '.join(break_lines(record.breaks))}",
        do="put it right; or accept it by a run without --strict, from which the new contract is learned",
    )
