"""``%alo_project``: work in another project folder, or show the one in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import use_project
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.project import Project
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_project", words=1, takes={0: "DIR"})


def alo_project(line: str) -> Project:
    """Work in another project folder and return it; without one, return the project in use.

    %alo_project [DIR]

    The project folder is where relative paths of a plan start and where results are written. When none is named, it
    is the nearest parent of the current folder that holds `.alo/`, else the current folder.
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    return use_project(words[0] if words else None)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_project, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_project")
