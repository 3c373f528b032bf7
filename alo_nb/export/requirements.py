"""The packages that code imports, as the lines of a ``requirements.txt``."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ALO = "alolib"


@dataclass(frozen=True)
class Imported:
    """One import of a module that is not Python's own; `optional` when the code goes on without it."""

    module: str
    line: int
    optional: bool

    @property
    def package(self) -> str:
        """The module's name up to the first dot."""
        return self.module.partition(".")[0]


def imports_of(text: str) -> list[Imported]:
    """Return what a text imports beyond the standard library and ALO's own library, in the order of the text."""
    found = _imports(ast.parse(text), optional=False)
    return [each for each in found if each.package not in {*sys.stdlib_module_names, ALO}]


def _imports(node: ast.AST, *, optional: bool) -> Iterator[Imported]:
    if isinstance(node, ast.Import):
        yield from (Imported(alias.name, node.lineno, optional) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield Imported(str(node.module), node.lineno, optional)
    for child in ast.iter_child_nodes(node):
        inside = isinstance(node, ast.Try) and bool(node.handlers) and child in node.body
        yield from _imports(child, optional=optional or inside)


class Installed:
    """The packages of the running Python, looked up once, and only when code imports any."""

    @cached_property
    def _by_module(self) -> Mapping[str, Sequence[str]]:
        return packages_distributions()

    def distributions(self, module: str) -> list[str]:
        """Return the names of the distributions that a module comes from, none when it is not installed.

        Several share a namespace package, such as ``google``: then those that hold the module itself.
        """
        names = sorted(set(self._by_module.get(module.partition(".")[0], ())))
        path = module.replace(".", "/")
        holds = [name for name in names if any(_is_part(path, str(each)) for each in distribution(name).files or ())]
        return holds if len(names) > 1 and holds else names

    @staticmethod
    def is_local(name: str) -> bool:
        """Tell whether a distribution was installed from a folder, as by ``pip install -e .``."""
        return "file://" in (distribution(name).read_text("direct_url.json") or "")

    @staticmethod
    def pinned(name: str) -> str:
        """Return ``name==version`` of the installed distribution, without a local part of the version."""
        return f"{name}=={distribution(name).version.partition('+')[0]}"


def _is_part(module: str, file: str) -> bool:
    return file.startswith((f"{module}/", f"{module}."))


def requirement_lines(asked: Iterable[str], imported: Iterable[str], installed: Installed) -> list[str]:
    """Return the lines for the packages that a plan asks for, in its order, then for those that are only imported.

    A package without a version gets the installed one; what is more than a package's name stays as it is written.
    """
    lines: dict[str, str] = {}
    for text in asked:
        name, is_bare = _name_of(text)
        lines.setdefault(name, _pinned(name, text, installed) if is_bare else text)
    for name in sorted(set(imported), key=str.lower):
        lines.setdefault(canonicalize_name(name), installed.pinned(name))
    return list(lines.values())


def _name_of(text: str) -> tuple[str, bool]:
    """Return the package that a line asks for, and whether it says nothing else; of other lines, the line itself."""
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return text, False
    return canonicalize_name(found.name), not (found.specifier or found.extras or found.url or found.marker)


def _pinned(name: str, text: str, installed: Installed) -> str:
    try:
        return f"{text}=={installed.pinned(name).partition('==')[2]}"
    except PackageNotFoundError:
        return text
