"""What expressions give: the things that a name, a subscript, a list may be, and what evaluating them changes."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alo_nb.suggestion import libraries
from alo_nb.suggestion.heap import NOTHING, SOME, Heap, Things

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Frame:
    """A call of one of the notebook's functions: its own names, and what it returns."""

    names: dict[str, Things] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    returned: set[int] = field(default_factory=set)
    yields: bool = False


@dataclass
class Expressions(ABC):
    """Evaluates expressions without running them. `names` is what the notebook's names hold at this point."""

    heap: Heap = field(default_factory=Heap)
    names: dict[str, Things] = field(default_factory=dict)
    functions: dict[int, Function] = field(default_factory=dict)
    classes: dict[int, ast.ClassDef] = field(default_factory=dict)
    methods: dict[str, list[Function]] = field(default_factory=dict)
    at: int = 0
    cell: int = 0
    line: int = 0
    _frames: list[Frame] = field(default_factory=list)
    _sure: int = 0  # 0 where a statement surely runs
    _walked: int = 0

    @abstractmethod
    def follow(self, function: Function, given: Sequence[Things], named: dict[str, Things]) -> Things:
        """Return what one of the notebook's functions gives when it is called with these things."""

    # Names -----------------------------------------------------------------------------------------------------------

    def _home(self, name: str) -> dict[str, Things]:
        return self._frames[-1].names if self._frames and name in self._frames[-1].own else self.names

    def _look_up(self, name: str) -> Things:
        """Return what a name may hold: a function's own, else the notebook's or that of a function around it."""
        if self._frames and name in self._frames[-1].own:
            return self._frames[-1].names.get(name, NOTHING)
        return self.names.get(name, NOTHING).union(*(each.names.get(name, NOTHING) for each in self._frames))

    def thing(self, frail: str = "", held: Iterable[int] = (), *, display: bool = False) -> int:
        """Return a new thing; one that cannot be handed on remembers the line of the notebook that made it."""
        thing = self.heap.new(held, display=display)
        if frail:
            self.heap.frail[thing] = (frail, self.cell, self.line)
        return thing

    def _own(self, things: Things) -> list[Function]:
        return [self.functions[each] for each in things if each in self.functions]

    # Values ----------------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Things:
        """Return the things that an expression may give; evaluating it may change some."""
        handler = getattr(self, f"_of_{type(node).__name__}", None)
        if handler is None:
            for each in ast.iter_child_nodes(node):
                if isinstance(each, ast.expr):
                    self.value(each)
            return NOTHING
        return handler(node)  # type: ignore[no-any-return]

    def _of_Name(self, node: ast.Name) -> Things:
        return self._look_up(node.id)

    def _of_Attribute(self, node: ast.Attribute) -> Things:
        base = self.value(node.value)
        if node.attr in libraries.INTERFACES:
            return frozenset({self.heap.new(base)}) if base else NOTHING
        return self.heap.part(base, node.attr)

    def _of_Subscript(self, node: ast.Subscript) -> Things:
        heap, inner = self.heap, node.value
        if isinstance(inner, ast.Attribute) and inner.attr in libraries.INDEXERS:
            inner = inner.value
        base, key = self.value(inner), self._key(node.slice)
        if not base:
            return NOTHING
        if isinstance(node.slice, ast.Slice):
            shown = base <= heap.displays
            held = heap.part(base, SOME) if shown else base | heap.part(base, SOME)
            return frozenset({heap.new(held, display=shown)})
        if not base & heap.displays and self._chooses(node.slice):
            return frozenset({heap.new()})  # tables and arrays copy what is chosen so
        return heap.part(base, key)

    def _chooses(self, node: ast.expr) -> bool:
        """Tell whether a subscript is a list or a condition."""
        if isinstance(node, ast.Name):
            chosen = self._look_up(node.id)
            return bool(chosen) and chosen <= self.heap.displays
        if isinstance(node, (ast.BinOp, ast.UnaryOp)):
            return isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.Invert))
        return isinstance(node, (ast.List, ast.Compare))

    def _of_Tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Things:
        held = frozenset[int]().union(*map(self.value, node.elts))
        return frozenset({self.heap.new(held, display=True)})

    _of_List = _of_Set = _of_Tuple

    def _of_Dict(self, node: ast.Dict) -> Things:
        thing = frozenset({self.heap.new(display=True)})
        for key, value in zip(node.keys, node.values, strict=True):
            values = self.value(value)
            if key is None:
                values = self.heap.part(values, SOME)
            self.heap.put(thing, self._key(key) if key is not None else SOME, values)
        return thing

    def _of_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Things:
        self._frames.append(Frame(own=frozenset(name for each in node.generators for name in names_in(each.target))))
        for each in node.generators:
            self._bind(each.target, self.heap.part(self.value(each.iter), SOME))
            for test in each.ifs:
                self.value(test)
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        held = frozenset[int]().union(*map(self.value, elements))
        self._frames.pop()
        frail = libraries.GENERATOR if isinstance(node, ast.GeneratorExp) else ""
        return frozenset({self.thing(frail, held, display=True)})

    _of_SetComp = _of_DictComp = _of_GeneratorExp = _of_ListComp

    def _of_Lambda(self, node: ast.Lambda) -> Things:
        """Return a function that does what the lambda does; what it holds on to is looked up when it is called."""
        thing = self.thing(libraries.LAMBDA)
        body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
        self.heap.definitions.add(thing)
        self.functions[thing] = ast.copy_location(ast.FunctionDef("<lambda>", node.args, body, []), node)
        return frozenset({thing})

    def _of_IfExp(self, node: ast.IfExp) -> Things:
        self.value(node.test)
        return self.value(node.body) | self.value(node.orelse)

    def _of_BoolOp(self, node: ast.BoolOp) -> Things:
        return frozenset[int]().union(*map(self.value, node.values))

    def _of_NamedExpr(self, node: ast.NamedExpr) -> Things:
        things = self.value(node.value)
        self._sure += 1
        self._bind(node.target, things)
        self._sure -= 1
        return things

    def _of_Starred(self, node: ast.Starred) -> Things:
        return self.heap.part(self.value(node.value), SOME)

    def _of_Await(self, node: ast.Await) -> Things:
        return self.value(node.value)

    def _of_Yield(self, node: ast.Yield | ast.YieldFrom) -> Things:
        held = self.value(node.value) if node.value is not None else NOTHING
        if self._frames:
            self._frames[-1].yields = True
            self._frames[-1].returned |= held
        return NOTHING

    _of_YieldFrom = _of_Yield

    def _of_BinOp(self, node: ast.BinOp) -> Things:
        return self.made_of(self.value(node.left) | self.value(node.right))

    def _of_UnaryOp(self, node: ast.UnaryOp) -> Things:
        return self.made_of(self.value(node.operand))

    def _of_Compare(self, node: ast.Compare) -> Things:
        things = frozenset[int]().union(*map(self.value, (node.left, *node.comparators)))
        if any(isinstance(each, (ast.Is, ast.IsNot)) for each in node.ops) and things:
            self.heap.change(self.at, things)  # whether two names hold one object: a copy would answer otherwise
        return self.made_of(things)

    def made_of(self, things: Things) -> Things:
        """Return something new; ``list + list`` holds what both hold, an array or table holds its own."""
        if not things:
            return NOTHING
        shown = things & self.heap.displays
        return frozenset({self.heap.new(self.heap.part(shown, SOME), display=bool(shown))})

    # Calls -----------------------------------------------------------------------------------------------------------

    def _of_Call(self, node: ast.Call) -> Things:
        from alo_nb.suggestion.calls import call

        return call(self, node)

    # Targets ---------------------------------------------------------------------------------------------------------

    def _bind(self, target: ast.expr, things: Things) -> None:
        heap = self.heap
        if isinstance(target, ast.Name):
            names = self._home(target.id)
            names[target.id] = things | (names.get(target.id, NOTHING) if self._sure else NOTHING)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for number, each in enumerate(target.elts):
                self._bind(each, heap.part(things, f"#{number}"))
        elif isinstance(target, ast.Starred):
            self._bind(target.value, frozenset({heap.new(heap.part(things, SOME) | things, display=True)}))
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            base, key = self._place(target)
            plain = all(each in heap.displays for each in base) or key is not SOME
            heap.change(self.at, base, deep=not plain)
            heap.put(base, key, things)

    def _place(self, node: ast.Subscript | ast.Attribute) -> tuple[Things, str | None]:
        """Return the things that a target is in, and the key there; ``frame.loc[...]`` is in the frame."""
        value = node.value
        if isinstance(value, ast.Attribute) and value.attr in libraries.INDEXERS:
            value = value.value
            return self.value(value), SOME
        base = self.value(value)
        if isinstance(node, ast.Attribute):
            return base, node.attr
        return base, self._key(node.slice)

    def _key(self, node: ast.expr) -> str | None:
        self.value(node)
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else SOME


def parameters_of(arguments: ast.arguments) -> list[str]:
    """Return the names of all parameters."""
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [each.arg for each in named if each is not None]


def names_in(node: ast.AST) -> set[str]:
    """Return every name that stands anywhere in it."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
