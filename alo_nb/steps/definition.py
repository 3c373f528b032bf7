"""`StepDefinition`: a step's code with all that it takes along, from whatever spelling it was written in."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from alo_nb.errors import StepDefinitionError
from alo_nb.plan import valid_step_name
from alo_nb.steps.capture import NOTHING_CAPTURED, Captured, Scope, Unit, capture
from alo_nb.steps.code import Block
from alo_nb.steps.parameters import binding_of, parameters_in

BodyKind = Literal["class", "function", "statements", "pipeline_function"]


@dataclass(frozen=True)
class StepDefinition:
    """A step that can be run.

    Attributes
    ----------
    name : str
    body : Block
        The user's text.
    kind : str
        ``"class"`` (an ALO ``class X(Asset)``), ``"function"`` (``def run(asset)``), ``"statements"``, or
        ``"pipeline_function"`` (ALO 3's ``def train(pipeline, ...)``), of which `body` is the whole module.
    entry : str
        Name of the class or function; empty for statements.
    args : mapping
        Arguments from the magic line; those of a plan go before them.
    pipelines : tuple of str
        The pipelines it was placed in by hand; empty: the train pipeline, or what the plan says.
    captured : Captured
        What it uses from other cells.
    use : tuple of str
        Notebook variables that were asked for by ``use=``.
    folder : str
        The asset folder whose Python files the step may import; empty for a cell.
    cell : str
        Identity of the cell, to tell a re-run from a second step of the same name.
    module : str
        The name that the module of a pipeline function is imported by, e.g. ``"titanic"``.
    import_from : tuple of str
        The folders whose Python files a pipeline function may import: the plan's, and that of its repository.
    cache : str
        The cache policy that its magic line asks for; empty for the plan's.
    """

    name: str
    body: Block
    kind: BodyKind
    entry: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    pipelines: tuple[str, ...] = ()
    captured: Captured = NOTHING_CAPTURED
    use: tuple[str, ...] = ()
    folder: str = field(default="", compare=False)
    cell: str = field(default="", compare=False)
    module: str = ""
    import_from: tuple[str, ...] = field(default=(), compare=False)
    cache: str = field(default="", compare=False)

    @cached_property
    def body_form(self) -> str:
        """A text that is equal for steps whose bodies do the same."""
        return _body_form(self)

    @cached_property
    def fingerprint(self) -> str:
        """``b3:<hex>`` of what the code does: comments, docstrings, layout and spelling do not count."""
        from blake3 import blake3

        return f"b3:{blake3(_step_form(self).encode()).hexdigest()}"


def define_step(
    name: str,
    body: Block,
    scope: Scope | None,
    *,
    args: Mapping[str, Any] | None = None,
    pipelines: tuple[str, ...] = (),
    use: tuple[str, ...] = (),
    cell: str = "",
) -> StepDefinition:
    """Return the step that `body` defines, with what it uses from `scope`; None when it is a file of its own.

    Raises
    ------
    StepDefinitionError
        The name is not allowed, the body is empty or awaits at its top level, or it uses a notebook variable.
    SyntaxError
        The body is not Python; with the user's own line.
    """
    if not valid_step_name(name):
        raise StepDefinitionError(
            f"{name!r} cannot be the name of a step",
            where=body.label,
            do="use letters, digits, '_', '-' and '.', at most 100, not a name that Windows reserves",
        )
    tree = body.tree()
    if not tree.body:
        raise StepDefinitionError(
            f"step {name!r} has no code", where=body.label, do="write the step below the magic line"
        )
    body.compiled()  # finds what parsing does not: a `return` or `await` outside of a function
    kind, entry = _kind_of(tree, name, body, scope or Scope())
    captured = NOTHING_CAPTURED if scope is None else capture(tree, scope, step=name, block=body, provided=use)
    return StepDefinition(name, body, kind, entry, dict(args or {}), pipelines, captured, use, cell=cell)


def _kind_of(tree: ast.Module, step: str, block: Block, scope: Scope) -> tuple[BodyKind, str]:
    assets = [
        name for name, node in _classes(tree).items() if _is_asset(node, {**_scope_classes(scope), **_classes(tree)})
    ]
    if assets:
        return "class", "UserAsset" if "UserAsset" in assets else assets[-1]
    alone = len(tree.body) == 1  # as below `@alo_nb.asset(step=...)`, where any name will do
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and (alone or node.name in {"run", step}) and len(_parameters(node)) == 1:
            return "function", node.name
    if not any(_reads(node, frozenset({"asset", "run"})) for node in tree.body):
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "run":
                raise StepDefinitionError(
                    f"step {step!r}: `run` must be a plain function with one parameter, `def run(asset):`",
                    where=f"{block.label}, line {node.lineno}: {block.line_text(node.lineno)}",
                    do="write `def run(asset):`, or statements that use `asset`",
                )
    return "statements", ""


def _classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _scope_classes(scope: Scope) -> dict[str, ast.ClassDef]:
    return {name: each.node for name, each in scope.defined.items() if isinstance(each.node, ast.ClassDef)}


def _is_asset(node: ast.ClassDef, known: Mapping[str, ast.ClassDef]) -> bool:
    """Tell whether a class is an ALO asset: `Asset` is among its bases, or theirs."""
    bases = {_last_name(base) for base in node.bases} - {node.name}
    return "Asset" in bases or any(_is_asset(known[base], known) for base in bases & known.keys())


def _reads(node: ast.stmt, names: frozenset[str]) -> bool:
    """Tell whether a statement that is no definition uses one of these names."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def _parameters(node: ast.FunctionDef) -> list[ast.arg]:
    required = len(node.args.args) - len(node.args.defaults)
    return [*node.args.posonlyargs, *node.args.args[:required]]


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def argument_names(step: StepDefinition) -> tuple[frozenset[str], bool]:
    """Return the texts in a step's code that may name arguments, and whether it may take any others.

    A step that calls `load_args` may pass on arguments that it never names (``Model(**asset.load_args())``). A function
    of ALO 3 takes those it has parameters for; one that gets none looks them up in `pipeline`.
    """
    if step.kind == "pipeline_function":
        parameters = parameters_in(binding_of(step.entry, step.body.tree()))
        if parameters is None or not parameters.get_arguments:
            return frozenset(), True
        return parameters.named, parameters.any_named
    constants = (ast.parse(line) for line in step.captured.lines)
    nodes = [node for tree in (*(block.tree() for block in blocks_of(step)), *constants) for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    takes_any = any(isinstance(node, ast.Attribute) and node.attr in {"load_args", "args"} for node in nodes)
    return frozenset(text for text in texts if text.isidentifier()), takes_any


def source_text(step: StepDefinition) -> str:
    """Return the step's code as one text, with all that it takes along from other cells above it."""
    units = _units_of(step)
    lines = dict.fromkeys([*step.captured.lines, *(line for unit in units for line in unit.needs.lines)])
    helpers = dict.fromkeys(block.source for unit in reversed(units) for block in unit.blocks)  # what others need first
    return "\n\n\n".join([*lines, *helpers, step.body.source]) + "\n"


def blocks_of(step: StepDefinition) -> Iterator[Block]:
    """Yield the code of a step: its body, and the functions and classes that it takes along."""
    yield step.body
    for unit in _units_of(step):
        yield from unit.blocks


def _units_of(step: StepDefinition) -> list[Unit]:
    """Return what a step takes along; what it needs itself before what that needs in turn."""
    units = list(step.captured.units)
    for unit in units:  # the list grows
        units += unit.needs.units
    return units


def _step_form(step: StepDefinition) -> str:
    if step.kind == "pipeline_function":
        return step.body_form
    return "\n".join([step.body_form, *_captured_form(step.captured)])


def _body_form(step: StepDefinition) -> str:
    tree = step.body.tree()
    if step.kind == "pipeline_function":  # its whole module runs, and which function of it is called
        return f"{step.entry}\n{_dump(tree)}"
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == step.entry:
            node.name = "<entry>"
            node.decorator_list = [each for each in node.decorator_list if not _is_asset_decorator(each)]
    return _dump(tree)


def normal_form(block: Block) -> str:
    """Return a text that is equal for code that does the same: comments, docstrings and layout do not count."""
    return _dump(block.tree()) + "".join(block.future)


def _captured_form(captured: Captured) -> Iterator[str]:
    yield from captured.lines
    for unit in captured.units:
        yield unit_form(unit)


def unit_form(unit: Unit) -> str:
    """Return a text that is equal for units that do the same."""
    return "\n".join([*map(normal_form, unit.blocks), *_captured_form(unit.needs)])


def _dump(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and _has_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _has_docstring(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _is_asset_decorator(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) == "asset"
