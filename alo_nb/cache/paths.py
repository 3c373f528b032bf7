"""Files that a step only names: C libraries open them without Python's knowing (pyarrow, OpenCV, HDF5)."""

from __future__ import annotations

import ast
import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from alo_nb.cache.imports import lines_taken
from alo_nb.project import Project
from alo_nb.steps.definition import StepDefinition, blocks_of

LONGEST = 1000  # characters of a text that may be a path
MOST_FILES = 2000
_ALO = frozenset({"input", "assets", "history", "train_artifacts", "inference_artifacts", "models", "output", "."})


def texts_in(step: StepDefinition) -> set[str]:
    """Return the texts that stand in a step's code."""
    trees = [*(block.tree() for block in blocks_of(step)), *map(ast.parse, lines_taken(step))]
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def texts_of(value: object) -> Iterator[str]:
    """Yield the texts in a value: itself, or those in its lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts_of(each)


@dataclass
class Named:
    """Files that texts name, there or not, and folders whose names count. `beyond`: why this is not all."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    beyond: str = ""


def files_named(texts: Iterable[str], listed: Iterable[str], project: Project) -> Named:
    """Return what texts name; a folder stands for the files below it, and a pattern for those that it fits.

    The folders that were `listed` stand for the files in them: who looks for files may let others read them.
    """
    found = Named()
    patterns = (os.path.join(glob.escape(each), "*") for each in listed)
    for text in (*texts, *patterns):
        if not text or len(text) > LONGEST or "\0" in text or "\n" in text or text.strip("/") in _ALO:
            continue
        for start in {os.getcwd(), str(project.root)}:  # either may be what a relative path means
            path = os.path.abspath(os.path.join(start, os.path.expanduser(text)))
            if os.path.isdir(path):
                below = [] if _is_above(path, project) else list(islice(_below(path), MOST_FILES + 1))
            elif not glob.has_magic(path):
                below = [path]
            elif os.path.basename(path) == "*" and _is_above(os.path.dirname(path), project):
                below = []
            else:
                below = list(islice(glob.iglob(path), MOST_FILES + 1))
            if len(below) > MOST_FILES:
                found.beyond = f"{text!r} stands for more than {MOST_FILES} files"
                return found
            for each in below:
                (found.folders if os.path.isdir(each) else found.files).add(each)
    return found


def _is_above(path: str, project: Project) -> bool:
    """Tell whether a folder is the project or one that holds it: code that names it means something else."""
    return project.root.is_relative_to(path) or Path.cwd().is_relative_to(path)


def _below(folder: str) -> Iterator[str]:
    """Yield a folder with the folders and files below it."""
    for parent, folders, names in os.walk(folder):
        yield parent
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        yield from (os.path.join(parent, each) for each in sorted(names))
