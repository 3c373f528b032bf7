"""``alo-nb export``: a plan and its steps as files for ALO."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from alo_nb.errors import MagicUsageError
from alo_nb.export.alo import Exported, export_alo
from alo_nb.headless.reading import Reading
from alo_nb.plan import find_plan, require_valid
from alo_nb.plan.find import usual_plans
from alo_nb.project import Project, find_project
from alo_nb.steps.sources import Sources


def export(options: Namespace) -> int:
    """Write the folder and tell what is in it."""
    project = find_project(options.project)
    path = find_plan(options.plan, project) if options.plan else _only_plan(project)
    plan = Reading.from_options(options).plan(path)
    plan = replace(plan, path=path.resolve())
    require_valid(plan)
    exported = export_alo(plan, Sources(plan, project, fetch=True).step, project, Path(options.folder))
    sys.stdout.write((json.dumps(_row(exported), indent=1) if options.json else repr(exported)) + "\n")
    return 0


def _row(exported: Exported) -> dict[str, object]:
    return {
        "folder": str(exported.folder),
        "plan": str(exported.plan),
        "files": list(exported.files),
        "notes": [*exported.notes, *exported.plan_notes],
    }


def _only_plan(project: Project) -> Path:
    """Return the plan of a project that has one, where plans usually lie."""
    found = usual_plans(project.root)
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(each.relative_to(project.root)) for each in found)
    raise MagicUsageError(
        f"the project has more than one plan: {names}" if found else f"no plan was found in {project.root}",
        do="name it: --plan PLAN",
    )
