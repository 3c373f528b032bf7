"""What is wrong with a plan: all of it at once, raising nothing, sorted by place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from alo_nb.errors import PlanInvalidError
from alo_nb.plan import rules
from alo_nb.plan.model import PIPELINES, Place, Plan, Problem, Step
from alo_nb.plan.redact import redact
from alo_nb.plan.rules import Fault
from alo_nb.plan.tree import path_of

_RANK = {"error": 0, "warning": 1, "note": 2}
_LOAD = ("load_train_data_path", "load_inference_data_path")
_SINGLE = ("load_model_path", "save_train_artifacts_path", "save_inference_artifacts_path")


def check(plan: Plan) -> list[Problem]:
    """Return every finding about a plan, read or made in Python, sorted by place; raises nothing.

    Returns
    -------
    list of Problem
        What the reader found, its repairs with severity ``"note"``, and the checks of values. A plan can be run when
        none has severity ``"error"``.
    """
    found = [*plan.problems, *(Problem("note", each.code, each.message, each.key, each.place) for each in plan.notes)]
    known = {(each.code, each.key) for each in found}
    found += [each for each in value_problems(plan, {}) if (each.code, each.key) not in known]
    return sorted(found, key=lambda each: (each.place.line, each.place.column, _RANK.get(each.severity, 0), each.code))


def require_valid(plan: Plan) -> None:
    """Return when the plan can be run.

    Raises
    ------
    PlanInvalidError
        It cannot; the message lists every error with its line and what to do, `.problems` holds them.
    """
    errors = [each for each in check(plan) if each.severity == "error"]
    if not errors:
        return
    file = next((each.place.file for each in errors if each.place.file), str(plan.path or "the plan"))
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    lines = [line for each in errors for line in _lines(each)]
    error = PlanInvalidError("\n".join([f"{count} in {file}", *lines]), do="correct these lines and check again")
    error.problems = tuple(errors)
    raise error


def _lines(problem: Problem) -> Iterator[str]:
    yield f"  {problem.place or problem.key}: {problem.message} [{problem.code}]"
    if problem.place and problem.key:
        yield f"      key: {problem.key}"
    if problem.do:
        yield f"      do:  {problem.do}"


def value_problems(plan: Plan, places: Mapping[str, Place]) -> list[Problem]:
    """Return what is wrong with the values of a plan; `places` maps paths of keys to the places the reader saw."""
    return [
        *_top(plan, places),
        *_control(plan, places),
        *_external(plan, places),
        *_steps(plan, places),
        *_collisions(plan),
    ]


def _problem(fault: Fault, key: str, place: Place) -> Problem:
    return Problem(fault.severity, fault.code, fault.message, redact(key), place, fault.do)


def _top(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    fault = rules.plan_name(plan.name)
    if fault:
        yield _problem(fault, "name", places.get("name", Place(str(plan.path or ""))))


def _control(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    for key, value in vars(plan.control).items():
        fault = rules.control(key, value)
        if fault:
            key = path_of("control", key)
            yield _problem(fault, key, places.get(key, Place()))


def _external(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    external = plan.external_path
    for key in _LOAD + _SINGLE:
        value = getattr(external, key)
        path = path_of("external_path", key)
        for each in value if key in _LOAD else (value,):
            fault = rules.path(key, each) if each is not None else None
            if fault:
                place = places.get(path_of(path, str(each))) or external.places.get(key, Place())
                yield _problem(fault, path, place)


def _steps(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    for pipeline in plan.pipelines:
        if pipeline.name not in PIPELINES:
            message = f"{pipeline.name!r} is no pipeline"
            yield Problem("error", "PLAN_UNKNOWN_KEY", message, pipeline.name, pipeline.place, f"known: {PIPELINES}")
        if not pipeline.steps:
            key, do = path_of("asset_source", pipeline.name), "add a step, or remove the pipeline"
            yield Problem("warning", "PLAN_EMPTY_PIPELINE", f"{pipeline.name} has no steps", key, pipeline.place, do)
        seen: set[str] = set()
        for step in pipeline.steps:
            if fault := rules.step_name(step.name):
                yield _problem(fault, path_of("user_parameters", pipeline.name, str(step.name)), step.place)
            if str(step.name) in seen:
                key, message = (
                    path_of("asset_source", pipeline.name, str(step.name)),
                    f"the step {step.name!r} stands twice",
                )
                yield Problem("error", "PLAN_STEP_DUPLICATE", message, key, step.place, "give one another name")
            seen.add(str(step.name))
            yield from _source(pipeline.name, step, places)


def _source(pipeline: str, step: Step, places: Mapping[str, Place]) -> Iterator[Problem]:
    source = step.source
    if source is None:
        return
    path = path_of("asset_source", pipeline, str(step.name), "source")
    if fault := rules.code(source.code):
        yield _problem(fault, path_of(path, "code"), source.place)
    if not isinstance(source.code, str):
        return
    fault = rules.branch(source.branch) if source.kind == "git" else None
    if fault:
        key = path_of(path, "branch")
        yield _problem(fault, key, places.get(key, source.place))
    for line in source.requirements:
        if fault := rules.requirement(line):
            key = path_of(path, "requirements")
            yield _problem(fault, key, places.get(path_of(key, str(line)), source.place))


def _collisions(plan: Plan) -> Iterator[Problem]:
    """Yield steps whose names differ by case only: some file systems give them one folder."""
    first: dict[str, str] = {}
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            name = str(step.name)
            other = first.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
            if other != name:
                message = f"the steps {other!r} and {name!r} differ by upper and lower case only"
                key, do = path_of("user_parameters", pipeline.name, name), "give one of them another name"
                yield Problem("error", "PLAN_STEP_NAME", message, key, step.place, do)
