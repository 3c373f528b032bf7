"""``history/{train,inference}/<run id>[-error]/``: what a pipeline has made, and of what, as ALO 2.6 keeps it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from alo_nb.errors import RunNotFoundError, nearest
from alo_nb.files import locked, remove, replace_folder
from alo_nb.key_files import KEY_FILES
from alo_nb.plan import Plan
from alo_nb.plan.masking import masked_plan_text
from alo_nb.project import Project
from alo_nb.steps.definition import StepDefinition
from alo_nb.store.records import FAILED, INTERRUPTED
from alo_nb.store.runs import OFFERED, RunStore

ERROR = "-error"
_BACKUP = re.compile(rf"\d{{8}}T\d{{6}}Z-[0-9a-f]{{6}}({ERROR})?")
_NOT_KEPT = shutil.ignore_patterns(*KEY_FILES, "__pycache__", "*.pyc")  # what may hold passwords, what is made anew


def back_up(
    project: Project,
    mode: str,
    name: str,
    artifacts: Path,
    *,
    plan: Plan,
    steps: Mapping[str, StepDefinition],
    with_log: bool,
) -> Path:
    """Copy a pipeline's artifacts, plan and code to ``history/<mode>/<name>/``; it shows up there when it is complete.

    Secrets in the plan are masked, and nothing of ``.git`` is copied (ALO 2.6 keeps both).
    """
    staging = project.own / "staging" / f"{name}-{mode}"
    staging.mkdir(parents=True)
    try:
        for entry in artifacts.iterdir():
            if entry.is_dir() and (entry.name != "log" or with_log):
                shutil.copytree(entry, staging / entry.name, symlinks=True)
            elif entry.is_file():
                shutil.copy2(entry, staging / entry.name)
        _write_source(staging, plan, steps)
    except OSError:  # on a full disk, half a copy would leave no room to say so
        remove(staging, within=project.own)
        raise
    target = project.history / mode / name
    with locked(project.history_lock):
        replace_folder(staging, target, project.own / "trash")
    return target


def _write_source(folder: Path, plan: Plan, steps: Mapping[str, StepDefinition]) -> None:
    """Write the plan, and ``backup_source/`` with the steps' code: asset folders whole, cells as they ran."""
    if plan.text:
        (folder / "experimental_plan.yaml").write_text(masked_plan_text(plan.text), encoding="utf-8")
    for name, step in steps.items():
        target = folder / "backup_source" / "assets" / name
        if step.folder:
            shutil.copytree(step.folder, target, symlinks=True, ignore=_NOT_KEPT)
        else:
            target.mkdir(parents=True)
            (target / f"{name}.py").write_text(f"{step.body.source}\n", encoding="utf-8", errors="backslashreplace")


def backups(project: Project, mode: str) -> list[Path]:
    """Return the backups of a pipeline, oldest first; what somebody else put there is none."""
    folder = project.history / mode
    return [each for each in sorted(folder.glob("*Z-*")) if each.is_dir() and _BACKUP.fullmatch(each.name)]


def find_train_run(project: Project, train_id: str) -> Path:
    """Return the backup of the good train run whose id is, begins with or ends with `train_id`.

    Raises
    ------
    RunNotFoundError
        None is, or several are; or it has no model.
    """
    known = {each.name: each for each in reversed(backups(project, "train")) if not each.name.endswith(ERROR)}
    found = [each for name, each in known.items() if name.startswith(train_id) or name.endswith(f"-{train_id}")]
    where = str(project.history / "train")
    if len(found) != 1:
        what = f"{len(found)} train runs match {train_id!r}" if found else _no_model(project, train_id, known)
        raise RunNotFoundError(what, where=where, do="`alo-nb history --mode train` lists the runs")
    if not (found[0] / "models").is_dir():
        raise RunNotFoundError(f"train run {found[0].name} has left no model", where=where, do="name another run")
    return found[0]


def _no_model(project: Project, train_id: str, known: Iterable[str]) -> str:
    """Return why there is no backup of a good train run: it ended badly, or it is none at all."""
    try:
        run = RunStore(project).get(train_id)
    except RunNotFoundError:
        run = None
    ended = {FAILED: "failed", INTERRUPTED: "was interrupted"}.get(run.status) if run else None
    if run and ended and run.mode != "inference" and "train_pipeline" not in run.complete:
        return f"train run {run.id} {ended} and left no model"
    return f"there is no model of train run {train_id!r}{nearest(train_id, known, limit=OFFERED)}"
