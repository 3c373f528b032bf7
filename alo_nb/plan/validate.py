"""What is wrong with a plan: all of it at once, raising nothing, sorted by place."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from alo_nb.errors import PlanInvalidError, nearest
from alo_nb.plan import rules
from alo_nb.plan.keys import ALO_3_ERA, ALO_3_PATHS, STAGES
from alo_nb.plan.model import PIPELINES, Place, Plan, Problem, Step
from alo_nb.plan.ours import CACHE
from alo_nb.plan.redact import redact, shown
from alo_nb.plan.rules import Fault
from alo_nb.plan.tree import MAX_SHOWN, Severity, path_of
from alo_nb.plan.ui import ui_problems

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
    found = finished(found, plan.from_env)
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
    found = [
        *_top(plan, places),
        *_control(plan, places),
        *_external(plan, places),
        *_steps(plan, places),
        *_collisions(plan),
        *_cache(plan, places),
        *ui_problems(plan, places),
    ]
    return list(dict.fromkeys(found))


def finished(
    found: Iterable[Problem], from_env: Mapping[str, str], hidden: Mapping[Severity, int] | None = None
) -> list[Problem]:
    """Return findings to show: the first `MAX_SHOWN` of each severity, and one ``PLAN_MORE`` that counts the others.

    Parameters
    ----------
    from_env : mapping
        Texts that are not shown, to what is shown instead, as in `Plan.from_env`.
    hidden : mapping, optional
        How many of each severity were left out before.
    """
    shown: list[Problem] = []
    kept: Counter[Severity] = Counter()
    more, last = Counter(hidden or {}), dict[Severity, Place]()
    counted: set[Severity] = set()
    for each in found:
        if each.code == "PLAN_MORE":
            counted.add(each.severity)
        elif kept[each.severity] >= MAX_SHOWN:
            more[each.severity] += 1
            continue
        kept[each.severity] += 1
        last[each.severity] = each.place
        shown.append(_hidden(each, from_env))
    for severity, count in more.items():
        if count and severity not in counted:
            do = "correct the ones that are shown and check again"
            message = f"{count} more {severity}s are not shown"
            shown.append(Problem(severity, "PLAN_MORE", message, "", last.get(severity, Place()), do))
    return shown


def _hidden(problem: Problem, from_env: Mapping[str, str]) -> Problem:
    """Return the problem with the values of environment variables as the plan writes them, however they were cut."""
    message = problem.message
    for value, text in from_env.items():
        for limit in (len(value), 120, 80, 60):
            message = message.replace(shown(value, limit), repr(text))
    return problem if message == problem.message else replace(problem, message=message, do="look at its value")


def step_key(plan: Plan, pipeline: str, name: str, *, source: bool = False) -> str:
    """Return the path of keys of a step, or of its source, as the plan's era has it."""
    if plan.era == ALO_3_ERA:
        return path_of("solution > function", name)
    return path_of("asset_source", pipeline, name, "source") if source else path_of("user_parameters", pipeline, name)


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
        path = ALO_3_PATHS[key] if plan.era == ALO_3_ERA else path_of("external_path", key)
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
            if plan.era == ALO_3_ERA:
                key = path_of("solution", STAGES[pipeline.name], "pipeline")
            yield Problem("warning", "PLAN_EMPTY_PIPELINE", f"{pipeline.name} has no steps", key, pipeline.place, do)
        seen: set[str] = set()
        for step in pipeline.steps:
            if fault := rules.step_name(step.name):
                yield _problem(fault, step_key(plan, pipeline.name, str(step.name)), step.place)
            if str(step.name) in seen:
                key, message = (
                    path_of("asset_source", pipeline.name, str(step.name)),
                    f"the step {step.name!r} stands twice",
                )
                yield Problem("error", "PLAN_STEP_DUPLICATE", message, key, step.place, "give one another name")
            seen.add(str(step.name))
            path = step_key(plan, pipeline.name, str(step.name), source=True)
            if plan.era != ALO_3_ERA:
                yield from _source(step, path, places)
            elif step.source is not None and (fault := rules.code(step.source.code)):
                yield _problem(fault, path_of(path, "def"), step.source.place)
    if plan.era == ALO_3_ERA:
        yield from _shared_source(plan, places)


def _shared_source(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    """Yield what is wrong with the repository and the requirements, which all functions of a plan share."""
    step = next((step for each in plan.pipelines for step in each.steps if step.source), None)
    source = step.source if step else None
    if step is None or source is None:
        return
    for key, fault in (("url", rules.repository(source.repository)), ("branch", rules.branch(source.branch))):
        if fault:
            key = path_of("solution > git", key)
            yield _problem(fault, key, places.get(key, source.place))
    yield from _requirements(step, "solution > pip > requirements", places)


def _source(step: Step, path: str, places: Mapping[str, Place]) -> Iterator[Problem]:
    source = step.source
    if source is None:
        return
    if fault := rules.code(source.code):
        yield _problem(fault, path_of(path, "code"), source.place)
    if not isinstance(source.code, str):
        return
    fault = rules.branch(source.branch) if source.kind == "git" else None
    if fault:
        key = path_of(path, "branch")
        yield _problem(fault, key, places.get(key, source.place))
    yield from _requirements(step, path_of(path, "requirements"), places)


def _requirements(step: Step, key: str, places: Mapping[str, Place]) -> Iterator[Problem]:
    for line in step.source.requirements if step.source else ():
        if fault := rules.requirement(line):
            yield _problem(
                fault, key, places.get(path_of(key, str(line)), step.source.place if step.source else Place())
            )


def _cache(plan: Plan, places: Mapping[str, Place]) -> Iterator[Problem]:
    """Yield cache policies that do not exist, and those of steps that do not."""
    known = dict.fromkeys(str(step.name) for pipeline in plan.pipelines for step in pipeline.steps)
    hints = list(known)[:MAX_SHOWN]  # enough for any real plan, and cheap for a hostile one
    for number, (name, policy) in enumerate(plan.cache.items()):
        key = path_of(CACHE, str(name))
        place = places.get(key, Place(str(plan.path or "")))
        if fault := rules.cache_policy(str(name), policy):
            yield _problem(fault, key, place)
        if name not in known:
            hint = nearest(str(name)[:100], hints) if number < MAX_SHOWN else ""
            message = f"the plan has no step {shown(str(name), 80)}, which {CACHE} names{hint}"
            do = "correct the name, or remove it there"
            yield _problem(Fault("PLAN_STEP_MISMATCH", message, do), key, place)


def _collisions(plan: Plan) -> Iterator[Problem]:
    """Yield steps whose names differ by case only: some file systems give them one folder."""
    first: dict[str, str] = {}
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            name = str(step.name)
            other = first.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
            if other != name:
                message = f"the steps {other!r} and {name!r} differ by upper and lower case only"
                key, do = step_key(plan, pipeline.name, name), "give one of them another name"
                yield Problem("error", "PLAN_STEP_NAME", message, key, step.place, do)
