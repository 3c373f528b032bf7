"""What all steps of a plan require together, with the step and the line of each requirement; nothing is installed."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement

from alo_nb.plan import Place, Plan, Problem, Step, require_valid, valid_step_name
from alo_nb.plan.keys import ALO_3_ERA
from alo_nb.plan.redact import redact, shown
from alo_nb.plan.tree import Severity, path_of
from alo_nb.plan.validate import step_key
from alo_nb.project import Project
from alo_nb.requirements.lines import read_line, without_comment
from alo_nb.requirements.wants import Want, conflicts, holds, merged

FILE = "requirements.txt"
MAX_BYTES = 1 << 20
MAX_LINES = 10_000  # with its hashes, a package takes one
ALLOW = "--allow-requirement-options"


@dataclass(frozen=True)
class PassedOn:
    """A line that goes to the installer as it is, when the user agrees: options, an address or a path."""

    text: str
    place: Place
    key: str


@dataclass(frozen=True)
class Requirements:
    """What a plan requires.

    Attributes
    ----------
    wants : tuple of Want
        In the order of the steps, those whose marker holds here.
    passed_on : tuple of PassedOn
        What only the installer understands.
    problems : tuple of Problem
        What is wrong, but for the lines of the plan itself: those the plan has found already.
    """

    wants: tuple[Want, ...] = ()
    passed_on: tuple[PassedOn, ...] = ()
    problems: tuple[Problem, ...] = ()

    def new_problems(self, plan: Plan) -> list[Problem]:
        """Return the problems that the plan does not report already."""
        known = {(each.code, each.key, each.place.file) for each in plan.problems if each.severity == "error"}
        return [each for each in self.problems if (each.code, each.key, each.place.file) not in known]

    def merged(self) -> tuple[Requirement, ...]:
        """Return one requirement for each package, sorted by name."""
        return merged(self.wants)


def require_good(plan: Plan, found: Requirements, more: Collection[Problem] = ()) -> None:
    """Return when the plan's requirements can be installed together, as far as they tell.

    Raises
    ------
    PlanInvalidError
        They cannot; every error is listed with its line, as for any other part of a plan.
    """
    require_valid(replace(plan, problems=(*plan.problems, *found.new_problems(plan), *more)))


def collect(
    plan: Plan, project: Project, *, steps: Collection[str] | None = None, allow_options: bool = False
) -> Requirements:
    """Return what the steps of a plan require, train first; raises nothing.

    ``requirements.txt`` stands for the file of that name: in ``assets/<step>/`` for a step whose code is there
    (ALO 2.6 install.py), beside the plan for all others (ALO 3).

    Parameters
    ----------
    steps : collection of str, optional
        Only what these steps require.
    allow_options : bool
        Take options, addresses and paths; otherwise each is a problem, with the severity it has in a plan.
    """
    wants: dict[tuple[str, Place], Want] = {}
    passed_on: dict[PassedOn, None] = {}
    problems: dict[Problem, None] = {}
    for entry in _entries(plan, project, steps):
        if isinstance(entry, Problem):
            problems[entry] = None
            continue
        line = read_line(entry.text, entry.folder)
        is_useless = line.requirement is None and not line.passed_on
        if line.fault is not None and (allow_options or not entry.in_plan):
            problem = entry.problem(line.fault.severity, line.fault.code, line.fault.message, line.fault.do)
            softened = allow_options and not is_useless
            problems[replace(problem, severity="warning") if softened else problem] = None
        if line.passed_on:
            passed_on[PassedOn(line.passed_on, entry.place, entry.key)] = None
        if line.requirement is not None and (found := _applied(entry, line.requirement)):
            if isinstance(found, Problem):
                problems[found] = None
            else:  # a step of both pipelines has one file, whose lines count once
                wants.setdefault((str(line.requirement), entry.place), found)
    found_wants = tuple(wants.values())
    return Requirements(found_wants, tuple(passed_on), (*problems, *conflicts(found_wants)))


@dataclass(frozen=True)
class _Entry:
    """A line as it was found. Relative paths in it start at `folder`."""

    text: str
    step: str
    place: Place
    key: str
    folder: Path
    in_plan: bool

    def problem(self, severity: Severity, code: str, message: str, do: str) -> Problem:
        return Problem(severity, code, message, self.key, self.place, do)


def _applied(entry: _Entry, requirement: Requirement) -> Want | Problem | None:
    """Return who wants the package; None when its marker says that it is not for this Python."""
    try:
        applies = holds(requirement)
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError) as error:
        message = f"the condition of {shown(entry.text, 120)} cannot be judged: {redact(str(error))}"
        return entry.problem("error", "PLAN_REQUIREMENT", message, "correct what stands behind the semicolon")
    return Want(requirement, entry.step, entry.place, entry.key) if applies else None


def _entries(plan: Plan, project: Project, steps: Collection[str] | None) -> Iterator[_Entry | Problem]:
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            if step.source is None or not valid_step_name(step.name) or (steps is not None and step.name not in steps):
                continue
            path = step_key(plan, pipeline.name, step.name, source=True)
            key = "solution > pip > requirements" if plan.era == ALO_3_ERA else path_of(path, "requirements")
            beside_plan = plan.path.parent if plan.path else project.root
            for text in step.source.requirements:
                if not isinstance(text, str):
                    continue  # the plan was made in Python, and has a problem that says so
                entry = _Entry(text, step.name, step.source.place, key, beside_plan, in_plan=True)
                yield from _of_file(step, entry, project) if without_comment(text) == FILE else [entry]
            if plan.era == ALO_3_ERA:
                return  # all functions share one list


def _folder_of(step: Step, entry: _Entry, project: Project) -> Path:
    """Return where a step's ``requirements.txt`` lies: beside its code, or beside the plan."""
    source = step.source
    if source is not None and source.kind in {"local", "git"}:
        return project.root / "assets" / step.name
    if source is not None and source.repository is not None and not (entry.folder / FILE).is_file():
        return project.repository(source.repository)
    return entry.folder


