"""What keeps a cut closed because nothing shows that the values on both sides may go their own ways."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alo_nb.suggestion.findings import Finding
from alo_nb.suggestion.regions import NAN, PLAIN
from alo_nb.suggestion.restless import asks_which

if TYPE_CHECKING:
    from alo_nb.suggestion.program import Line, Program

_ONE_STEP = "keep them in one step, or hand on what it is made of and make it again"


def unproven(program: Program, names: Sequence[str], after: int) -> list[Finding]:
    """Return what stands against a cut behind line `after`, which the names `names` would cross."""
    return [
        *_may_share(program, names, after),
        *_keep_something(program, names, after),
        *_asked_which(program, names, after),
    ]


def _may_share(program: Program, names: Sequence[str], after: int) -> Iterator[Finding]:
    trace, held = program.traced
    later: dict[int, int] = {}
    for at, region in trace.regions.changes:
        if at > after:
            later.setdefault(region, at)
    seen_by = {NAN: "nan"} if any(at > after for at in trace.nans) else {}
    for name in names:
        for region in sorted(trace.regions.reach([held[after].get(name, PLAIN)]) & later.keys()):
            other = seen_by.setdefault(region, name)
            if other != name:
                what = f"{other!r} and {name!r} may share an object, and nothing shows that this line leaves it alone"
                do = f"copy it where the two begin to differ, e.g. {name} = copy.deepcopy({name})"
                yield Finding(what, program.lines[later[region]].piece.place(), do)
                break


def _keep_something(program: Program, names: Sequence[str], after: int) -> Iterator[Finding]:
    """Yield functions and classes that keep something of their own between calls, and are used on both sides."""
    trace, held = program.traced
    used = [(each, program.restless & _mentioned(program, each)) for each in program.lines if each.role == "work"]
    before = {name for each, found in used if each.number <= after for name in found}
    for each, found in used:
        for name in sorted(before & found) if each.number > after else ():
            what = f"{name!r} may keep something of its own, and is used on both sides"
            yield Finding(what, each.piece.place(), _ONE_STEP)
    definitions = {name: value.regions for name, value in held[after].items() if value.kind == "own"}
    for name in names:
        reached = trace.regions.reach([held[after].get(name, PLAIN)])
        for kept in sorted(program.restless):
            if reached & definitions.get(kept, frozenset()):
                what = f"{name!r} may depend on what {kept!r} keeps of its own, which no copy takes along"
                yield Finding(what, program.setter(name, after).piece.place(), _ONE_STEP)


def _mentioned(program: Program, line: Line) -> set[str]:
    """Return the names that a line reads, those that the functions and classes in it read included."""
    needs = {name: each.uses for each in program.lines if each.defines for name in each.uses.binds}
    found = {*line.uses.reads, *line.uses.late}
    waiting = [*found]
    while waiting:
        uses = needs.get(waiting.pop())
        more = {*uses.reads, *uses.late} - found if uses is not None else set()
        found |= more
        waiting.extend(more)
    return found


def _asked_which(program: Program, names: Sequence[str], after: int) -> Iterator[Finding]:
    """Yield lines that ask which object a value is: a copy answers otherwise."""
    for each in program.lines[after + 1 :]:
        asks = any(asks_which(one) for node in each.piece.nodes for one in ast.walk(node))
        name = next((one for one in names if one in each.uses.reads or one in each.uses.late), "")
        if asks and name:
            what = f"it asks which object {name!r} is or holds, and behind a cut that is another one"
            yield Finding(what, each.piece.place(), "compare with ==, or keep the cells together")
