"""What is proposed: the steps, what crosses from one to the next, what was not cut and why, what to know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from alo_nb.errors import AloNbError, StepDefinitionError
from alo_nb.plan import valid_step_name
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import define_step
from alo_nb.steps.sources import notebook_content
from alo_nb.suggestion.cells import Cell, Reader, is_harmless
from alo_nb.suggestion.cuts import Crossing, Cut, Cuts
from alo_nb.suggestion.findings import WHOLE, Finding, Place, in_order
from alo_nb.suggestion.program import Line, Program
from alo_nb.suggestion.sections import Group, step_names, titles, wanted_cuts, working_cells
from alo_nb.suggestion.step_code import metrics, step_text
from alo_nb.suggestion.uses import Uses


@dataclass(frozen=True)
class ProposedStep:
    """A step: its name, its code cells in the notebook, what it loads and saves, and the text of its cell."""

    name: str
    cells: tuple[int, ...]
    title: str
    loads: tuple[str, ...]
    saves: tuple[str, ...]
    text: str
    crossing: tuple[Crossing, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What a plain notebook could become. Nothing has run, and nothing is written.

    Attributes
    ----------
    path : Path
        The notebook.
    content : mapping
        Its JSON, as it was read.
    steps : tuple of ProposedStep
        In their order; none when the notebook is refused. `crossing` is what a step hands to those behind it.
    refused : tuple of Finding
        Why there are no steps, each with its cell and line.
    closed : tuple of Cut
        Places where a cut was wanted and cannot be: the cells on both sides are one step, or there would be none.
    notes : tuple of Finding
        What changes, or is worth knowing.
    taken : tuple of str
        The imports, functions, classes and constants that stay in ordinary cells and come along into every step.
    """

    path: Path
    content: Mapping[str, Any]
    cells: tuple[Cell, ...] = ()
    lines: tuple[Line, ...] = ()
    steps: tuple[ProposedStep, ...] = ()
    refused: tuple[Finding, ...] = ()
    closed: tuple[Cut, ...] = ()
    notes: tuple[Finding, ...] = ()
    taken: tuple[str, ...] = field(default=())


def propose(path: Path, live: Mapping[str, Any] | None = None) -> Proposal:
    """Return what the notebook at `path` could become; it is read and never run.

    Parameters
    ----------
    live : mapping, optional
        The names of a kernel that ran the notebook: their values are asked for type, shape and size only.

    Raises
    ------
    SourceError
        There is no such file, or it is not a notebook.
    """
    content = notebook_content(path)
    reader = Reader()
    cells = tuple(reader.cells(content["cells"]))
    language = str(content.get("metadata", {}).get("language_info", {}).get("name", "python"))
    if language != "python":
        return Proposal(path, content, refused=(Finding(f"it is a notebook of {language}", WHOLE),))
    program = Program.of(cells)
    refused = in_order([*reader.problems, *program.unreadable()]) or in_order(program.unset())
    if refused:
        return Proposal(path, content, cells, refused=refused, notes=in_order(reader.notes))
    return _Proposer(path, content, program, Cuts(program, live or {}), [*reader.notes, *_notes(program)]).proposal()


