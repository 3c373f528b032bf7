"""What a step takes along from other cells: imports, functions, classes and literal constants, by source.

A data variable of the notebook is refused by name: the step would work here and fail in a headless run.

Captured functions and classes become modules of their own, named after their content. So two steps that use one
class use the same class, and an edited helper is a new module that leaves old pickles alone.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Literal

from alo_nb.errors import StepDefinitionError, nearest
from alo_nb.steps.code import Block
from alo_nb.steps.names import bound_names, free_names

PROVIDED = frozenset({"asset", "__file__", "display", "get_ipython"})
ASSET_IMPORT = "from alo_nb.step_api import Asset"  # every step has it, wherever a notebook got it from


DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Defined:
    """A name that a cell gives to the notebook. Only a ``variable`` cannot be captured."""

    kind: Literal["import", "definition", "constant", "variable"]
    block: Block
    node: ast.stmt


@dataclass
class Scope:
    """The top-level names that cells or a file define, and their values where they are alive."""

    defined: dict[str, Defined] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """Read a cell's statements; later cells win. Text that is not Python is passed over."""
        try:
            tree = block.tree()
        except SyntaxError:
            return
        future = (each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__")
        block = replace(block, future=tuple(alias.name for each in future for alias in each.names))
        for node in tree.body:
            for name, found in _defined_by(node, block):
                self.defined[name] = _with_siblings(found, self.defined.get(name))
            for name in _changed_by(node):
                held = self.defined.get(name)
                if held is not None and held.kind == "constant":
                    self.defined[name] = Defined("variable", block.part(node), node)


def _changed_by(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement changes in place: ``NAME.append(x)``, ``NAME[0] = x``, ``global NAME``."""
    for each in ast.walk(node):
        if isinstance(each, ast.Global):
            yield from each.names
        elif isinstance(each, (ast.Subscript, ast.Attribute)) and not isinstance(each.ctx, ast.Load):
            yield getattr(each.value, "id", "")
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        yield getattr(node.value.func.value, "id", "")


def _with_siblings(found: Defined, before: Defined | None) -> Defined:
    """Keep ``import a.b`` when ``import a.c`` follows: both give the name ``a``, and both modules are needed."""
    if before is None or not before.kind == found.kind == "import":
        return found
    lines = [*before.block.source.splitlines(), found.block.source]
    if all(line.startswith("import ") and " as " not in line for line in lines):
        return replace(found, block=replace(found.block, source="\n".join(dict.fromkeys(lines))))
    return found


def _defined_by(node: ast.stmt, block: Block) -> Iterator[tuple[str, Defined]]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield (
                _import_name(alias),
                Defined("import", Block(_import_line(node, alias), block.file, node.lineno), node),
            )
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, Defined("definition", block.part(node), node)
    elif (constant := as_constant(node)) is not None:
        name, value = constant
        yield name, Defined("constant", replace(block.part(node), source=f"{name} = {ast.unparse(value)}"), node)
    elif isinstance(node, (ast.If, ast.Try, ast.With)) and _only_defines(node):
        for name in bound_names([node]):  # which branch is taken is for the step to find out, so all come along
            yield name, Defined("definition", block.part(node), node)
    else:
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                yield each.id, Defined("variable", block.part(node), node)


def _import_name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _import_line(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    module = f"from {'.' * node.level}{node.module or ''} " if isinstance(node, ast.ImportFrom) else ""
    return f"{module}import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")


def as_constant(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return the name and the literal of ``NAME = literal`` or ``NAME: type = literal``; None for all else."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return None
    return (target.id, value) if isinstance(target, ast.Name) and is_literal(value) else None


def _only_defines(node: ast.stmt) -> bool:
    """Tell whether a statement, with all below it, only imports, defines and sets constants."""
    if isinstance(node, (ast.If, ast.Try, ast.With)):
        handlers = [inner for each in getattr(node, "handlers", ()) for inner in each.body]
        parts = [*node.body, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ()), *handlers]
        named = any(each.optional_vars for each in node.items) if isinstance(node, ast.With) else False
        return not named and all(map(_only_defines, parts))
    return isinstance(node, (*DEFINITIONS, ast.Pass)) or as_constant(node) is not None


def is_literal(node: ast.expr) -> bool:
    """Tell whether an expression is a constant, or a container of constants."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


@dataclass(frozen=True)
class Unit:
    """Functions and classes that belong together, with what they need; `names` are the names it defines."""

    names: tuple[str, ...]
    blocks: tuple[Block, ...]
    needs: Captured


@dataclass(frozen=True)
class Captured:
    """What a piece of code takes along: lines to put before it, and units to import names from."""

    lines: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    wanted: frozenset[str] = frozenset()


NOTHING_CAPTURED = Captured()


def capture(tree: ast.Module, scope: Scope, *, step: str, block: Block, provided: Iterable[str] = ()) -> Captured:
    """Return what the code of `tree` takes along from `scope`.

    Raises
    ------
    StepDefinitionError
        A name is a data variable of the notebook, or is defined nowhere; all such names are listed.
    """
    known = PROVIDED.union(provided)
    found = free_names(tree.body, shadowed=scope.defined)
    free = {name: line for name, line in found.items() if name not in known}
    finder = _Finder(scope, known, maybe_own=bound_names(tree.body))
    taken = finder.take(free)
    if finder.refused or finder.unknown:
        raise _refusal(finder, free, step, block, scope)
    return taken


class _Finder:
    """Resolves names in a scope, recursively; collects what it cannot resolve."""

    def __init__(self, scope: Scope, known: frozenset[str], *, maybe_own: Set[str]) -> None:
        self.scope, self.known, self.maybe_own = scope, known, maybe_own
        self.refused: dict[str, str] = {}
        self.unknown: dict[str, str] = {}

    def take(self, names: Iterable[str]) -> Captured:
        lines, units, wanted = [], {}, set()
        for name in sorted(names):
            found = self.scope.defined.get(name)
            if name == "Asset":
                lines.append(ASSET_IMPORT)
            elif found is None:
                lines += self._alive(name)
            elif found.kind == "definition":
                unit = self._unit(name)
                units[unit.names] = unit
                wanted.add(name)
            elif found.kind == "variable":
                self.refused.setdefault(name, found.block.label)
            elif self._changed(name, found):
                self.refused.setdefault(name, f"{found.block.label} and changed since")
            else:
                lines.append(found.block.source)
        return Captured(tuple(lines), tuple(units.values()), frozenset(wanted))

    def _needs(self, name: str) -> dict[str, int]:
        free = free_names([self.scope.defined[name].node], shadowed=self.scope.defined)
        return {each: line for each, line in free.items() if each not in self.known and each != name}

    def _reach(self, name: str) -> frozenset[str]:
        """Return the definitions that `name` leads to, itself included."""
        seen, waiting = set(), [name]
        while waiting:
            each = waiting.pop()
            found = self.scope.defined.get(each)
            if each not in seen and found is not None and found.kind == "definition":
                seen.add(each)
                waiting += self._needs(each)
        return frozenset(seen)

    def _unit(self, name: str) -> Unit:
        """Return the definition with all that call each other in a ring, and what they need in turn."""
        ring = tuple(sorted(each for each in self._reach(name) if name in self._reach(each)))
        outside = {need for each in ring for need in self._needs(each)} - set(ring)
        return Unit(ring, tuple(self.scope.defined[each].block for each in ring), self.take(outside))

    def _changed(self, name: str, found: Defined) -> bool:
        """Tell whether a constant has another value by now than its cell gave it."""
        constant = as_constant(found.node)
        if constant is None or name not in self.scope.values:
            return False
        return repr(self.scope.values[name]) != repr(ast.literal_eval(constant[1]))  # `!=` of an array is no bool

    def _alive(self, name: str) -> list[str]:
        """Return the import line of a name that no cell defines but whose value has an importable home."""
        if name not in self.scope.values:
            if name not in self.maybe_own and "*" not in self.maybe_own:
                self.unknown[name] = ""
            return []
        value = self.scope.values[name]
        if isinstance(value, ModuleType):
            return [f"import {value.__name__} as {name}"]
        home, own_name = getattr(value, "__module__", None), getattr(value, "__name__", None)
        if home in sys.modules and home != "__main__" and getattr(sys.modules[home], str(own_name), None) is value:
            return [f"from {home} import {own_name} as {name}"]
        self.refused.setdefault(name, "")
        return []


def _refusal(finder: _Finder, free: Mapping[str, int], step: str, block: Block, scope: Scope) -> StepDefinitionError:
    """Say which names cannot come along, and what to do with each."""
    if finder.refused:
        name, label = next(iter(finder.refused.items()))
        others = f" (and {', '.join(sorted(set(finder.refused) - {name}))})" if len(finder.refused) > 1 else ""
        what = f"step {step!r} uses {name!r}{others}, a variable of the notebook{f' set in {label}' if label else ''}"
        do = (
            "load it inside the step, hand it on with save_data in an earlier step, "
            f"or write `use={name}` on the magic line to pass it as a recorded input"
        )
    else:
        name = next(iter(finder.unknown))
        what = f"step {step!r} uses {name!r}, which neither the step nor the notebook defines"
        close = nearest(name, {*scope.defined, *PROVIDED})
        do = f"define or import {name!r} in the step or in a cell above{close if 'did you mean' in close else ''}"
    line = free.get(name, 0)
    where = f"{block.label or block.file}, line {line}: {block.line_text(line)}" if line else block.label
    error = StepDefinitionError(what, where=where, do=do)
    error.names = tuple(finder.refused or finder.unknown)
    return error
