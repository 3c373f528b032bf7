"""Follows values through statements, and takes whatever it does not know to change all that it is given.

This is the second reading of a notebook: `Sharing` follows the notebook's own functions and says what is found by name;
here no function is followed, and only what `alo_nb.suggestion.pure` names is trusted.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from alo_nb.steps.names import bound_names
from alo_nb.suggestion import pure
from alo_nb.suggestion.pure_calls import call
from alo_nb.suggestion.regions import NAN, PLAIN, Regions, Value
from alo_nb.suggestion.settings import dotted

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class Tracing:
    """Walks through the pieces of a program in their order.

    Attributes
    ----------
    names : dict
        What the notebook's names hold at this point.
    modules : dict
        The names that imports bind, with what they stand for: ``{"np": "numpy"}``.
    hidden : set
        Names that functions and lambdas so far read when they are called.
    """

    restless: Collection[str] = ()
    regions: Regions = field(default_factory=Regions)
    names: dict[str, Value] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    nans: list[int] = field(default_factory=list)
    at: int = 0
    _sure: int = 0

    def run(self, nodes: Sequence[ast.stmt], *, at: int, hidden: Iterable[str]) -> None:
        """Take in the statements of piece `at`; `hidden` are the names that it reads later, in functions."""
        self.at = at
        self.hidden |= {*hidden}
        for node in nodes:
            self._statement(node)

    # Statements -------------------------------------------------------------------------------------------------------

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            self._assign(node)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._bind(node.target, self.value(node.value))
        elif isinstance(node, ast.AugAssign):
            self._change_by(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, _DEFINITIONS):
            self._define(node)
        elif isinstance(node, ast.Expr):
            self.value(node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.If)):
            self._branch(node)
        elif isinstance(node, ast.Delete):
            self._delete(node)
        elif not isinstance(node, (ast.Pass, ast.Break, ast.Continue)):
            self._any_other(node)

    def _assign(self, node: ast.Assign) -> None:
        targets, value = node.targets, node.value
        if len(targets) == 1 and isinstance(targets[0], ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = [*zip(targets[0].elts, value.elts, strict=False)]
            if len(pairs) == len(value.elts) == len(targets[0].elts) and not _has_star(*targets[0].elts, *value.elts):
                values = [self.value(each) for _, each in pairs]
                for (target, _), each in zip(pairs, values, strict=True):
                    self._bind(target, each)
                return
        given = self.value(value)
        for target in targets:
            self._bind(target, given)

    def _change_by(self, node: ast.AugAssign) -> None:
        added, held = self.value(node.value), self.value(_loaded(node.target))
        if not self.regions.is_tame(held, added):
            held = self.regions.anything(self.at, held, added)
        self.regions.change(self.at, held)
        self.regions.put(held, added)
        self._bind(node.target, self.regions.either(held, added) if held.kind == "plain" else held)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for each in node.names:
            name = each.asname or each.name.partition(".")[0]
            if isinstance(node, ast.ImportFrom):
                self.modules[name] = f"{node.module}.{each.name}"
            else:
                self.modules[name] = each.name if each.asname else name
            self.names.pop(name, None)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for each in node.decorator_list:
            self.value(each)
        held = frozenset({self.regions.new(mixed=True)}) if node.name in self.restless else frozenset[int]()
        self.regions.wild |= held
        self._bind(ast.Name(node.name, ast.Store()), Value("own", held))

    def _branch(self, node: ast.For | ast.AsyncFor | ast.While | ast.If) -> None:
        looped = self.value(node.iter) if isinstance(node, (ast.For, ast.AsyncFor)) else PLAIN
        self._sure += 1
        for _ in range(1 if isinstance(node, ast.If) else 3):
            if isinstance(node, (ast.For, ast.AsyncFor)):
                self._bind(node.target, self.element(looped))
            else:
                self.value(node.test)
            for each in node.body:
                self._statement(each)
        for each in node.orelse:
            self._statement(each)
        self._sure -= 1

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.names.pop(target.id, None)
            elif isinstance(target, (ast.Attribute, ast.Subscript)):
                self.regions.anything(self.at, self.value(target.value))

    def _any_other(self, node: ast.stmt) -> None:
        """Take it that a statement may do anything with the values in it, and bind to its names any of them."""
        self._sure += 1
        values = list[Value]()
        for part in ast.iter_child_nodes(node):
            for each in [part, *ast.walk(part)] if not isinstance(part, (ast.stmt, ast.ExceptHandler)) else ():
                if isinstance(each, ast.expr) and isinstance(getattr(each, "ctx", ast.Load()), ast.Load):
                    values.append(self.value(each))
        given = self.regions.anything(self.at, *values)
        inner = {name for each in _blocks(node) for name in bound_names([each])}
        for name in {*bound_names([node])} - inner:
            self._bind(ast.Name(name, ast.Store()), given)
        for target in ast.walk(node) if isinstance(node, (ast.With, ast.AsyncWith)) else ():
            if isinstance(target, (ast.Attribute, ast.Subscript)) and isinstance(target.ctx, ast.Store):
                self._bind(target, given)
        for _ in range(2):
            for each in _blocks(node):
                self._statement(each)
        self._sure -= 1

    # Targets ----------------------------------------------------------------------------------------------------------

    def _bind(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            before = self.names.get(target.id)
            self.modules.pop(target.id, None)
            known = Value(value.kind, value.regions)
            self.names[target.id] = self.regions.either(before, known) if self._sure and before else known
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each in target.elts:
                part = self.regions.derive("data") if value.apart else self.element(value)
                self._bind(each, part)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, self.regions.derive("box", value))
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            base = self.value(target.value)
            key = self.value(target.slice) if isinstance(target, ast.Subscript) else PLAIN
            odd = isinstance(target, ast.Attribute) and base.kind in {"data", "model"}
            if odd or not self.regions.is_tame(base, key):
                base = self.regions.anything(self.at, base, key)
            self.regions.change(self.at, base)
            self.regions.put(base, value, *([key] if base.kind != "data" else []))

    # Expressions ------------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """Return what an expression may give; evaluating it may change some values."""
        if isinstance(node, ast.Constant):
            return PLAIN
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.Call):
            return call(self, node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
            return self.regions.gather(*map(self.value, _elements(node)))
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return self._comprehension(node)
        if isinstance(node, ast.IfExp):
            self.value(node.test)
            return self.regions.either(self.value(node.body), self.value(node.orelse))
        if isinstance(node, ast.NamedExpr):
            given = self.value(node.value)
            self._sure += 1
            self._bind(node.target, given)
            self._sure -= 1
            return given
        if isinstance(node, ast.Lambda):
            return Value("unknown", self.regions.anything(self.at).regions)
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Value:
        """Return what operators, texts and comparisons give."""
        values = [self.value(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
        values += [self.value(each.value) for each in ast.iter_child_nodes(node) if isinstance(each, ast.keyword)]
        if isinstance(node, (ast.BoolOp, ast.Starred)):
            return (
                self.regions.either(*values)
                if self.regions.is_tame(*values)
                else self.regions.anything(self.at, *values)
            )
        usual = isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.JoinedStr, ast.FormattedValue, ast.Slice))
        if not usual or not self.regions.is_tame(*values):
            return self.regions.anything(self.at, *values)
        kinds = {each.kind for each in values} - {"plain"}
        if not kinds or isinstance(node, (ast.JoinedStr, ast.FormattedValue)):
            return PLAIN
        return self.regions.derive("box" if kinds == {"box"} else "data", *values)

    def _name(self, name: str) -> Value:
        if name in self.names:
            found = self.names[name]
            if NAN in self.regions.reach([found]):
                self.regions.changes.append((self.at, NAN))
            return found
        if name in self.modules or hasattr(builtins, name):
            return PLAIN if name not in self.modules else self._of_module(self.modules[name])
        return self.regions.anything(self.at)

    def dotted(self, node: ast.expr) -> str:
        """Return ``"numpy.split"`` for ``np.split``; empty for what is no name of an imported module."""
        root, _, rest = dotted(node).partition(".")
        if not root or root in self.names:
            return ""
        if root in self.modules:
            return f"{self.modules[root]}.{rest}".rstrip(".")
        return root if not rest and hasattr(builtins, root) else ""

    def _of_module(self, name: str) -> Value:
        if name in pure.NANS:
            self.regions.changes.append((self.at, NAN))
            self.nans.append(self.at)
            return Value("plain", frozenset({NAN}))
        return PLAIN

    def _attribute(self, node: ast.Attribute) -> Value:
        name = self.dotted(node)
        if name:
            return self._of_module(name)
        base = self.value(node.value)
        if (
            base.kind == "data"
            and self.regions.is_tame(base)
            and node.attr not in {"flags", "attrs", "ctypes", "data_ptr"}
        ):
            return self.element(base)
        if base.kind in {"plain", "model"}:
            return Value("plain" if base.kind == "plain" else "data", base.regions)
        return self.regions.anything(self.at, base)

    def _subscript(self, node: ast.Subscript) -> Value:
        base, key = self.value(node.value), self.value(node.slice)
        if not self.regions.is_tame(base, key):
            return self.regions.anything(self.at, base, key)
        bits = (ast.BitAnd, ast.BitOr, ast.Invert)
        chosen = isinstance(node.slice, (ast.Compare, ast.List)) or isinstance(getattr(node.slice, "op", None), bits)
        if base.kind == "data" and (chosen or (isinstance(node.slice, ast.Name) and key.kind == "box")):
            return self.regions.derive("data", base)
        return base if isinstance(node.slice, ast.Slice) and base.kind != "box" else self._part(node, base)

    def _part(self, node: ast.Subscript, base: Value) -> Value:
        return self.regions.derive("box", base) if isinstance(node.slice, ast.Slice) else self.element(base)

    def element(self, value: Value) -> Value:
        """Return what may stand in a value."""
        regions = self.regions
        if value.kind == "plain":
            return value
        if regions.is_flat(value):
            nan = regions.reach([value]) & {NAN}
            return Value("data", value.regions) if value.kind == "data" else Value("plain", nan)
        return Value("unknown", value.regions) if regions.is_tame(value) else regions.anything(self.at, value)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Value:
        before, modules = dict(self.names), dict(self.modules)
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for each in node.generators:
            self._bind(each.target, self.element(self.value(each.iter)))
            for test in each.ifs:
                self.value(test)
        given = [self.value(each) for each in elements]
        self.names, self.modules = before, modules
        return self.regions.gather(*given)


def _elements(node: ast.expr) -> list[ast.expr]:
    return [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]


def _has_star(*nodes: ast.expr) -> bool:
    return any(isinstance(each, ast.Starred) for each in nodes)


def _loaded(node: ast.expr) -> ast.expr:
    """Return a target as the expression that reads it."""
    return ast.parse(ast.unparse(node), mode="eval").body


def _blocks(node: ast.stmt) -> list[ast.stmt]:
    """Return the statements inside another, those of handlers and cases included."""
    parts = [each for each in ast.iter_child_nodes(node) if isinstance(each, (ast.ExceptHandler, ast.match_case))]
    return [each for part in (node, *parts) for each in ast.iter_child_nodes(part) if isinstance(each, ast.stmt)]
