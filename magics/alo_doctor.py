"""``%alo_doctor``: is all in order, and which command puts it right?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.doctoring import doctor
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.option_texts import DOCTOR
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.card import Card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_doctor", switches=DOCTOR)


def alo_doctor(line: str) -> Card:
    """Look over Python and its packages, the front end, the project folder, its plan and its store.

    %alo_doctor

    Each line that is not in order names the command that puts it right. Only --repair and --rebuild change anything,
    and that in the store alone.
    """
    __tracebackhide__ = True
    options = GRAMMAR.parse(line).options
    return doctor(**{name.replace("-", "_"): value for name, value in options.items()})


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_doctor, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_doctor")
