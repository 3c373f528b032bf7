"""`PlanShelf`: the plans that a bench has open. Unsaved edits of one wait while another is worked on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from alo_nb.errors import MagicUsageError, PlanEditError
from alo_nb.notebook.project_files import plans_in
from alo_nb.notebook.session import Session
from alo_nb.notebook.truth import notebook_path
from alo_nb.plan import Pipeline, Plan, Source, find_plan, parse_plan
from alo_nb.plan.editor import set_source
from alo_nb.plan.plan_file import PlanFile
from alo_nb.plan.writer import plan_yaml

NEW_PLAN = "experimental_plan.yaml"
_EXAMPLE = "plans/second.yaml"
_SHOWN = 60  # characters of a name that is refused
_LONGEST = 200  # bytes of a name: systems take 255, and a file is first written under a longer name
CELLS, EMPTY, COPY = "cells", "empty", "copy"
BEGINNINGS = (CELLS, EMPTY, COPY)


class PlanShelf:
    """Plan files by their path, and the one that is worked on.

    Attributes
    ----------
    current : PlanFile
        It may be one that has no file yet.
    """

    def __init__(self, session: Session, current: PlanFile) -> None:
        self.session, self.current = session, current
        self._files = {current.path: current}
        self._found: list[Path] = []

    @classmethod
    def of(cls, session: Session, path: str | Path | None = None) -> PlanShelf:
        """Return a shelf with a plan, or with the one in use, or with a new one that begins with the cells.

        Raises
        ------
        PlanReadError
            There is no such plan.
        """
        root = session.project.root
        if path is None and session.has_plan:
            path = session.plan.path
        if path is None and not (root / NEW_PLAN).exists():
            return cls(session, PlanFile.new(root / NEW_PLAN, text_of_cells(session, root / NEW_PLAN)))
        return cls(session, PlanFile(find_plan(path or NEW_PLAN, session.project).resolve()))

    def look_around(self) -> None:
        """Find the plans that the project has now."""
        self._found = [each.resolve() for each in plans_in(self.session.project)]

    def names(self) -> dict[str, Path]:
        """Return the plans that can be chosen, those of the project and those that are open, as people name them."""
        paths = dict.fromkeys([*self._found, *self._files])
        root = self.session.project.root.resolve()
        return {os.path.relpath(each, root): each for each in paths}

    def name_of(self, path: Path) -> str:
        """Return a plan's path from the project folder on."""
        return os.path.relpath(path, self.session.project.root.resolve())

    def is_unsaved(self, path: Path) -> bool:
        """Tell whether edits of a plan wait for being saved."""
        return path in self._files and self._files[path].is_unsaved

    def choose(self, path: Path) -> None:
        """Work on another plan; the edits of this one stay.

        Raises
        ------
        PlanReadError
            There is no such file, or it is no text.
        """
        if path not in self._files:
            self._files[path] = PlanFile(path)
        self.current = self._files[path]

    def begin(self, what: str, name: str) -> None:
        """Begin a new plan, one of `BEGINNINGS`; its file is made when it is saved.

        Raises
        ------
        MagicUsageError, PlanEditError
            The name is not that of a new YAML file.
        """
        path = self._new_path(name)
        if what == COPY:
            text = with_moved_sources(self.current.text, self.current.path.parent, path.parent)
        else:
            text = text_of_cells(self.session, path) if what == CELLS else _empty_text(path)
        self._files[path] = self.current = PlanFile.new(path, text)

    def save_as(self, name: str) -> None:
        """Save the plan under another name, and work on that file; paths of notebooks in it lead where they did.

        Raises
        ------
        MagicUsageError, PlanEditError
            The name is not that of a new YAML file; nothing has changed.
        """
        path, file = self._new_path(name), self.current
        text = with_moved_sources(file.text, file.path.parent, path.parent)
        made = PlanFile.new(path, text)
        made.save_as(path)
        self._files.pop(file.path, None)  # its edits have gone into the new file
        self._files[path] = self.current = made

    def free_name(self, beside: Path | None = None) -> str:
        """Return a name that no plan has yet."""
        stem = beside.with_suffix("") if beside is not None else self.session.project.root.resolve() / "plans" / "plan"
        numbered = (stem.with_name(f"{stem.name}_{number}.yaml") for number in range(2, 10_000))
        return self.name_of(next(each for each in numbered if not each.exists() and each not in self._files))

    def _new_path(self, name: str) -> Path:
        wanted, root = name.strip(), self.session.project.root.resolve()
        if not wanted:
            raise MagicUsageError("which file?", do=f"write its name, e.g. {_EXAMPLE}")
        _require_plain(wanted)
        try:
            path = (root / Path(wanted).expanduser()).resolve()
            is_there, is_below_file = path.exists(), any(each.is_file() for each in path.parents)
        except (OSError, RuntimeError) as error:  # longer than the system takes; `~nobody`; links that go in a circle
            raise _refused(wanted, str(error)) from error
        if path.suffix not in (".yaml", ".yml"):
            raise MagicUsageError(f"{wanted!r} is no name of a plan", do="let it end with .yaml")
        if not path.is_relative_to(root) and path.parent != self.current.path.parent:
            raise PlanEditError(
                f"{wanted!r} is outside of the project",
                where=str(path),
                do=f"write a name below {root}, e.g. {_EXAMPLE}",
            )
        if is_below_file:
            raise _refused(wanted, "a part of it is a file, not a folder")
        if is_there or path in self._files:
            raise PlanEditError(f"there is a plan {wanted!r} already", where=str(path), do="choose another name")
        return path


