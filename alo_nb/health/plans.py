"""The plans of a project: whether they can be read and run, and the environments that were made for them."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from alo_nb.errors import AloNbError
from alo_nb.health.finding import Check, Place
from alo_nb.health.packages import system_install
from alo_nb.lang import tr
from alo_nb.plan import Plan, check, read_plan
from alo_nb.plan.find import usual_plans
from alo_nb.project import Project
from alo_nb.requirements import has_requirements

SHOWN = 20  # plans


def plan_checks(project: Project, opened: Path | None, place: Place) -> Iterator[Check]:
    """Yield how the open plan is, or each plan of the project; and environments that cannot be used any more."""
    paths = [opened] if opened is not None else usual_plans(project.root)[:SHOWN]
    if not paths:
        yield Check("plan", "ok", tr("none here: the cells make the pipeline, in their order"))
    for path in paths:
        yield from _plan(project, path, place)
    yield from _environments(project)


def _plan(project: Project, path: Path, place: Place) -> Iterator[Check]:
    name = os.path.relpath(path, project.root) if path.is_relative_to(project.root) else str(path)
    look = place.ours(f"%alo_plan {shlex.quote(name)} --widget", f"check {shlex.quote(name)}")
    try:
        plan = read_plan(path)
    except AloNbError as error:
        yield Check("plan", "problem", f"{name}: {error.what}", look)
        return
    errors = [each for each in check(plan) if each.severity == "error"]
    if errors:
        more = tr(" (and {count} more)", count=len(errors) - 1) if errors[1:] else ""
        yield Check("plan", "problem", f"{name}: {errors[0].message}{more}", look)
        return
    steps = " · ".join(f"{each.mode} {len(each.steps)}" for each in plan.pipelines)
    yield Check("plan", "ok", f"{name}: {steps}")
    yield from _needs(plan, project, name, place)


def _needs(plan: Plan, project: Project, name: str, place: Place) -> Iterator[Check]:
    """Yield what a plan needs and does not find here: packages, git, S3."""
    if has_requirements(plan):
        from alo_nb.requirements.collect import collect
        from alo_nb.requirements.installed import missing

        lacking = [str(each) for each in missing(collect(plan, project).merged())]
        if lacking:
            what = tr("{plan} requires what is not here: {packages}", plan=name, packages=", ".join(lacking))
            yield Check("plan_packages", "note", what, place.install(*lacking))
    sources = [step.source for each in plan.pipelines for step in each.steps if step.source is not None]
    if any(each.kind == "git" for each in sources) and shutil.which("git") is None:
        yield Check("git", "problem", tr("{plan} takes code from git", plan=name), system_install("git"))
    paths = plan.external_path
    folders = (*paths.load_train_data_path, *paths.load_inference_data_path, paths.load_model_path or "")
    saved = (paths.save_train_artifacts_path or "", paths.save_inference_artifacts_path or "")
    if any(each.startswith("s3:") for each in (*folders, *saved)) and importlib.util.find_spec("s3fs") is None:
        yield Check("s3", "problem", tr("{plan} reads from or writes to S3", plan=name), place.install("alo-nb[s3]"))


def _environments(project: Project) -> Iterator[Check]:
    from alo_nb.requirements.environment import broken_environments

    for folder in broken_environments(project):
        what = tr("an environment that was made for a plan has lost its Python; the next run makes a new one")
        yield Check("environment", "note", what, f"rm -r {shlex.quote(str(folder))}")
