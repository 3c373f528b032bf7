"""The packages of a pipeline as lists for pip, one for each step that asks for any, as ALO 2.6 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alo_nb.plan import Plan, Problem
from alo_nb.plan.redact import shown
from alo_nb.plan.tree import Findings
from alo_nb.project import Project
from alo_nb.requirements.collect import PassedOn, collect

LISTS = ".package_list"  # the folder of the lists
_OPTIONS = ("--index-url", "-i", "--extra-index-url", "--pre")  # what a list may hold beside packages


def check_requirements(plan: Plan, project: Project, findings: Findings) -> list[Problem]:
    """Return what is wrong with the packages of each pipeline and is not written in the plan itself.

    What only an installer understands cannot go into a list of an image, but for the address of an index: it may name
    a path or a program of this machine. That is told in `findings`.
    """
    problems: list[Problem] = []
    for pipeline in plan.pipelines:  # each has an image of its own
        found = collect(replace(plan, pipelines=(pipeline,)), project)
        problems += found.new_problems(plan)
        for each in found.passed_on:
            if not _may_stand_in_a_list(each):
                message = f"{shown(each.text, 120)} cannot go into the list of packages of an image"
                do = "require a package with its version; of pip's options, an index can be named"
                findings.problem("BUNDLE_REQUIREMENTS", message, each.key, each.place, do=do)
    return problems


def package_lists(plan: Plan, project: Project) -> Mapping[str, str]:
    """Return the name of each list of packages to its text, in the order of the steps.

    All lists are given to one call of pip, so that the options of one step count for the packages of all.

    Parameters
    ----------
    plan : Plan
        The plan of one pipeline, whose steps' code lies in the project's ``assets/``.
    """
    (pipeline,) = plan.pipelines
    texts = []
    for step in pipeline.steps:
        found = collect(replace(plan, pipelines=(replace(pipeline, steps=(step,)),)), project)
        lines = [each.text for each in found.passed_on if _may_stand_in_a_list(each)]
        lines += [str(each.requirement) for each in found.wants]
        if lines:
            texts.append("".join(f"{line}\n" for line in dict.fromkeys(lines)))
    return {f"{pipeline.name}_step_{number}.txt": text for number, text in enumerate(texts, start=1)}


def _may_stand_in_a_list(line: PassedOn) -> bool:
    words = line.text.split()
    return words[0].partition("=")[0] in _OPTIONS and len(words) <= 2
