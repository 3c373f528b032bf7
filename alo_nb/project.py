"""The project folder: where it is, and the one list of the folders in it.

ALO's own folders (``input/``, ``assets/``, ``train_artifacts/``, ``inference_artifacts/``, ``history/``) are laid out
as ALO 2.x lays them out; alo_nb's own things live below ``.alo/``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import ProjectError

MARKER = ".alo"
ENVIRONMENT_VARIABLE = "ALO_NB_PROJECT"
_FOLDERS = (
    *("runs", "cache", "cache/values", "work", "staging", "trash", "modules", "latest", "pins"),
    *("journal", "objects", "packs", "sources", "venvs"),
)
_FILES = ("publish.lock", "history.lock", "cache/in_use", "cache/pruned", "cache/pruning")


@dataclass(frozen=True)
class Project:
    """The folder that relative paths of a plan start at, and the places below it. `root` is absolute."""

    root: Path

    @property
    def own(self) -> Path:
        """``.alo/``: everything that is alo_nb's and not ALO's."""
        return self.root / MARKER

    @property
    def runs(self) -> Path:
        """``.alo/runs/<run id>/``: the record of every run."""
        return self.own / "runs"

    @property
    def modules(self) -> Path:
        """``.alo/modules/``: the code of cells as importable files."""
        return self.own / "modules"

    @property
    def publish_lock(self) -> Path:
        """Held by whoever puts something complete in the place of what others read: results, assets from git."""
        return self.own / "publish.lock"

    @property
    def history_lock(self) -> Path:
        """Held by whoever adds to the history or takes from it."""
        return self.own / "history.lock"

    def repository(self, address: str) -> Path:
        """Return where a repository that several steps share is fetched to: ``.alo/sources/<its name>/``."""
        name = re.split(r"[/:]", address.rstrip("/"))[-1].removesuffix(".git")
        return self.own / "sources" / (re.sub(r"[^\w.-]", "_", name).strip(".") or "functions")

    @property
    def history(self) -> Path:
        """``history/{train,inference}/<run id>/``: ALO's backups."""
        return self.root / "history"

    def published(self, folder: str) -> Path:
        """Return the folder that ALO users look in: ``train_artifacts``, ``inference_artifacts`` or ``input``."""
        return self.root / folder

    def recorded(self, path: str) -> str:
        """Return a file as records name it: from the project on when it lies inside, since folders are copied."""
        root = self.root.resolve()
        return str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else path

    def placed(self, recorded: str) -> str:
        """Return where a file lies that a record names as `recorded` gave it."""
        return str(self.root.resolve() / recorded) if recorded else ""

    def check(self) -> None:
        """Refuse a project in whose ``.alo/`` a file stands where a folder must be, or a folder in the place of a file.

        Raises
        ------
        ProjectError
            It names the path, and what to do.
        """
        for path in (self.own / name for name in _FOLDERS):
            if os.path.lexists(path) and not path.is_dir():
                raise ProjectError(
                    f"{path.relative_to(self.root)} must be a folder, and is a file or a broken link",
                    where=str(path),
                    do="put the folder back when you still have it; else move this file away: a new folder is made",
                )
        for path in (self.own / name for name in _FILES):
            if path.is_dir():
                raise ProjectError(
                    f"{path.relative_to(self.root)} must be a file, and is a folder",
                    where=str(path),
                    do="move the folder away: the file is made again",
                )

    def prepare(self) -> None:
        """Make ``.alo/`` with a ``.gitignore`` that keeps it out of version control; private to the user.

        Raises
        ------
        ProjectError
            The folder cannot be written, or is one that everything else lies below: `/` or the home folder; or as
            for `check`.
        """
        self.check()
        if self.root in {Path("/"), Path.home()} and not self.own.is_dir():
            raise ProjectError(
                f"{self.root} would become the project folder of everything below it",
                do="change to your project's folder, name it with `--project DIR` or `%alo_project DIR`, "
                f"or make {self.own} yourself if you mean it",
            )
        try:
            self.own.mkdir(mode=0o700, exist_ok=True)
            ignore = self.own / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
        except OSError as error:
            raise ProjectError(
                f"the project folder cannot be written: {error.strerror}",
                where=str(self.own),
                do="choose another folder with `%alo_project DIR` or `--project DIR`",
            ) from error


def find_project(
    folder: str | Path | None = None, *, start: str | Path | None = None, near: str | Path | None = None
) -> Project:
    """Return the project: `folder` itself, else the nearest parent of `start` that holds ``.alo/``, else `start`.

    Parameters
    ----------
    folder : str or Path, optional
        A project folder named by the user; it must exist. The environment variable ``ALO_NB_PROJECT`` stands in for it.
    start : str or Path, optional
        Where the search begins; the current folder when absent.
    near : str or Path, optional
        A file, e.g. a plan, whose parents are searched when none of those of `start` holds ``.alo/``.

    Raises
    ------
    ProjectError
        `folder` is not a folder, or as for `Project.check`.
    """
    named = folder or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        root = Path(named).expanduser().resolve()
        if not root.is_dir():
            raise ProjectError(f"the project folder does not exist: {named}", do="make the folder, or name another")
        return _checked(root)
    here = Path(start or Path.cwd()).resolve()
    beside = Path(near).expanduser().resolve().parents if near is not None else ()
    for candidate in (here, *here.parents, *beside):
        if (candidate / MARKER).is_dir():
            return _checked(candidate)
    return Project(here)


def _checked(root: Path) -> Project:
    project = Project(root)
    project.check()
    return project
