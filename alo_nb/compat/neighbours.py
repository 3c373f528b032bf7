"""The Python files beside a step's code: importable while it runs, and read anew every time (ALO 2.6 pipeline.py)."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType

_INSTALLED = re.compile(r"^/\.|/(site|dist)-packages/")
_OTHERS = frozenset({"alo_nb", "__main__", "__mp_main__"})  # never the step's, wherever they lie
_kept: dict[tuple[str, ...], dict[str, ModuleType]] = {}  # modules of ALO 3's functions, of the run that goes on


def forget_modules() -> None:
    """Begin a run: the modules of ALO 3's functions are made anew."""
    _kept.clear()


@contextmanager
def neighbours(folders: Sequence[str], *, keep: bool = False) -> Iterator[None]:
    """Put `folders` last on the import path for the body, as ALO does; modules from there are forgotten afterwards.

    So two assets may each have a module of the same name, and an edited file counts at the next run. A module of the
    same name that the notebook has imported is out of the way for the body, and back afterwards. With `keep` the next
    body of this run with these folders gets the same modules: ALO 3 imports its functions once a run.
    """
    path, before, key = list(sys.path), dict(sys.modules), tuple(folders)
    hidden = _from(folders, before)
    for name in hidden:
        del sys.modules[name]
    sys.modules.update(_kept.get(key, {}))
    sys.path += folders
    try:
        yield
    finally:
        sys.path[:] = [each for each in sys.path if each in path]  # assets append their folder themselves, too
        found = _from(folders, sys.modules)
        for name in found:
            del sys.modules[name]
        sys.modules.update({name: before[name] for name in (*hidden, *found) if name in before})
        if keep:
            _kept[key] = found


def _from(folders: Sequence[str], modules: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
    """Return the modules that lie in `folders`, but for installed ones."""
    below, found = tuple(f"{each}{os.sep}" for each in folders), {}
    for name, module in list(modules.items()) if below else ():  # thousands, at each step
        place = _place(module)
        if not place.startswith(below) or name.partition(".")[0] in _OTHERS:
            continue
        if any(_is_own(place, each) for each in folders):
            found[name] = module
    return found


def _is_own(place: str, folder: str) -> bool:
    """Tell whether a file below a folder is the user's: not in a hidden folder or an environment that lies there."""
    if not place.startswith(folder + os.sep) or _INSTALLED.search(place[len(folder) :]):
        return False
    environments = [each for each in (sys.prefix, sys.base_prefix) if each.startswith(folder + os.sep)]
    return not any(place.startswith(each + os.sep) for each in environments)


def _place(module: ModuleType) -> str:
    """Return a module's file, or the folder of a package that has none; without running a lazy module's code."""
    if not isinstance(module, ModuleType):
        return ""
    known = module.__dict__
    file = known.get("__file__")
    if isinstance(file, str):
        return file
    try:
        return next(iter(known.get("__path__", ())), "")
    except (KeyError, AttributeError):  # a namespace package whose parent is gone
        return ""
