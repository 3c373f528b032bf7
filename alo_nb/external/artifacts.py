"""Models in and results out, as ALO 2.6 external.py names them, by way of our own archive code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alo_nb.errors import SourceError
from alo_nb.external.credentials import ANY, Credentials
from alo_nb.external.data import is_s3, local_folder
from alo_nb.files import remove
from alo_nb.project import Project

if TYPE_CHECKING:
    from alo_nb.external.s3 import S3Folder

MODEL = "model.tar.gz"


def load_model(
    path: str,
    project: Project,
    destination: Path,
    *,
    where: str = "",
    credentials: Credentials = ANY,
    or_file: bool = False,
) -> None:
    """Fill the new folder `destination` with what ``model.tar.gz`` in the folder `path` holds, else with that folder.

    Parameters
    ----------
    path : str
        A folder as the plan names it, or ``s3://bucket/folder/``.
    credentials : Credentials, optional
        Who asks S3.
    or_file : bool
        Whether `path` may also be a file of this machine, which is the model then (ALO 3's `model_uri`).

    Raises
    ------
    SourceError
        `path` is no folder, is empty, or its archive is damaged or would write elsewhere; in S3 also what `S3Folder`
        lists.
    """
    if is_s3(path):
        from alo_nb.external.s3 import S3Folder

        with _staging(project, where) as staged:
            _load_from_s3(S3Folder(path, credentials, where=where), staged, destination)
        return
    from alo_nb.external.archives import read_archive

    source = local_folder(path, project, where)
    if source.is_file() and or_file:
        destination.mkdir(parents=True)
        shutil.copy2(source, destination / source.name)
        return
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


def reach_target(path: str, project: Project, *, where: str = "", credentials: Credentials = ANY) -> None:
    """Check that results can be saved to `path`; nothing is written.

    Raises
    ------
    SourceError
        It is a file, its folder cannot be made or written, or S3 does not answer.
    """
    if is_s3(path):
        from alo_nb.external.s3 import S3Folder

        S3Folder(path, credentials, where=where).reach()
        return
    folder = local_folder(path, project, where)
    place = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        reason = "cannot be written" if place.is_dir() else "is a file"
        raise SourceError(
            f"results cannot be saved to {path!r}: {place} {reason}", where=where, do="name another folder"
        )


def save_artifacts(
    staged: Path,
    path: str,
    project: Project,
    *,
    mode: str,
    kind: str,
    where: str = "",
    credentials: Credentials = ANY,
) -> list[Path | str]:
    """Write a pipeline's results to the folder `path`, which is made if absent; return the archives.

    For train ``train_artifacts.tar.gz``, and ``model.tar.gz`` when there is a model; for inference
    ``inference_artifacts.<kind>``. `kind` is ``tar.gz`` or ``zip``. For ``s3://bucket/folder/`` they are packed in
    ``.alo/`` and sent when all are complete; then it is their addresses that are returned.

    Raises
    ------
    SourceError
        `path` is no folder on this machine, lies in the project's own results, or cannot be written; in S3 also what
        `S3Folder` lists.
    """
    if is_s3(path):
        from alo_nb.external.s3 import S3Folder

        target = S3Folder(path, credentials, where=where)
        target.reach()
        with _staging(project, where) as folder:
            folder.mkdir()
            return [target.put(each) for each in _packed(staged, folder, mode, kind)]
    folder = local_folder(path, project, where)
    own = [project.published(name) for name in ("input", "train_artifacts", "inference_artifacts", "history", ".alo")]
    if folder == project.root or any(folder == each or each in folder.parents for each in own):
        raise SourceError(
            f"results cannot be saved to {path!r}, where runs keep their own", where=where, do="name another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return list(_packed(staged, folder, mode, kind))
    except OSError as error:
        raise SourceError(
            f"results cannot be saved to {path!r}: {error.strerror or error}", where=where, do="check the folder"
        ) from error


def _packed(staged: Path, folder: Path, mode: str, kind: str) -> list[Path]:
    """Write the archives of a pipeline's results into `folder`."""
    from alo_nb.external.archives import write_archive

    written = [folder / (f"{mode}_artifacts.tar.gz" if mode == "train" else f"{mode}_artifacts.{kind}")]
    write_archive(staged, written[0])
    models = staged / "models"
    if mode == "train" and models.is_dir() and any(each.is_file() for each in models.rglob("*")):
        written.append(folder / MODEL)
        write_archive(models, written[1])
    return written


def _load_from_s3(source: S3Folder, staged: Path, destination: Path) -> None:
    from alo_nb.external.archives import read_archive

    if MODEL in source.names():
        source.copy_to(staged, [MODEL])
        read_archive(staged / MODEL, destination)
    else:
        source.copy_to(destination)


@contextmanager
def _staging(project: Project, where: str) -> Iterator[Path]:
    """Yield the path of a folder in ``.alo/`` that is to be made; it is removed in the end."""
    project.prepare()
    staging = project.own / "staging"
    staging.mkdir(exist_ok=True)
    folder = staging / f"s3-{os.urandom(6).hex()}"
    try:
        yield folder
    except OSError as error:
        raise SourceError(
            f"what goes to S3 or comes from it cannot be written here: {error.strerror or error}",
            where=str(error.filename or where),
            do="check the free disk space and the folder's permissions",
        ) from error
    finally:
        remove(folder, within=staging)
