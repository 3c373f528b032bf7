"""Edits of the open plan's file from a notebook: what ``%alo_args`` calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from alo_nb.errors import MagicUsageError, UnknownStepError, nearest
from alo_nb.lang import tr
from alo_nb.notebook.session import Session, current_session
from alo_nb.plan import MODES, Pipeline, Plan, Step, require_valid
from alo_nb.plan.editor import remove_argument, set_argument
from alo_nb.plan.plan_file import PlanFile
from alo_nb.steps.asset_line import AssetLine, asset_line_text


@dataclass(frozen=True)
class PlanEdited:
    """A saved edit: the plan's `path` and the `difference`, lines with ``-`` before and ``+`` after."""

    path: Path
    difference: str

    def __repr__(self) -> str:
        return f"{self.path}\n{self.difference or tr('nothing to change: the plan says so already')}"


def set_args(
    step: str, values: Mapping[str, Any] | None = None, *, pipeline: str | None = None, remove: Iterable[str] = ()
) -> PlanEdited:
    """Change arguments of a step in the file of the open plan, and show the lines that changed.

    All else in the file stays byte for byte. An argument that the step has in one pipeline is changed there; a new one
    is given to the step in every pipeline that lists it.

    Parameters
    ----------
    step : str
        Its name.
    values : mapping, optional
        Argument to value: text, numbers, truth values, dates, None, and lists and mappings of them.
    pipeline : str, optional
        ``train`` or ``inference``: change it in this one only.
    remove : iterable of str
        Arguments to take away.

    Raises
    ------
    MagicUsageError
        No plan is open: arguments live on the magic lines then.
    UnknownStepError
        The plan does not list the step.
    PlanEditError
        The plan's text cannot be edited in place, or was changed meanwhile; the file is as it was.
    """
    session, given, gone = current_session(), dict(values or {}), tuple(remove)
    plan = _open_plan(session, step, given)
    given = dict(AssetLine(step, args=given).with_values(session.variables).args)
    if not given and not gone:
        raise MagicUsageError("which arguments?", do=f"write `%alo_args {step} NAME=VALUE`")
    listed = _listed(plan, step, pipeline)
    assert plan.path is not None  # an open plan has a file
    file = PlanFile(plan.path)
    for name, value in given.items():
        places = [where for where, each in listed if name in each.args] or [where for where, _ in listed]
        file.edit(_each_place(set_argument, places, step, name, value))
    for name in gone:
        places = [where for where, each in listed if name in each.args] or [listed[0][0]]
        file.edit(_each_place(remove_argument, places, step, name))
    require_valid(file.plan())
    changed = file.unsaved()
    file.save()
    return PlanEdited(plan.path, changed)


def _open_plan(session: Session, step: str, values: Mapping[str, Any]) -> Plan:
    if session.has_plan:
        return session.plan
    line = asset_line_text(step, values)
    raise MagicUsageError(
        "no plan is open, so that the arguments of a step stand on the magic line of its cell",
        do=f"write `{line}` there, or open a plan with `%alo_plan PATH`",
    )


def _listed(plan: Plan, step: str, pipeline: str | None) -> list[tuple[str, Step]]:
    """Return the pipelines that list the step, with it."""
    if pipeline is not None and pipeline not in MODES:
        raise MagicUsageError(f"there is no pipeline {pipeline!r}{nearest(pipeline, MODES)}")
    chosen: list[Pipeline] = [each for each in plan.pipelines if each.name in MODES[pipeline or "all"]]
    found = [(each.name, one) for each in chosen for one in each.steps if one.name == step]
    if not found:
        known = {name for each in chosen for name in each.step_names()}
        where = f"{pipeline} pipeline of the plan" if pipeline else "plan"
        raise UnknownStepError(f"the {where} does not list a step {step!r}{nearest(step, known)}", where=str(plan.path))
    return found


def _each_place(change: Any, pipelines: Iterable[str], *args: Any) -> Any:
    """Return an edit that makes the same change in several pipelines."""
    return lambda text: reduce(lambda now, each: change(now, each, *args), pipelines, text)
