"""The code of cells as importable modules, kept in the project's ``.alo/modules/``.

A class or function of a step cell says that it lives in ``alo_nb.modules.<name>_<hash>``. So a pickle that holds one
loads in a fresh process, and joblib workers find it, as long as the project folder is the current one, a parent of it,
or named by ``ALO_NB_PROJECT``. The hash is of the code: an edited cell never changes what an old pickle means.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from alo_nb.errors import ProjectError
from alo_nb.project import find_project


def look_in(folder: Path) -> None:
    """Add a project's modules folder to the places where this package looks."""
    if str(folder) not in __path__:
        __path__.append(str(folder))


with suppress(ProjectError):  # whoever uses the project is told
    look_in(find_project().modules)
