"""``%alo_suggest``: how a plain notebook could become step cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.notebook.suggesting import suggest
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.views.suggestion import Suggestion

GRAMMAR = Grammar(
    "%alo_suggest",
    {"to": "another name for the new notebook"},
    switches={"write": "write the step cells to a new notebook, NAME.alo.ipynb beside this one"},
    words=1,
    takes={0: "FILE", "to": "FILE"},
)


def alo_suggest(line: str) -> Suggestion:
    """Show how a plain notebook could become step cells, and what would cross each cut; nothing is run.

    %alo_suggest [FILE.ipynb] [--write] [--to NAME.ipynb]

    Without a file it is this notebook, as it was saved. The cells are read and grouped by their headings, else by the
    work they do. Where values would not survive being handed on, the cells stay together; what cannot be read is
    refused, with the cell and the line. The notebook itself is never written.
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    path = parsed.words[0] if parsed.words else None
    return suggest(path, write=parsed.options.get("to") or bool(parsed.options.get("write")))


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_suggest, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_suggest")
