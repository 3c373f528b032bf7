"""``%alo``: what alo_nb offers, and the state of this notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import overview
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.card import Card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo")


def alo(line: str) -> Card:
    """Show what there is to write, by task, then the project, the plan, the steps, and what to do next.

    %alo
    """
    __tracebackhide__ = True
    GRAMMAR.parse(line)
    return overview()


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo")
