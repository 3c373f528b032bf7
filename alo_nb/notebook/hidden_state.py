"""Which hidden state of a kernel made a step come out otherwise: the names, and the cells that they come from.

What a step took along here is compared with the saved notebook: its own cell, and each function, class, constant,
import and variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from alo_nb.cache.imports import imports_of
from alo_nb.notebook.latest import LatestRun
from alo_nb.steps.asset_line import AssetLine
from alo_nb.steps.capture import Captured, Defined, Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import normal_form
from alo_nb.steps.magic_line import Variable
from alo_nb.steps.sources import NotebookFile
from alo_nb.store import StepRecord
from alo_nb.store.records import SUCCESS
from alo_nb.views.comparison import HIDDEN_STATE, Cause
from alo_nb.views.made import Ran, StepKey
from alo_nb.views.sides import different_arguments

NAMES = ("here", "fresh")
_MISSING = re.compile(
    r"NameError: name '(?P<name>\w+)' is not defined"
    r"|step '(?P<step>[^']*)' uses (?:the notebook variable )?'(?P<used>\w+)'"
)
_FROM_THE_TOP = "restart the kernel, run the cells from top to bottom, and compare again"
_NO_CELL = "no cell is known to set it"
_SAVE = "run the cell again and save the notebook, then compare again"


@dataclass(frozen=True)
class RanCell:
    """A cell that ran in this kernel: its text, the name that people see, and the front end's id of it."""

    raw: str
    label: str
    identity: str = ""


