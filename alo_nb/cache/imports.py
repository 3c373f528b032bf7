"""What a step's code imports: modules of the user's own, by their content, and installed packages, by their version."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alo_nb.cache.texts import digest_of_text
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition, blocks_of, normal_form
from alo_nb.store.objects import digest_of_own

_OURS = frozenset({"alo_nb", "alolib"})
_DYNAMIC = frozenset({"import_module", "__import__"})


@dataclass(frozen=True)
class Imports:
    """What code imports, and what the modules of the user's own import in turn.

    Attributes
    ----------
    files : mapping
        The file of each own module to the digest of what it does; comments and docstrings do not count.
    packages : tuple of str
        The top-level names that are installed, e.g. ``("pandas", "sklearn")``.
    beyond : str
        Why there may be others; empty when all is known.
    """

    files: Mapping[str, str]
    packages: tuple[str, ...]
    beyond: str = ""


def imports_of(step: StepDefinition) -> Imports:
    """Return what a step's code imports, found by reading it."""
    folders = [*([step.folder] if step.folder else []), *step.import_from]
    finder = _Finder([*folders, *(each or os.getcwd() for each in sys.path)])  # as `import` reads it
    for block in blocks_of(step):
        finder.read(block.tree(), "")
    for line in lines_taken(step):
        finder.read(ast.parse(line), "")
    return Imports(finder.files, tuple(sorted(finder.packages)), finder.beyond)


def lines_taken(step: StepDefinition) -> Iterator[str]:
    """Yield the import lines and constants that a step and its helpers take along."""
    waiting = [step.captured]
    while waiting:
        captured = waiting.pop()
        yield from captured.lines
        waiting += [each.needs for each in captured.units]


class _Finder:
    """Follows imports from file to file."""

    def __init__(self, path: list[str]) -> None:
        self._path = path
        self.files: dict[str, str] = {}
        self.packages: set[str] = set()
        self.beyond = ""

    def read(self, tree: ast.AST, package: str) -> None:
        """Follow the imports of some code that lies in `package`."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._follow(alias.name)
            elif isinstance(node, ast.ImportFrom):
                base = _absolute(node, package)
                for alias in node.names:
                    self._follow(base)
                    self._follow(f"{base}.{alias.name}")
            elif isinstance(node, ast.Call) and _name(node.func) in _DYNAMIC:
                self._called(node)

    def _called(self, node: ast.Call) -> None:
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            self._follow(first.value)
        else:
            self.beyond = "it imports a module whose name is made when it runs"

    def _follow(self, name: str) -> None:
        top = name.partition(".")[0]
        if not top or top in sys.stdlib_module_names or top in _OURS or top in self.packages:
            return
        own = _own_files(name, self._path)
        if own is None:
            self.packages.add(top)
            return
        for module, path in own:
            if path not in self.files:
                self._take(module, path)

    def _take(self, module: str, path: str) -> None:
        block = _block(path)
        self.files[path] = module_digest(path)
        if block is not None:  # else it cannot be imported either, and the step says so
            is_package = path.endswith("__init__.py")
            self.read(block.tree(), module if is_package else module.rpartition(".")[0])


def _block(path: str) -> Block | None:
    try:
        block = Block(importlib.util.decode_source(Path(path).read_bytes()), path)
        block.tree()
    except (OSError, SyntaxError, ValueError):  # ValueError: it has null bytes
        return None
    return block


def module_digest(path: str) -> str:
    """Return the digest of what a module does; empty when it cannot be read."""
    block = _block(path)
    if block is not None:
        return digest_of_text(normal_form(block))
    try:
        return digest_of_own(Path(path))  # compiled, or no Python
    except OSError:
        return ""


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the full name of the module that ``from .x import y`` names."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _own_files(name: str, path: list[str]) -> list[tuple[str, str]] | None:
    """Return the files that an import of the user's own module runs: of each package, and its own; None: installed."""
    top, *rest = name.split(".")
    spec = _top_level(top, tuple(path))
    if spec is None or spec.origin == "installed":
        return None
    found, place = [], spec.folder
    if spec.origin:
        found.append((top, spec.origin))
    module = top
    for part in rest:
        if not place:
            break
        module = f"{module}.{part}"
        folder, file = os.path.join(place, part), os.path.join(place, f"{part}.py")
        place = folder if os.path.isdir(folder) else ""
        own = next((each for each in (os.path.join(folder, "__init__.py"), file) if os.path.isfile(each)), None)
        if own is not None:
            found.append((module, own))
        elif not place:
            break
    return found


