"""``%alo_history``: the runs of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.face import history
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar("%alo_history", {"limit": "how many runs, newest first"})


def alo_history(line: str) -> pd.DataFrame:
    """Return the runs of this project as a table, newest first.

    %alo_history [--limit N]
    """
    __tracebackhide__ = True
    limit = GRAMMAR.parse(line).options.get("limit")
    if not isinstance(limit, int | None) or isinstance(limit, bool):
        raise MagicUsageError(f"%alo_history: --limit is a number of runs, got {limit!r}")
    return history(limit=limit)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_history, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_history")
