"""Which names hold the same object, and which statements change one in place; by reading, never by running.

The notebook's own functions and classes are followed into; what libraries do is told by the names of their functions
(`alo_nb.suggestion.libraries`). Branches and loops add to what may be and take nothing away.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alo_nb.steps.names import bound_names
from alo_nb.suggestion import libraries
from alo_nb.suggestion.expressions import Expressions, Frame, Function, parameters_of
from alo_nb.suggestion.heap import NOTHING, SOME, Things

_DEEPEST = 4  # calls of the notebook's own functions within each other
_LONGEST = 20_000  # statements, from which on the notebook's functions are taken to do whatever they could


@dataclass
class Sharing(Expressions):
    """Walks through statements in their order; see `Expressions`."""

    def run(self, nodes: Sequence[ast.stmt], *, at: int, cell: int) -> None:
        """Take in the statements of one piece; `at` is its number, `cell` that of its cell."""
        self.at, self.cell = at, cell
        for node in nodes:
            self.line = node.lineno
            self._statement(node)

    # Statements -----------------------------------------------------------------------------------------------------

    def _block(self, nodes: Iterable[ast.stmt]) -> None:
        for node in nodes:
            self._statement(node)

    def _perhaps(self, *blocks: Sequence[ast.stmt], times: int = 1) -> None:
        self._sure += 1
        for _ in range(times):
            for block in blocks:
                self._block(block)
        self._sure -= 1

    def _statement(self, node: ast.stmt) -> None:
        self._walked += 1
        handler = getattr(self, f"_do_{type(node).__name__}", None)
        if handler is not None:
            handler(node)

    def _do_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)

    def _do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        """Bind a target to an expression; ``a, b = b, a`` pairs them."""
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
            stars = any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
            if not stars and len(target.elts) == len(value.elts):
                values = [self.value(each) for each in value.elts]
                for each, things in zip(target.elts, values, strict=True):
                    self._bind(each, things)
                return
        self._bind(target, self.value(value))

    def _do_AugAssign(self, node: ast.AugAssign) -> None:
        added, heap = self.value(node.value), self.heap
        if not isinstance(node.target, ast.Name):
            base, key = self._place(node.target)
            heap.change(self.at, base, deep=key is SOME)
            heap.change(self.at, heap.part(base, key))
            heap.put(base, key, added)
            return
        held = self._look_up(node.target.id)
        shown = held & heap.displays
        heap.change(self.at, shown)
        heap.change(self.at, held - shown, deep=True)
        heap.put(shown, SOME, heap.part(added, SOME))
        self._bind(node.target, held or (frozenset({heap.new(display=True)}) if added else NOTHING))

    def _do_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                self.heap.change(self.at, self._place(target)[0])

    def _do_Expr(self, node: ast.Expr) -> None:
        self.value(node.value)
        if isinstance(node.value, ast.Call):
            self._side_effect(node.value)

    def _side_effect(self, node: ast.Call) -> None:
        """Take it that a call whose result nobody takes changes what it is called on, or what it is given."""
        name = _last_name(node.func)
        if libraries.only_shows(name) or name in libraries.PLAIN or _root(node.func) in libraries.QUIET_MODULES:
            return
        if isinstance(node.func, ast.Attribute) and (receiver := self.value(node.func.value)):
            known = name in self.methods or name in libraries.CHANGE
            self.heap.change(self.at, receiver, deep=not known and not receiver & self.heap.displays)
        elif not self._own(self.value(node.func)):
            self.heap.change(self.at, frozenset().union(*map(self.value, node.args)), deep=True)

    def _do_If(self, node: ast.If) -> None:
        self.value(node.test)
        self._perhaps(node.body, node.orelse)

    def _do_For(self, node: ast.For | ast.AsyncFor) -> None:
        things = self.value(node.iter)
        self._sure += 1
        for _ in range(2):
            self._bind(node.target, self.heap.part(things, SOME))
            self._block(node.body)
        self._block(node.orelse)
        self._sure -= 1

    _do_AsyncFor = _do_For

    def _do_While(self, node: ast.While) -> None:
        self.value(node.test)
        self._perhaps(node.body, node.orelse, times=2)

    def _do_Try(self, node: ast.Try) -> None:
        self._perhaps(node.body, node.orelse, *(each.body for each in node.handlers))
        self._block(node.finalbody)

    _do_TryStar = _do_Try

    def _do_With(self, node: ast.With | ast.AsyncWith) -> None:
        for each in node.items:
            things = self.value(each.context_expr)
            if each.optional_vars is not None:
                self._bind(each.optional_vars, things)
        self._block(node.body)

    _do_AsyncWith = _do_With

    def _do_Match(self, node: ast.Match) -> None:
        things = self.value(node.subject)
        held = things | self.heap.reach(self.heap.part(things, SOME))
        for case in node.cases:
            self._sure += 1
            for name in bound_names([case.pattern]):
                self._bind(ast.Name(name, ast.Store()), held)
            self._sure -= 1
            self._perhaps(case.body)

    def _do_Return(self, node: ast.Return) -> None:
        if node.value is not None and self._frames:
            self._frames[-1].returned |= self.value(node.value)

    def _do_Assert(self, node: ast.Assert) -> None:
        self.value(node.test)

    def _do_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name in bound_names([node]):
            self._bind(ast.Name(name, ast.Store()), NOTHING)

    _do_ImportFrom = _do_Import

    def _do_FunctionDef(self, node: Function) -> None:
        arguments = node.args
        defaults = [each for each in (*arguments.defaults, *arguments.kw_defaults) if each is not None]
        held = frozenset[int]().union(*map(self.value, (*defaults, *node.decorator_list)))
        thing = self.thing(libraries.CLOSURE if self._frames else "", held)
        self.heap.definitions.add(thing)
        self.functions[thing] = node
        self._bind(ast.Name(node.name, ast.Store()), frozenset({thing}))

    _do_AsyncFunctionDef = _do_FunctionDef

    def _do_ClassDef(self, node: ast.ClassDef) -> None:
        thing = self.thing(libraries.CLOSURE if self._frames else "", NOTHING)
        self.heap.definitions.add(thing)
        self.classes[thing] = node
        bases = frozenset[int]().union(*map(self.value, node.bases))
        self.heap.put(frozenset({thing}), "__bases__", bases)
        for each in node.body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.methods.setdefault(each.name, []).append(each)
            elif isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value is not None:
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                for target in targets:
                    made_anew = isinstance(each.value, ast.Call) and _last_name(each.value.func) == "field"
                    kept = NOTHING if made_anew else self.value(each.value)  # of a dataclass: each object gets its own
                    self.heap.put(frozenset({thing}), getattr(target, "id", SOME), kept)
        self._bind(ast.Name(node.name, ast.Store()), frozenset({thing}))

    # Calls -----------------------------------------------------------------------------------------------------------

    def follow(self, function: Function, given: Sequence[Things], named: dict[str, Things]) -> Things:
        """Return what one of the notebook's functions gives when it is called with these things."""
        everything = frozenset[int]().union(*given, *named.values())
        if len(self._frames) >= _DEEPEST or self._walked > _LONGEST:
            self.heap.change(self.at, everything, deep=True)
            return frozenset({self.heap.new(everything)})
        frame = Frame(own=frozenset(parameters_of(function.args)) | (bound_names(function.body) - _declared(function)))
        positional = [*function.args.posonlyargs, *function.args.args]
        values = dict(zip((each.arg for each in positional), given, strict=False))
        defaults = function.args.defaults
        pairs = [*zip(positional[len(positional) - len(defaults) :], defaults, strict=True)]
        pairs += [(p, d) for p, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d]
        home = frozenset(each for each, known in self.functions.items() if known is function)
        kept = self.heap.part(home, SOME) if pairs and home else NOTHING
        frame.names = {**{parameter.arg: kept for parameter, _ in pairs}, **values}
        frame.names |= {name: things for name, things in named.items() if name in frame.own}
        rest = frozenset({self.heap.new(everything, display=True)})
        for star in (function.args.vararg, function.args.kwarg):
            if star is not None:
                frame.names[star.arg] = rest
        self._frames.append(frame)
        self._block(function.body)
        self._frames.pop()
        returned = frozenset(frame.returned)
        if frame.yields:
            return frozenset({self.thing(libraries.GENERATOR, returned, display=True)})
        if function.decorator_list:
            return frozenset({self.heap.new(returned | everything)}) | returned
        return returned


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _declared(function: Function) -> set[str]:
    found = (each for each in ast.walk(function) if isinstance(each, (ast.Global, ast.Nonlocal)))
    return {name for each in found for name in each.names}
