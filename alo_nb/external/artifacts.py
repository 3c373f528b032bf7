"""Models in and results out, as ALO 2.6 external.py names them, by way of our own archive code."""

from __future__ import annotations

import shutil
from pathlib import Path

from alo_nb.errors import SourceError
from alo_nb.external.data import local_folder
from alo_nb.project import Project

MODEL = "model.tar.gz"


def load_model(path: str, project: Project, destination: Path, *, where: str = "") -> None:
    """Fill the new folder `destination` with what ``model.tar.gz`` in the folder `path` holds, else with that folder.

    Raises
    ------
    SourceError
        `path` is no folder on this machine, is empty, or its archive is damaged or would write elsewhere.
    """
    from alo_nb.external.archives import read_archive

    source = local_folder(path, project, where)
    if not source.is_dir():
        raise SourceError(
            f"the model folder {path!r} does not exist", where=where or str(source), do="correct the path"
        )
    archive = source / MODEL
    if archive.is_file():
        read_archive(archive, destination)
    elif any(source.iterdir()):
        shutil.copytree(source, destination)
    else:
        raise SourceError(f"the model folder {path!r} is empty", where=where or str(source), do="put a model there")


def save_artifacts(staged: Path, path: str, project: Project, *, mode: str, kind: str, where: str = "") -> list[Path]:
    """Write a pipeline's results to the folder `path`, which is made if absent; return the archives.

    For train ``train_artifacts.tar.gz``, and ``model.tar.gz`` when there is a model; for inference
    ``inference_artifacts.<kind>``. `kind` is ``tar.gz`` or ``zip``.

    Raises
    ------
    SourceError
        `path` is no folder on this machine, lies in the project's own results, or cannot be written.
    """
    from alo_nb.external.archives import write_archive

    folder = local_folder(path, project, where)
    own = [project.published(name) for name in ("input", "train_artifacts", "inference_artifacts", "history", ".alo")]
    if folder == project.root or any(folder == each or each in folder.parents for each in own):
        raise SourceError(
            f"results cannot be saved to {path!r}, where runs keep their own", where=where, do="name another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [folder / (f"{mode}_artifacts.tar.gz" if mode == "train" else f"{mode}_artifacts.{kind}")]
        write_archive(staged, written[0])
        models = staged / "models"
        if mode == "train" and models.is_dir() and any(each.is_file() for each in models.rglob("*")):
            written.append(folder / MODEL)
            write_archive(models, written[1])
    except OSError as error:
        raise SourceError(
            f"results cannot be saved to {path!r}: {error.strerror or error}", where=where, do="check the folder"
        ) from error
    return written
