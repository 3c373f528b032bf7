"""Which file a plan on the command line means."""

from __future__ import annotations

from pathlib import Path

from alo_nb.project import Project


def find_plan(name: str, project: Project) -> Path:
    """Return the plan's path: seen from the current folder, else from the project folder when it exists there."""
    path = Path(name)
    if not path.exists() and not path.is_absolute() and (project.root / path).exists():
        return project.root / path
    return path