def _require_plain(name: str) -> None:
    """Refuse what could not be seen in a list of files, or not be written."""
    if not name.isprintable():
        raise _refused(name, "it holds characters that cannot be seen")
    if any(len(os.fsencode(each)) > _LONGEST for each in Path(name).parts):
        raise _refused(name, f"it is longer than {_LONGEST} bytes")


def _refused(name: str, why: str) -> PlanEditError:
    return PlanEditError(f"{name[:_SHOWN]!r} is no name of a plan: {why}", do=f"write one such as {_EXAMPLE}")


def text_of_cells(session: Session, path: Path) -> str:
    """Return the text of a plan for the steps that cells define; their arguments stay on the magic lines."""
    made = session.registry.as_plan()
    source = Source(code_of_cells(session, path))
    pipelines = tuple(
        replace(each, steps=tuple(replace(step, source=source) for step in each.steps)) for each in made.pipelines
    )
    return plan_yaml(replace(made, name=_plan_name(path, session.project.root), version="1.0.0", pipelines=pipelines))


def code_of_cells(session: Session, plan: Path) -> str:
    """Return what a plan says of steps that are cells: their notebook, seen from the plan, or ``notebook``.

    With the notebook's file, a plan runs anywhere; without, only from this notebook.
    """
    try:
        return os.path.relpath(notebook_path(session.variables), plan.parent)
    except MagicUsageError:
        return "notebook"


def with_moved_sources(text: str, before: Path, after: Path) -> str:
    """Return the text of a plan that is moved to another folder: paths of notebooks lead where they did."""
    if before == after:
        return text
    for pipeline in parse_plan(text, file="the plan", path=before / "plan.yaml").pipelines:
        for step in pipeline.steps:
            if step.source is not None and step.source.kind == "ipynb":
                code = os.path.relpath(before / step.source.code, after)
                text = set_source(text, pipeline.name, step.name, code=code)
    return text


def _empty_text(path: Path) -> str:
    pipelines = (Pipeline("train_pipeline", ()),)
    return plan_yaml(Plan(name=_plan_name(path, path.parent), version="1.0.0", pipelines=pipelines))


def _plan_name(path: Path, root: Path) -> str:
    """Return a name for a plan: its file's, unless that is the one that all plans have."""
    name = root.name if path.name == NEW_PLAN else path.stem
    return name if name.isidentifier() else "notebook"
