"""What a step's code says about its arguments: its calls of `check_args`, and what it reads of `load_args`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.steps.definition import StepDefinition, blocks_of

_ORDER = ("arg_key", "is_required", "default", "chng_type")  # of check_args (ALO 2.6 alolib asset.py)
_TYPES = ("str", "int", "float", "bool", "list")
_CHOICE = (str, int)


@dataclass(frozen=True)
class Declared:
    """What the code says of one argument.

    Attributes
    ----------
    type : str
        ``str``, ``int``, ``float``, ``bool`` or ``list``; empty when the code does not say.
    default : object
        What counts without the argument; None when there is nothing, or when only a run can tell.
    is_required : bool
        Whether the step cannot run without it.
    choices : tuple
        The values that the code compares it with, in the order of the text; it may take others, too.
    """

    type: str = ""
    default: Any = None
    is_required: bool = False
    choices: tuple[Any, ...] = ()


def declared_arguments(step: StepDefinition) -> dict[str, Declared]:
    """Return what a step's code, and the functions that it takes along, say about arguments; nothing is run."""
    found: dict[str, Declared] = {}
    for block in blocks_of(step):
        tree = block.tree()
        for name, declared in _declarations(tree):
            known = found.get(name)
            found[name] = declared if known is None or not known.type else known
        for name, choices in _choices(tree).items():
            if name in found:
                found[name] = _with_choices(found[name], choices)
    return found


def _declarations(tree: ast.Module) -> Iterator[tuple[str, Declared]]:
    holders = _argument_holders(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _method(node) == "check_args":
            yield from _checked(node)
        elif isinstance(node, ast.Call) and _method(node) == "get" and _is_arguments(node, holders) and node.args:
            name = _literal(node.args[0])
            if isinstance(name, str):
                default = _literal(node.args[1]) if len(node.args) > 1 else None
                yield name, Declared(_type_of(default), default)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_held(node.value, holders):
            name = _literal(node.slice)
            if isinstance(name, str):
                yield name, Declared(is_required=True)


def _checked(call: ast.Call) -> Iterator[tuple[str, Declared]]:
    """Yield what a call of `check_args` declares; nothing for a name that only a run knows."""
    given = dict(zip(_ORDER, call.args, strict=False)) | {each.arg: each.value for each in call.keywords if each.arg}
    name = _literal(given.get("arg_key"))
    if not isinstance(name, str):
        return
    kind = str(_literal(given.get("chng_type")) or "str")
    default = _literal(given.get("default"))
    is_required = _literal(given.get("is_required")) is True
    yield (
        name,
        Declared(kind if kind in _TYPES else "", None if is_required or default == "" else default, is_required),
    )


def _argument_holders(tree: ast.Module) -> set[str]:
    """Return the variables that hold all arguments: ``args = asset.load_args()``."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _method(node.value) == "load_args"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_arguments(call: ast.Call, holders: set[str]) -> bool:
    return isinstance(call.func, ast.Attribute) and _is_held(call.func.value, holders)


def _is_held(node: ast.expr, holders: set[str]) -> bool:
    if isinstance(node, ast.Call):
        return _method(node) == "load_args"
    return isinstance(node, ast.Name) and node.id in holders


# -- choices ---------------------------------------------------------------------------------------------------------


def _choices(tree: ast.Module) -> dict[str, list[Any]]:
    """Return the constants that variables made by `check_args` are compared with, by the argument's name."""
    names = dict(_checked_variables(tree))
    found: dict[str, list[Any]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and len(node.ops) == 1:
            found.setdefault(names.get(node.left.id, ""), []).extend(_compared(node))
        elif isinstance(node, ast.Match) and isinstance(node.subject, ast.Name):
            values = [_literal(each.value) for case in node.cases for each in _patterns(case.pattern)]
            found.setdefault(names.get(node.subject.id, ""), []).extend(values)
    found.pop("", None)
    return found


def _checked_variables(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if _method(node.value) != "check_args" or not isinstance(node.targets[0], ast.Name):
            continue
        for name, _ in _checked(node.value):
            yield node.targets[0].id, name


def _compared(node: ast.Compare) -> list[Any]:
    [kind], [right] = node.ops, node.comparators
    if isinstance(kind, (ast.In, ast.NotIn)) and isinstance(right, (ast.Tuple, ast.List, ast.Set)):
        return [_literal(each) for each in right.elts]
    return [_literal(right)] if isinstance(kind, (ast.Eq, ast.NotEq)) else []


def _patterns(pattern: ast.pattern) -> Iterator[ast.MatchValue]:
    if isinstance(pattern, ast.MatchValue):
        yield pattern
    elif isinstance(pattern, ast.MatchOr):
        for each in pattern.patterns:
            yield from _patterns(each)


def _with_choices(declared: Declared, found: list[Any]) -> Declared:
    """Return it with the choices of its own type; a single one is a special case and no choice."""
    first = [] if declared.default is None else [declared.default]
    usable = [each for each in [*first, *found] if type(each) in _CHOICE and _type_of(each) == declared.type]
    choices = tuple(dict.fromkeys([*declared.choices, *usable]))
    return replace(declared, choices=choices) if len(choices) > 1 else declared


# -- values ----------------------------------------------------------------------------------------------------------


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _literal(node: ast.expr | None) -> Any:
    """Return the value of a literal; None for anything that only a run can tell."""
    if node is None:
        return None
    with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.literal_eval(node)
    return None


_OF_TYPE: Mapping[type, str] = {str: "str", int: "int", float: "float", bool: "bool", list: "list"}


def _type_of(value: Any) -> str:
    return _OF_TYPE.get(type(value), "")
