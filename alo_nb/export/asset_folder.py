"""One asset folder of ALO: the step's file, the modules it imports from beside it, and its requirements."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeGuard

from alo_nb.errors import ProjectError, SourceError
from alo_nb.export.asset_file import to_asset_file
from alo_nb.export.folder import Content, files_below
from alo_nb.export.requirements import Imported, Installed, imports_of, requirement_lines
from alo_nb.plan import Step
from alo_nb.plan.redact import has_secret
from alo_nb.plan.secrets import holds_secret
from alo_nb.step_api.asset import folder_name
from alo_nb.steps.code import lines_of
from alo_nb.steps.definition import StepDefinition

REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class AssetFolder:
    """The files of one asset folder, and what the plan has to say under ``requirements``."""

    files: Mapping[str, Content]
    requirements: tuple[str, ...]


@dataclass
class AssetFolders:
    """Makes asset folders, and collects what to know about them."""

    notes: list[str] = field(default_factory=list)
    installed: Installed = field(default_factory=Installed)

    def make(self, step: Step, definition: StepDefinition) -> AssetFolder:
        """Return the asset folder of a step.

        Raises
        ------
        StepDefinitionError, SourceError
            The step cannot stand in a file of its own, or imports a module that is nowhere to be found.
        """
        text, own = to_asset_file(definition), f"asset_{folder_name(step.name)}.py"
        for number, line in enumerate(lines_of(text), start=1):
            if has_secret(line):
                self.notes.append(f"{own}, line {number}, looks like it holds a password or a key")
        beside = _beside(definition)
        asked = step.source.requirements if step.source else ()
        if REQUIREMENTS in beside:  # its author has said what it needs
            return AssetFolder({own: text.encode(), **beside}, asked)
        packages = self._packages(step.name, text, definition, beside)
        lines = requirement_lines([each for each in asked if each.strip() != REQUIREMENTS], packages, self.installed)
        if any(map(has_secret, lines)):
            raise secret_error(f"a requirement of step {step.name!r}", str(step.place))
        head = f"# What step {step.name} needs, in the versions that it was exported with."
        content = "\n".join([head, *lines, ""]).encode()
        return AssetFolder({own: text.encode(), REQUIREMENTS: content, **beside}, (REQUIREMENTS,) if lines else ())

    def _packages(self, step: str, text: str, definition: StepDefinition, beside: dict[str, Content]) -> set[str]:
        """Return the packages that code imports; modules of the user's own are put `beside` it."""
        packages: set[str] = set()
        waiting = [(text, definition.body.label)]
        waiting += [(path.read_text("utf-8"), str(path)) for path in beside.values() if _is_code(path)]
        while waiting:
            code, label = waiting.pop()
            for each in imports_of(code):
                names = self.installed.distributions(each.module)
                packages.update(names)
                if names or _holds(beside, each.package):
                    continue
                found = dict(_module_files(each.package, [Path(definition.body.file).parent, Path.cwd()]))
                if not found and not each.optional:
                    raise _not_found(step, each, label)
                beside |= found
                waiting += [(path.read_text("utf-8"), str(path)) for path in found.values() if _is_code(path)]
                if found:
                    self.notes.append(f"step {step} imports {each.package}, which was copied beside it")
        for name in sorted(packages):
            if self.installed.is_local(name):
                self.notes.append(f"step {step} imports {name}, which is installed here from a folder of this machine")
        return packages


def refuse_secrets(step: str, args: Mapping[Any, Any], where: str) -> None:
    """Raise for an argument of a step that must not be written into a file."""
    for name, value in args.items():
        if holds_secret(str(name), value):
            raise secret_error(f"the argument {name!r} of step {step!r}", where)


def secret_error(what: str, where: str) -> ProjectError:
    """Return the error for a value that must not be written into a file."""
    return ProjectError(
        f"{what} holds a password, a token or a key, which no exported file may",
        where=where or None,
        do="name an environment variable or a profile instead, and read it in the step",
    )


def _is_code(content: Content) -> TypeGuard[Path]:
    return isinstance(content, Path) and content.suffix == ".py"


def _beside(definition: StepDefinition) -> dict[str, Content]:
    """Return the files beside an asset file, which go where it goes; a cell has none."""
    if not definition.folder:
        return {}
    folder, own = Path(definition.folder), Path(definition.body.file).name
    return {name: folder / name for name in files_below(folder) if name != own}


def _holds(files: Mapping[str, Content], module: str) -> bool:
    return any(name == f"{module}.py" or name.startswith(f"{module}/") for name in files)


def _module_files(module: str, folders: list[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files of a module or package of the user's own, by their names beside an asset.

    It lies in one of `folders`, or where `import` finds it here: in a folder that was put on the path.
    """
    spec = None if module in sys.modules and sys.modules[module].__spec__ is None else find_spec(module)
    packages = [Path(each) for each in spec.submodule_search_locations or ()] if spec is not None else []
    files = [Path(spec.origin)] if spec is not None and spec.origin and not packages else []
    for folder in (*folders, *(each.parent for each in (*packages, *files))):
        if (folder / f"{module}.py").is_file():
            yield f"{module}.py", folder / f"{module}.py"
            return
        if (folder / module).is_dir() and any((folder / module).glob("*.py")):
            yield from ((f"{module}/{name}", folder / module / name) for name in files_below(folder / module))
            return


def _not_found(step: str, imported: Imported, label: str) -> SourceError:
    return SourceError(
        f"step {step!r} imports {imported.package!r}, which is not installed here and lies beside no notebook",
        where=f"{label}, import of {imported.module}",
        do="install it, put its file beside the notebook, or move what is needed into a cell",
    )
