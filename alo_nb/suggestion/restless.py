"""Which functions and classes keep something that no copy of a value takes along, or look at which object they have."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

_STATE = frozenset(
    {
        *("__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__"),
        *("__new__", "__init_subclass__", "__del__", "__getattribute__", "__slots__", "__copy__", "__deepcopy__"),
    }
)
_METHOD_DECORATORS = frozenset({"property", "staticmethod", "setter", "abstractmethod"})
_CLASS_DECORATORS = frozenset({"dataclass"})
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def restless(nodes: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names of the definitions among statements that keep something of their own.

    A decorator may remember calls, a mutable default or class attribute is one object for all, `type(self)` and a
    class's own name reach what its objects share, and special methods of copying leave something out.
    """
    found = [each for each in nodes if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    names = {each.name for each in found}
    return frozenset(each.name for each in found if _keeps(each, names))


def _keeps(node: _Definition, names: Collection[str]) -> bool:
    if any(_looks_at_itself(each, names) for each in ast.walk(node)):
        return True
    if not isinstance(node, ast.ClassDef):
        return bool(node.decorator_list) or _has_objects_as_defaults(node)
    if node.keywords or any(_last(each) not in _CLASS_DECORATORS for each in node.decorator_list):
        return True
    return not all(map(_is_usual, node.body))


def _is_usual(node: ast.stmt) -> bool:
    """Tell whether a statement of a class gives its objects methods and plain values only."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        decorated = any(_last(each) not in _METHOD_DECORATORS for each in node.decorator_list)
        return node.name not in _STATE and not decorated and not _has_objects_as_defaults(node)
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        made_anew = isinstance(node.value, ast.Call) and _last(node.value) == "field"
        return node.value is None or made_anew or _is_constant(node.value)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _has_objects_as_defaults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    defaults = [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]
    return not all(isinstance(each, ast.Name) or _is_constant(each) for each in defaults)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    return isinstance(getattr(node, "operand", node), ast.Constant)


def _looks_at_itself(node: ast.AST, names: Collection[str]) -> bool:
    """Tell whether code reaches a definition as an object, or asks which object it has."""
    if isinstance(node, ast.Attribute):
        return node.attr in {"__class__", "__dict__"} or (isinstance(node.value, ast.Name) and node.value.id in names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in {"setattr", "delattr", "vars", "id"} or (node.func.id == "type" and len(node.args) == 1)
    return asks_which(node)


def asks_which(node: ast.AST) -> bool:
    """Tell whether code asks which object it has: by `id`, or by `is` with something else than a constant."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "id"
    if not isinstance(node, ast.Compare) or not any(isinstance(each, (ast.Is, ast.IsNot)) for each in node.ops):
        return False
    return not any(isinstance(each, ast.Constant) for each in (node.left, *node.comparators))


def _last(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
