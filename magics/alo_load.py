"""``%alo_load``: existing assets as cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.face import load_alo
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.export.load import Loaded

GRAMMAR = Grammar(
    "%alo_load", {"to": "another name for the new notebook of a plan"}, words=1, takes={0: "PATH", "to": "FILE"}
)


def alo_load(line: str) -> Loaded:
    """Turn existing assets into cells; nothing is run.

    %alo_load assets/STEP
    %alo_load PLAN.yaml [--to NAME.ipynb]

    An asset becomes one cell below this one. The steps of a plan become a new notebook beside the plan, since a front
    end takes one new cell at a time, with a plan of its own that names these cells.
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    if not parsed.words:
        raise MagicUsageError("%alo_load: which asset or plan?", do="write `%alo_load assets/STEP` or `%alo_load PLAN`")
    return load_alo(parsed.words[0], to=parsed.options.get("to"))


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_load, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_load")
