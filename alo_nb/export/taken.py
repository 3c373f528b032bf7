"""What a step takes along from other cells, as the top of a file: imports, constants, functions and classes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alo_nb.errors import StepDefinitionError
from alo_nb.steps.capture import ASSET_IMPORT, Captured, Scope, Unit
from alo_nb.steps.code import Block
from alo_nb.steps.names import bound_names, free_names

ALO_IMPORT = "from alolib.asset import Asset"
WIDTH = 100


@dataclass(frozen=True)
class Helper:
    """A function or class, or a statement that only defines, as its cell has it.

    `postponed` says that its cell has ``from __future__ import annotations``.
    """

    text: str
    postponed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it defines."""
        return tuple(sorted(bound_names(self.tree().body)))

    def tree(self) -> ast.Module:
        """Parse the text."""
        return ast.parse(self.text)


@dataclass(frozen=True)
class Taken:
    """Names of other cells: `imports` and `constants` by name, `helpers` in the order in which they need each other."""

    imports: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    helpers: tuple[Helper, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All names."""
        return frozenset({*self.imports, *self.constants, *(name for each in self.helpers for name in each.names)})

    def lines(self) -> dict[str, str]:
        """Return the text that each name comes from."""
        return {**self.imports, **self.constants, **{name: each.text for each in self.helpers for name in each.names}}

    def read_by_helpers(self, also: Iterable[str]) -> set[str]:
        """Return the names that the helpers define or look for, builtins that `also` names among them."""
        free = free_names([node for each in self.helpers for node in each.tree().body], shadowed=set(also))
        return {*free, *(name for each in self.helpers for name in each.names)}

    def joined(self, other: Taken) -> Taken:
        """Return both; of a name that they take from two places, `other` has the last word."""
        helpers = dict.fromkeys([*self.helpers, *other.helpers])
        return Taken({**self.imports, **other.imports}, {**self.constants, **other.constants}, tuple(helpers))


def taken_along(captured: Captured, *, step: str, where: str) -> Taken:
    """Return all that a step takes along, and all that this needs in turn.

    Raises
    ------
    StepDefinitionError
        One name means two things, which one file cannot hold.
    """
    imports: dict[str, str] = {}
    constants: dict[str, str] = {}
    helpers: dict[Helper, None] = {}
    for line in dict.fromkeys(_lines(captured)):
        if line != ASSET_IMPORT:
            tree = ast.parse(line)
            is_import = isinstance(tree.body[0], (ast.Import, ast.ImportFrom))
            _put(imports if is_import else constants, min(bound_names(tree.body)), line, step, where)
    for unit in _units(captured):
        for block in unit.blocks:
            helpers[Helper(block.source, "annotations" in block.future)] = None
    taken = Taken(imports, constants, tuple(helpers))
    defined: dict[str, str] = {}
    for name, text in [*imports.items(), *constants.items(), *((n, h.text) for h in helpers for n in h.names)]:
        _put(defined, name, text, step, where)
    return taken


def _put(target: dict[str, str], name: str, text: str, step: str, where: str) -> None:
    if target.setdefault(name, text) != text:
        raise StepDefinitionError(
            f"step {step!r} takes along two things called {name!r}, and its file can hold one",
            where=where,
            do=f"rename one {name!r} in the notebook",
        )


def _lines(captured: Captured) -> Iterator[str]:
    yield from captured.lines
    for unit in captured.units:
        yield from _lines(unit.needs)


def _units(captured: Captured) -> Iterator[Unit]:
    """Yield each unit below what it needs."""
    for unit in captured.units:
        yield from _units(unit.needs)
        yield unit


def read_taken(text: str, *, postponed: Iterable[str] = ()) -> Taken:
    """Return the imports, constants and helpers of a text that holds nothing else.

    Parameters
    ----------
    postponed : iterable of str
        Names of the helpers whose annotations are postponed.
    """
    scope, names = Scope(), set(postponed)
    scope.add(Block(text, "", 1, ""))
    found = {kind: {n: d for n, d in scope.defined.items() if d.kind == kind} for kind in ("import", "constant")}
    blocks = sorted((d.block for d in scope.defined.values() if d.kind == "definition"), key=lambda block: block.line)
    helpers = (Helper(block.source) for block in dict.fromkeys(blocks))
    return Taken(
        imports={name: each.block.source for name, each in found["import"].items()},
        constants={name: each.block.source for name, each in found["constant"].items()},
        helpers=tuple(Helper(each.text, not names.isdisjoint(each.names)) for each in helpers),
    )


def import_block(imports: Iterable[str]) -> str:
    """Return import lines sorted as isort does, the standard library first, with one line for all names of a module."""
    modules: dict[tuple[bool, bool, str], list[str]] = {}
    for line in imports:
        node = ast.parse(line).body[0]
        is_from = isinstance(node, ast.ImportFrom)
        module = str(node.module) if isinstance(node, ast.ImportFrom) else line.removeprefix("import ")
        key = (module.split()[0].partition(".")[0] not in sys.stdlib_module_names, is_from, module)
        modules.setdefault(key, []).append(line)
    blocks: dict[bool, list[str]] = {}
    for (third, is_from, module), lines in sorted(modules.items()):
        names = ", ".join(sorted(line.partition(" import ")[2] for line in lines))
        blocks.setdefault(third, []).append(f"from {module} import {names}" if is_from else "\n".join(lines))
    return "\n\n".join("\n".join(lines) for lines in blocks.values())


def constant_text(line: str) -> str:
    """Return ``NAME = literal`` with one item a line, where all in one line would be long."""
    if len(line) <= WIDTH:
        return line
    name, _, literal = line.partition(" = ")
    node = ast.parse(literal, mode="eval").body
    if isinstance(node, ast.Dict):
        items = [f"{ast.unparse(k)}: {ast.unparse(v)}" for k, v in zip(node.keys, node.values, strict=True) if k]
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        items = [ast.unparse(each) for each in node.elts]
    else:
        return line
    return "\n".join([f"{name} = {literal[0]}", *(f"    {each}," for each in items), literal[-1]])
