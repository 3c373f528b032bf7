"""``%alo``: what alo_nb offers, and the state of this notebook."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from alo_nb.notebook.face import overview
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo")


def alo(line: str) -> None:
    """Show the magics in a few lines, then the project, the plan and the steps of this notebook.

    %alo
    """
    __tracebackhide__ = True
    GRAMMAR.parse(line)
    sys.stdout.write(f"{overview()}\n")


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo")
