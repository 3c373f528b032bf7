"""The end of a pipeline: ALO's check of the inference output, and what the pipeline has made."""

from __future__ import annotations

from pathlib import Path

from alo_nb.errors import StepOutputError
from alo_nb.plan.yaml_text import read_mapping
from alo_nb.store.records import Summary

IMAGES = {".jpg", ".jpeg", ".png", ".svg"}


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


def summary_of(artifacts: Path, mode: str) -> Summary:
    """Return what the run's steps gave to `save_summary`; nothing when the summary in place is an earlier run's."""
    folder = artifacts / "score"
    path = folder / f"{mode}_summary.yaml"
    return Summary(read_mapping(path) if path.is_file() and not folder.is_symlink() else {})


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
