"""``%alo_diff``: what differs between two runs, or two versions of an artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.looking import diff
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.diff import Diff

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_diff", words=2, takes={0: "RUN|NAME:ALIAS", 1: "RUN|NAME:ALIAS"})


def alo_diff(line: str) -> Diff:
    """Show what differs between two runs or two versions of artifacts, and what differs first.

    %alo_diff RUN RUN
    %alo_diff NAME:v1 NAME:v2

    Of runs: the plan, the code, the arguments, the data, the environment, what the steps saved, and the metrics. Of
    versions: the files and the metadata.
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    if len(words) != 2:
        raise MagicUsageError("%alo_diff takes two names", do="write `%alo_diff RUN RUN`; `%alo_runs` lists the runs")
    return diff(*words)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_diff, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_diff")
