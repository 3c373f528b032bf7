"""ALO 3's functions: finds the module of ``module.function`` and checks, by reading it, that the call can work."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from alo_nb.errors import SourceError, StepDefinitionError, nearest
from alo_nb.plan import Step
from alo_nb.project import Project
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.parameters import Parameters, binding_of, parameters_in


def find_function(step: Step, folders: Sequence[Path], project: Project) -> StepDefinition:
    """Return the step that a function of ALO 3 is; nothing is run.

    Its module lies in one of `folders`, else where Python finds installed packages.

    Raises
    ------
    SourceError
        There is no such module, or no such function in it.
    StepDefinitionError, StepArgumentError
        It is no plain function, or cannot be called with the step's arguments.
    """
    assert step.source is not None
    code, place = step.source.code.removeprefix("function:"), str(step.source.place)
    module, _, function = code.rpartition(".")
    path = _module_file(module, folders, place)
    body = _read(path, project)
    parameters = _parameters(_parsed(body), function, body, place)
    if parameters is not None:
        parameters.arguments(step.args, function=code, where=str(step.place))
    here = tuple(map(str, folders))
    return StepDefinition(step.name, body, "pipeline_function", function, module=module, import_from=here)


def load_module(step: StepDefinition) -> ModuleType:
    """Return the module of a function, run when this run has not done so yet.

    It is the text that the step was defined from, under the name that the user's other modules import it by. The
    folders of `import_from` must be on the import path, and ``sys.modules`` must hold nothing from there that belongs
    to somebody else (`alo_nb.compat.neighbours`). An installed package is imported as always.
    """
    __tracebackhide__ = True
    path = step.body.file
    found = sys.modules.get(step.module)
    if found is not None and getattr(found, "__file__", None) == path:
        return found
    if not any(Path(path).is_relative_to(folder) for folder in step.import_from):
        return importlib.import_module(step.module)
    parent, _, name = step.module.rpartition(".")
    package = importlib.import_module(parent) if parent else None
    spec = importlib.util.spec_from_file_location(step.module, path)
    assert spec is not None  # it ends with .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[step.module] = module
    try:
        for code in step.body.compiled():
            exec(code, module.__dict__)
    except BaseException:  # also sys.exit: a module that did not load must not stay importable
        del sys.modules[step.module]
        raise
    if package is not None:
        setattr(package, name, module)
    return module


# -- the module ------------------------------------------------------------------------------------------------------


def _module_file(module: str, folders: Sequence[Path], place: str) -> Path:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        raise SourceError(
            f"the module {top!r} has the name of one of Python's own, which would be hidden from all other code",
            where=place,
            do="rename the file, and the module in `def`",
        )
    found = _look_up(module, [*folders, *(Path(each) for each in sys.path if each)])
    if found is None:
        here = "beside the plan" if len(folders) == 1 else "beside the plan or in its repository"
        raise SourceError(
            f"there is no module {module!r} {here}{nearest(module, _modules(folders))}",
            where=place,
            do=f"put {module.replace('.', '/')}.py into {folders[0]}, or correct `def`",
        )
    return found


def _look_up(module: str, folders: Iterable[Path]) -> Path | None:
    inner = module.replace(".", "/")
    paths = (folder / each for folder in folders for each in (f"{inner}/__init__.py", f"{inner}.py"))
    return next((path for path in paths if path.is_file()), None)


def _modules(folders: Iterable[Path]) -> list[str]:
    return [each.stem for folder in folders for each in folder.glob("*.py") if each.stem != "__init__"]


def _read(path: Path, project: Project) -> Block:
    label = os.path.relpath(path, project.root)
    label = str(path) if label.startswith("..") else label
    try:
        return Block(importlib.util.decode_source(path.read_bytes()), str(path), 1, label)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise StepDefinitionError(
            f"{path.name} cannot be read as Python: {error}", where=label, do="save the file as UTF-8"
        ) from error


def _parsed(body: Block) -> ast.Module:
    try:
        body.compiled()  # finds what parsing does not: a `return` outside of a function
        return body.tree()
    except SyntaxError as error:
        line = error.lineno or 1
        where = f"{body.label}, line {line}: {body.line_text(line)}"
        raise StepDefinitionError(f"{body.label} is not valid Python: {error.msg}", where=where) from None


# -- the function ----------------------------------------------------------------------------------------------------


def _parameters(tree: ast.Module, name: str, body: Block, place: str) -> Parameters | None:
    """Return the parameters of a function, as far as reading tells; what is missing or no plain function is refused."""
    node = binding_of(name, tree)
    if node is None and not any(_imports_all(each) for each in tree.body):
        functions = [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]
        raise SourceError(
            f"{body.label} has no function {name!r}{nearest(name, functions)}",
            where=place,
            do="correct `def`, or define the function at the top level of the file",
        )
    if isinstance(node, (ast.ClassDef, ast.AsyncFunctionDef)):
        kind = "a class" if isinstance(node, ast.ClassDef) else "an async function"
        raise StepDefinitionError(
            f"{name!r} is {kind}, and a step of ALO 3 is a plain function",
            where=f"{body.label}, line {node.lineno}: {body.line_text(node.lineno)}",
            do=f"write `def {name}(pipeline):`",
        )
    return parameters_in(node)


def _imports_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
