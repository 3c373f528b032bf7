"""``%alo_status``: each step: whether it would run now and why, and where its code is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import status
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.overview import StatusTable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_status")


def alo_status(line: str) -> StatusTable:
    """Show each step of each pipeline: whether it would run now, and why; its code, and what it saved last.

    %alo_status
    """
    __tracebackhide__ = True
    GRAMMAR.parse(line)
    return status()


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_status, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_status")
