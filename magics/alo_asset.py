"""``%%alo_asset``: make a cell a step of the pipeline, and run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.cells import run_step_cell
from alo_nb.notebook.session import current_session
from alo_nb.notebook.shell import add_magic, attached_cells, remove_magic
from alo_nb.steps.asset_line import GRAMMAR as GRAMMAR  # the decorator and notebooks on disk are read by it, too

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MISPLACED = "%alo_asset"


def alo_asset(line: str, body: str) -> Any:
    """Make this cell a step and run it on the latest outputs of the steps before it.

    %%alo_asset step=NAME [key=value ...]

    The body is an ALO class, `def run(asset): ...`, or plain statements that use `asset`. It runs in a namespace of
    its own: imports, functions, classes and constants of other cells come along, data does not. Afterwards its names
    are readable as `steps.NAME.variable`. With cache=recompute it runs every time, with cache=off nothing is kept of it
    either, and with cache=ignore its changes do not make the next step run.

    `%alo_asset step=NAME` on the first line of a plain cell means the same and leaves the cell to your editor's tools.
    """
    __tracebackhide__ = True
    cell = attached_cells().step_cell(line, body)
    result = run_step_cell(current_session(), attached_cells(), cell)
    return None if cell.line.quiet else result


def without_body(line: str) -> None:
    """Raise the error for a step cell that has no body."""
    raise MagicUsageError(
        f"%%alo_asset {line}".rstrip() + ": the cell has no code below the magic line",
        do="write the step there: an ALO class, `def run(asset): ...`, or statements that use `asset`",
    )


def below_code(line: str) -> None:
    """Raise the error for a ``%%alo_asset`` that is not the first line of code; IPython reads it as a line magic."""
    raise MagicUsageError(
        f"%%alo_asset {line}".rstrip() + " stands below other code",
        do="make it the first line of a cell of its own: one cell, one step",
    )


def register(ip: InteractiveShell) -> None:
    """Add the cell magic, and the line magics that stand for a cell without a body and for one in a wrong place."""
    without_body.__name__, without_body.__doc__ = alo_asset.__name__, alo_asset.__doc__
    below_code.__name__ = MISPLACED
    add_magic(ip, alo_asset, "cell")
    add_magic(ip, without_body, "line")
    add_magic(ip, below_code, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take all of them away."""
    remove_magic(ip, alo_asset.__name__)
    remove_magic(ip, MISPLACED)
