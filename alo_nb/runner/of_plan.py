"""Which runs are those of a plan: two plans of one project may have one name, and steps of the same names."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from alo_nb.handover import Interface
from alo_nb.handover.interface import Key
from alo_nb.plan import Plan
from alo_nb.plan.masking import masked_plan_text
from alo_nb.project import Project
from alo_nb.store import Run, RunStore
from alo_nb.store.records import SUCCESS
from alo_nb.store.runs import find_run

KEPT = "plan.yaml"  # in the folder of a run: the text of its plan, with secrets masked


def path_of(plan: Plan) -> str:
    """Return the file of a plan as a run has it; empty for the plan that cells make."""
    return str(plan.path.resolve()) if plan.path is not None else ""


def shown(name: str, path: str) -> str:
    """Return a plan for people: ``plan 'demo' (plan.yaml)``."""
    return f"plan {name!r} ({os.path.relpath(path)})" if path else "these cells"


def is_of_plan(run: Run, plan: Plan) -> bool:
    """Tell whether a run is one of a plan: of its file, or of one that is gone and had the very same text.

    So a plan keeps its runs when its file is renamed, and gets no other's: paths and arguments stand in the text.
    """
    if run.plan_path == path_of(plan):
        return True
    return bool(run.plan_path) and not Path(run.plan_path).exists() and _had_the_text_of(run, plan)


def _had_the_text_of(run: Run, plan: Plan) -> bool:
    try:
        kept = (Path(run.folder) / KEPT).read_bytes()
    except OSError:
        return False
    return bool(plan.text) and kept == _masked(plan.text).encode()


_masked = lru_cache(maxsize=8)(masked_plan_text)  # every run of a plan that is gone asks


def is_of_another_plan(run: Run, plan: Plan) -> bool:
    """Tell whether a run is one of another plan file. Cells without a plan may belong to any."""
    return bool(run.plan_path and plan.path) and not is_of_plan(run, plan)


def latest_outputs(interface: Interface, project: Project, plan: Plan, pipeline: str, step: str) -> Key | None:
    """Return the newest outputs of a step that an interface has; None when a run of another plan has made them."""
    found = interface.latest(pipeline, step)
    run = find_run(project, found.run_id) if found is not None else None
    return None if run is not None and is_of_another_plan(run, plan) else found


def passed_over(project: Project, plan: Plan, pipeline: str, step: str) -> str:
    """Return which run of another plan has run a step of this name, for people; empty when none has."""
    wanted = (pipeline, step, SUCCESS)
    for run in RunStore(project):
        ran = any((each.pipeline, each.step, each.status) == wanted for each in run.steps)
        if ran and is_of_another_plan(run, plan):
            gone = "" if Path(run.plan_path).exists() else "; that file is gone, and only one of its text stands in"
            return f"run {run.id}, in which it has, is one of {shown(run.plan, run.plan_path)}{gone}"
    return ""
