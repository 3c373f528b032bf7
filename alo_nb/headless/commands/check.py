"""``alo-nb check``: everything that is wrong with a plan, found by reading only."""

from __future__ import annotations

import json
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

from alo_nb.errors import AloNbError, PlanReadError, StepDefinitionError
from alo_nb.headless.reading import AS_WRITTEN, Reading
from alo_nb.plan import Place, Plan, Problem, find_plan, plan_view
from alo_nb.plan import check as check_plan
from alo_nb.project import Project, find_project
from alo_nb.requirements import has_requirements
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.sources import Sources
from alo_nb.views.text import plan_text, problems_text

_PLACE = re.compile(r"^(?P<file>.*?)(?:, line (?P<line>\d+))?(?:, column (?P<column>\d+))?$")


def check(options: Namespace) -> int:
    """Show every problem; 1 when one of them is an error."""
    plan, problems = examine(options.plan, find_project(options.project), Reading.from_options(options))
    good = not any(each.severity == "error" for each in problems)
    if options.json:
        shown = {"ok": good, "problems": [_row(each) for each in problems], "plan": plan_view(plan) if plan else None}
        sys.stdout.write(json.dumps(shown, indent=1, default=str) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(plan, problems)) + "\n")
    return 0 if good else 1


def examine(name: str, project: Project, reading: Reading = AS_WRITTEN) -> tuple[Plan | None, list[Problem]]:
    """Return the plan, None when it cannot be read, and all that is wrong with it, its requirements and its code."""
    try:
        plan = reading.plan(find_plan(name, project))
    except PlanReadError as error:
        return None, [_unreadable(error)]
    return plan, [*check_plan(plan), *_requirements(plan, project, reading), *_sources(plan, project)]


def _unreadable(error: PlanReadError) -> Problem:
    """Return the reader's error as a problem; its place is written out."""
    place = _PLACE.match((error.where or "").partition("\n")[0])
    found = Place(place["file"], int(place["line"] or 0), int(place["column"] or 0)) if place else Place()
    message = error.what.removesuffix(f" [{error.code}]")
    return Problem("error", error.code, message, "", found, error.do or "")


def _requirements(plan: Plan, project: Project, reading: Reading) -> Iterable[Problem]:
    """Return what is wrong with the required packages and is not written in the plan itself."""
    if not has_requirements(plan):
        return ()
    from alo_nb.requirements.collect import collect

    return collect(plan, project, allow_options=reading.allow_requirement_options).new_problems(plan)


def _sources(plan: Plan, project: Project) -> Iterator[Problem]:
    """Yield the steps whose code cannot be found or cannot be a step; nothing is run."""
    sources = Sources(plan, project)
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            if step.source is None or step.source.kind not in {"ipynb", "local", "function"}:
                continue
            is_elsewhere = sources.is_elsewhere(step)
            if is_elsewhere and step.source.repository:
                continue
            try:
                _check_stands_alone(sources.step(step))
            except AloNbError as error:
                message = f"{error.what} ({error.where})" if error.where else error.what
                key = f"asset_source > {pipeline.name} > {step.name} > source > code"
                problem = Problem("error", "PLAN_SOURCE", message, key, step.source.place, error.do or "")
                yield replace(problem, severity="warning") if is_elsewhere else problem  # a good plan, assets elsewhere


def _check_stands_alone(definition: StepDefinition) -> None:
    """Refuse a step with ``use=``: only the running notebook has the variable."""
    if definition.use:
        raise StepDefinitionError(
            f"step {definition.name!r} takes the notebook variable {definition.use[0]!r}, which a plan run has not",
            where=definition.body.label,
            do="let an earlier step save it with save_data, or run the notebook itself with papermill",
        )


def _row(problem: Problem) -> dict[str, Any]:
    values = asdict(problem)
    return {**{name: values[name] for name in ("severity", "code", "message", "key")}, **values["place"]}


def _lines(plan: Plan | None, problems: list[Problem]) -> Iterator[str]:
    if plan is not None:
        yield plan_text(plan)
    if problems:
        yield problems_text(problems)
    errors = sum(each.severity == "error" for each in problems)
    others = len(problems) - errors
    counts = [f"{errors} error{'s' * (errors != 1)}"] if errors else ["no errors"]
    yield ", ".join([*counts, f"{others} note{'s' * (others != 1)} and warnings"] if others else counts)
