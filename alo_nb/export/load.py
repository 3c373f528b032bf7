"""Existing assets as cells: one for the notebook that is open, or a new notebook with all steps of a plan.

The cell is the one that an asset was exported from, wherever the notebook has what it takes along from other cells.
Else it is the file's text as it is, which stands alone.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from alo_nb.errors import MagicUsageError, ProjectError, SourceError
from alo_nb.export.alo import without_head
from alo_nb.export.asset_cell import shared_cells
from alo_nb.export.asset_folder import refuse_secrets
from alo_nb.export.asset_on_disk import AssetOnDisk, find_asset, scope_of
from alo_nb.export.folder import shown
from alo_nb.export.notebook import code_cells
from alo_nb.export.taken import Taken
from alo_nb.files import remove, write_atomic
from alo_nb.lang import tr
from alo_nb.plan import Plan, Source, Step, find_plan, read_plan, require_valid
from alo_nb.plan.writer import plan_yaml
from alo_nb.project import Project
from alo_nb.steps.capture import Scope
from alo_nb.steps.sources import Sources

REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Loaded:
    """What loading gave: the text of a cell, or a new notebook and its plan; `notes` say what to know."""

    steps: tuple[str, ...]
    cell: str = ""
    notebook: Path | None = None
    plan: Path | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join(self._lines(shown(self.notebook or Path())))

    def _repr_html_(self) -> str:
        first, *rest = self._lines("\0")
        name = html.escape(shown(self.notebook or Path()))
        return "<br>".join([html.escape(first).replace("\0", f'<a href="{name}">{name}</a>'), *map(html.escape, rest)])

    def _lines(self, notebook: str) -> list[str]:
        names = ", ".join(self.steps)
        first = tr("step {steps}: its cell stands below; nothing has run", steps=names)
        if self.notebook is not None:
            written = {"notebook": notebook, "steps": names, "plan": shown(self.plan or Path())}
            first = tr("wrote {notebook} with the cells of {steps}, and {plan}; nothing has run", **written)
        return [first, *(f"  {tr('note')}: {note}" for note in self.notes)]


def load(
    path: str | Path, project: Project, *, scope: Scope, notebook: Path | None = None, open_plan: Plan | None = None
) -> Loaded:
    """Return an asset as a cell, or write the assets of a plan (``.yaml``) as a notebook.

    Parameters
    ----------
    path : str or Path
        Seen from the current folder, else from the project folder; an asset also from its ``assets/``.
    scope : Scope
        The names of the notebook that gets the cell.
    notebook : Path, optional
        The new notebook for a plan; beside the plan, ``<plan>_cells.ipynb``, when absent.
    open_plan : Plan, optional
        The plan that the notebook works with, to tell where it would not use the cell.
    """
    if Path(path).suffix in {".yaml", ".yml"}:
        file = find_plan(path, project)
        return load_plan(read_plan(file), project, notebook or file.with_name(f"{file.stem}_cells.ipynb"))
    if notebook is not None:
        raise MagicUsageError("only a plan is loaded into a new notebook", do="leave out --to, or name a plan")
    places = [Path(path).expanduser(), project.root / path, project.root / "assets" / path]
    loaded = load_asset(next((each for each in places if each.exists()), places[0]), scope)
    steps = [step for pipeline in (open_plan.pipelines if open_plan else ()) for step in pipeline.steps]
    if any(step.name in loaded.steps and step.source and step.source.kind in {"local", "git"} for step in steps):
        note = (
            f"the open plan takes step {loaded.steps[0]} from its folder; write `code: notebook` there to use the cell"
        )
        return replace(loaded, notes=(*loaded.notes, note))
    return loaded


def load_asset(path: Path, scope: Scope) -> Loaded:
    """Return the cell of an asset folder, or of the file in it, for a notebook that has the names of `scope`.

    Raises
    ------
    SourceError
        There is no asset, it cannot be read, or it imports a module beside it, which a cell cannot.
    """
    asset = find_asset(path)
    if beside := asset.neighbours():
        raise SourceError(
            f"step {asset.step!r} imports {beside[0]!r}, a module beside its file, which a cell cannot reach",
            where=str(asset.file),
            do=f"keep `code: local` for this step in the plan, or move what it needs of {beside[0]!r} into a cell",
        )
    body, is_original = asset.cell(scope)
    taken = asset.original.taken.names if asset.original is not None else ()
    lacks = f"it is the whole file, since this notebook lacks what the step once took along: {', '.join(sorted(taken))}"
    notes = (lacks,) if taken and not is_original else ()
    return Loaded((asset.step,), f"%%alo_asset step={asset.step}\n{body}".rstrip("\n"), notes=notes)


def load_plan(plan: Plan, project: Project, notebook: Path) -> Loaded:
    """Write a new notebook with a cell for each asset of `plan`, and beside it the plan that names these cells.

    Raises
    ------
    AloNbError
        A step has no code, no step is an asset that can be a cell, or one of the two files is there already.
    """
    require_valid(plan)
    for step in (each for pipeline in plan.pipelines for each in pipeline.steps):
        refuse_secrets(step.name, step.args, str(step.place))
    notebook = Path(os.path.normpath(notebook.expanduser().absolute()))
    target = notebook.with_suffix(".yaml")
    for path in (notebook, target):
        if path.exists():
            do = "name a new notebook: `--to NAME.ipynb`"
            raise ProjectError(f"{path.name!r} is there already", where=str(path), do=do)
    assets, notes = _assets(plan, project)
    names = tuple(each.step for each in assets)
    text = plan_yaml(_with_cells(plan, names, project, notebook.name), comments_of=without_head(plan.text))
    cells = code_cells(_cells(plan, project, target, assets))
    write_atomic(target, text)
    try:
        write_atomic(notebook, cells)
    except BaseException:  # also Ctrl-C: a plan without its notebook is half a load
        remove(target, within=target.parent)
        raise
    return Loaded(names, notebook=notebook, plan=target, notes=tuple(notes))


def _cells(plan: Plan, project: Project, target: Path, assets: list[AssetOnDisk]) -> Iterator[str]:
    """Yield the cells of the notebook; steps of the inference only are defined there, and run with the pipeline."""
    shared = _together(_restorable(assets))
    scope = scope_of(shared)
    yield "%load_ext alo_nb"
    if project.root != target.parent:
        yield _call("alo_project", "use_project", os.path.relpath(project.root, target.parent))
    yield _call("alo_plan", "use_plan", target.name)
    yield from shared_cells(shared)
    first = plan.pipelines[0].step_names()
    for each in assets:
        yield f"%%alo_asset step={each.step}{'' if each.step in first else ' -n'}\n{each.cell(scope)[0]}"
    yield "%alo_run"


def _call(magic: str, function: str, path: str) -> str:
    """Return a magic line; the function that it calls where the path is more than one word."""
    if re.fullmatch(r"[\w./-]+", path):
        return f"%{magic} {path}"
    return f"import alo_nb\n\nalo_nb.{function}({json.dumps(path, ensure_ascii=False)})"


def _with_cells(plan: Plan, steps: Collection[str], project: Project, notebook: str) -> Plan:
    """Return the plan whose `steps` are cells of `notebook`; a ``requirements.txt`` of theirs is written out."""

    def with_cell(step: Step) -> Step:
        if step.name not in steps or step.source is None:
            return step
        own = project.root / "assets" / step.name / REQUIREMENTS
        lines = [
            each
            for line in step.source.requirements
            for each in (_packages(own) if line.strip() == REQUIREMENTS else [line])
        ]
        return replace(step, source=Source(notebook, None, tuple(lines)))

    pipelines = (replace(each, steps=tuple(map(with_cell, each.steps))) for each in plan.pipelines)
    return replace(plan, pipelines=tuple(pipelines))


def _packages(file: Path) -> list[str]:
    lines = file.read_text("utf-8-sig").splitlines() if file.is_file() else []
    return [text for line in lines if (text := re.sub(r"(^|\s)#.*", "", line).strip())]


def _assets(plan: Plan, project: Project) -> tuple[list[AssetOnDisk], list[str]]:
    """Return the assets of a plan that can be cells, in the order of their first use, and why others stay files."""
    sources, found, notes = Sources(plan, project), dict[str, AssetOnDisk](), list[str]()
    for step in (step for pipeline in plan.pipelines for step in pipeline.steps):
        if step.name in found or step.source is None or step.source.kind not in {"local", "git"}:
            continue
        definition = sources.step(step)
        asset = AssetOnDisk(step.name, Path(definition.body.file))
        if beside := asset.neighbours():
            notes.append(f"step {step.name} stays in its folder, since it imports {beside[0]} from there")
        else:
            found[step.name] = asset
    if not found:
        what = notes[0] if notes else "its steps are no asset folders"
        do = "`%alo_load assets/STEP` takes one asset; a plan needs steps with `code: local` or a git address"
        raise SourceError(f"no step of the plan can become a cell: {what}", where=str(plan.path or ""), do=do)
    return list(found.values()), notes


def _restorable(assets: list[AssetOnDisk]) -> list[AssetOnDisk]:
    """Return those assets that can all be the cells they were exported from, side by side."""
    found = [each for each in assets if each.original is not None]
    while True:
        scope = scope_of(_together(found))
        kept = [each for each in found if each.cell(scope)[1]]
        if kept == found:
            return found
        found = kept


def _together(assets: Iterable[AssetOnDisk]) -> Taken:
    return reduce(Taken.joined, (each.original.taken for each in assets if each.original is not None), Taken())
