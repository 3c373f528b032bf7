"""``alo-nb check``: everything that is wrong with a plan, found by reading only."""

from __future__ import annotations

import difflib
import json
import os
import re
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from alo_nb.errors import AloNbError, PlanReadError, StepDefinitionError, nearest
from alo_nb.external.data import is_s3, local_folder
from alo_nb.headless.reading import AS_WRITTEN, Reading
from alo_nb.plan import Pipeline, Place, Plan, Problem, Step, find_plan, plan_view, rules
from alo_nb.plan import check as check_plan
from alo_nb.plan.keys import ALO_3_ERA, ALO_3_PATHS
from alo_nb.plan.redact import shown
from alo_nb.plan.tree import path_of
from alo_nb.plan.validate import finished
from alo_nb.project import Project, find_project
from alo_nb.requirements import has_requirements
from alo_nb.steps.definition import StepDefinition, argument_names
from alo_nb.steps.sources import Sources
from alo_nb.views.text import plan_text, problems_text

_LOADED = ("load_train_data_path", "load_inference_data_path", "load_model_path")
_PLACE = re.compile(r"^(?P<file>.*?)(?:, line (?P<line>\d+))?(?:, column (?P<column>\d+))?$")


def check(options: Namespace) -> int:
    """Show every problem; 1 when one of them is an error."""
    plan, problems = examine(
        options.plan, find_project(options.project, near=options.plan), Reading.from_options(options)
    )
    good = not any(each.severity == "error" for each in problems)
    if options.json:
        shown = {"ok": good, "problems": [_row(each) for each in problems], "plan": plan_view(plan) if plan else None}
        sys.stdout.write(json.dumps(shown, indent=1, default=str) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(plan, problems)) + "\n")
    return 0 if good else 1


def examine(name: str, project: Project, reading: Reading = AS_WRITTEN) -> tuple[Plan | None, list[Problem]]:
    """Return the plan, None when it cannot be read, and all that is wrong with it, its packages, folders and code."""
    try:
        plan = reading.plan(find_plan(name, project))
    except PlanReadError as error:
        return None, [_unreadable(error)]
    here = finished([*_folders(plan, project), *_sources(plan, project)], plan.from_env)
    return plan, [*check_plan(plan), *_requirements(plan, project, reading), *here]


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


def _folders(plan: Plan, project: Project) -> Iterator[Problem]:
    """Yield the folders to load from that are not on this machine; warnings, since it may be another that runs."""
    is_alo_3 = plan.era == ALO_3_ERA
    for name in _LOADED:
        value = getattr(plan.external_path, name)
        key = ALO_3_PATHS[name] if is_alo_3 else path_of("external_path", name)
        or_file = is_alo_3 and name == "load_model_path"
        for path in value if isinstance(value, tuple) else (value or "",):
            found = _folder(path, project, or_file=or_file) if _is_asked(name, path) else None
            if found:
                what, do = found
                message = f"{name} is {shown(path, 80)}, {what}"
                place = plan.external_path.places.get(name, Place())
                yield Problem("warning", "PLAN_PATH", message, key, place, do)


def _is_asked(key: str, path: str) -> bool:
    """Tell whether a path is of a disk, and not one that no run takes, of which the plan's own check tells."""
    fault = rules.path(key, path)
    return bool(path) and not is_s3(path) and "://" not in path and (fault is None or fault.severity != "error")


def _folder(path: str, project: Project, *, or_file: bool) -> tuple[str, str] | None:
    """Return what is wrong with a folder of this machine, and what to do; `or_file` as ALO 3 takes a model."""
    folder = local_folder(path, project, "")
    if os.path.isdir(folder) or (or_file and os.path.isfile(folder)):  # noqa: PTH112, PTH113  # no error without rights
        return None
    if PureWindowsPath(path).drive and not folder.drive:
        return "a path of Windows, which is not read here", "write the folder as it is called on the machine that runs"
    if os.path.isfile(folder):  # noqa: PTH113
        return "a file, and a folder is needed", f"name its folder: {Path(path).parent}/"
    siblings = [each.name for each in os.scandir(folder.parent)] if os.access(folder.parent, os.R_OK | os.X_OK) else []
    close = nearest(folder.name, siblings) if difflib.get_close_matches(folder.name, siblings) else ""
    do = f"correct the path, or put the folder there: {folder}; a relative one starts at the project folder"
    return f"which does not exist here{close}", do


def _sources(plan: Plan, project: Project) -> Iterator[Problem]:
    """Yield the steps whose code cannot be found, cannot be a step, or reads other arguments; nothing is run."""
    sources = Sources(plan, project)
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            if step.source is None or step.source.kind not in {"ipynb", "local", "function"}:
                continue
            is_elsewhere = sources.is_elsewhere(step)
            if is_elsewhere and step.source.repository:
                continue
            try:
                definition = sources.step(step)
                _check_stands_alone(definition)
            except AloNbError as error:
                message = f"{error.what} ({error.where})" if error.where else error.what
                key = f"asset_source > {pipeline.name} > {step.name} > source > code"
                problem = Problem("error", "PLAN_SOURCE", message, key, step.source.place, error.do or "")
                yield replace(problem, severity="warning") if is_elsewhere else problem  # a good plan, assets elsewhere
            else:
                yield from _arguments(pipeline, step, definition)


def _arguments(pipeline: Pipeline, step: Step, definition: StepDefinition) -> Iterator[Problem]:
    """Yield the arguments that the step's code can hardly read: most likely their names are misspelt."""
    named, takes_any = argument_names(definition)
    takes_any |= _has_files_beside(definition)
    for name in step.args:
        if not str(name).isidentifier() or name in named:
            continue
        close = difflib.get_close_matches(name, named - step.args.keys(), n=1, cutoff=0.8)
        if close or not takes_any:
            hint = f"; did you mean {close[0]!r}?" if close else ""
            message = f"step {step.name!r} reads no argument {name!r}{hint}"
            is_function = definition.kind == "pipeline_function"
            section = path_of("solution", "function") if is_function else path_of("user_parameters", pipeline.name)
            key = path_of(section, step.name, "argument" if is_function else "args", name)
            do = f"name an argument that the code reads ({definition.body.label}), or remove it"
            yield Problem("warning", "PLAN_ARGUMENT", message, key, step.place, do)


def _has_files_beside(definition: StepDefinition) -> bool:
    """Tell whether an asset folder has other Python files, which may read arguments too."""
    return bool(definition.folder) and len(list(Path(definition.folder).rglob("*.py"))) > 1


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
    numbers = Counter[str](each.severity for each in problems)
    kinds = [each for each in ("error", "warning", "note") if numbers[each]]
    counts = [f"{numbers[kind]} {kind}{'s' * (numbers[kind] != 1)}" for kind in kinds]
    yield ", ".join(counts if numbers["error"] else ["no errors", *counts])
