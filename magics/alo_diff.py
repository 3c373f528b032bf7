"""``%alo_diff``: what differs between two runs, or two versions of an artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.looking import diff
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.diff import Diff

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_diff", words=2, takes={0: "RUN|NAME:ALIAS", 1: "RUN|NAME:ALIAS"})


def alo_diff(line: str) -> Diff:
    """Show what differs between two runs or two versions of artifacts, and what differs first.

    %alo_diff
    %alo_diff RUN [RUN]
    %alo_diff NAME:v1 NAME:v2

    Without a name the last two good runs of whole pipelines are compared; with one, that run and the last of them.

    Of runs: the plan, the code, the arguments, the data, the environment, what the steps saved, and the metrics. Of
    versions: the files and the metadata.
    """
    __tracebackhide__ = True
    return diff(*GRAMMAR.parse(line).words)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_diff, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_diff")
