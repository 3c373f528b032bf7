"""Where a new step of a plan can come from: a cell, a notebook, the assets folder, a file or folder elsewhere, git."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from alo_nb.errors import AloNbError, MagicUsageError, SourceError, nearest
from alo_nb.external.git_address import read_address
from alo_nb.files import locked, remove, replace_folder
from alo_nb.notebook.plan_shelf import code_of_cells
from alo_nb.notebook.project_files import assets_in, notebooks_in
from alo_nb.notebook.session import Session
from alo_nb.plan import Source, valid_step_name
from alo_nb.project import Project
from alo_nb.steps.code import Block
from alo_nb.steps.definition import define_step
from alo_nb.steps.sources import read_notebook

CELL, NOTEBOOK, FOLDER, FILE, GIT = "cell", "notebook", "folder", "file", "git"
KINDS = (CELL, NOTEBOOK, FOLDER, FILE, GIT)
_ASIDE = shutil.ignore_patterns(".git", "__pycache__", "*.pyc", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Candidate:
    """A step that can be added.

    Attributes
    ----------
    label : str
        What a person chooses: the step, and where it is when that is not clear.
    name, code : str
        The step's name and source, as a plan has them.
    taken_from : Path, optional
        The asset file or folder that is copied to ``assets/<name>/`` when the step is added.
    """

    label: str
    name: str
    code: str
    taken_from: Path | None = None


def candidates(kind: str, session: Session, plan: Path) -> list[Candidate]:
    """Return the steps that there are of a kind; of git there is no list."""
    if kind == CELL:
        code = code_of_cells(session, plan)
        return [Candidate(name, name, code) for name in session.registry]
    if kind == NOTEBOOK:
        return [*_of_notebooks(session.project, plan)]
    if kind == FOLDER:
        folder = session.project.root / "assets"
        names = sorted(each.name for each in folder.iterdir() if _asset_file(each)) if folder.is_dir() else []
        return [Candidate(f"assets/{name}", name, "local") for name in names]
    if kind == FILE:
        root = session.project.root
        paths = (each for each in assets_in(session.project) if (root / "assets") not in each.parents)
        return [_of_file(each, os.path.relpath(each, root)) for each in paths]
    return []


def candidate(kind: str, wanted: str, session: Session, plan: Path) -> Candidate:
    """Return what a person means: a label of `candidates`, a step's name, a path, or an address of git.

    Raises
    ------
    AloNbError
        There is no such step; the message names the nearest.
    """
    wanted = wanted.strip()
    if not wanted:
        raise MagicUsageError("which step is to be added?", do="choose one, or write its name, path or address")
    known = candidates(kind, session, plan)
    found = next((each for each in known if wanted in (each.label, each.name)), None)
    if found is not None:
        return found
    if kind == GIT:
        return _of_git(wanted)
    if kind in (FOLDER, FILE):
        return _of_path(wanted, session.project)
    if kind == NOTEBOOK and wanted.endswith(".ipynb"):
        return _of_notebook(wanted, session.project, plan)
    raise MagicUsageError(
        f"there is no step {wanted!r} in a {kind}{nearest(wanted, [each.name for each in known])}",
        do="run the cell that defines it" if kind == CELL else "save the notebook that has its cell",
    )


def renamed(chosen: Candidate, name: str) -> Candidate:
    """Return the step under another name, if one is given.

    Raises
    ------
    MagicUsageError
        It has no name, or is one that has its name where it is: on a magic line, or in the assets folder.
    """
    name = name.strip() or chosen.name
    if not name:
        raise MagicUsageError("what is the step to be called?", do="write its name")
    if name == chosen.name or chosen.taken_from is not None or Source(chosen.code).kind == "git":
        return replace(chosen, name=name)
    raise MagicUsageError(
        f"the step from {chosen.label!r} is called {chosen.name!r}", do="leave the name out, or rename it where it is"
    )


def take_over(chosen: Candidate, project: Project) -> None:
    """Copy the code of a step to ``assets/<name>/``, where it has to be; nothing happens for others.

    Raises
    ------
    SourceError
        There is such a folder already, or it is no Python.
    StepDefinitionError
        It is no code of a step.
    """
    source = chosen.taken_from
    if source is None:
        return
    target = project.root / "assets" / chosen.name
    if target.exists():
        raise SourceError(
            f"there is a folder assets/{chosen.name} already", where=str(target), do="give the step another name"
        )
    file = _asset_file(source) if source.is_dir() else source
    assert file is not None  # `candidate` has looked
    _require_step(chosen.name, file)
    project.prepare()
    staged = project.own / "staging" / f"asset-{os.urandom(6).hex()}"
    staged.parent.mkdir(exist_ok=True)
    try:
        if source.is_dir():
            shutil.copytree(source, staged, ignore=_ASIDE)
        else:
            staged.mkdir()
        shutil.copyfile(file, staged / f"asset_{chosen.name}.py")
        with locked(project.publish_lock):
            if target.exists():  # somebody may have been there meanwhile
                raise SourceError(f"there is a folder assets/{chosen.name} already", where=str(target))
            replace_folder(staged, target, project.own / "trash")
    finally:
        remove(staged, within=staged.parent)


def _require_step(name: str, file: Path) -> None:
    try:
        define_step(name, Block(file.read_text(encoding="utf-8-sig"), str(file), 1, file.name), None)
    except (SyntaxError, UnicodeDecodeError, OSError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        what = f"{file.name} is not valid Python: {getattr(error, 'msg', None) or error}{line}"
        raise SourceError(what, where=str(file), do="correct the file first") from error


# -- of each kind ----------------------------------------------------------------------------------------------------


def _of_notebooks(project: Project, plan: Path) -> Iterator[Candidate]:
    for path in notebooks_in(project):
        code, label = os.path.relpath(path, plan.parent), os.path.relpath(path, project.root)
        with suppress(AloNbError, SyntaxError):  # a notebook that cannot be read has none to choose from
            yield from (Candidate(f"{name} · {label}", name, code) for name in read_notebook(path).cells)


def _of_notebook(wanted: str, project: Project, plan: Path) -> Candidate:
    """Return the step of a notebook that has only one."""
    path = (project.root / Path(wanted).expanduser()).resolve()
    names = [*read_notebook(path).cells]
    if len(names) != 1:
        what = f"{wanted} has {len(names)} step cells" + (f": {', '.join(names[:10])}" if names else "")
        raise MagicUsageError(what, do="choose one of them in the list" if names else "begin a cell with %%alo_asset")
    return Candidate(wanted, names[0], os.path.relpath(path, plan.parent))


def _of_path(wanted: str, project: Project) -> Candidate:
    path = (project.root / Path(wanted).expanduser()).resolve()
    if not path.exists():
        there = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        raise SourceError(f"there is no {wanted!r}{nearest(path.name, there)}", where=str(path))
    if path.is_dir() and _asset_file(path) is None:
        raise SourceError(f"{wanted!r} has no file asset_<step>.py", where=str(path), do="name a folder that has one")
    if path.is_file() and path.suffix != ".py":
        raise SourceError(f"{wanted!r} is no Python file", where=str(path), do="name an asset_<step>.py")
    return _of_folder(path, wanted, project) if path.is_dir() else _of_file(path, wanted, project)


def _of_folder(path: Path, label: str, project: Project) -> Candidate:
    if path.parent == (project.root / "assets").resolve():
        return Candidate(label, path.name, "local")
    return Candidate(label, path.name, "local", path)


def _of_file(path: Path, label: str, project: Project | None = None) -> Candidate:
    if project is not None and path.parent.parent == (project.root / "assets").resolve():
        return Candidate(label, path.parent.name, "local")
    return Candidate(label, path.stem.removeprefix("asset_"), "local", path)


def _of_git(address: str) -> Candidate:
    read_address(address, None, "")
    name = re.split(r"[/:]", address.rstrip("/"))[-1].removesuffix(".git")
    return Candidate(address, name if valid_step_name(name) else "", address)


def _asset_file(folder: Path) -> Path | None:
    """Return the asset file of a folder, the one named after it before others."""
    if not folder.is_dir():
        return None
    found = sorted(folder.glob("asset_*.py"))
    return next((each for each in found if each.stem == f"asset_{folder.name}"), found[0] if found else None)
