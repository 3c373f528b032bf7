"""A new project to start from: a notebook, its plan, sample data and a README."""

from __future__ import annotations

import re
from pathlib import Path

from alo_nb.errors import ProjectError
from alo_nb.export.folder import files_below, write_folder
from alo_nb.plan import valid_step_name

TEMPLATE = Path(__file__).parent / "template"
NAME = "{{name}}"  # stands for the project's name in the files of the template
RENAMED = {"notebook.ipynb": f"{NAME}.ipynb", "gitignore": ".gitignore"}


def new_project(folder: Path) -> tuple[str, ...]:
    """Write the project and return its files; its name is the last part of `folder`.

    Raises
    ------
    ProjectError
        The folder exists, or its name cannot be that of a project.
    """
    folder = folder.expanduser().absolute()
    if not valid_step_name(folder.name):
        plain = re.sub(r"[^\w.-]+", "_", folder.name).strip("._-") or "project"
        raise ProjectError(
            f"{folder.name!r} cannot be the name of a project",
            where=str(folder),
            do=f"use letters, digits, '_', '-' and '.', e.g. {plain!r}",
        )
    if folder.exists():
        raise ProjectError(f"there is a {folder.name!r} already", where=str(folder), do="choose another name")
    if not folder.parent.is_dir():
        raise ProjectError(f"there is no folder {folder.parent.name!r}", where=str(folder.parent), do="make it first")
    files = {
        RENAMED.get(name, name).replace(NAME, folder.name): _filled(TEMPLATE / name, folder.name)
        for name in files_below(TEMPLATE)
    }
    write_folder(folder, files)
    return tuple(files)


def _filled(path: Path, name: str) -> bytes:
    return path.read_text(encoding="utf-8").replace(NAME, name).encode()
