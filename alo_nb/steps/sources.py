"""Where the code of a plan's steps comes from: a notebook on disk, an asset folder, git, or the running notebook."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alo_nb.errors import MagicUsageError, SourceError, StepDefinitionError, UnknownStepError, nearest
from alo_nb.plan import Plan, Source, Step
from alo_nb.project import Project
from alo_nb.steps.asset_line import StepCell, decorated_steps, step_cell, unwrapped
from alo_nb.steps.capture import Scope, as_constant
from alo_nb.steps.code import Block, lines_of, show_in_tracebacks
from alo_nb.steps.definition import StepDefinition, define_step
from alo_nb.steps.functions import find_function


@dataclass
class NotebookFile:
    """The steps and the shared names of a notebook on disk, read without running it.

    `texts` are its code cells as they are written, `ordinary` those that define no step, by their number from 1.
    """

    path: Path
    label: str
    scope: Scope = field(default_factory=Scope)
    cells: dict[str, StepCell] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    ordinary: dict[int, Block] = field(default_factory=dict)

    def step(self, name: str) -> StepDefinition:
        """Return the step that the cell with ``step=<name>`` defines.

        Raises
        ------
        UnknownStepError
            No cell of the notebook defines it.
        StepDefinitionError
            The cell cannot be a step.
        """
        if name not in self.cells:
            raise UnknownStepError(
                f"{self.label} has no cell with step={name}{nearest(name, self.cells)}",
                where=self.label,
                do=f"start a cell of that notebook with `%%alo_asset step={name}`, and save the notebook",
            )
        found = self.cells[name]
        try:
            line = found.line.with_values(self._constants())
        except MagicUsageError as error:
            raise StepDefinitionError(
                error.what,
                where=found.body.label,
                do="without a running notebook only its constants can be read: assign a literal in an ordinary cell",
            ) from None
        return define_from_cell(StepCell(line, found.body), self.scope)

    def _constants(self) -> dict[str, Any]:
        found = [constant for each in self.scope.defined.values() if (constant := as_constant(each.node)) is not None]
        return {name: ast.literal_eval(value) for name, value in found}


def define_from_cell(cell: StepCell, scope: Scope, *, identity: str = "") -> StepDefinition:
    """Return the step of a cell; a body that is not Python is an error with the cell's own line.

    Raises
    ------
    StepDefinitionError
        The body cannot be read without a kernel, or is wrong.
    """
    line, body = cell.line, cell.body
    try:
        step = define_step(
            line.step, body, scope, args=line.args, pipelines=line.pipelines, use=line.use, cell=identity
        )
        return replace(step, cache=line.cache)
    except SyntaxError as error:
        raise _not_python(line.step, body, error) from None


def _not_python(step: str, body: Block, error: SyntaxError) -> StepDefinitionError:
    number = error.lineno or body.line
    text = body.line_text(number)
    advice = "correct the line"
    if text.startswith(("!", "%")):
        advice = "move shell commands and magics to an ordinary cell: a step must also run without a notebook"
    elif "await" in (error.msg or ""):
        advice = "a step cannot await at its top level: put it into a function and call asyncio.run"
    where = f"{body.label}, line {number}: {text}"
    return StepDefinitionError(f"step {step!r} is not valid Python: {error.msg}", where=where, do=advice)


def read_notebook(path: Path, *, label: str | None = None) -> NotebookFile:
    """Read the step cells of an ``.ipynb``; nothing is run.

    Raises
    ------
    SourceError
        There is no such file, or it is not a notebook.
    StepDefinitionError
        Two cells define the same step.
    """
    notebook = NotebookFile(path, label or os.path.relpath(path))
    for number, text in enumerate(_code_cells(path), start=1):
        file, cell_label = f"{path}[cell {number}]", f"{notebook.label}, cell {number}"
        show_in_tracebacks(file, text)
        found = step_cell(text, file=file, label=cell_label)
        ordinary = Block(_without_magics(text), file, 1, cell_label)
        for each in [found] if found else decorated_steps(ordinary):
            name = each.line.step
            if name in notebook.cells and not each.line.replace:
                raise StepDefinitionError(
                    f"step {name!r} is defined in two cells",
                    where=f"{notebook.cells[name].body.label} and {cell_label}",
                    do="rename one of them, or add --replace to the second",
                )
            notebook.cells[name] = each
        notebook.texts.append(text)
        if found is None:
            notebook.scope.add(ordinary)
            notebook.ordinary[number] = ordinary
    return notebook


def _code_cells(path: Path) -> list[str]:
    cells = notebook_content(path)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def notebook_content(path: Path) -> dict[str, Any]:
    """Return the JSON of an ``.ipynb`` whose ``cells`` all have a ``cell_type`` and a ``source``.

    Raises
    ------
    SourceError
        There is no such file, or it is not a notebook.
    """
    if path.exists() and not path.is_file():
        raise SourceError(f"{path.name!r} is not a file", where=str(path))
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        for cell in content["cells"]:
            _ = cell["cell_type"], "".join(cell["source"])
    except FileNotFoundError:
        siblings = (each.name for each in path.parent.glob("*.ipynb")) if path.parent.is_dir() else ()
        raise SourceError(
            f"there is no notebook {path.name!r}{nearest(path.name, siblings)}", where=str(path)
        ) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{path.name!r} cannot be read as a notebook: {error}", where=str(path)) from error
    return content


def _without_magics(text: str) -> str:
    """Return an ordinary cell's text with the lines that only IPython understands commented out."""
    text = unwrapped(text)
    if text.lstrip().startswith("%%"):
        return ""
    try:
        ast.parse(text)
    except SyntaxError:
        return "\n".join(re.sub(r"^(\s*)([%!])", r"\1pass  # \2", line) for line in lines_of(text))
    return text  # such a line then belongs to a literal or an expression


