"""The user's own modules in this process: what an `import` gives must be what the file says now."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from types import ModuleType

from alo_nb.cache.imports import is_installed

_loaded: dict[str, tuple[ModuleType, str]] = {}  # file -> the module that was made of it, and the digest it had


def own_modules() -> dict[str, ModuleType]:
    """Return the user's modules that are imported, by file."""
    files = ((getattr(each, "__dict__", {}).get("__file__"), each) for each in list(sys.modules.values()))
    return {file: each for file, each in files if isinstance(file, str) and _is_own(file)}


@cache
def _is_own(file: str) -> bool:
    return file.endswith(".py") and not is_installed(file)


def refresh(files: Mapping[str, str]) -> None:
    """Forget modules whose files have changed since they were imported, and all others of the same code with them.

    `files` maps each to its digest. A module that was imported before anybody looked is forgotten once: what its file
    said then is not known.
    """
    imported = own_modules()
    known = {file: _loaded.get(file) for file in files if file in imported}
    if any(each != (imported[file], files[file]) for file, each in known.items()):
        for name, module in list(sys.modules.items()):
            if getattr(module, "__dict__", {}).get("__file__") in files:
                del sys.modules[name]
    for file in files:
        _drop_stale_bytecode(file)
    importlib.invalidate_caches()


def note(files: Mapping[str, str]) -> None:
    """Remember what the modules were made of that are imported now."""
    imported = own_modules()
    _loaded.update({file: (imported[file], digest) for file, digest in files.items() if file in imported})


def _drop_stale_bytecode(file: str) -> None:
    """Delete compiled code that may be of an earlier text: Python compares only size and the second of the change."""
    with suppress(OSError, NotImplementedError):
        compiled = importlib.util.cache_from_source(file)
        if os.stat(compiled).st_mtime_ns <= os.stat(file).st_ctime_ns:
            os.unlink(compiled)


def late_modules(before: Iterable[str], known: Iterable[str]) -> set[str]:
    """Return the files of own modules that came in since `before`, without those that are `known`."""
    return own_modules().keys() - {*before} - {*known}
