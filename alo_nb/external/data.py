"""External data into the project: copied beside, checked, and only then put in place (ALO 2.6 external.py, mended)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from alo_nb.errors import SourceError
from alo_nb.project import Project


def copy_sources(paths: Sequence[str], project: Project, destination: Path, *, where: str = "") -> None:
    """Copy each folder of `paths` to ``destination/<last name of the path>/``.

    Parameters
    ----------
    paths : sequence of str
        Folders as the plan names them; a relative one starts at the project folder.
    destination : Path
        A new, empty folder.
    where : str
        The plan's file and line, for messages.

    Raises
    ------
    SourceError
        A path is missing, empty, no folder, a second one of the same name, holds a link that leads out of it, or
        contains the project's ``input/`` or lies in it.
    """
    taken: dict[str, str] = {}
    for path in paths:
        try:
            source = _checked(path, project, where)
            name = source.name
            if name in taken:
                raise SourceError(
                    f"two data folders are both called {name!r}: {taken[name]} and {path}",
                    where=where,
                    do="rename one of them: each is copied to input/<mode>/<its name>/",
                )
            taken[name] = path
            _copy(source, destination / name)
        except OSError as error:
            raise SourceError(
                f"the data cannot be copied: {error.strerror or error}",
                where=str(error.filename or path),
                do="check the file and the free disk space",
            ) from error


def already_there(paths: Sequence[str], folder: Path) -> bool:
    """Tell whether `folder` holds a folder for each path: what ``get_external_data: once`` asks (ALO 2.2)."""
    return bool(paths) and all((folder / Path(os.path.normpath(path)).name).is_dir() for path in paths)


def local_folder(path: str, project: Project, where: str) -> Path:
    """Return a path of a plan as a path on this machine; a relative one starts at the project folder."""
    if "://" in path or path.startswith("s3:"):
        raise SourceError(f"{path!r} is not a folder on this machine", where=where, do="copy it to a local folder")
    return Path(os.path.normpath(project.root / path))


def _checked(path: str, project: Project, where: str) -> Path:
    source = local_folder(path, project, where)
    if not source.exists():
        parent = source.parent
        known = [each.name for each in parent.iterdir() if each.is_dir()] if parent.is_dir() else []
        from alo_nb.errors import nearest

        raise SourceError(
            f"the data folder {path!r} does not exist{nearest(source.name, known)}",
            where=f"{where} ({source})" if where else str(source),
            do="correct the path; a relative one starts at the project folder " + str(project.root),
        )
    if not source.is_dir():
        raise SourceError(
            f"{path!r} is a file, and a folder is needed", where=where, do=f"name its folder: {Path(path).parent}/"
        )
    real, own = source.resolve(), project.published("input").resolve()
    if real == own or own in real.parents or real in own.parents:
        raise SourceError(
            f"the data folder {path!r} and the project's input folder lie in each other",
            where=where,
            do="keep the data outside of input/, which every run writes anew",
        )
    if not any(_files(source)):
        raise SourceError(
            f"the data folder {path!r} holds no files", where=where, do="put data there, or name another folder"
        )
    return source


def _files(folder: Path) -> Iterator[Path]:
    """Yield what is to be copied: files, and links to folders, which `os.walk` does not follow."""

    def stop(error: OSError) -> None:
        raise error  # an unreadable folder is no empty one

    for parent, folders, names in os.walk(folder, onerror=stop):
        yield from (Path(parent) / name for name in names)
        yield from (path for name in folders if (path := Path(parent) / name).is_symlink())


def _copy(source: Path, destination: Path) -> None:
    for file in _files(source):
        real = file.resolve()
        if file.is_symlink() and not real.is_relative_to(source.resolve()):
            raise SourceError(
                f"the data folder holds a link that leads out of it: {file.name!r} -> {real}",
                where=str(file),
                do="replace the link by the file it names",
            )
        if not real.is_file():
            raise SourceError(
                f"the data folder holds something that is no regular file: {file.name!r}", where=str(file)
            )
        target = destination / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(real, target)
