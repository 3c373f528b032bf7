"""Which names statements may read, may set, and surely set; branches and loops count as what they are."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from alo_nb.steps.names import bound_names, free_names

_IN_QUERY = re.compile(r"@([^\W\d]\w*)")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class Uses:
    """What a piece of code does with the notebook's names; each with the line of its first use.

    Attributes
    ----------
    reads : dict
        May be read before this code itself surely sets them.
    late : dict
        Read by the functions that are defined here, when they are called.
    binds : dict
        May be set here.
    sets : set
        Surely set when this code has run.
    deletes : set
        Surely deleted.
    """

    reads: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    binds: dict[str, int] = field(default_factory=dict)
    sets: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)

    def then(self, other: Uses) -> Uses:
        """Return what both do, one after the other."""
        reads = {name: line for name, line in other.reads.items() if name not in self.sets}
        return Uses(
            {**reads, **self.reads},
            {**other.late, **self.late},
            {**other.binds, **self.binds},
            (self.sets - other.deletes) | other.sets,
            (self.deletes - other.sets) | other.deletes,
        )

    def maybe(self) -> Uses:
        """Return what it does where it is not sure to run."""
        return Uses(self.reads, self.late, self.binds)

    def either(self, other: Uses) -> Uses:
        """Return what one of the two does."""
        both = self.maybe().then(other.maybe())
        return Uses(both.reads, both.late, both.binds, self.sets & other.sets, self.deletes & other.deletes)


def uses_of(nodes: Iterable[ast.stmt], shadowed: Container[str] = ()) -> Uses:
    """Return what statements do with names, one after the other; `shadowed` are builtins that the notebook replaces."""
    found = Uses()
    for node in nodes:
        found = found.then(_statement(node, shadowed))
    return found


def _statement(node: ast.stmt, shadowed: Container[str]) -> Uses:
    if isinstance(node, ast.If):
        branches = uses_of(node.body, shadowed).either(uses_of(node.orelse, shadowed))
        return _parts([node.test], shadowed).then(branches)
    if isinstance(node, (ast.For, ast.AsyncFor)):
        target = ast.copy_location(ast.Assign([node.target], ast.copy_location(ast.Constant(None), node)), node)
        body = uses_of([target, *node.body], shadowed).maybe()
        return _parts([node.iter], shadowed).then(body).then(uses_of(node.orelse, shadowed).maybe())
    if isinstance(node, ast.While):
        body = uses_of(node.body, shadowed).then(uses_of(node.orelse, shadowed))
        return _parts([node.test], shadowed).then(body.maybe())
    if isinstance(node, (ast.Try, ast.TryStar)):
        whole = uses_of([*node.body, *node.orelse], shadowed)
        caught = uses_of(node.body, shadowed).maybe()
        for each in node.handlers:
            after = caught.then(_parts([each.type] if each.type else [], shadowed)).then(uses_of(each.body, shadowed))
            whole = whole.either(after)
        return whole.then(uses_of(node.finalbody, shadowed))
    if isinstance(node, (ast.With, ast.AsyncWith)):
        head = ast.copy_location(ast.With(node.items, [ast.copy_location(ast.Pass(), node)]), node)
        return _simple(head, shadowed).then(uses_of(node.body, shadowed).maybe()).then(_sure(node.body, shadowed))
    if isinstance(node, ast.Match):
        cases = Uses()
        for case in node.cases:
            cases = cases.then(_parts([case.pattern, *([case.guard] if case.guard else [])], shadowed).maybe())
            cases = cases.then(uses_of(case.body, shadowed).maybe())
        return _parts([node.subject], shadowed).then(cases)
    return _simple(node, shadowed)


def _sure(body: Sequence[ast.stmt], shadowed: Container[str]) -> Uses:
    """Return only what a body surely sets."""
    found = uses_of(body, shadowed)
    return Uses(sets=found.sets, deletes=found.deletes)


def _parts(nodes: Iterable[ast.AST], shadowed: Container[str]) -> Uses:
    found = Uses()
    for node in nodes:
        found = found.then(_simple(node, shadowed))
    return found


def _simple(node: ast.AST, shadowed: Container[str]) -> Uses:
    """Return the uses of something without branches."""
    whole, at_once = free_names([node], shadowed=shadowed), free_names([_without_bodies(node)], shadowed=shadowed)
    reads = {**at_once, **{name: line for name, line in _in_queries(node) if name not in at_once}}
    late = {name: line for name, line in whole.items() if name not in at_once}
    line = getattr(node, "lineno", 0)
    bound = dict.fromkeys(bound_names([node]), line)
    if isinstance(node, ast.Delete):
        gone = {each.id for each in node.targets if isinstance(each, ast.Name)}
        return Uses(reads, late, {}, set(), gone)
    perhaps = {each.target.id for each in ast.walk(node) if isinstance(each, ast.NamedExpr)}
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        perhaps = set()
    return Uses(reads, late, bound, {*bound} - perhaps)


def _in_queries(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the names that pandas looks up by itself: ``frame.query("age > @limit")``."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in {"query", "eval"}:
            for each in ast.walk(call):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield from ((name, call.lineno) for name in _IN_QUERY.findall(each.value))


def _without_bodies(node: ast.AST) -> ast.AST:
    """Return a copy in which functions do nothing: what is left is read when the statement itself runs."""
    emptied = copy.deepcopy(node)
    for each in ast.walk(emptied):
        if isinstance(each, _FUNCTIONS):
            each.body = [ast.copy_location(ast.Pass(), each)]
        elif isinstance(each, ast.Lambda):
            each.body = ast.copy_location(ast.Constant(None), each.body)
    return emptied
