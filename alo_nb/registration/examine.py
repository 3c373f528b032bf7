"""Everything that is wrong with a solution before it is bundled, found at once; nothing is run, fetched or written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from alo_nb.plan import Pipeline, Plan, Problem
from alo_nb.plan.tree import Findings, Severity
from alo_nb.plan.validate import finished
from alo_nb.project import Project
from alo_nb.registration.calls import calls_of, check_arguments, check_calls
from alo_nb.registration.checks import check_details, check_pipelines, plan_problems, registered
from alo_nb.registration.code import Code, code_of, find_code, with_arguments
from alo_nb.registration.files import artifacts_of, data_of, models_of
from alo_nb.registration.info import SolutionInfo, read_info
from alo_nb.registration.requirements import check_requirements
from alo_nb.registration.results import Results, check_output, find_results
from alo_nb.registration.secrets import find_in_code, find_in_folder

_RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Examination:
    """A solution with all that is wrong with it.

    Attributes
    ----------
    plan : Plan
        With the arguments of the steps' magic lines in it.
    info : SolutionInfo or None
        None when its file cannot be read.
    pipelines : tuple of Pipeline
        Those that are registered.
    code : mapping
        (pipeline, step) to the code of the step, where it was found.
    problems : tuple of Problem
        Errors and warnings; the codes begin with ``INFO_``, ``BUNDLE_``, ``PLAN_`` or ``YAML_``.
    """

    plan: Plan
    project: Project
    info: SolutionInfo | None
    pipelines: tuple[Pipeline, ...]
    code: Code
    results: Results
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems for which there can be no bundle."""
        return tuple(each for each in self.problems if each.severity == "error")


def examine(plan: Plan, project: Project, info: Path) -> Examination:
    """Return what stands against a bundle of this plan with the solution info in the file `info`.

    The info, the plan, the code of its steps and the results of its last run are each looked at, whatever is wrong
    with the others.
    """
    findings = Findings()
    said = read_info(info, findings)
    check_pipelines(plan, said, findings)
    code = find_code(plan, project, findings)
    plan = with_arguments(plan, code)
    pipelines = registered(plan, said)
    check_details(plan, pipelines, findings)
    _check_calls(pipelines, code, findings)
    packages = check_requirements(replace(plan, pipelines=pipelines), project, findings)
    results = find_results(plan, pipelines, code, project, findings)
    if "inference" in results.runs:
        check_output(project, said, findings)
    _find_secrets(pipelines, code, project, findings)
    problems = [*plan_problems(plan), *packages, *finished(findings.problems, plan.from_env, findings.hidden)]
    return Examination(plan, project, said, pipelines, code, results, tuple(sorted(problems, key=_order)))


def _check_calls(pipelines: tuple[Pipeline, ...], code: Code, findings: Findings) -> None:
    calls = {}
    for pipeline in pipelines:
        found = code_of(pipeline, code)
        calls[pipeline.name] = {name: calls_of(each.definition) for name, each in found.items()}
        check_arguments(pipeline, calls[pipeline.name], findings)
    if all(len(calls[each.name]) == len(each.steps) for each in pipelines):  # a call may stand in what was not found
        check_calls(pipelines, calls, findings)


def _find_secrets(pipelines: tuple[Pipeline, ...], code: Code, project: Project, findings: Findings) -> None:
    """Look into all that would go into the bundle; what cannot go into one is told too."""
    folders: dict[Path, Severity] = {models_of(project): "error"}
    for pipeline in pipelines:
        folders |= {data_of(project, pipeline.mode): "warning", artifacts_of(project, pipeline.mode): "error"}
        for each in code_of(pipeline, code).values():
            if each.definition.folder:
                folders[Path(each.definition.folder)] = "error"
            else:
                find_in_code(each, findings)
    for folder, severity in folders.items():
        find_in_folder(folder, findings, severity=severity)


def _order(problem: Problem) -> tuple[bool, str, int, int, int]:
    place = problem.place
    return not place.line, place.file, place.line, place.column, _RANK[problem.severity]
