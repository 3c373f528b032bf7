"""The end of a pipeline: ALO's check of the inference output, the history backup, and which run made the model."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alo_nb.errors import StepOutputError
from alo_nb.files import folder_size, remove, replace_folder, write_atomic
from alo_nb.plan.yaml_text import read_mapping
from alo_nb.project import Project

IMAGES = {".jpg", ".jpeg", ".png", ".svg"}
MEGABYTE = 10**6
_MARK = "log/experimental_history.json"


def check_inference_output(artifacts: Path) -> None:
    """Check what Edge Conductor takes: a summary, and one csv or image, or one of each (ALO 2.6 pipeline.py).

    Dot files and folders do not count; extensions are read in any case.

    Raises
    ------
    StepOutputError
        The summary is missing, or the files are not those.
    """
    if not (artifacts / "score" / "inference_summary.yaml").is_file():
        raise StepOutputError(
            "the inference pipeline saved no summary",
            where="inference_pipeline",
            do="call asset.save_summary(result, score) in one of its steps",
        )
    output = artifacts / "output"
    names = (
        sorted(each.name for each in output.iterdir() if each.is_file() and not each.name.startswith("."))
        if output.is_dir()
        else []
    )
    kinds = sorted(
        "csv" if Path(name).suffix.lower() == ".csv" else "image"
        for name in names
        if Path(name).suffix.lower() in IMAGES | {".csv"}
    )
    if len(kinds) != len(names) or kinds not in (["csv"], ["image"], ["csv", "image"]):
        raise StepOutputError(
            f"the inference output must be one .csv, one image, or one of each; found: {', '.join(names) or 'nothing'}",
            where="inference_artifacts/output/",
            do="write them below asset.get_output_path(), and anything else below asset.get_extra_output_path()",
        )


def summary_of(artifacts: Path, mode: str) -> Mapping[str, Any]:
    """Return what the run's steps gave to `save_summary`; nothing when the summary in place is an earlier run's."""
    folder = artifacts / "score"
    path = folder / f"{mode}_summary.yaml"
    return read_mapping(path) if path.is_file() and not folder.is_symlink() else {}


def result_files(folder: Path, root: Path) -> tuple[str, ...]:
    """Return the models, outputs and reports that a run wrote below an artifacts folder, as paths from `root`.

    Links stand for what earlier runs wrote; `rglob` does not follow them.
    """
    found = (
        path
        for name in ("models", "output", "report", "extra_output")
        if not (folder / name).is_symlink()
        for path in sorted((folder / name).rglob("*"))
    )
    return tuple(str(path.relative_to(root)) for path in found if path.is_file() and not path.is_symlink())


def mark_run(artifacts: Path, run_id: str, started: str, finished: str) -> None:
    """Write ALO's ``experimental_history.json``, which says what run made these artifacts."""
    mark = {"id": run_id, "start_time": started, "end_time": finished}
    write_atomic(artifacts / _MARK, json.dumps(mark, indent=1))


def marked_run(artifacts: Path) -> str:
    """Return the id of the run that made these artifacts; empty when nobody said."""
    try:
        return str(json.loads((artifacts / _MARK).read_bytes())["id"])
    except (OSError, ValueError, KeyError, TypeError):  # absent, or written by another tool
        return ""


def back_up(project: Project, mode: str, run_id: str, artifacts: Path, plan_text: str, *, with_log: bool) -> Path:
    """Copy a good run's artifacts to ``history/<mode>/<run id>/``; it shows up there when it is complete."""
    staging = project.own / "staging" / f"{run_id}-{mode}"
    staging.mkdir(parents=True)
    for entry in artifacts.iterdir():
        if entry.name != "log" or with_log:
            (shutil.copytree if entry.is_dir() else shutil.copy2)(entry, staging / entry.name)
    if plan_text:
        (staging / "experimental_plan.yaml").write_text(plan_text, encoding="utf-8")
    target = project.history / mode / run_id
    replace_folder(staging, target, project.own / "trash")
    return target


def evict_backups(project: Project, *, limit_mb: int, keep: Path) -> list[str]:
    """Delete the oldest backups until all together are within `limit_mb`; `keep`, the newest, stays.

    Failed ones (``-error``) go first; the newest good one of each pipeline stays too.

    Returns
    -------
    list of str
        What to warn about: the limit cannot be kept.
    """
    is_backup = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}(-error)?").fullmatch
    backups = [
        each
        for mode in ("train", "inference")
        for each in sorted((project.history / mode).glob("*Z-*"))
        if each.is_dir() and is_backup(each.name)  # nothing that somebody else put there
    ]
    good = [each for each in backups if not each.name.endswith("-error")]
    safe = {keep, *({each.parent: each for each in good}.values())}
    sizes = {each: folder_size(each) for each in backups}
    order = sorted(backups, key=lambda each: (not each.name.endswith("-error"), each.name))
    for each in order:
        if sum(sizes.values()) <= limit_mb * MEGABYTE:
            return []
        if each not in safe:
            remove(each, within=project.history)
            del sizes[each]
    total = sum(sizes.values())
    if total > limit_mb * MEGABYTE:
        return [
            f"the history takes {total / MEGABYTE:.1f} MB, more than backup_size {limit_mb} MB: last good runs are kept"
        ]
    return []