@dataclass
class _Proposer:
    path: Path
    content: Mapping[str, Any]
    program: Program
    cuts: Cuts
    notes: list[Finding]

    def proposal(self) -> Proposal:
        wanted = wanted_cuts(self.program, self.cuts)
        closed = tuple(each for each in wanted if each.obstacles)
        opened = [each for each in wanted if not each.obstacles]
        groups = self._groups([each.cell for each in opened])
        self.program.keep_in_place([each.cells for each in groups])
        cells, lines = tuple(self.program.cells), tuple(self.program.lines)
        notes = in_order([*self.notes, *self._seeds(opened)])
        whole = Proposal(self.path, self.content, cells, lines, closed=closed, notes=notes, taken=self._taken())
        refused = self._why_not(groups, closed)
        if refused:
            return replace(whole, refused=refused)
        steps = self._steps(groups, opened)
        refused = tuple(self._checked(steps))
        return replace(whole, refused=refused) if refused else replace(whole, steps=steps)

    def _groups(self, starts: Sequence[int]) -> list[Group]:
        working = sorted({each.piece.cell for each in self.program.lines if each.role == "work"})
        titled = working_cells(self.program)
        above = titles(self.program.cells)
        bounds = [0, *starts, max(working, default=0) + 1]
        groups = []
        for first, last in pairwise(bounds):
            cells = tuple(each for each in working if first <= each < last)
            if cells:
                groups.append(Group(cells, above[next((each for each in cells if each in titled), cells[0])]))
        return groups

    def _why_not(self, groups: Sequence[Group], closed: Sequence[Cut]) -> tuple[Finding, ...]:
        if not groups:
            has_code = any(each.number for each in self.program.cells)
            only = "only imports, definitions and settings"
            what = f"it has no code that could be a step: {only}" if has_code else "it has no code cells"
            return (Finding(what, WHOLE),)
        if len(groups) == 1 and closed:
            return in_order(found for each in closed for found in each.obstacles)
        return in_order(found for group in groups for found in self._shell_below_work(group))

    def _shell_below_work(self, group: Group) -> Iterator[Finding]:
        """Yield shell lines behind the first work of a step: an ordinary cell can only stand above it."""
        first = next(e.number for e in self.program.lines if e.role == "work" and e.piece.cell == group.cells[0])
        for each in self.program.lines[first:]:
            if each.role == "shell" and each.piece.cell <= group.cells[-1] and not is_harmless(each.piece.source):
                what = "a shell command or magic between lines that belong to one step"
                yield Finding(what, each.piece.place(), "write it as Python (subprocess), or move it above the step")

    # The steps --------------------------------------------------------------------------------------------------------

    def _steps(self, groups: Sequence[Group], opened: Sequence[Cut]) -> tuple[ProposedStep, ...]:
        names = step_names(self.program, groups)
        crossings = [*(each.crossing for each in opened), ()]
        found: list[ProposedStep] = []
        for group, name, crossing in zip(groups, names, crossings, strict=True):
            before = {each for step in found for each in step.saves}
            found.append(self._step(group, name, before, crossing, is_first=not found))
        return tuple(found)

    def _step(
        self, group: Group, name: str, before: set[str], crossing: tuple[Crossing, ...], *, is_first: bool
    ) -> ProposedStep:
        lines = [each for each in self.program.lines if each.piece.cell in group.cells and each.role == "work"]
        whole, needed = Uses(), dict[str, int]()
        for each in lines:
            needed |= {one: at for one, at in self.program.reads(each).items() if one not in whole.sets}
            whole = whole.then(each.uses)
        goes_on = [each.name for each in crossing]
        perhaps = (whole.binds.keys() - whole.sets) & {*goes_on}  # what a branch may not set is handed on as it came
        loads = sorted(before & (needed.keys() | perhaps))
        changed = whole.binds.keys() | self._changed_in_place(loads, lines)
        results = [one for one in metrics(lines) if one not in goes_on and one in whole.sets]
        saves = [*(one for one in goes_on if one in changed), *results]
        text = step_text(name, lines, self.program, loads=loads, saves=saves, is_first=is_first)
        return ProposedStep(name, group.cells, group.title, tuple(loads), tuple(saves), text, crossing)

    def _changed_in_place(self, names: Sequence[str], lines: Sequence[Line]) -> set[str]:
        heap, numbers = self.program.sharing.heap, {each.number for each in lines}
        changed = {thing for at, thing in heap.changes if at in numbers}
        before = self.program.held[lines[0].number - 1] if lines[0].number else {}
        return {name for name in names if heap.reach(before.get(name, ())) & changed}

    def _taken(self) -> tuple[str, ...]:
        return tuple(sorted(self.program.taken))

    def _seeds(self, opened: Sequence[Cut]) -> list[Finding]:
        """Return the seeds whose random numbers steps behind a cut might draw, without naming it."""
        what = "a library may draw from this seed in a later step, which starts elsewhere when it runs alone"
        do = "give random_state= to what draws, or seed again in that step"
        seeds = [each for each in self.program.lines if each.setting == "seed"]
        last = max((each.cell for each in opened), default=0)
        return [Finding(what, each.piece.place(), do) for each in seeds if each.piece.cell < last]

    def _checked(self, steps: Sequence[ProposedStep]) -> list[Finding]:
        """Return what alo_nb itself would refuse of the new cells, read as it reads a notebook."""
        scope, found = Scope(), []
        for each in self.program.lines:
            if each.role == "taken":
                scope.add(Block(each.piece.source, "", 1, f"cell {each.piece.cell}"))
        for step in steps:
            working = (each.piece for each in self.program.lines if each.role == "work")
            place = next(each.place() for each in working if each.cell == step.cells[0])
            body = step.text.partition("\n")[2]
            try:
                if not valid_step_name(step.name):
                    raise StepDefinitionError(f"{step.name!r} cannot be the name of a step")
                define_step(step.name, Block(body, "", 2, f"step {step.name}"), scope)
            except (AloNbError, SyntaxError) as error:
                what = error.what if isinstance(error, AloNbError) else str(error)
                found.append(Finding(what, place, (error.do if isinstance(error, AloNbError) else None) or ""))
        return found


def _notes(program: Program) -> list[Finding]:
    found = []
    for each in program.lines:
        text = each.piece.source.strip()
        if each.role == "setting" and each.setting == "state":
            what = "it sets something for the whole process: a plan that runs without this notebook does not run it"
            found.append(Finding(what, each.piece.place(), "put it into each step that needs it"))
        elif each.role == "shell" and "pip install" in text:
            found.append(Finding("a package", each.piece.place(), "name it in the plan, or in requirements.txt"))
    counts = [cell.content.get("execution_count") for cell in program.cells if cell.number]
    ran = [each for each in counts if isinstance(each, int)]
    if ran != sorted(ran):
        at = next(n for n, (a, b) in enumerate(pairwise(ran), start=2) if a > b)
        what = "the cells were last run in another order than they stand; what is proposed runs them from top to bottom"
        found.append(Finding(what, Place(at, 1)))
    return found
