"""Lines with which nobody can tell, by reading, which names a cell sets or what it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from alo_nb.steps.names import bound_names
from alo_nb.suggestion.cells import Piece
from alo_nb.suggestion.findings import Finding
from alo_nb.suggestion.settings import dotted

_HIDDEN = {
    "exec": "it runs a text, whose names cannot be read here",
    "eval": "it evaluates a text, whose names cannot be read here",
    "globals": "it reaches the notebook's names by text",
    "locals": "it reaches the notebook's names by text",
    "vars": "it reaches the notebook's names by text",
    "get_ipython": "it runs magics, which a step has not",
    "os.chdir": "it changes the folder that all later cells work in",
    "input": "it asks a person, whom a run without a notebook has not",
    "getpass": "it asks a person, whom a run without a notebook has not",
    "getpass.getpass": "it asks a person, whom a run without a notebook has not",
}
_INSTEAD = {
    "exec": "write the statements themselves",
    "eval": "write the expression itself",
    "get_ipython": "write it as Python",
    "os.chdir": "keep the folder, and write paths with it: Path(folder) / name",
    "input": "make it a constant, or an argument of the step",
    "getpass": "take it from the environment: os.environ[...]",
    "getpass.getpass": "take it from the environment: os.environ[...]",
}
_NOT_HANDED_ON = {
    "__module__": "a class has another one in a step than in a notebook",
    "__subclasses__": "which classes there are is another thing in a step than in a notebook",
    "writeable": "no copy of an array keeps it",
    "setflags": "no copy of an array keeps its flags",
}
_OF_THE_MODULE = {"__name__", "__file__", "__doc__", "__builtins__"}
_OF_IPYTHON = {"In", "Out", "_", "__", "___", "_i", "_ii", "_oh", "_ih"}


def refusals(piece: Piece, bound: frozenset[str]) -> Iterator[Finding]:
    """Yield why a piece cannot be read; `bound` are the names that the notebook sets anywhere."""
    for node in piece.nodes:
        for each in ast.walk(node):
            yield from _of_node(piece, each, bound)


def _of_node(piece: Piece, node: ast.AST, bound: frozenset[str]) -> Iterator[Finding]:
    line = getattr(node, "lineno", 0)
    if isinstance(node, ast.Attribute) and node.attr in _NOT_HANDED_ON:
        yield Finding(f"{node.attr}: {_NOT_HANDED_ON[node.attr]}", piece.place(line), "do without it")
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        what = f"it imports all names of {node.module}, and which these are cannot be read here"
        yield Finding(what, piece.place(line), f"write the names: from {node.module} import a, b")
    elif isinstance(node, ast.Call):
        name = dotted(node.func)
        if getattr(node.func, "attr", "") in {"query", "eval"} and not _is_written_here(node):
            what = "the text of a query is made elsewhere, and which names it looks up cannot be read here"
            yield Finding(what, piece.place(line), "write the text in the call itself")
        is_own = name in bound and name not in {"os.chdir"}
        if name in _HIDDEN and not is_own and not (name == "vars" and node.args):
            do = _INSTEAD.get(name, "write the names themselves")
            yield Finding(f"{name}: {_HIDDEN[name]}", piece.place(line), do)
    elif isinstance(node, ast.Name):
        yield from _of_name(piece, node, bound)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        set_here = bound_names(node.body)
        for each in ast.walk(node):
            if isinstance(each, ast.Global) and set_here.intersection(each.names):
                what = f"function {node.name!r} sets the notebook's variable {each.names[0]!r}"
                do = "return the value, and set the variable where it is called"
                yield Finding(what, piece.place(each.lineno), do)


def _is_written_here(node: ast.Call) -> bool:
    """Tell whether a call has no text but its own: `model.eval()` has none at all."""
    texts = [*node.args[:1], *(each.value for each in node.keywords if each.arg in {"expr", None})]
    return all(isinstance(each, ast.Constant) for each in texts)


def _of_name(piece: Piece, node: ast.Name, bound: frozenset[str]) -> Iterator[Finding]:
    if node.id in {"asset", "Asset"}:
        what = f"the name {node.id!r} belongs to steps, which load and save by it"
        yield Finding(what, piece.place(node.lineno), f"rename the notebook's {node.id!r}")
    elif node.id in _OF_THE_MODULE and node.id not in bound:
        what = f"{node.id} is another one in a step than in a notebook"
        do = "call it without the test" if node.id == "__name__" else "write the path or text itself"
        yield Finding(what, piece.place(node.lineno), do)
    elif node.id in _OF_IPYTHON and node.id not in bound and isinstance(node.ctx, ast.Load):
        what = f"{node.id!r} is what IPython remembers of earlier cells"
        yield Finding(what, piece.place(node.lineno), "give the value a name, and use that")
