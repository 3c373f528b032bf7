"""A notebook as a program: its pieces in order, what each does with names, what every step can take along."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.suggestion.cells import Cell, Piece
from alo_nb.suggestion.findings import Finding
from alo_nb.suggestion.heap import Things, TooInvolvedError
from alo_nb.suggestion.refusals import refusals
from alo_nb.suggestion.regions import NAN, Value
from alo_nb.suggestion.restless import restless
from alo_nb.suggestion.settings import Setting, setting_of
from alo_nb.suggestion.sharing import Sharing
from alo_nb.suggestion.tracing import Tracing
from alo_nb.suggestion.uses import Uses, uses_of

Role = Literal["taken", "setting", "shell", "work"]
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Line:
    """A piece of the program with what is known of it. `role` is where it goes: along, or into a step (``work``)."""

    number: int
    piece: Piece
    uses: Uses
    setting: Setting = ""
    role: Role = "work"

    @property
    def defines(self) -> bool:
        return any(isinstance(node, _DEFINITIONS) for node in self.piece.nodes)


@dataclass
class Program:
    """The pieces of a notebook in their order.

    Attributes
    ----------
    lines : list of Line
    sharing : Sharing
        What the names hold, after the last piece.
    held : list of dict
        What the names hold after each piece.
    taken : frozenset of str
        The imports, functions, classes and constants that come along into every step.
    """

    cells: Sequence[Cell]
    lines: list[Line] = field(default_factory=list)
    sharing: Sharing = field(default_factory=Sharing)
    held: list[Mapping[str, Things]] = field(default_factory=list)
    taken: frozenset[str] = frozenset()
    too_involved: Piece | None = None

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Program:
        """Return the program that the cells are."""
        found = cls(cells)
        found._read()
        if found.too_involved is None:
            found.taken = found._what_is_taken()
            while changed := found._changed_constants():
                found.taken = found._what_is_taken(found.taken - changed)
                del found.traced
            found._give_roles()
        return found

    def _read(self) -> None:
        pieces = [piece for cell in self.cells for piece in cell.pieces]
        bound = {name for piece in pieces for name in uses_of(piece.nodes).binds}
        modules = frozenset(
            name
            for piece in pieces
            for node in piece.nodes
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for name in uses_of([node]).binds
        )
        for number, piece in enumerate(pieces):
            setting = setting_of(piece.nodes, modules) if piece.nodes else ""
            self.lines.append(Line(number, piece, uses_of(piece.nodes, bound), setting))
            self._walk(piece, number)
            self.held.append(dict(self.sharing.names))

    def _walk(self, piece: Piece, number: int) -> None:
        if self.too_involved is not None:
            return
        try:
            self.sharing.run(piece.nodes, at=number, cell=piece.cell)
        except TooInvolvedError:
            self.too_involved = piece

    # What comes along -------------------------------------------------------------------------------------------------

    def _changed_constants(self) -> frozenset[str]:
        """Return the names that come along so far, and whose values nothing shows to stay as they are."""
        trace, _ = self.traced
        changed = {region for _, region in trace.regions.changes} - {NAN}
        values = {name: trace.names[name] for name in self.taken if name in trace.names}
        return frozenset(n for n, v in values.items() if v.kind != "own" and trace.regions.reach([v]) & changed)

    def _what_is_taken(self, among: Collection[str] | None = None) -> frozenset[str]:
        """Return the names that are set once, by a definition, never changed, and need nothing else of the notebook."""
        candidates = self._definitions()
        times = Counter(name for each in self.lines for name in each.uses.binds)
        deleted = {name for each in self.lines for name in each.uses.deletes}
        changed = {thing for _, thing in self.sharing.heap.changes}
        taken = {
            name
            for name, lines in candidates.items()
            if (among is None or name in among)
            and (times[name] == len(lines) == 1 or self._is_one_import(name, lines, times[name]))
            and name not in deleted
            and not self.sharing.heap.reach(self.sharing.names.get(name, ())) & changed
        }
        while True:
            kept = {name for name in taken if all(self._stands_alone(each, taken) for each in candidates[name])}
            if kept == taken:
                return frozenset(taken)
            taken = kept

    def _definitions(self) -> dict[str, list[Line]]:
        """Return the names that imports, functions, classes and constants set, as a step would take them along."""
        found: dict[str, list[Line]] = defaultdict(list)
        for each in self.lines:
            scope = Scope()
            scope.add(Block(each.piece.source, ""))
            if each.uses.binds and all(one.kind != "variable" for one in scope.defined.values()):
                for name in each.uses.binds.keys() & scope.defined.keys():
                    found[name].append(each)
        return found

    def _is_one_import(self, name: str, lines: Sequence[Line], times: int) -> bool:
        """Tell whether a name is only ever set by imports that may all stand side by side."""
        nodes = [node for each in lines for node in each.piece.nodes]
        if times != len(lines) or not all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes):
            return False
        scopes = [Scope() for _ in lines]
        for scope, each in zip(scopes, lines, strict=True):
            scope.add(Block(each.piece.source, ""))
        texts = {scope.defined[name].block.source for scope in scopes}
        return len(texts) == 1 or all(text.startswith("import ") and " as " not in text for text in texts)

    def _stands_alone(self, line: Line, taken: set[str]) -> bool:
        everything = {*line.uses.reads, *line.uses.late}
        return line.uses.binds.keys() <= taken and everything - {"display"} <= taken

    def _give_roles(self) -> None:
        """Say of each line where it goes; a setting that others may depend on comes along only from above all work."""
        begun = False
        for number, line in enumerate(self.lines):
            alone = line.uses.reads.keys() <= self.taken
            role: Role = "work"
            if line.piece.kind == "shell":
                role = "shell"
            elif line.uses.binds and line.uses.binds.keys() <= self.taken:
                role = "taken"
            elif alone and (line.setting == "display" or (line.setting == "state" and not begun)):
                role = "setting"
            begun = begun or role == "work"
            self.lines[number] = replace(line, role=role)

    # What is wrong ----------------------------------------------------------------------------------------------------

    def unreadable(self) -> Iterator[Finding]:
        """Yield the lines with which nobody can tell which names there are."""
        bound = frozenset(name for each in self.lines for name in each.uses.binds)
        for each in self.lines:
            yield from refusals(each.piece, bound)
        if self.too_involved is not None:
            what = "up to here too many functions and objects use each other to tell which values are shared"
            do = "put functions and classes into a module of your own beside the notebook, and import them"
            yield Finding(what, self.too_involved.place(), do)

    def unset(self) -> Iterator[Finding]:
        """Yield the names that nothing sets before they are read."""
        bound = {name for each in self.lines for name in each.uses.binds}
        so_far = {"display", "_"}
        for each in self.lines:
            for name, line in each.uses.reads.items():
                if name not in so_far:
                    what = (
                        f"it reads {name!r}, and {'only a cell below sets it' if name in bound else 'no cell sets it'}"
                    )
                    do = "put the cell that sets it above, and run from top to bottom"
                    yield Finding(what, each.piece.place(line), do)
            for name, line in each.uses.late.items():
                if name not in bound | so_far:
                    what = f"it reads {name!r}, and no cell sets it"
                    yield Finding(what, each.piece.place(line), "define or import it")
            so_far |= each.uses.binds.keys()
            so_far -= each.uses.deletes

    def keep_in_place(self, groups: Sequence[Collection[int]]) -> None:
        """Leave imports and constants where they are when they stand among work and only that step reads them."""
        for cells in groups:
            working = {each.piece.cell for each in self.lines if each.role == "work" and each.setting != "seed"}
            elsewhere = {
                name
                for each in self.lines
                if each.role in {"taken", "setting"} or each.piece.cell not in cells
                for name in (*each.uses.reads, *each.uses.late)
            }
            for number, line in enumerate(self.lines):
                local = line.piece.cell in working.intersection(cells) and not elsewhere & line.uses.binds.keys()
                if line.role == "taken" and local and not line.defines:
                    self.lines[number] = replace(line, role="work")
                    self.taken -= line.uses.binds.keys()

    # What may share -------------------------------------------------------------------------------------------------

    @cached_property
    def traced(self) -> tuple[Tracing, list[Mapping[str, Value]]]:
        """The careful reading (`Tracing`), and what the names hold after each piece."""
        found = Tracing(self.restless)
        held: list[Mapping[str, Value]] = []
        for each in self.lines:
            found.run(each.piece.nodes, at=each.number, hidden=each.uses.late.keys() - self.taken)
            held.append(dict(found.names))
        return found, held

    @cached_property
    def restless(self) -> frozenset[str]:
        """The functions and classes that keep something of their own, or call some that do."""
        found = restless(node for each in self.lines for node in each.piece.nodes)
        callers = [each for each in self.lines if each.defines]
        while True:
            more = {n for e in callers for n in e.uses.binds if found & {*e.uses.late, *e.uses.reads}} - found
            if not more:
                return found
            found |= more

    # Names in steps ---------------------------------------------------------------------------------------------------

    @cached_property
    def late(self) -> dict[str, dict[str, int]]:
        """What functions read when they are called, for those that do not come along."""
        functions = [each for each in self.lines if each.role == "work" and each.defines]
        return {name: each.uses.late for each in functions for name in each.uses.binds}

    def reads(self, line: Line) -> dict[str, int]:
        """Return what a line of a step may read of the notebook's own names, functions that it may call included."""
        found = {**line.uses.reads, **({} if line.defines else line.uses.late)}
        waiting = [*found]
        while waiting:
            for name, at in self.late.get(waiting.pop(), {}).items():
                if name not in found:
                    found[name] = at
                    waiting.append(name)
        return {name: at for name, at in found.items() if name in self.own}

    @cached_property
    def own(self) -> frozenset[str]:
        """The names that are set by the work of steps."""
        return frozenset(name for each in self.lines if each.role == "work" for name in each.uses.binds)

    def live(self, after: int) -> frozenset[str]:
        """Return the names whose values after line `after` may be read later."""
        return self._live[after + 1]

    @cached_property
    def _live(self) -> list[frozenset[str]]:
        found = [frozenset[str]()]
        for each in reversed(self.lines):
            now = found[-1]
            if each.role == "work":
                now = (now - each.uses.sets - each.uses.deletes) | self.reads(each).keys()
            found.append(now)
        return found[::-1]

    @cached_property
    def surely_set(self) -> list[frozenset[str]]:
        """The names that surely have a value after each line."""
        found, now = [], frozenset[str]()
        for each in self.lines:
            now = (now - each.uses.deletes) | each.uses.sets
            found.append(now)
        return found

    def setter(self, name: str, until: int) -> Line:
        """Return the last line up to `until` that may set a name."""
        return next(each for each in reversed(self.lines[: until + 1]) if name in each.uses.binds)
