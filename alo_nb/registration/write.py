"""The bundle on disk: staged beside its place, and renamed to it when all of it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from alo_nb import __version__
from alo_nb.errors import PlanInvalidError, ProjectError
from alo_nb.external.archives import write_archive
from alo_nb.files import locked, remove
from alo_nb.plan import Pipeline
from alo_nb.plan.yaml_text import dump_mapping
from alo_nb.registration.checks import is_single
from alo_nb.registration.code import code_of
from alo_nb.registration.examine import Examination
from alo_nb.registration.files import artifacts_of, data_of, files_of, left_out, models_of
from alo_nb.registration.image import IGNORED, dockerfile, python_version
from alo_nb.registration.info import SolutionInfo
from alo_nb.registration.metadata import placeholders, solution_metadata, version_of
from alo_nb.registration.next_steps import next_steps
from alo_nb.registration.source import SOURCE, write_source
from alo_nb.runner.marks import marked_run
from alo_nb.views.text import problems_text

MANIFEST = "bundle.json"
METADATA = "solution_metadata.yaml"
NEXT_STEPS = "NEXT_STEPS.md"
FORMAT = 1  # of bundle.json

_OF_RUNS = ("input", "assets", "train_artifacts", "inference_artifacts", "history", ".alo")


@dataclass(frozen=True)
class BundledFile:
    """A file of a bundle: its path from the bundle's folder, its size in bytes, and ``b3:`` with its blake3."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True)