@dataclass
class Sources:
    """Finds the code of a plan's steps. Cells that are alive in `registry` go before files.

    Code from git is fetched only with `fetch`; without it, only what was fetched before is found.
    """

    plan: Plan
    project: Project
    registry: Mapping[str, StepDefinition] = field(default_factory=dict)
    fetch: bool = False
    _notebooks: dict[Path, NotebookFile] = field(default_factory=dict)
    _commits: dict[Path, str] = field(default_factory=dict)

    def step(self, step: Step) -> StepDefinition:
        """Return the code of one step of the plan.

        Raises
        ------
        UnknownStepError, SourceError, StepDefinitionError
            The code is not there, or cannot be a step.
        """
        kind = step.source.kind if step.source else "notebook"
        if kind in {"notebook", "ipynb"} and step.name in self.registry:
            return self.registry[step.name]
        if step.source is None or kind == "notebook":
            raise UnknownStepError(
                f"the code of step {step.name!r} is a cell that has not run{nearest(step.name, self.registry)}",
                where=str(step.place) or None,
                do=f"run the cell `%%alo_asset step={step.name}`, or name its notebook in the plan: `code: FILE.ipynb`",
            )
        if kind == "ipynb":
            return self._notebook(step.source.code).step(step.name)
        if kind == "local":
            return self._asset_folder(step.name)
        if kind == "function":
            return self._function(step, step.source)
        return self._from_git(step.name, step.source)

    def is_elsewhere(self, step: Step) -> bool:
        """Tell whether none of a step's code is here: it waits in git, or somebody looks at a plan alone."""
        source = step.source
        if source is None or source.kind in {"notebook", "ipynb"}:
            return False
        if source.kind == "function" and source.repository is None:
            return not any(self._beside.glob("*.py"))
        folder = self.project.root / "assets" / step.name
        return not (self.project.repository(source.repository) if source.repository else folder).is_dir()

    def _from_git(self, name: str, source: Source) -> StepDefinition:
        """Return the step in ``assets/<step>/``, fetched from git when it has to be; its label names the commit."""
        commit = self._fetched(source.code, self.project.root / "assets" / name, name, source)
        return _of_commit(self._asset_folder(name), commit)

    def _function(self, step: Step, source: Source) -> StepDefinition:
        """Return a function of ALO 3. Its module lies beside the plan, or in the repository that all of them share."""
        if source.repository is None:
            return find_function(step, [self._beside], self.project)
        folder = self.project.repository(source.repository)
        commit = self._fetched(source.repository, folder, step.name, source)
        return _of_commit(find_function(step, [self._beside, folder], self.project), commit)

    @property
    def _beside(self) -> Path:
        return self.plan.path.parent.absolute() if self.plan.path else self.project.root

    def _fetched(self, address: str, folder: Path, name: str, source: Source) -> str:
        """See to it that code from git is in `folder`; return its commit, empty when nothing may be fetched."""
        if not self.fetch:
            if not folder.is_dir():
                raise SourceError(
                    f"the code of step {name!r} is in git and was not fetched yet",
                    where=str(source.place),
                    do="run the plan: that fetches it",
                )
            return ""
        if folder not in self._commits:
            from alo_nb.external.git import checkout

            refresh = self.plan.control.get_asset_source == "every"
            where = str(source.place)
            found = checkout(address, source.branch, folder, project=self.project, refresh=refresh, where=where)
            self._commits[folder] = f"{found.commit[:12]}, edited" if found.edited else found.commit[:12]
        return self._commits[folder]

    def _notebook(self, code: str) -> NotebookFile:
        path = (self._beside / code).resolve()
        if path not in self._notebooks:
            label = os.path.relpath(path, self.project.root)
            self._notebooks[path] = read_notebook(path, label=str(path) if label.startswith("..") else label)
        return self._notebooks[path]

    def _asset_folder(self, name: str) -> StepDefinition:
        """Return the step in ``assets/<step>/asset_<step>.py``; ALO's letters-only file name comes second."""
        folder = self.project.root / "assets" / name
        stripped = "".join(each for each in name if each.isalpha() or each == "_")
        paths = [folder / f"asset_{name}.py", folder / f"asset_{stripped}.py"]
        path = next((each for each in paths if each.is_file()), None)
        if path is None:
            known = (each.parent.name for each in (self.project.root / "assets").glob("*/asset_*.py"))
            raise SourceError(
                f"step {name!r} has no code in the assets folder{nearest(name, known)}",
                where=str(paths[0]),
                do=f"put its file there, or name another source for step {name!r} in the plan",
            )
        label = os.path.relpath(path, self.project.root)
        try:
            body = Block(path.read_text(encoding="utf-8-sig"), str(path), 1, label)
            return replace(define_step(name, body, None), folder=str(folder))
        except SyntaxError as error:
            raise _not_python(name, body, error) from None
        except (OSError, UnicodeDecodeError) as error:
            what = f"the code of step {name!r} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}"
            raise SourceError(what, where=label, do="check the file's rights, and save it as UTF-8") from error


def _of_commit(step: StepDefinition, commit: str) -> StepDefinition:
    return replace(step, body=replace(step.body, label=f"{step.body.label} ({commit})")) if commit else step
