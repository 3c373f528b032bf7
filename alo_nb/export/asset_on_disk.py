"""An asset file on disk, and the cell that it is in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alo_nb.errors import AloNbError, SourceError, nearest
from alo_nb.export.asset_cell import AssetCell, read_asset_file, shared_cells
from alo_nb.export.folder import shown
from alo_nb.export.requirements import imports_of
from alo_nb.export.taken import Taken
from alo_nb.step_api.asset import folder_name
from alo_nb.steps.asset_line import AssetLine, StepCell
from alo_nb.steps.capture import ASSET_IMPORT, Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition, define_step
from alo_nb.steps.sources import define_from_cell


def find_asset(path: Path) -> AssetOnDisk:
    """Return the asset in a folder ``assets/<step>/``, or in a file.

    Raises
    ------
    SourceError
        There is none, or more than one.
    """
    folder, name = (path, path.name) if path.is_dir() else (path.parent, path.parent.name)
    usual = list(dict.fromkeys(folder / f"asset_{each}.py" for each in (name, folder_name(name))))
    if path.is_file():
        return AssetOnDisk(name if path in usual else path.stem.removeprefix("asset_"), path)
    if not path.is_dir():
        known = [each.name for each in folder.glob("*") if each.is_dir() or each.name.startswith("asset_")]
        what = f"there is no asset {path.name!r}{nearest(path.name, known)}"
        raise SourceError(what, where=str(path), do="name a folder, e.g. assets/train, or its asset_train.py")
    found = [each for each in usual if each.is_file()] or sorted(folder.glob("asset_*.py"))
    if len(found) != 1 and found[:1] != usual[:1]:
        names = ", ".join(each.name for each in found) or "no file asset_*.py"
        raise SourceError(f"{name!r} holds {names}", where=str(folder), do="name the file of the step")
    return AssetOnDisk(name if found[0] in usual else found[0].stem.removeprefix("asset_"), found[0])


@dataclass(frozen=True)
class AssetOnDisk:
    """The asset file of a step."""

    step: str
    file: Path

    @cached_property
    def text(self) -> str:
        """What stands in the file."""
        try:
            return self.file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"the asset cannot be read: {error}", where=str(self.file)) from error

    @cached_property
    def original(self) -> AssetCell | None:
        """The cell that the file was exported from; None when it was not, or this is lost by an edit."""
        found = read_asset_file(self.text)
        return None if found is None else AssetCell(found.body, found.taken)

    def neighbours(self) -> list[str]:
        """Return the modules beside the file that it imports."""
        names = dict.fromkeys(each.package for each in imports_of(self.text))
        folder = self.file.parent
        return [each for each in names if (folder / f"{each}.py").is_file() or (folder / each).is_dir()]

    def cell(self, scope: Scope) -> tuple[str, bool]:
        """Return the body of the step's cell among these names, and whether it is the original one.

        Raises
        ------
        SourceError
            The file's text would mean something else in this notebook, which has a name of its own for a builtin.
        """
        if self.original is not None:
            own = self._define(self.original.body, scope_of(self.original.taken))
            try:
                if self._define(self.original.body, scope).fingerprint == own.fingerprint:
                    return self.original.body, True
            except AloNbError:  # something is missing there
                pass
        alone = define_step(self.step, Block(self.text, str(self.file), 1, shown(self.file)), None)
        here = self._define(self.text, scope)
        if here.fingerprint != alone.fingerprint and here.captured.lines != (ASSET_IMPORT,):
            names = [*here.captured.wanted, *here.captured.lines]
            raise SourceError(
                f"in this notebook, step {self.step!r} would take along {names[0]!r}, which its file does not have",
                where=str(self.file),
                do="rename it in the notebook, or load the step into a new notebook",
            )
        return self.text, False

    def _define(self, body: str, scope: Scope) -> StepDefinition:
        return define_from_cell(StepCell(AssetLine(self.step), Block(body, "", 2, f"the cell of {self.step}")), scope)


def scope_of(taken: Taken) -> Scope:
    """Return the names that the ordinary cells of a notebook with these things define."""
    scope = Scope()
    for text in shared_cells(taken):
        scope.add(Block(text, "", 1, ""))
    return scope
