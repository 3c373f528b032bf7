"""``%alo_dag``: the plan, or a run of it, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.looking import dag
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.views.picture import Picture

GRAMMAR = Grammar(
    "%alo_dag",
    {
        "run": "the picture of this run, with the times of its steps",
        "depth": "of many steps, only so many from each end and around each that stands out",
        "svg": "write the drawing to this file, too",
    },
    texts=("run", "svg"),
    takes={"run": "RUN", "depth": "N", "svg": "FILE"},
)


def alo_dag(line: str) -> Picture:
    """Show the pipelines of the plan in use as a picture: the state of each step, and where the model goes.

    %alo_dag [--run RUN]

    Of a run, it shows how each step ended and how long it took, and what it handed on. Nothing is run. Where there are
    very many steps, those in the middle become one box that counts them; what failed or has changed stays.
    """
    __tracebackhide__ = True
    return dag(**GRAMMAR.parse(line).options)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_dag, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_dag")
