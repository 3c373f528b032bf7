"""The few lines of a step's own text that ALO needs otherwise than a notebook does, changed and changed back.

Each changed line ends in a comment that says why, or what stood there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from alo_nb.errors import StepDefinitionError
from alo_nb.steps.code import Block, lines_of
from alo_nb.steps.names import free_names

CHECKED = "  # ALO checks here what the step has saved"
_DECORATOR_LINE = re.compile(rf"^[ \t]*@[\w.]+\.decorator_run{re.escape(CHECKED)}\n", re.MULTILINE)
_IMPORT_LINE = re.compile(r"^([ \t]*)from alolib\.asset import .*  # (from alo_nb[\w.]* import .*)$", re.MULTILINE)


def for_alo(block: Block) -> str:
    """Return the text with ``from alo_nb import Asset`` as the import of ALO's own class.

    Raises
    ------
    StepDefinitionError
        It uses something that only a notebook has: alo_nb itself, or IPython's `get_ipython`.
    """
    tree = block.tree()
    lines = lines_of(block.source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "alo_nb" in _packages(node):
            text = lines[node.lineno - block.line]
            if not _imports_asset_only(node) or text.strip() != ast.unparse(node):
                raise _refusal(
                    block, node.lineno, "imports alo_nb, which ALO has not", "use `Asset` as it is: it needs no import"
                )
            indent = text[: len(text) - len(text.lstrip())]
            names = text.partition(" import ")[2]
            lines[node.lineno - block.line] = f"{indent}from alolib.asset import {names}  # {text.strip()}"
    magic = free_names(tree.body, shadowed={"get_ipython"}).get("get_ipython")
    if magic:
        advice = "write it in Python (subprocess.run for a shell command), or move it to a cell that is no step"
        raise _refusal(block, magic, "uses a magic, a shell command or get_ipython, which ALO has not", advice)
    return "\n".join(lines)


def from_alo(text: str) -> str:
    """Return what `for_alo` and `decorated` were given."""
    return _IMPORT_LINE.sub(r"\1\2", _DECORATOR_LINE.sub("", text))


def _packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return {name.partition(".")[0] for name in names}


def _imports_asset_only(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and all(alias.name == "Asset" for alias in node.names)


def _refusal(block: Block, line: int, what: str, do: str) -> StepDefinitionError:
    return StepDefinitionError(f"the code {what}", where=f"{block.label}, line {line}: {block.line_text(line)}", do=do)


def decorated(texts: Sequence[str], entry: str) -> list[str]:
    """Return the texts with ``@Asset.decorator_run`` above the `run` of the class `entry`, or of its base, if it lacks.

    ALO 2.x takes data and config from what the decorator returns (alolib asset.py).
    """
    changed = list(texts)
    classes = {node.name: (number, node) for number, text in enumerate(texts) for node in _classes(text)}
    found = [(number, run) for number, node in _lineage(entry, classes) for run in _methods(node, "run")]
    base = next((each for _, node in _lineage(entry, classes) for each in node.bases if _last(each) == "Asset"), None)
    if not found or base is None:
        return changed
    number, run = found[0]
    if not any(_last(each) == "decorator_run" for each in run.decorator_list):
        lines = lines_of(texts[number])
        first = min([run.lineno, *(each.lineno for each in run.decorator_list)]) - 1
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        lines.insert(first, f"{indent}@{ast.unparse(base)}.decorator_run{CHECKED}")
        changed[number] = "\n".join(lines)
    return changed


def takes_four(text: str, entry: str) -> bool:
    """Tell whether the class `entry` is made as in ALO 1.0: ``UserAsset(envs, argv, data, config)``."""
    classes = {node.name: (0, node) for node in _classes(text)}
    made = [each for _, node in _lineage(entry, classes) for each in _methods(node, "__init__")]
    return bool(made) and len(made[0].args.posonlyargs) + len(made[0].args.args) == 5  # with self


def _classes(text: str) -> Iterator[ast.ClassDef]:
    return (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))


def _lineage(entry: str, classes: Mapping[str, tuple[int, ast.ClassDef]]) -> Iterator[tuple[int, ast.ClassDef]]:
    """Yield a class and those of its bases that are among `classes`."""
    seen, waiting = {""}, [entry]
    while waiting:
        name = waiting.pop(0)
        if name in classes and name not in seen:
            seen.add(name)
            yield classes[name]
            waiting += [_last(base) for base in classes[name][1].bases]


def _methods(node: ast.ClassDef, name: str) -> Iterator[ast.FunctionDef]:
    return (each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == name)


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
