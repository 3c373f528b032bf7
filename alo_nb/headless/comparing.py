"""``alo-nb run --compare RUN``: a new run beside an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from alo_nb.project import Project
from alo_nb.store import Run
from alo_nb.views.comparison import Cause, Comparison, Item, StepComparison
from alo_nb.views.made import Side, StepKey, steps_of
from alo_nb.views.sides import Sides, own_difference
from alo_nb.views.text import run_name

NAMES = ("before", "now")


def compare_runs(
    project: Project, before: Run, now: Run, again: Callable[[StepKey], Run | None], *, whole: bool = True
) -> Comparison:
    """Return what came out otherwise in the second of two runs. A step that the first one lacks is a difference.

    Parameters
    ----------
    whole : bool
        Whether the second run was to run all steps of its pipelines, so that one that it lacks is a difference, too.
    again : callable
        Makes the second run once more, up to a step; None when it left no record.
    """
    first, second = steps_of(before), steps_of(now)
    pipelines = {pipeline for pipeline, _ in second}

    def repeated(last: StepKey) -> Side:
        made = again(last)
        return {} if made is None else steps_of(made)

    sides = Sides(
        project=project,
        a=first,
        b=second,
        order=tuple(
            key for key in dict.fromkeys([*first, *second]) if key in second or (whole and key[0] in pipelines)
        ),
        names=NAMES,
        explain=partial(own_difference, names=NAMES),
        again=repeated,
    )
    found = sides.compare(*(f"run {run_name(each)}" for each in (before, now)), run_id=now.id)
    steps = (each if (each.pipeline, each.step) in first else _new(each, before) for each in found.steps)
    return replace(found, steps=tuple(steps))


def _new(step: StepComparison, before: Run) -> StepComparison:
    """Return a step that only the second run has as the difference that it is."""
    what = f"run {run_name(before)} has no step of this name"
    cause = Cause("unknown", what, "name a run that ran it, or look whether the plan listed it then")
    return replace(step, items=(Item("run", "did not run", "ran"),), cause=cause, note="")
