"""Which names a piece of code needs from elsewhere, and which it gives to others; by reading, never by running."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Container, Iterable

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def free_names(nodes: Iterable[ast.AST], *, shadowed: Container[str] = ()) -> dict[str, int]:
    """Return the names that these statements read and do not bind before, with the line of the first use.

    Builtins are left out, but for those that `shadowed`, a notebook's own names, replaces. A name that a function body
    reads counts as bound when any statement of the module binds it; a name read by a statement itself must be bound by
    an earlier one.
    """
    scope = _Scope()
    scope.visit_all(nodes)
    late = {name: line for name, line in scope.late.items() if name not in scope.ever}
    found = {**late, **scope.free}
    return {name: line for name, line in found.items() if name in shadowed or not hasattr(builtins, name)}


def bound_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that these statements bind somewhere, maybe only after a first use, as loops do."""
    scope = _Scope()
    scope.visit_all(nodes)
    return scope.ever


class _Scope(ast.NodeVisitor):
    """Walks statements once, in the order of evaluation: `free` is read before bound here, `late` is read by functions.

    `bound` is what is bound now, `ever` what any statement binds or deletes, `declared` what is declared ``global``.
    """

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.ever: set[str] = set()
        self.declared: set[str] = set()
        self.free: dict[str, int] = {}
        self.late: dict[str, int] = {}

    def _read(self, name: str, line: int) -> None:
        if name not in self.bound:
            self.free.setdefault(name, line)

    def _bind(self, names: Iterable[str]) -> None:
        for name in names:
            self.bound.add(name)
            self.ever.add(name)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit what is there, one after the other."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:  # the names that ast.NodeVisitor looks for
        if isinstance(node.ctx, ast.Load):
            self._read(node.id, node.lineno)
        elif isinstance(node.ctx, ast.Store):
            self._bind([node.id])
        else:
            self._read(node.id, node.lineno)
            self.bound.discard(node.id)
            self.ever.add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared.update(node.names)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit_all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id, node.lineno)
        self.visit_all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit_all([node.annotation, node.value])
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit_all([node.value, node.target])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit_all([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind([node.name])
        self.visit_all([node.type, *node.body])

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self._bind((alias.asname or alias.name).partition(".")[0] for alias in node.names)

    visit_ImportFrom = visit_Import

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.pattern is not None:
            self.visit(node.pattern)
        if node.name:
            self._bind([node.name])

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind([node.name])

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self._bind([node.rest])

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all([*node.decorator_list, node.returns])
        self._function(node)
        self._bind([node.name])

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        self.visit_all([*arguments.defaults, *arguments.kw_defaults])
        self.visit_all([each.annotation for each in named if each is not None])
        inner = _Scope()
        inner.visit_all(node.body if isinstance(node.body, list) else [node.body])
        own = (inner.ever | {each.arg for each in named if each is not None}) - inner.declared
        free = {name: line for name, line in {**inner.late, **inner.free}.items() if name not in own}
        for name, line in free.items():
            self.late.setdefault(name, line)
        self._bind((inner.declared & inner.ever) - free.keys())  # `global x; x = ...` gives x to the module

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *(each.value for each in node.keywords)])
        inner = _Scope()
        inner.bound.update(("__module__", "__qualname__"))
        inner.visit_all(node.body)
        for name, line in inner.free.items():
            self._read(name, line)
        for name, line in inner.late.items():
            if name != node.name:
                self.late.setdefault(name, line)
        self._bind([node.name])

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        else:
            super().generic_visit(node)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        inner = _Scope()
        for each in node.generators:
            inner.visit_all([each.iter, each.target, *each.ifs])
        inner.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        for name, line in inner.free.items():
            self._read(name, line)
        for name, line in inner.late.items():
            if name not in inner.bound:
                self.late.setdefault(name, line)
        named = (each.target for each in _own_nodes(node) if isinstance(each, ast.NamedExpr))
        self._bind(each.id for each in named)  # `:=` binds outside of the comprehension


def _own_nodes(node: ast.AST) -> Iterable[ast.AST]:
    """Walk a statement without going into functions and classes below it."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from _own_nodes(child)
