"""External data into the project: copied beside, checked, and only then put in place (ALO 2.6 external.py, mended)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from alo_nb.errors import SourceError, nearest
from alo_nb.external.credentials import ANY, Credentials
from alo_nb.project import Project


class DataFolder(Protocol):
    """A folder somewhere, whose files can be copied here."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        ...

    def names(self) -> Collection[str]:
        """Return the paths of its files, from the folder."""
        ...

    def copy_to(self, target: Path) -> None:
        """Copy its files below `target`."""
        ...


def is_s3(path: str) -> bool:
    """Tell whether a path of a plan is one in S3: ``s3://bucket/folder``, or ``s3:/`` as ALO looks for it."""
    return path[:4].lower() == "s3:/"


def copy_sources(
    paths: Sequence[str],
    project: Project,
    destination: Path,
    *,
    where: str = "",
    credentials: Credentials = ANY,
    contents: bool = False,
) -> None:
    """Copy each folder of `paths` to ``destination/<last name of the path>/``.

    Parameters
    ----------
    paths : sequence of str
        Folders as the plan names them: one on this machine or on a network drive, a relative one starts at the project
        folder; or ``s3://bucket/folder/``.
    destination : Path
        A new, empty folder.
    where : str
        The plan's file and line, for messages.
    credentials : Credentials, optional
        Who asks S3.
    contents : bool
        Copy what is in the folders right into `destination`, and an object of S3 that is no folder too: what
        `dataset_uri` means to ALO 3.0 (model.py).

    Raises
    ------
    SourceError
        A path is missing, empty, no folder, a second one of the same name, holds a link that leads out of it, or
        contains the project's ``input/`` or lies in it. With `contents`, two sources have a file of the same name.
        In S3 also what `S3Folder` lists.
    """
    taken: dict[str, str] = {}
    for path in paths:
        try:
            source = _folder(path, project, where, credentials, contents=contents)
            if contents:
                _claim(source.names(), path, taken, "two data folders both hold a file {}", where, _BOTH_DO)
            else:
                _claim([source.name], path, taken, "two data folders are both called {}", where, _NAME_DO)
            source.copy_to(destination if contents else destination / source.name)
        except OSError as error:
            raise SourceError(
                f"the data cannot be copied: {error.strerror or error}",
                where=str(error.filename or path),
                do="check the file and the free disk space",
            ) from error


_NAME_DO = "rename one of them: each is copied to input/<mode>/<its name>/"
_BOTH_DO = "rename one of the files: all are copied to the same place"


def already_there(paths: Sequence[str], folder: Path) -> bool:
    """Tell whether `folder` holds a folder for each path: what ``get_external_data: once`` asks (ALO 2.2)."""
    return bool(paths) and all((folder / Path(os.path.normpath(path)).name).is_dir() for path in paths)


def data_files(paths: Sequence[str], project: Project) -> list[Path] | None:
    """Return the files in the folders of `paths`; None when one is not on this machine, or cannot be read."""
    if any("://" in path or path.startswith("s3:") for path in paths):
        return None
    try:
        return [file for path in paths for file in _files(local_folder(path, project, ""))]
    except OSError:
        return None


def local_folder(path: str, project: Project, where: str) -> Path:
    """Return a path of a plan as a path on this machine; a relative one starts at the project folder."""
    if "://" in path or path.startswith("s3:"):
        raise SourceError(f"{path!r} is not a folder on this machine", where=where, do="copy it to a local folder")
    return Path(os.path.normpath(project.root / path))


def _claim(names: Iterable[str], path: str, taken: dict[str, str], what: str, where: str, do: str) -> None:
    for name in names:
        if name in taken:
            raise SourceError(f"{what.format(repr(name))}: {taken[name]} and {path}", where=where, do=do)
        taken[name] = path


def _folder(path: str, project: Project, where: str, credentials: Credentials, *, contents: bool) -> DataFolder:
    if not is_s3(path):
        return _LocalFolder(_checked(path, project, where))
    from alo_nb.external.s3 import S3Folder

    return S3Folder(path, credentials, where=where, or_object=contents)


def _checked(path: str, project: Project, where: str) -> Path:
    source = local_folder(path, project, where)
    if not source.exists():
        parent = source.parent
        known = [each.name for each in parent.iterdir() if each.is_dir()] if parent.is_dir() else []
        relative = f"a relative one starts at the project folder {project.root}"
        raise SourceError(
            f"the data folder {path!r} does not exist{nearest(source.name, known)}",
            where=f"{where} ({source})" if where else str(source),
            do=f"correct the path{_MOUNT if Path(path).is_absolute() else f'; {relative}'}",
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
        do = f"put data there, or name another folder{_MOUNT if Path(path).is_absolute() else ''}"
        raise SourceError(f"the data folder {path!r} holds no files", where=where, do=do)
    return source


_MOUNT = "; if it is a network drive, mount it"


class _LocalFolder:
    """A folder that this machine sees, on its own disk or on a network drive."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    def names(self) -> Collection[str]:
        return [str(each.relative_to(self.path)) for each in _files(self.path)]

    def copy_to(self, target: Path) -> None:
        """Copy the files; a link within the folder becomes the file that it names."""
        for file in _files(self.path):
            real = file.resolve()
            if file.is_symlink() and not real.is_relative_to(self.path.resolve()):
                raise SourceError(
                    f"the data folder holds a link that leads out of it: {file.name!r} -> {real}",
                    where=str(file),
                    do="replace the link by the file it names",
                )
            if not real.is_file():
                raise SourceError(
                    f"the data folder holds something that is no regular file: {file.name!r}", where=str(file)
                )
            place = target / file.relative_to(self.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(real, place)


def _files(folder: Path) -> Iterator[Path]:
    """Yield what is to be copied: files, and links to folders, which `os.walk` does not follow."""

    def stop(error: OSError) -> None:
        raise error  # an unreadable folder is no empty one

    for parent, folders, names in os.walk(folder, onerror=stop):
        yield from (Path(parent) / name for name in names)
        yield from (path for name in folders if (path := Path(parent) / name).is_symlink())
