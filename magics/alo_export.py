"""``%alo_export``: the steps as files for ALO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.face import export_alo
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.export.alo import Exported

GRAMMAR = Grammar("%alo_export", words=1, takes={0: "DIR"})


def alo_export(line: str) -> Exported:
    """Write the steps as asset folders with their requirements, and the plan in use, so that ALO 2.x runs them.

    %alo_export DIR

    DIR is new, empty, or of an earlier export whose files nobody has edited. Nothing is run, and where a step cannot be
    exported nothing is written.
    """
    __tracebackhide__ = True
    words = GRAMMAR.parse(line).words
    if not words:
        raise MagicUsageError("%alo_export: to which folder?", do="write `%alo_export DIR`, e.g. `%alo_export for_alo`")
    return export_alo(words[0])


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_export, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_export")