@dataclass(frozen=True)
class HiddenState:
    """What this kernel holds beside the saved notebook.

    Attributes
    ----------
    latest : mapping
        (pipeline, step) to its latest run here.
    file : NotebookFile, optional
        The saved notebook; None where no step is a cell.
    alive : Scope
        The names that the cells have given to this kernel, each with the cell that did so last.
    ran : sequence of RanCell
        All cells that ran here, in their order.
    deleted : set of str
        The ids of the cells that were deleted, where the front end tells.
    lines : mapping
        Step to its magic line as it was written, with ``$name`` for variables.
    """

    latest: Mapping[StepKey, LatestRun]
    file: NotebookFile | None = None
    alive: Scope = field(default_factory=Scope)
    ran: Sequence[RanCell] = ()
    deleted: AbstractSet[str] = frozenset()
    lines: Mapping[str, AssetLine] = field(default_factory=dict)

    def explain(self, key: StepKey, here: Ran, fresh: Ran | None) -> Cause | None:
        """Return what makes a step another one here than in a clean kernel; None when nothing does."""
        if fresh is None:
            return None if self.file is None else next(self._own_cell(key[1], self.latest[key]), None)
        return (
            self._code(key, here.record, fresh.record)
            or self._variables(here.record, fresh.record)
            or self._arguments(key[1], here.record, fresh.record)
            or self._failure(fresh.record)
        )

    # The code -------------------------------------------------------------------------------------------------------

    def _code(self, key: StepKey, here: StepRecord, fresh: StepRecord) -> Cause | None:
        if here.fingerprint == fresh.fingerprint:
            return None
        latest = self.latest[key]
        if self.file is None:
            do = f"run step {key[1]} again here, and compare again"
            return Cause("code", f"the code of step {key[1]} was changed after it ran here ({here.cell})", do)
        for finding in (*self._own_cell(key[1], latest), *self._taken(latest.definition.captured)):
            return finding
        if not fresh.fingerprint:
            return self._failure(fresh)
        return Cause(HIDDEN_STATE, f"its code here ({here.cell}) is another than in {fresh.cell}", _FROM_THE_TOP)

    def _own_cell(self, step: str, latest: LatestRun) -> Iterator[Cause]:
        assert self.file is not None
        body = latest.definition.body
        saved = self.file.cells.get(step)
        if saved is None:
            what = f"the cell of step {step} ({body.label}) is not in {self.file.label}: it was deleted, or not saved"
            yield Cause(HIDDEN_STATE, what, f"save the notebook, or `%alo_drop {step}`; then compare again")
        elif _form(saved.body) != _form(body):
            ran = [each.label for each in self.ran if each.raw.strip().endswith(saved.body.source.strip())]
            since = f"it was not saved since {ran[-1]}" if ran else "it was edited and not run again"
            what = f"the cell of step {step} that ran here ({body.label}) is another than {saved.body.label}: {since}"
            yield Cause(HIDDEN_STATE, what, _SAVE)

    def _taken(self, captured: Captured) -> Iterator[Cause]:
        """Yield each name that came along and is another, or nowhere, in the saved notebook."""
        assert self.file is not None
        for name, block in _parts(captured):
            saved = self.file.scope.defined.get(name)
            label = block.label or self._set_by(name)
            if saved is None:
                what = f"it uses {name!r}, which only this kernel has: {self._gone(label)}"
                yield Cause(HIDDEN_STATE, what, f"put {name!r} back into a cell, and compare again")
            elif _form(saved.block) != _form(block):
                why = self._order(name, label) or f"{self._gone(label)}; there it stands in {saved.block.label}"
                yield Cause(HIDDEN_STATE, f"it uses another {name!r} here than the notebook has: {why}", _FROM_THE_TOP)

    def edited_modules(self, key: StepKey, here: Ran) -> Cause | None:
        """Return that a module which the step imports was edited after it ran here."""
        began = datetime.fromisoformat(here.run.started).timestamp()
        paths = map(Path, imports_of(self.latest[key].definition).files)
        newer = sorted(each.name for each in paths if each.is_file() and each.stat().st_mtime > began)
        if not newer:
            return None
        what = f"{', '.join(newer)}, which it imports, was changed after it ran here"
        return Cause("code", what, f"run step {key[1]} again here, and compare again")

    # Variables, arguments, failures -----------------------------------------------------------------------------------

    def _variables(self, here: StepRecord, fresh: StepRecord) -> Cause | None:
        for name, digest in here.used.items():
            if fresh.used.get(name, digest) != digest:
                return self._variable(name, f"use={name}")
        return None

    def _variable(self, name: str, how: str) -> Cause:
        label = self._set_by(name)
        where = (
            f"set last by {self._order(name, label) or self._gone(label)}" if label else "no cell is known to set it"
        )
        what = f"the variable {name!r} ({how}) has another value here than in a clean kernel: {where}"
        return Cause(HIDDEN_STATE, what, _FROM_THE_TOP)

    def _arguments(self, step: str, here: StepRecord, fresh: StepRecord) -> Cause | None:
        changed = [*different_arguments(here, fresh, NAMES)]
        if not changed or (fresh.status != SUCCESS and not fresh.args):
            return None
        line = self.lines.get(step)
        for argument, value in line.args.items() if line is not None else ():
            if isinstance(value, Variable) and here.args.get(argument) != fresh.args.get(argument):
                return self._variable(value.name, f"{argument}=${value.name}; {changed[0]}")
        do = "give both the same: on the magic line, in the plan, or behind `%alo_run`"
        return Cause("arguments", f"its arguments differ: {'; '.join(changed)}", do)

    def _failure(self, fresh: StepRecord) -> Cause | None:
        """Return which name a step misses in a clean kernel."""
        found = _MISSING.search(fresh.error) if fresh.status != SUCCESS else None
        return None if found is None else self.missing(found["name"] or found["used"], fresh.cell)

    def ended(self, error: str) -> Cause:
        """Return why a clean kernel came to no step: `error` begins with the cell, or with the class of the error."""
        found = _MISSING.search(error)
        if found is not None:
            where = f"step {found['step']}" if found["step"] else error.partition(": ")[0]
            return self.missing(found["name"] or found["used"], where)
        return Cause("failure", error, "correct the cell, save the notebook, and compare again")

    def missing(self, name: str, where: str) -> Cause:
        """Return that a name which `where` needs is only in this kernel."""
        label = self._set_by(name)
        only = f"only this kernel has it: {self._gone(label)}" if label else "no cell is known to set it"
        return Cause(
            HIDDEN_STATE, f"{where} needs {name!r}, and {only}", f"put {name!r} into a cell, and compare again"
        )

    # The cells --------------------------------------------------------------------------------------------------------

    def _set_by(self, name: str) -> str:
        """Return the cell that gave a name its value, or changed it, last."""
        found = self.alive.defined.get(name)
        return found.block.label if found is not None else ""

    def _ran(self, label: str) -> RanCell | None:
        return next((each for each in reversed(self.ran) if each.label == label), None)

    def _saved_as(self, cell: RanCell) -> int:
        """Return the number of an equal cell of the saved notebook; 0 when there is none."""
        texts = [each.strip() for each in self.file.texts] if self.file is not None else []
        text = cell.raw.strip()
        return texts.index(text) + 1 if text in texts else 0

    def _gone(self, label: str) -> str:
        """Return what became of a cell."""
        cell = self._ran(label)
        if cell is None or self.file is None:
            return label
        if cell.identity and cell.identity in self.deleted:
            return f"{label}, which was deleted from the notebook"
        if not self._saved_as(cell):
            return f"{label}, which is not in {self.file.label} (it was deleted or edited since, or not saved)"
        times = sum(each.raw == cell.raw for each in self.ran)
        return f"{label}, which ran {times} times here" if times > 1 else label

    def _order(self, name: str, label: str) -> str:
        """Return that the cell ran last here, and that another one below it gives the name too; empty when not so."""
        cell = self._ran(label)
        number = 0 if cell is None else self._saved_as(cell)
        if self.file is None or not number:
            return ""
        below = [each for each, block in self.file.ordinary.items() if each > number and name in _names(block)]
        return f"{label}, cell {number} of {self.file.label}, ran after cell {below[-1]}" if below else ""


def _names(block: Block) -> Mapping[str, Defined]:
    scope = Scope()
    scope.add(block)
    return scope.defined


def _parts(captured: Captured) -> Iterator[tuple[str, Block]]:
    """Yield the names that a step took along, with their code, and what these took along in turn."""
    for unit in captured.units:
        yield from zip(unit.names, unit.blocks, strict=True)
        yield from _parts(unit.needs)
    for line in captured.lines:
        yield from ((name, each.block) for name, each in _names(Block(line, "")).items() if name != "Asset")


def _form(block: Block) -> str:
    """Return code without what does not count; as it is written where it is not Python."""
    try:
        return normal_form(block)
    except SyntaxError:
        return block.source.strip()
