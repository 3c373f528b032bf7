"""Where a program can be cut in two: what would cross the cut, and what keeps it from being made."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alo_nb.suggestion import libraries
from alo_nb.suggestion.findings import Finding, Place, in_order
from alo_nb.suggestion.program import Line, Program
from alo_nb.suggestion.settings import draws
from alo_nb.suggestion.unproven import unproven

_ARGUMENT = "give it the value as an argument; a function that reads no variable comes along into every step"


@dataclass(frozen=True)
class Crossing:
    """A value that crosses a cut: where it was set last, and what it is like where a kernel holds it."""

    name: str
    place: Place
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """A place between two cells: `cell` is the first one after it. It is open when nothing stands against it."""

    cell: int
    crossing: tuple[Crossing, ...] = ()
    obstacles: tuple[Finding, ...] = ()


@dataclass
class Cuts:
    """Answers for any place between two cells of a program; `live` are values of a kernel that ran the cells."""

    program: Program
    live: Mapping[str, Any] = field(default_factory=dict)

    def before(self, cell: int) -> Cut:
        """Return the cut in front of a code cell."""
        lines = self.program.lines
        after = max((each.number for each in lines if each.piece.cell < cell), default=-1)
        if after < 0:
            return Cut(cell)
        names = sorted(self.program.live(after) & {name for each in lines[: after + 1] for name in each.uses.binds})
        crossing = tuple(self._crossing(name, after) for name in names)
        obstacles = [
            *(found for name in names for found in self._own(name, after)),
            *self._shared(names, after),
            *self._later_definitions(after),
            *self._process(after),
        ]
        return Cut(cell, crossing, in_order(obstacles or unproven(self.program, names, after)))

    def _crossing(self, name: str, after: int) -> Crossing:
        place = self.program.setter(name, after).piece.place()
        if name not in self.live:
            return Crossing(name, place)
        from alo_nb.suggestion.live import about

        return Crossing(name, place, about(self.live[name]))

    # What one value has against it -----------------------------------------------------------------------------------

    def _own(self, name: str, after: int) -> Iterator[Finding]:
        program = self.program
        setter = program.setter(name, after)
        heap = program.sharing.heap
        reached = heap.reach(program.held[after].get(name, ()))
        for thing in sorted(reached & heap.frail.keys()):
            what, cell, line = heap.frail[thing]
            yield Finding(f"{name!r} is or holds {what}", self._place(cell, line), libraries.DO[what])
        for thing in sorted(reached & (program.sharing.functions.keys() | program.sharing.classes.keys())):
            yield from self._definition(name, thing)
        if setter.piece.nodes and any(each in _imports(setter) for each in [name]):
            yield Finding(
                f"{name!r} is imported in different ways", setter.piece.place(), "import it once, under one name"
            )
        if name not in program.surely_set[after] and not self._surely_read(name, after):
            do = f"set {name!r} before the branch or loop, too"
            yield Finding(f"{name!r} has a value only when a branch or loop ran", setter.piece.place(), do)
        if name in self.live and (what := libraries.frail_type(type(self.live[name]).__name__)):
            yield Finding(f"{name!r} is {what}", setter.piece.place(), libraries.DO[what])

    def _definition(self, name: str, thing: int) -> Iterator[Finding]:
        """Yield why a function or class that a value is, or is made of, does not come along."""
        sharing = self.program.sharing
        node = sharing.functions.get(thing) or sharing.classes[thing]
        if node.name in self.program.taken or thing in sharing.heap.frail:
            return
        line = next((e for e in self.program.lines if any(node is each for each in e.piece.nodes)), None)
        if line is None:
            return
        kind = "function" if thing in sharing.functions else "class"
        needed = sorted(({*line.uses.reads, *line.uses.late}) - self.program.taken - {node.name})
        if needed:
            what, do = f"{kind} {node.name!r} reads the variable {needed[0]!r}", _ARGUMENT
        else:
            what, do = (
                f"{kind} {node.name!r} is defined again or changed",
                "give each its own name, and keep values elsewhere",
            )
        what = what if node.name == name else f"{name!r} is made of {kind} {node.name!r}, and {what}"
        yield Finding(what, line.piece.place(node.lineno), do)

    def _surely_read(self, name: str, after: int) -> bool:
        """Tell whether the first line that reads it surely does: without a value it would fail in the notebook, too."""
        for each in self.program.lines[after + 1 :]:
            if name in self.program.reads(each):
                return name in each.uses.reads and not any(hasattr(node, "body") for node in each.piece.nodes)
            if name in each.uses.binds:
                return False
        return False

    # What two values have against it ---------------------------------------------------------------------------------

    def _shared(self, names: list[str], after: int) -> Iterator[Finding]:
        """Yield values that hold the same object when it is changed later: behind the cut each would have its own."""
        program, heap = self.program, self.program.sharing.heap
        seen_by: dict[int, str] = {}
        later: dict[int, int] = {}
        for at, thing in heap.changes:
            if at > after:
                later.setdefault(thing, at)
        for name in names:
            for thing in sorted(heap.reach(program.held[after].get(name, ())) & later.keys()):
                other = seen_by.setdefault(thing, name)
                if other != name:
                    place = program.lines[later[thing]].piece.place()
                    what = f"{other!r} and {name!r} share an object, and this line may change it for both"
                    yield Finding(what, place, f"copy it where the two begin to differ, e.g. {name} = {name}.copy()")
                    break

    # What the program has against it ---------------------------------------------------------------------------------

    def _later_definitions(self, after: int) -> Iterator[Finding]:
        """Yield functions that are used before the cut and need a definition that stands behind it."""
        lines, taken = self.program.lines, self.program.taken
        needs = {name: each for each in lines if each.role == "taken" for name in each.uses.binds}
        working = [each.uses for each in lines[: after + 1] if each.role == "work"]
        waiting = [name for uses in working for name in (*uses.reads, *uses.late)]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in taken:
                continue
            seen.add(name)
            line = needs[name]
            if line.number > after:
                yield Finding(f"{name!r} is defined below a step that needs it", line.piece.place(), "move it above")
            waiting += [*line.uses.reads, *line.uses.late]

    def _process(self, after: int) -> Iterator[Finding]:
        """Yield settings of the process that what comes later may depend on."""
        lines = self.program.lines
        drawn = next(((e, n) for e in lines[after + 1 :] if e.role == "work" and (n := draws(e.piece.nodes))), None)
        for each in lines[: after + 1]:
            if each.role != "work" or not each.setting:
                continue
            if each.setting == "state":
                what = "it sets something for the whole process, which a step that runs alone would not find"
                yield Finding(
                    what, each.piece.place(), "put it at the top of the notebook, or into each step that needs it"
                )
            elif each.setting == "seed" and drawn is not None:
                what = f"what is drawn in {drawn[0].piece.place(drawn[1])} follows from this seed"
                do = "seed again in front of it, or draw from a generator of its own: rng = np.random.default_rng(0)"
                yield Finding(what, each.piece.place(), do)

    def _place(self, cell: int, line: int) -> Place:
        pieces = (each.piece for each in self.program.lines if each.piece.cell == cell)
        found = next((each for each in pieces if each.first <= line <= each.last), None)
        return found.place(line) if found is not None else Place(cell, line)


def _imports(line: Line) -> frozenset[str]:
    nodes = (node for node in line.piece.nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
    return frozenset((each.asname or each.name.partition(".")[0]) for node in nodes for each in node.names)
