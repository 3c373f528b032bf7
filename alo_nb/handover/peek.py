"""A kept value for a look: large parts are mapped and not read, and nothing is called but what rebuilds plain data.

Loading a value as the next step does (`codec.decode`) checks all its bytes and runs whatever its classes do when they
are made from a pickle. Somebody who only wants to see what it is like need not wait for that, nor start it.
"""

from __future__ import annotations

import io
import mmap
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alo_nb.errors import InterfaceError
from alo_nb.handover.codec import Part
from alo_nb.handover.large import Large
from alo_nb.handover.rebuilding import REBUILT, is_model, of_pickle, shown_only, stand_in
from alo_nb.plan.redact import redact


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if is_model(module, name):
            return shown_only(module, name)
        if (module, name) in REBUILT:  # whole names: pickle would look for what stands behind a dot
            return stand_in(module, name, super().find_class(module, name))
        what = (
            f"it holds an object of class {module}.{name}, not opened: nothing of your own code is started for a look"
        )
        raise InterfaceError(redact(what))


def peek(parts: Sequence[Part]) -> object:
    """Return a value that may be looked at and not changed.

    Raises
    ------
    InterfaceError
        It holds something that is not in `rebuilding.REBUILT`, a part of it is gone, or it cannot be loaded here.
    """
    if not parts:
        raise InterfaceError("it is damaged", do="run that step again")
    head, *buffers = parts
    try:
        found = _Unpickler(io.BytesIO(_readable(head)), buffers=[_readable(each) for each in buffers]).load()
        return of_pickle(found)
    except InterfaceError:
        raise
    except Exception as error:  # whatever a library of another version raises
        raise InterfaceError(f"it cannot be loaded here: {type(error).__name__}") from error


def _readable(part: Part) -> Any:
    if not isinstance(part, Large):
        return part
    return part.place if isinstance(part.place, bytes) else _mapped(part.place)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
