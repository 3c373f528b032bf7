"""The user's own modules in this process: each execution of a step imports them anew.

So whatever a module keeps never reaches a step unnoticed: an earlier text of its file, a file that it read when it was
imported, a cache, an open connection. What a notebook has imported itself stays as it is.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import ModuleType

from alo_nb import modules
from alo_nb.cache.imports import is_installed

_used: set[str] = set()  # files of modules that steps have imported


def own_modules() -> dict[str, ModuleType]:
    """Return the user's modules that are imported, by file; not those of cells, which are named after their content."""
    return {str(_file(each)): each for each in _own_by_name().values()}


def _own_by_name() -> dict[str, ModuleType]:
    ours, found = f"{modules.__name__}.", {}
    for name, module in list(sys.modules.items()):  # thousands, some times at each step
        file = _file(module)
        if isinstance(file, str) and _is_own(file) and not name.startswith(ours):
            found[name] = module
    return found


def _file(module: ModuleType) -> object:
    return getattr(module, "__dict__", {}).get("__file__")


@cache
def _is_own(file: str) -> bool:
    return file.endswith(".py") and not is_installed(file)


@contextmanager
def imported_anew(files: Iterable[str]) -> Iterator[None]:
    """Let imports of the body read the files of these modules, and of all that steps have imported before.

    Afterwards the process has its own modules again, and no others: what a notebook has imported can still be pickled
    and reloaded, and autoreload still finds it.
    """
    before = _own_by_name()
    _forget(files)
    try:
        yield
    finally:
        for name in _own_by_name():
            del sys.modules[name]
        sys.modules.update(before)


def _forget(files: Iterable[str]) -> None:
    _used.update(files)
    for name, module in list(sys.modules.items()) if _used else ():
        if name != "__main__" and _file(module) in _used:
            del sys.modules[name]
    for file in _used:
        _drop_stale_bytecode(file)
    importlib.invalidate_caches()


def _drop_stale_bytecode(file: str) -> None:
    """Delete compiled code that may be of an earlier text: Python compares only size and the second of the change."""
    with suppress(OSError, NotImplementedError):  # there is none, it cannot be deleted, or this Python keeps none
        compiled = importlib.util.cache_from_source(file)
        if os.stat(compiled).st_mtime_ns <= os.stat(file).st_ctime_ns:
            os.unlink(compiled)


def late_modules(before: Iterable[str], known: Iterable[str]) -> set[str]:
    """Return the files of own modules that came in since `before`, without those that are `known`."""
    late = own_modules().keys() - {*before} - {*known}
    _used.update(late)
    return late


def old_modules(names: Iterable[str], before: Iterable[str]) -> set[str]:
    """Return the files of those own modules that were there `before`: of which text they are, nobody knows."""
    wanted = {_file(sys.modules[name]) for name in names if name in sys.modules}
    old = {*before} & wanted
    _used.update(old)
    return old
