"""Runs that are kept for ever: an empty file ``.alo/pins/<run id>`` for each."""

from __future__ import annotations

from alo_nb.files import remove
from alo_nb.project import Project
from alo_nb.store.records import Run
from alo_nb.store.runs import RunStore


def pin(project: Project, run_id: str) -> Run:
    """Keep the backups of a run whatever ``backup_size`` says; return the run.

    Raises
    ------
    RunNotFoundError
        There is no such run, or several begin so.
    """
    run = RunStore(project).get(run_id)
    folder = project.own / "pins"
    folder.mkdir(exist_ok=True)
    (folder / run.id).touch()
    return run


def unpin(project: Project, run_id: str) -> Run:
    """Let the backups of a run go when their time has come; return the run."""
    run = RunStore(project).get(run_id)
    if run.id in pinned(project):
        remove(project.own / "pins" / run.id, within=project.own)
    return run


def pinned(project: Project) -> frozenset[str]:
    """Return the ids of the runs that are kept for ever."""
    folder = project.own / "pins"
    return frozenset(each.name for each in folder.iterdir()) if folder.is_dir() else frozenset()
