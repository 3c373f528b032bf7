"""The code of a plan's steps for a bundle: found, not fetched, and able to stand in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from alo_nb.errors import AloNbError
from alo_nb.export.asset_file import to_asset_file
from alo_nb.plan import Pipeline, Plan
from alo_nb.plan.tree import Findings, path_of
from alo_nb.project import Project
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.sources import Sources


@dataclass(frozen=True)
class StepCode:
    """A step's code, and the text of the asset file that it becomes."""

    definition: StepDefinition
    text: str


Code = Mapping[tuple[str, str], StepCode]  # by (pipeline, step)


def find_code(plan: Plan, project: Project, findings: Findings) -> dict[tuple[str, str], StepCode]:
    """Return the code of each step; tell of each one that has none, or that ALO 2.x could not run."""
    sources = Sources(plan, project)
    found = {}
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            try:
                definition = sources.step(step)
                found[pipeline.name, step.name] = StepCode(definition, to_asset_file(definition))
            except AloNbError as error:
                message = f"{error.what} ({error.where})" if error.where else error.what
                key = path_of("asset_source", pipeline.name, step.name, "source", "code")
                place = step.source.place if step.source else step.place
                findings.problem("BUNDLE_CODE", message, key, place, do=error.do or "")
    return found


def code_of(pipeline: Pipeline, code: Code) -> dict[str, StepCode]:
    """Return step to its code, for the steps of a pipeline whose code was found."""
    return {each.name: code[key] for each in pipeline.steps if (key := (pipeline.name, each.name)) in code}


def with_arguments(plan: Plan, code: Code) -> Plan:
    """Return the plan with the arguments of the steps' magic lines, which are no part of a bundle, below its own."""
    pipelines = []
    for pipeline in plan.pipelines:
        own = {name: each.definition.args for name, each in code_of(pipeline, code).items()}
        steps = tuple(replace(each, args={**own.get(each.name, {}), **each.args}) for each in pipeline.steps)
        pipelines.append(replace(pipeline, steps=steps))
    return replace(plan, pipelines=tuple(pipelines))
