"""``alo-nb run --compare RUN``: a new run beside an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from alo_nb.project import Project
from alo_nb.store import Run
from alo_nb.views.comparison import Comparison
from alo_nb.views.made import Side, StepKey, steps_of
from alo_nb.views.sides import Sides, own_difference
from alo_nb.views.text import run_name

NAMES = ("before", "now")


def compare_runs(project: Project, before: Run, now: Run, again: Callable[[StepKey], Run | None]) -> Comparison:
    """Return what came out otherwise in the second of two runs, of the pipelines that both have.

    Parameters
    ----------
    again : callable
        Makes the second run once more, up to a step; None when it left no record.
    """
    first, second = steps_of(before), steps_of(now)
    shared = {pipeline for pipeline, _ in first} & {pipeline for pipeline, _ in second}

    def repeated(last: StepKey) -> Side:
        made = again(last)
        return {} if made is None else steps_of(made)

    sides = Sides(
        project=project,
        a=first,
        b=second,
        order=tuple(key for key in dict.fromkeys([*first, *second]) if key[0] in shared),
        names=NAMES,
        explain=partial(own_difference, names=NAMES),
        again=repeated,
    )
    return sides.compare(*(f"run {run_name(each)}" for each in (before, now)), run_id=now.id)