@dataclass(frozen=True)
class _Top:
    origin: str
    folder: str = ""


def _top_level(name: str, path: tuple[str, ...]) -> _Top | None:
    spec = importlib.machinery.PathFinder.find_spec(name, list(path)) or _of_other_finders(name)
    if spec is None:
        return None
    folder = next(iter(spec.submodule_search_locations or ()), "")
    place = spec.origin or folder
    if not place.endswith((".py", folder)) or is_installed(place):
        return _Top("installed")
    return _Top(spec.origin or "", folder)


def _of_other_finders(name: str) -> importlib.machinery.ModuleSpec | None:
    """Return where a package that is installed for editing lies; finders of its own lead there."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def is_installed(path: str) -> bool:
    """Tell whether a file belongs to an installed package or to Python."""
    from alo_nb.cache.watch import is_equipment

    return is_equipment(path) or f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path


# -- packages --------------------------------------------------------------------------------------------------------

Versions = Mapping[str, tuple[str, str]]


def versions_of(packages: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return name to (version, folder of its metadata) for the distributions of packages and all that they need."""
    return _versions_of(tuple(packages), _path_state())


@cache
def _versions_of(packages: tuple[str, ...], path_state: tuple[object, ...]) -> dict[str, tuple[str, str]]:
    from importlib.metadata import PackageNotFoundError, distribution

    found: dict[str, tuple[str, str]] = {}
    waiting = [name for package in packages for name in _distributions(path_state).get(package, ())]
    while waiting:
        name = waiting.pop()
        key = name.lower().replace("_", "-")
        if key in found:
            continue
        try:
            each = distribution(name)
        except PackageNotFoundError:
            continue
        found[key] = (each.version, str(getattr(each, "_path", "")))
        waiting += (_required(line) for line in each.requires or () if "extra ==" not in line)
    return dict(sorted(found.items()))


@cache
def _distributions(_path_state: tuple[object, ...]) -> Mapping[str, list[str]]:
    from importlib.metadata import packages_distributions

    return packages_distributions()


def _required(line: str) -> str:
    end = next((number for number, each in enumerate(line) if each in " ;<>=!~[("), len(line))
    return line[:end]


def version_now(name: str, was: str, folder: str) -> str:
    """Return the version of a distribution that `import` finds now; empty when it is gone.

    The folder of its metadata has the version in its name: while it is the first one on the import path, nothing is
    read.
    """
    if folder and _first_on_path(name) == folder:
        return was
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _path_state() -> tuple[object, ...]:
    """Return what changes when a distribution comes to the import path or goes."""
    return tuple((each, _changed(each)) for each in sys.path)


def _first_on_path(name: str) -> str:
    """Return the first metadata folder of a distribution; empty when there is none."""
    found = (_metadata_folders(each, _changed(each)).get(name, "") for each in sys.path)
    return next(filter(None, found), "")


@cache
def _metadata_folders(folder: str, _changed: int) -> Mapping[str, str]:
    """Return distribution to metadata folder, of those in one folder of the import path."""
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    abouts = (each for each in names if each.endswith((".dist-info", ".egg-info")))
    return {each.partition("-")[0].lower().replace("_", "-"): os.path.join(folder, each) for each in abouts}


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