class Bundle:
    """A bundle that was written.

    Attributes
    ----------
    left_out : tuple of str
        The files and folders that stayed behind, from the project folder.
    notes : tuple of str
        What to know of the code of the images.
    """

    folder: Path
    files: tuple[BundledFile, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def write_bundle(examined: Examination, folder: Path) -> Bundle:
    """Write the bundle to a folder that is new or empty; the same solution gives the same bytes.

    Raises
    ------
    PlanInvalidError
        The examination found errors; `.problems` has them.
    ProjectError
        `folder` is not empty, lies where runs keep their own, or cannot be written; or a run has replaced the results
        since they were examined. As with every error, nothing is left at `folder`.
    """
    info = examined.info
    if examined.errors or info is None:
        raise _invalid(examined)
    target = _checked(folder, examined.project.root)
    staged = target.with_name(f".{target.name}.{os.urandom(6).hex()}")
    try:
        staged.mkdir(parents=True)
        _write_results(examined, staged)
        notes = [each for pipe in examined.pipelines for each in _write_image(examined, pipe, staged / pipe.mode)]
        metadata = solution_metadata(examined.plan, examined.pipelines, info, examined.project)
        (staged / METADATA).write_text(dump_mapping(metadata), encoding="utf-8")
        (staged / NEXT_STEPS).write_text(next_steps(examined, info), encoding="utf-8")
        bundle = Bundle(target, tuple(_bundled(staged)), _left_out(examined), tuple(dict.fromkeys(notes)))
        manifest = json.dumps(_manifest(examined, info, bundle), indent=1, ensure_ascii=False)
        (staged / MANIFEST).write_text(f"{manifest}\n", encoding="utf-8")
        staged.rename(target)
    except OSError as error:
        what, where = f"the bundle cannot be written: {error.strerror or error}", str(error.filename or target)
        raise ProjectError(what, where=where, do="check the folder and the free disk space") from error
    finally:
        if staged.parent.is_dir():
            remove(staged, within=staged.parent)
    return bundle


def _invalid(examined: Examination) -> PlanInvalidError:
    count = len(examined.errors)
    what = f"{count} error{'s' * (count != 1)}, and no bundle was written\n{problems_text(examined.errors)}"
    error = PlanInvalidError(what, do="correct them and bundle again")
    error.problems = examined.errors
    return error


def _checked(folder: Path, root: Path) -> Path:
    """Return the absolute place of a bundle, which is new or an empty folder."""
    target = folder.parent.resolve() / folder.name if folder.name not in ("", "..") else folder.resolve()
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise ProjectError(
            "the folder of the bundle is there and not empty",
            where=str(target),
            do="name a folder that is new or empty; a bundle never replaces an earlier one, so delete that one first",
        )
    if target.is_relative_to(root) and target.relative_to(root).parts[:1] in {(each,) for each in _OF_RUNS}:
        raise ProjectError("runs write to this folder", where=str(target), do="name a folder beside it")
    return target


# -- parts -----------------------------------------------------------------------------------------------------------


def _write_results(examined: Examination, folder: Path) -> None:
    """Pack the results and the sample data, as one run left them."""
    project = examined.project
    project.prepare()
    with locked(project.publish_lock):  # runs put their results in place under it
        for mode, run_id in examined.results.runs.items():
            if marked_run(artifacts_of(project, mode)) != run_id:
                what = f"a run has replaced {mode}_artifacts/ while the bundle was made"
                raise ProjectError(what, where=str(project.root), do="wait for the run to end and bundle again")
        for pipeline in examined.pipelines:
            mode = pipeline.mode
            _pack(artifacts_of(project, mode), folder / mode / "artifacts" / f"{mode}_artifacts.tar.gz")
            _pack(data_of(project, mode), folder / mode / "data.tar.gz")
        if not is_single(examined.plan):
            _pack(models_of(project), folder / "train" / "artifacts" / "model.tar.gz")


def _pack(folder: Path, target: Path) -> None:
    names = files_of(folder)
    if names:
        write_archive(folder, target, members=names)


def _write_image(examined: Examination, pipeline: Pipeline, folder: Path) -> tuple[str, ...]:
    """Write all that an image is built from; return what to know of the code in it."""
    code = code_of(pipeline, examined.code)
    source = write_source(examined.plan, pipeline, code, examined.project, folder / SOURCE)
    (folder / "Dockerfile").write_text(dockerfile(pipeline.mode, source.lists), encoding="utf-8")
    (folder / ".dockerignore").write_text(IGNORED, encoding="utf-8")
    return source.notes


# -- the manifest ----------------------------------------------------------------------------------------------------


def _manifest(examined: Examination, info: SolutionInfo, bundle: Bundle) -> dict[str, Any]:
    """Return what the bundle holds and what it was made from; the manifest itself is not listed."""
    return {
        "format": FORMAT,
        "made_by": f"alo-nb {__version__}",
        "python": python_version(),
        "solution": info.name,
        "version": version_of(info),
        "plan": {"name": examined.plan.name, "version": examined.plan.version},
        "pipelines": {each.name: _made_from(examined, each) for each in examined.pipelines},
        "runs": dict(examined.results.runs),
        "not_as_run": list(examined.results.stale),
        "placeholders": placeholders(info),
        "left_out": list(bundle.left_out),
        "notes": list(bundle.notes),
        "files": [asdict(each) for each in bundle.files],
    }


def _made_from(examined: Examination, pipeline: Pipeline) -> dict[str, Any]:
    run = examined.results.records.get(pipeline.mode)
    ids = run.ids.get(pipeline.name) if run is not None else None
    steps = {name: each.definition.fingerprint for name, each in code_of(pipeline, examined.code).items()}
    return {"run": examined.results.runs[pipeline.mode], **(asdict(ids) if ids else {}), "steps": steps}


def _bundled(folder: Path) -> Iterator[BundledFile]:
    from blake3 import blake3

    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest = blake3().update_mmap(path).hexdigest()
        yield BundledFile(path.relative_to(folder).as_posix(), path.stat().st_size, f"b3:{digest}")


def _left_out(examined: Examination) -> tuple[str, ...]:
    project, found = examined.project, set()
    for pipeline in examined.pipelines:
        folders = [artifacts_of(project, pipeline.mode), data_of(project, pipeline.mode)]
        steps = (each.definition.folder for each in code_of(pipeline, examined.code).values())
        for folder in (*folders, *(Path(each) for each in steps if each)):
            found |= {os.path.relpath(folder / name, project.root) for name in left_out(folder)}
    return tuple(sorted(found))
