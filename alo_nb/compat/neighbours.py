"""The Python files beside an asset: importable while its step runs, and read anew every time (ALO 2.6 pipeline.py)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def neighbours(folder: Path | None) -> Iterator[None]:
    """Put `folder` last on the import path for the body, as ALO does; modules from there are forgotten afterwards.

    So two assets may each have a module of the same name, and an edited file counts at the next run.
    """
    if folder is None:
        yield
        return
    before = list(sys.path)
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path[:] = [each for each in sys.path if each in before]  # assets append their folder themselves, too
        for name in [name for name, module in sys.modules.items() if _lies_in(module, folder)]:
            del sys.modules[name]


def _lies_in(module: object, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder)
