"""The function behind ``%alo_doctor``: what this kernel knows of its surroundings, and the look at all of it."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import TYPE_CHECKING

from alo_nb.health.checkup import check_up
from alo_nb.health.finding import Place
from alo_nb.health.front_end import Surroundings, server_command
from alo_nb.health.stored import Wishes
from alo_nb.notebook import face
from alo_nb.notebook.session import current_session
from alo_nb.notebook.shell import is_live
from alo_nb.views.card import Card
from alo_nb.views.checkup import checkup_card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def doctor(*, read_data: bool = False, repair: bool = False, rebuild: bool = False) -> Card:
    """Look over Python and its packages, the front end, the project folder, its plan and its store.

    Every line that is not in order names the command that puts it right. What ``%alo_doctor`` calls.

    Parameters
    ----------
    read_data : bool
        Read every content of the store and compare it with its digest.
    repair : bool
        Put right in the store what can be put right; otherwise nothing is changed.
    rebuild : bool
        Make the index of the store again from its files.
    """
    shell = face.cells.shell if face.cells is not None else None
    session = current_session()
    found = check_up(
        Place(is_notebook=shell is not None),
        surroundings(shell),
        project=session.project,
        plan=session.plan_path,
        wishes=Wishes(read_data, repair, rebuild),
    )
    return checkup_card(found)


def surroundings(shell: InteractiveShell | None) -> Surroundings:
    """Return what this process knows of its front end."""
    if shell is None:
        return Surroundings(os.environ)
    kernel = getattr(shell, "kernel", None)
    return Surroundings(
        os.environ,
        names=tuple(shell.user_ns),
        shell=type(shell).__name__,
        takes_input=is_live(shell),
        server=server_command(os.environ),
        kernel="" if kernel is None else f"ipykernel {version('ipykernel')} · IPython {version('ipython')}",
    )
