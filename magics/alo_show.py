"""``%alo_show``: a run, a step or an artifact as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.looking import show
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.card import Card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_show", words=1, takes={0: "RUN|NAME:ALIAS|STEP"})


def alo_show(line: str) -> Card:
    """Show a run, a step of a run, or a version of an artifact.

    %alo_show RUN | RUN/STEP | STEP | NAME:ALIAS

    A run's id may be cut short, or be its last six letters; a step alone is its newest run; an artifact alone is its
    latest version. A run of alo_nb.init shows its config, its metrics as curves, and what it used and logged.
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    if not words:
        raise MagicUsageError("%alo_show: what?", do="write `%alo_show RUN`; `%alo_runs` lists the runs")
    return show(words[0])


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_show, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_show")