def _is_fetched(step: Step) -> bool:
    return step.source is not None and (step.source.kind == "git" or step.source.repository is not None)


def _of_file(step: Step, entry: _Entry, project: Project) -> Iterator[_Entry | Problem]:
    """Yield the lines of ``requirements.txt``, or what is wrong with it."""
    folder = _folder_of(step, entry, project)
    path = folder / FILE
    label = os.path.relpath(path, project.root)
    if not path.is_file():
        is_elsewhere = not folder.is_dir()  # not fetched yet, or never meant to be run here
        message = f"step {step.name!r} requires the packages in {label}, and there is no such file"
        do = "write the file, or remove the line from the plan"
        if is_elsewhere and _is_fetched(step):
            message += " before the code is fetched from git"
            do = "nothing: a run fetches the code first, and then reads the file"
        yield entry.problem("warning" if is_elsewhere else "error", "PLAN_REQUIREMENT_FILE", message, do)
        return
    try:
        lines = _lines(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or f"it is no text in UTF-8 of at most {MAX_LINES} lines"
        message, do = f"{label} cannot be read: {reason}", "write one package on each line"
        yield entry.problem("error", "PLAN_REQUIREMENT_FILE", message, do)
        return
    for number, text in lines:
        yield replace(entry, text=text, place=Place(label, number), folder=folder, in_plan=False)


def _lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines with their numbers; one that ends in a backslash goes on in the next, as for pip.

    Raises
    ------
    OSError, ValueError
        The file cannot be read, or is no text of a sensible size.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    lines = data.decode("utf-8-sig").splitlines()
    if len(data) > MAX_BYTES or len(lines) > MAX_LINES:
        raise ValueError(path)
    return list(_joined(enumerate(lines, start=1)))


def _joined(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        parts = [line]
        while parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1]
            parts.append(next(lines, (0, ""))[1])
        yield number, " ".join(parts)
