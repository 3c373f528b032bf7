"""What a registered plan offers for change on ALO's screens: `ui_args`, each described in `ui_args_detail`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan.model import Place, Plan, Problem
from alo_nb.plan.redact import redact, shown
from alo_nb.plan.tree import path_of


def ui_problems(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    """Yield a warning for each of `ui_args` that is described nowhere: it cannot be registered.

    ALO 2.6 (solution_register.py) finds out when the solution is registered; a run does not look at it.
    """
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            if not step.ui_args:
                continue
            known = described(plan.ui_args_detail, pipeline.name, step.name)
            key = path_of("user_parameters", pipeline.name, str(step.name), "ui_args")
            for name in step.ui_args:
                if name in known:
                    continue
                hint = nearest(str(name)[:100], known[:100])
                message = f"{shown(str(name))} is in no ui_args_detail of this step{hint}"
                place = places.get(path_of(key, str(name)), step.place)
                do = "describe it in ui_args_detail, or remove it here; a solution with it cannot be registered"
                yield Problem("warning", "PLAN_UI_ARGS", redact(message), redact(key), place, do)


def described(details: Any, pipeline: str, step: str) -> list[str]:
    """Return the names that `ui_args_detail` describes for a step."""
    return [each["name"] for each in details_of(details, pipeline, step)]


def details_of(details: Any, pipeline: str, step: str) -> list[Mapping[str, Any]]:
    """Return what `ui_args_detail` says of a step's arguments; what has another shape, or no name, says nothing."""
    steps = [each for part in _mappings(details) for each in _mappings(part.get(pipeline))]
    args = [each for item in steps if item.get("step") == step for each in _mappings(item.get("args"))]
    return [each for each in args if isinstance(each.get("name"), str)]


def _mappings(value: Any) -> list[Mapping[Any, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []
