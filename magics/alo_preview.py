"""``%alo_preview``: what a step has saved, an artifact or a file, by its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.looking import preview
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.views.card import Card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_preview", words=1, takes={0: "STEP.KEY|NAME:ALIAS|PATH"})


def alo_preview(line: str) -> Card:
    """Show what a step has saved, an artifact or a file, by its beginning.

    %alo_preview STEP.KEY | STEP.KEY:v3 | train/STEP.KEY | RUN/STEP.KEY | STEP | NAME:ALIAS | NAME:ALIAS/PATH | PATH

    A table by its first rows and its columns with types, nulls and ranges; an array by its range and a histogram; a
    model by its parameters; pictures, texts and files by their beginning; a folder as a tree. A key is one of data or
    of config; STEP.config.KEY where both have it. Large values are not read as a whole, and no code of your own classes
    is run.
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    if not words:
        raise MagicUsageError("%alo_preview: what?", do="write `%alo_preview STEP.KEY`, e.g. train.model")
    return preview(words[0])


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_preview, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_preview")
