"""Every interface text of alo_nb, found by reading the code."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from alo_nb.steps.magic_help import is_usage, one_line, option_rows, paragraphs

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "alo_nb").rglob("*.py"), *(ROOT / "magics").glob("*.py")])
MAGICS = sorted(each.stem for each in (ROOT / "magics").glob("[!_]*.py"))


def calls_of_tr() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of `tr` with its place."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "tr":
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def calls_when_imported() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of `tr` that runs when its module is imported."""
    for file in FILES:
        waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
        for node in waiting:  # grows while it is walked
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node
            functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
            waiting += [] if isinstance(node, functions) else ast.iter_child_nodes(node)


def literals() -> dict[str, str]:
    """Return each text given to `tr`, with one place where it stands."""
    found = {}
    for place, call in calls_of_tr():
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
            found.setdefault(call.args[0].value, place)
    return found


def help_texts() -> dict[str, str]:
    """Return each text of the help of a magic: the paragraphs of its docstring, and what its options mean."""
    found = {}
    for name in MAGICS:
        module = importlib.import_module(f"alo_nb.magics.{name}")
        said = [one_line(each) for each in paragraphs(getattr(module, name)) if not is_usage(each)]
        said += [meaning for _, meaning in option_rows(module.GRAMMAR)]
        found.update(dict.fromkeys(said, f"magics/{name}.py"))
    return found
