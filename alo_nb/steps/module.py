"""A step's code as a real module: an importable file for pickles, workers and `inspect`, and the namespace of a run.

The file and the module hold the same names. Only the code that runs is compiled under the cell's own name and lines,
so that tracebacks, `%debug` and breakpoints show the cell.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from alo_nb import modules
from alo_nb.errors import nearest
from alo_nb.files import write_atomic
from alo_nb.project import Project
from alo_nb.steps.capture import DEFINITIONS, Captured, Unit, as_constant
from alo_nb.steps.code import Block, lines_of
from alo_nb.steps.definition import StepDefinition, unit_form

_made: dict[Path, ModuleType] = {}  # helpers of the run that goes on: its steps share one class, as one process would


def start_afresh() -> None:
    """Begin a run: helpers are made anew, so that nothing they keep in their module outlives a run."""
    _made.clear()


def new_module(step: StepDefinition, project: Project) -> ModuleType:
    """Return a new module for one run of a step, with all that the step takes along; its body has not run."""
    name = f"{_identifier(step.name)}_{step.fingerprint[3:11]}"
    text = step.body.source if step.kind != "statements" else _without_statements(step.body)
    return _new_module(name, step.captured, text, project)


def _unit_module(unit: Unit, project: Project) -> ModuleType:
    from blake3 import blake3

    name = f"{_identifier(unit.names[0])}_{blake3(unit_form(unit).encode()).hexdigest()[:8]}"
    future = sorted({f"from __future__ import {each}" for block in unit.blocks for each in block.future})
    text = "\n\n\n".join([*future, *(block.source for block in unit.blocks)])
    key = project.modules / name
    if key not in _made:
        module = _new_module(name, unit.needs, text, project)
        for block in unit.blocks:
            for code in block.compiled():
                exec(code, module.__dict__)
        _made[key] = module
    return _made[key]


def _new_module(name: str, captured: Captured, text: str, project: Project) -> ModuleType:
    """Make the module with all it takes along, write its file, and put it where `import` and `pickle` find it."""
    path, preamble = _write_file(name, captured, text, project)
    modules.look_in(project.modules)
    module = ModuleType(f"{modules.__name__}.{name}")
    module.__file__ = str(path)
    exec(compile(preamble, str(path), "exec", dont_inherit=True), module.__dict__)
    sys.modules[module.__name__] = module
    return module


def _write_file(name: str, captured: Captured, text: str, project: Project) -> tuple[Path, str]:
    """Write a module's file where it is not there yet; return its path and the lines that stand before `text`."""
    project.prepare()
    units = [_unit_module(unit, project) for unit in captured.units]
    preamble = "\n".join([*captured.lines, *_unit_imports(captured, units)])
    future, rest = _future_first(text)
    head = "# Written by alo_nb from a notebook cell; edit the cell, not this file."
    content = "\n".join([head, *future, preamble, "", rest, ""])
    path = project.modules / f"{name}.py"
    if not path.exists() or path.read_bytes() != content.encode():
        write_atomic(path, content)
    return path, "\n" * (1 + len(future)) + preamble  # its lines count as in the file


def _future_first(text: str) -> tuple[list[str], str]:
    """Return the ``from __future__`` imports, which must stand above all else, and the text with them commented out."""
    lines = lines_of(text)
    found = [each for each in ast.parse(text).body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    for node in found:
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[number] = f"# {lines[number]}"
    return [ast.unparse(each) for each in found], "\n".join(lines)


def _unit_imports(captured: Captured, units: list[ModuleType]) -> Iterator[str]:
    for unit, module in zip(captured.units, units, strict=True):
        wanted = sorted(captured.wanted.intersection(unit.names))
        yield f"from {module.__name__} import {', '.join(wanted)}"


def _without_statements(body: Block) -> str:
    """Return the text with everything but imports, definitions and constants commented out, line for line.

    So a worker or a fresh process that imports the file gets the names and does not run the step.
    """
    lines = lines_of(body.source)
    for node in body.tree().body:
        if not isinstance(node, DEFINITIONS) and as_constant(node) is None:
            for number in range(node.lineno - body.line, (node.end_lineno or node.lineno) - body.line + 1):
                lines[number] = f"# {lines[number]}"
    return "\n".join(lines)


def _identifier(name: str) -> str:
    """Return a step's name as a Python name, for a file that can be imported."""
    plain = "".join(each if each.isalnum() else "_" for each in name)
    return plain if plain.isidentifier() else f"step_{plain}"


class _Names:
    """The names of one step's module; a missing one is explained."""

    def __init__(self, step: str, module: ModuleType) -> None:
        self._step, self._names = step, module.__dict__

    def __getattr__(self, name: str) -> object:
        __tracebackhide__ = True
        if name in self._names:
            return self._names[name]
        raise AttributeError(
            f"the cell of step {self._step!r} has no name {name!r} at its top level{nearest(name, dir(self))} "
            "(what a function sets inside itself is gone when it returns)"
        )

    def __dir__(self) -> list[str]:
        return sorted(name for name in self._names if not name.startswith("__"))

    def __repr__(self) -> str:
        return f"names of step {self._step!r}: {', '.join(dir(self))}"


class StepNamespaces:
    """``steps.<name>.<variable>``: what each step's names held at the end of its last run.

    A step that was taken over from an earlier run has no names in this process. It is executed when they are asked for,
    but only while `may_execute` allows it: a completion or a tooltip starts nothing.
    """

    def __init__(self, may_execute: Callable[[], bool] = lambda: True) -> None:
        self._may_execute = may_execute
        self._modules: dict[str, ModuleType] = {}
        self._executions: dict[str, Callable[[], object]] = {}

    def keep(self, step: str, module: ModuleType) -> None:
        """Remember the namespace of a finished step."""
        self._modules[step] = module
        self._executions.pop(step, None)

    def execute_for(self, step: str, execute: Callable[[], object]) -> None:
        """Let go of what is known of a step, and call `execute`, which must `keep` it, when its names are wanted."""
        self._modules.pop(step, None)
        self._executions[step] = execute

    def __getattr__(self, step: str) -> _Names:
        __tracebackhide__ = True
        if step.startswith("_"):
            raise AttributeError(step)
        if step in self._executions:
            if not self._may_execute():
                raise AttributeError(f"step {step!r} was taken from an earlier run; a cell that asks executes it")
            self._executions[step]()
        if step not in self._modules:
            raise AttributeError(f"no step {step!r} has run in this session{nearest(step, dir(self))}")
        return _Names(step, self._modules[step])

    __getitem__ = __getattr__

    def __dir__(self) -> list[str]:
        return sorted({*self._modules, *self._executions})

    def __repr__(self) -> str:
        return f"steps that have run: {', '.join(dir(self)) or 'none yet'}"
