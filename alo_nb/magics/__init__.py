"""The magics of alo_nb: every file of the top-level ``magics/`` folder is one.

A checkout and an editable install read the files where they are written. A wheel carries them inside this package
(``hatch_build.py``), and then the folder beside ``alo_nb`` in site-packages is somebody else's and is left alone.

A file has ``register(ip)``, and ``unregister(ip)`` if there is anything to take back. A name that starts with an
underscore is shared code and no magic.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_here = Path(__file__).resolve().parent
_checkout = _here.parents[1] / "magics"
if _checkout.is_dir() and not any(_here.glob("[!_]*.py")):
    __path__.append(str(_checkout))


def register(ip: InteractiveShell) -> None:
    """Give the shell every magic, in the order of the file names."""
    for module in _modules():
        module.register(ip)


def unregister(ip: InteractiveShell) -> None:
    """Take back what the magics gave the shell, the last one first; a magic without ``unregister`` stays."""
    for module in reversed(list(_modules())):
        if hasattr(module, "unregister"):
            module.unregister(ip)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(__path__):
        if not found.name.startswith("_"):
            yield importlib.import_module(f"{__name__}.{found.name}")
