"""Which file a plan's name means."""

from __future__ import annotations

import os
from pathlib import Path

from alo_nb.errors import nearest
from alo_nb.plan.refusal import read_error
from alo_nb.project import Project


def find_plan(path: str | Path, project: Project) -> Path:
    """Return the plan's path: seen from the current folder, as it was given, else from the project folder.

    Raises
    ------
    PlanReadError
        In neither place; the message names the nearest plan there is.
    """
    tried = [Path(path).expanduser(), project.root / path]
    for candidate in tried:
        if candidate.exists():
            return candidate
    plans = {os.path.relpath(each, project.root) for each in project.root.glob("**/*.y*ml") if ".alo" not in each.parts}
    raise read_error(
        "PLAN_NOT_FOUND",
        f"there is no plan {str(path)!r}{nearest(str(path), plans)}",
        where=" and ".join(dict.fromkeys(str(each.parent.absolute()) for each in tried)),
        do="name a plan relative to the current folder or to the project folder",
    )
