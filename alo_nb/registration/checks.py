"""What a plan must be like for its solution to be registered, beyond what a run asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan import Pipeline, Place, Plan, Problem, check
from alo_nb.plan.keys import ALO_3_ERA
from alo_nb.plan.redact import has_secret, shown
from alo_nb.plan.tree import Findings, path_of
from alo_nb.plan.ui import details_of
from alo_nb.registration.info import SolutionInfo

UI_TYPES = ("string", "int", "float", "single_selection", "multi_selection")

# Warnings to somebody who runs the plan; registering it would fail, or tell a secret to all who use the solution.
_ERRORS_HERE = frozenset({"PLAN_UI_ARGS", "PLAN_SECRET", "PLAN_STEP_MISMATCH", "PLAN_EMPTY_PIPELINE"})


def plan_problems(plan: Plan) -> list[Problem]:
    """Return what `check` finds, without the notes, and with some of the warnings as errors."""
    found = (each for each in check(plan) if each.severity != "note")
    return [replace(each, severity="error") if each.code in _ERRORS_HERE else each for each in found]


def registered(plan: Plan, info: SolutionInfo | None) -> tuple[Pipeline, ...]:
    """Return the pipelines that become part of the solution: those of the plan, or its inference only."""
    only = info is not None and info.inference_only is True
    return tuple(each for each in plan.pipelines if each.steps and not (only and each.mode == "train"))


def is_single(plan: Plan) -> bool:
    """Return whether the plan trains nothing, or trains in its inference pipeline (ALO 2.6 solution_register.py)."""
    train = plan.pipeline("train_pipeline")
    return train is None or not train.steps


def check_pipelines(plan: Plan, info: SolutionInfo | None, findings: Findings) -> None:
    """Tell when the plan has not the pipelines that a solution must have, or not those that the info promises."""
    place = Place(str(plan.path or ""))
    if plan.era == ALO_3_ERA:
        message = "the plan is one of ALO 3, which registers its solutions in another way"
        findings.problem("BUNDLE_ALO_3", message, "", place, do="use `alo register` of ALO 3")
    if plan.pipeline("inference_pipeline") is None:
        message, do = "the plan has no inference_pipeline; a solution cannot train only", "add an inference_pipeline"
        findings.problem("BUNDLE_PIPELINES", message, "asset_source", place, do=do)
    if info is not None and info.inference_only is False and is_single(plan):
        message = "inference_only is False, and the plan has no train_pipeline"
        place, do = findings.places["inference_only"], "write `inference_only: True`, or add a train_pipeline"
        findings.problem("INFO_PIPELINES", message, "inference_only", place, do=do)


def check_details(plan: Plan, pipelines: tuple[Pipeline, ...], findings: Findings) -> None:
    """Warn of a `ui_args_detail` that Edge Conductor's screens cannot show (ALO 2.6 solution_register.py)."""
    place = Place(str(plan.path or ""))
    for pipeline in pipelines:
        for step in pipeline.steps:
            path = path_of("ui_args_detail", pipeline.name, step.name)
            for each in details_of(plan.ui_args_detail, pipeline.name, step.name):
                for message, do in _detail_faults(each):
                    key = path_of(path, each["name"])
                    findings.problem("BUNDLE_UI_DETAIL", message, key, place, do=do, severity="warning")
    if any(has_secret(each) for each in _texts(plan.ui_args_detail)):
        message, do = "ui_args_detail holds a password, a token or a key", "take it out: every user is shown it"
        findings.problem("BUNDLE_SECRET", message, "ui_args_detail", place, do=do)


def _detail_faults(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the description of one argument, and what to do."""
    kind = detail.get("type")
    if not isinstance(kind, str) or kind not in UI_TYPES:
        hint = nearest(str(kind)[:100], UI_TYPES)
        yield f"the type is {shown(str(kind))}, which is no choice{hint}", f"write one of {', '.join(UI_TYPES)}"
    elif kind.endswith("_selection"):
        choices = detail.get("selectable")
        if not isinstance(choices, list) or len(choices) < 2:
            yield f"{kind} offers nothing to select from", "write `selectable: [one, two]`"
    else:
        ends = detail.get("range")
        if not isinstance(ends, list) or len(ends) != 2:
            yield f"{kind} has no range", "write `range: [smallest, largest]`; of a string, its length"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
