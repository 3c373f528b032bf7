"""Which files of a project go into a bundle, and which never do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from alo_nb.errors import SourceError
from alo_nb.key_files import KEY_FILES
from alo_nb.project import Project

# No dot file has a place in a bundle, nor what Python makes by itself, nor what keeps keys.
_LEFT_OUT = (".*", "__pycache__", "*.pyc", *KEY_FILES)
_CACHES = ("__pycache__", "*.pyc", ".ipynb_checkpoints")


def artifacts_of(project: Project, mode: str) -> Path:
    """Return ``train_artifacts/`` or ``inference_artifacts/`` of the project."""
    return project.published(f"{mode}_artifacts")


def data_of(project: Project, mode: str) -> Path:
    """Return the folder with the data that a pipeline has read."""
    return project.published("input") / mode


def models_of(project: Project) -> Path:
    """Return the folder with the trained models."""
    return artifacts_of(project, "train") / "models"


def files_of(folder: Path) -> tuple[str, ...]:
    """Return the names of the files that may go into a bundle, relative to `folder`, sorted; none without a folder.

    Raises
    ------
    SourceError
        A link, something that is no regular file, or a folder that cannot be read.
    """
    try:
        return tuple(sorted(_walk(folder)))
    except OSError as error:
        what, where = f"the folder cannot be read: {error.strerror or error}", str(error.filename or folder)
        raise SourceError(what, where=where, do="check its rights") from error


def left_out(folder: Path) -> tuple[str, ...]:
    """Return the files and folders that stay behind, relative to `folder`, sorted; without caches."""
    found = []
    for parent, folders, names in os.walk(folder):
        behind = [each for each in (*names, *folders) if is_left_out(each) and not _is_like(each, _CACHES)]
        found += [str((Path(parent) / each).relative_to(folder)) for each in behind]
        folders[:] = [each for each in folders if not is_left_out(each)]
    return tuple(sorted(found))


def is_left_out(name: str) -> bool:
    """Return whether a file or folder of this name stays behind."""
    return _is_like(name, _LEFT_OUT)


def _is_like(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), each) for each in patterns)


def _walk(folder: Path) -> Iterator[str]:
    def stop(error: OSError) -> None:
        raise error  # an unreadable folder is no empty one

    for parent, folders, names in os.walk(folder, onerror=stop) if folder.is_dir() else ():
        folders[:] = [each for each in folders if not is_left_out(each)]
        for path in (Path(parent) / each for each in (*names, *folders) if not is_left_out(each)):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                what = f"{path.name!r} is a link or no regular file, which cannot go into a bundle"
                raise SourceError(what, where=str(path), do="put the file itself in its place")
            if path.is_file():
                yield str(path.relative_to(folder))
