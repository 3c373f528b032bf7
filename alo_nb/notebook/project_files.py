"""The plans, notebooks and asset files that a project has, for lists to choose from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from alo_nb.project import Project

_MAX_FOLDERS, _MAX_DEPTH, _MAX_FILES = 2000, 6, 200  # a data lake below the project must not make a list slow
_HEAD = 65_536  # bytes of a file that are looked at
_PLAN_KEY = re.compile(rb"^(user_parameters|asset_source|solution)[ \t]*:", re.MULTILINE)
_OF_OTHERS = {"history", "node_modules", "site-packages", "__pycache__"}


def plans_in(project: Project) -> list[Path]:
    """Return the plans, by the keys at the left edge of the YAML files; copies that runs have kept are left out."""
    return [each for each in _files(project, ".yaml", ".yml") if _PLAN_KEY.search(_head(each))]


def notebooks_in(project: Project) -> list[Path]:
    """Return the notebooks that may have step cells."""
    return [each for each in _files(project, ".ipynb") if b"alo_" in _whole(each)]


def assets_in(project: Project) -> list[Path]:
    """Return ALO's asset files: ``asset_<step>.py``."""
    return [each for each in _files(project, ".py") if each.name.startswith("asset_")]


def _files(project: Project, *suffixes: str) -> list[Path]:
    found = (each for each in _walk(project.root) if each.suffix in suffixes)
    return sorted(islice(found, _MAX_FILES), key=lambda each: (len(each.parts), str(each)))


def _walk(root: Path) -> Iterator[Path]:
    """Yield the files of a project without hidden folders, environments, and what runs have made."""
    for number, (parent, folders, names) in enumerate(os.walk(root)):
        is_deep = len(Path(parent).relative_to(root).parts) >= _MAX_DEPTH
        folders[:] = [] if is_deep or number >= _MAX_FOLDERS else sorted(filter(_is_of_people, folders))
        if "pyvenv.cfg" in names:
            folders[:] = []
            continue
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _is_of_people(folder: str) -> bool:
    return not folder.startswith(".") and folder not in _OF_OTHERS and not folder.endswith("_artifacts")


def _head(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_HEAD)
    return b""


def _whole(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""
