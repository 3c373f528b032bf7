"""``%alo_debug``: a step that failed, with its inputs, its variables and its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.debugging import Debugged, debug
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_debug", words=1, takes={0: "RUN"})


def alo_debug(line: str) -> Debugged:
    """Open a step that failed, here or headless, on this day or another: what it was given, and what it held.

    %alo_debug [RUN[/STEP]]

    Without a name, the newest failure whose step has not succeeded since. RUN may be cut short, or be the last six
    letters of the id. steps.STEP has data, config, args and the variables that the step held; its code is put into a
    new cell, which runs on the inputs with which it failed. What is returned has frames: found.frames[-1].locals["x"].
    """
    __tracebackhide__ = True
    return debug(*GRAMMAR.parse(line).words)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_debug, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_debug")
