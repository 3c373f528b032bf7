"""Where in a form of a plan a problem belongs: to a step, to a path, to a control value, or only to a line of text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alo_nb.errors import PlanReadError
from alo_nb.plan import PIPELINES, Place, Plan, Problem
from alo_nb.plan.keys import CONTROL, EXTERNAL_PATH
from alo_nb.plan.value_edits import HEAD

_SEPARATOR = " > "  # of `Problem.key`
_STEP_SECTIONS = ("user_parameters", "asset_source", "ui_args_detail")
_LINE = re.compile(r", line (\d+)(?:, column (\d+))?")


@dataclass(frozen=True)
class Spot:
    """Where a problem is mended.

    Attributes
    ----------
    part : str
        ``step``, ``paths``, ``control`` or ``text``.
    pipeline, step : str
        The step, for ``step``.
    field : str
        The argument, path or control value; empty for all of it.
    line : int
        The line of the text, 0 when it is not known.
    """

    part: Literal["step", "paths", "control", "text"]
    pipeline: str = ""
    step: str = ""
    field: str = ""
    line: int = 0


def spot_of(problem: Problem, plan: Plan) -> Spot:
    """Return where a problem is mended; what the forms do not have is mended in the text."""
    keys, line = problem.key.split(_SEPARATOR), problem.place.line
    pipeline, step = place_in(problem)
    found = plan.pipeline(pipeline)
    if found is not None and step in found.step_names():
        return Spot("step", pipeline, step, field_in(problem), line)
    if keys[0] == "external_path" and keys[-1] in EXTERNAL_PATH.known:
        return Spot("paths", field=keys[-1], line=line)
    if (keys[0] == "control" and keys[-1] in CONTROL.known) or problem.key in HEAD:
        return Spot("control", field=keys[-1], line=line)
    return Spot("text", line=line)


def place_in(problem: Problem) -> tuple[str, str]:
    """Return the pipeline and the step that a problem is of; empty texts for others."""
    section, *keys = problem.key.split(_SEPARATOR)
    if section in _STEP_SECTIONS and len(keys) > 1 and keys[0] in PIPELINES:
        return keys[0], keys[1]
    return "", ""


def field_in(problem: Problem) -> str:
    """Return the argument of a step that a problem is of; empty for the step itself."""
    keys = problem.key.split(_SEPARATOR)
    return keys[4] if keys[0] == "user_parameters" and keys[3:4] == ["args"] and len(keys) > 4 else ""


def place_of_error(error: PlanReadError, path: Path) -> Place:
    """Return where a text is no plan."""
    found = _LINE.search(error.where or "")
    return Place(str(path), int(found[1]), int(found[2] or 0)) if found else Place(str(path))
