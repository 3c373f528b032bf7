"""The environment variables that a step's code names: what they say is part of what the step depends on."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from alo_nb.cache.texts import digest_of_text
from alo_nb.steps.definition import StepDefinition, blocks_of

_CALLS = frozenset({"get", "getenv", "pop", "setdefault"})


def variables_of(step: StepDefinition, key: bytes) -> dict[str, str]:
    """Return each environment variable that code names to the digest of its value; empty where it is not set.

    Many are secret, so the digests are made with `key`: see `alo_nb.cache.key`.
    """
    names = {name for block in blocks_of(step) for name in _named(block.tree())}
    values = {name: os.environ.get(name) for name in sorted(names)}
    return {name: "" if value is None else digest_of_text(value, key) for name, value in values.items()}


def sets_variables(step: StepDefinition) -> bool:
    """Tell whether a step's own code sets an environment variable, which steps after it may read."""
    nodes = (node for block in blocks_of(step) for node in ast.walk(block.tree()))
    return any(_is_set(node) for node in nodes)


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        name: ast.expr | None = None
        if isinstance(node, ast.Subscript) and _is_environ(node.value):
            name = node.slice
        elif isinstance(node, ast.Call) and _reads(node.func) and node.args:
            name = node.args[0]
        elif isinstance(node, ast.Compare) and any(map(_is_environ, node.comparators)):
            name = node.left
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value


def _reads(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id == "getenv"
    if not isinstance(called, ast.Attribute) or called.attr not in _CALLS:
        return False
    return called.attr == "getenv" or _is_environ(called.value)


def _is_environ(node: ast.expr) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) == "environ"


def _is_set(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_environ(node.value) and not isinstance(node.ctx, ast.Load)
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    named = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    is_method = (
        isinstance(called, ast.Attribute) and _is_environ(called.value) and named in {"update", "setdefault", "pop"}
    )
    return is_method or named in {"putenv", "unsetenv"}
