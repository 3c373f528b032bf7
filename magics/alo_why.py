"""``%alo_why``: why a step would run, or need not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.looking import why
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.why import Why

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_why", words=1, takes={0: "STEP"})


def alo_why(line: str) -> Why:
    """Show what would happen to a step if its pipeline ran now, and every cause of it. Nothing is run.

    %alo_why STEP

    A cause is a change since the step was last executed: its code, a helper, a module of your own, an argument, an
    input (and what differs in it), a file, the environment. A step behind one that runs may have to run or not: that
    is known when it has run.
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    if not words:
        raise MagicUsageError("%alo_why: of which step?", do="write `%alo_why STEP`; `%alo_status` lists them")
    return why(words[0])


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_why, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_why")
