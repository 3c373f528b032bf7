"""Which file a plan's name means."""

from __future__ import annotations

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
    tried = [_from_home(Path(path)), project.root / path]
    for candidate in tried:
        if _is_there(candidate):
            return candidate
    raise read_error(
        "PLAN_NOT_FOUND",
        f"there is no plan {str(path)!r}{nearest(str(path)[:255], _plans(project.root))}",
        where=" and ".join(dict.fromkeys(str(each.parent.absolute()) for each in tried)),
        do="name a plan relative to the current folder or to the project folder",
    )


USUAL = ("experimental_plan.yaml", "solution/experimental_plan.yaml", "config/experimental_plan.yaml")


def usual_plans(root: Path) -> list[Path]:
    """Return the plans of a project that lie where plans usually do, ALO's places first."""
    found = [root / each for each in USUAL if (root / each).is_file()]
    return [*found, *sorted((root / "plans").glob("*.y*ml"))]


def _plans(root: Path) -> list[str]:
    """Return the YAML files of a project, without what runs have left: copies of plans, and summaries."""
    found = (each.relative_to(root) for each in root.glob("**/*.y*ml"))
    return [str(each) for each in found if not any(map(_is_made_by_runs, each.parts[:-1]))]


def _is_made_by_runs(folder: str) -> bool:
    return folder in {".alo", "history"} or folder.endswith("_artifacts")


def _from_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # no such user: a plain name that begins with `~`
        return path


def _is_there(path: Path) -> bool:
    """Return whether there is something to read; what cannot even be looked at counts, and the reader says why."""
    try:
        return path.exists()
    except OSError:
        return True
