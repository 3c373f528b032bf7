"""``%alo_lineage``: what something was made of, and what was made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.looking import lineage_or_maker
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.option_texts import LINEAGE
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_lineage",
    {name: LINEAGE[name] for name in ("file", "depth", "format", "output")},
    switches={name: LINEAGE[name] for name in ("up", "down")},
    words=1,
    texts=("format", "output", "file"),
    takes={
        **{0: "NAME:ALIAS|RUN", "file": "PATH", "depth": "N"},
        **{"format": "text|svg|edges|openlineage", "output": "FILE"},
    },
)


def alo_lineage(line: str) -> object:
    """Show what a version of an artifact, or a run, was made of, and what was made of it.

    %alo_lineage NAME:ALIAS|RUN [--up|--down]
    %alo_lineage --file PATH

    Boxes are work, round ones artifacts; arrows lead from what was there before. What is returned has edges(),
    origins() and to_openlineage().
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    return lineage_or_maker(*parsed.words, **parsed.options)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_lineage, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_lineage")
