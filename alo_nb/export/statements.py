"""Plain statements as the body of a method, and back: what moves, how it is indented, and what stays global."""

from __future__ import annotations

import ast
import builtins
import io
import itertools
import tokenize
from collections.abc import Collection, Iterable, Iterator

from alo_nb.errors import StepDefinitionError
from alo_nb.steps.capture import DEFINITIONS, as_constant
from alo_nb.steps.code import Block, lines_of
from alo_nb.steps.names import bound_names, free_names

INDENT = " " * 8
_BUILTINS = frozenset(dir(builtins))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def moved_statements(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements of a cell that run when the step runs: all from the first on that only does something.

    Imports, functions, classes and constants above it stay at the top level of a file, unless they use `asset`.
    """
    kept = list(itertools.takewhile(_stays, tree.body))
    below = tree.body[len(kept) :]
    while kept and (_is_plain_value(kept[-1]) or _share_a_line(kept[-1:], below[:1])):
        below.insert(0, kept.pop())
    return below


def split_statements(text: str) -> tuple[str, str]:
    """Return the text of the definitions that a cell begins with, and that of all that follows."""
    tree = ast.parse(text)
    return split_at(text, len(tree.body) - len(moved_statements(tree)))


def split_at(text: str, count: int) -> tuple[str, str]:
    """Return the first `count` statements of a text and the rest, which starts on a line of its own."""
    nodes, lines = ast.parse(text).body, lines_of(text)
    cut = len(lines) if count == len(nodes) else nodes[count - 1].end_lineno or 0 if count else 0
    return "\n".join(lines[:cut]), "\n".join(lines[cut:])


def _stays(node: ast.stmt) -> bool:
    if isinstance(node, DEFINITIONS) or as_constant(node) is not None:
        return "asset" not in free_names([node], shadowed={"asset"})
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)  # a docstring


def _is_plain_value(node: ast.stmt) -> bool:
    """Tell whether a statement is like ``total = 0``, which people write where they use it, and not ``LIMIT = 3``."""
    constant = as_constant(node)
    return constant is not None and not constant[0].isupper()


def _share_a_line(before: list[ast.stmt], after: list[ast.stmt]) -> bool:
    first = [line for node in after for line in (node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ())))]
    return bool(before and after) and (before[-1].end_lineno or 0) >= min(first)


def global_names(rest: str, kept: str, captured: Collection[str]) -> list[str]:
    """Return the names that a method must declare ``global``, so that the statements mean what they mean in a cell.

    In a cell every name is one of the module: its functions and classes see it, a statement may read a name of another
    cell, or a builtin, and then give it another value, and pickles find functions and classes by name.

    Parameters
    ----------
    rest, kept : str
        What moves into the method, and the definitions above it.
    captured : collection of str
        The names that the cell takes from other cells.
    """
    moved, above = ast.parse(rest).body, ast.parse(kept).body
    bound = bound_names(moved)
    read = free_names(moved, shadowed=bound | {"globals"}).keys()
    if "globals" in read:
        return sorted(bound)
    wanted = read & (_BUILTINS | set(captured)) | bound_names(above) | free_names(above, shadowed=bound).keys()
    for node in (each for statement in moved for each in ast.walk(statement)):
        if isinstance(node, ast.Global):
            wanted.update(node.names)
        elif isinstance(node, ast.ClassDef):  # what its body gives a value, it looks for outside of functions only
            wanted |= bound_names(node.body)
        elif isinstance(node, _FUNCTIONS):
            wanted |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & _BUILTINS
    return sorted(bound & (wanted | set(_definitions(moved))))


def _definitions(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the functions and classes that statements define, but for those inside of functions and classes."""
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif not isinstance(node, ast.expr):
            yield from _definitions(ast.iter_child_nodes(node))


def check_movable(body: Block, declared: Collection[str]) -> None:
    """Return when the statements of a cell can stand in a method that declares these names ``global``.

    Raises
    ------
    StepDefinitionError
        A star import, a name with two underscores in front (which a class renames), or an annotation of a name that
        has to be global.
    """
    for node in (each for statement in moved_statements(body.tree()) for each in ast.walk(statement)):
        name = getattr(node, "id", getattr(node, "attr", getattr(node, "name", getattr(node, "arg", None))))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            what, do = "`import *` below other statements", "move it to the top of the cell, or name what it imports"
        elif isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
            what, do = f"the name {name!r}, which means another one inside of a class", "write it with one underscore"
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in declared:
            name = node.target.id
            what, do = f"an annotation of {name!r}, which has to be global there", f"write `{name} = ...` without it"
        else:
            continue
        line = getattr(node, "lineno", body.line)
        where = f"{body.label}, line {line}: {body.line_text(line)}"
        raise StepDefinitionError(f"the body of a method cannot hold {what}", where=where, do=do)


def indented(text: str) -> str:
    """Return `text` as it stands in a method; blank lines, and lines inside of a text literal, stay as they are."""
    inside = rows_in_literals(text)
    return "\n".join(
        line if number in inside or not line.strip() else INDENT + line
        for number, line in enumerate(lines_of(text), start=1)
    )


def dedented(text: str) -> str:
    """Return what `indented` was given.

    Raises
    ------
    ValueError
        A line is not indented so far.
    """
    inside = {number - 1 for number in rows_in_literals(f"if True:\n{text}")}
    lines = lines_of(text)
    for number, line in enumerate(lines, start=1):
        if number not in inside and line.strip():
            if not line.startswith(INDENT):
                raise ValueError(f"line {number} is not indented by {len(INDENT)} blanks")
            lines[number - 1] = line[len(INDENT) :]
    return "\n".join(lines)


def rows_in_literals(text: str) -> set[int]:
    """Return the lines that start inside of a text literal, counted from 1."""
    rows: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):  # f-strings from Python 3.12 on
            opened.append(token.start[0])
        elif kind == "STRING" or kind.endswith("STRING_END"):
            first = token.start[0] if kind == "STRING" else opened.pop()
            rows.update(range(first + 1, token.end[0] + 1))
    return rows
