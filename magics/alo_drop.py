"""``%alo_drop``: forget a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.face import drop
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.text import Forgotten

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_drop", words=1, takes={0: "STEP"})


def alo_drop(line: str) -> Forgotten:
    """Forget the step that a cell has defined, and say so; its results stay.

    %alo_drop STEP
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    if not words:
        raise MagicUsageError("%alo_drop: which step?", do="write `%alo_drop STEP`; `%alo_status` lists the steps")
    return Forgotten(drop(words[0]))


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_drop, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_drop")
