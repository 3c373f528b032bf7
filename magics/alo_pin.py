"""``%alo_pin``: keep the backups of a run for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.face import pin, unpin
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar
from alo_nb.store import Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_pin", switches={"off": "let the backups go when their time has come"}, words=1, takes={0: "RUN"}
)


def alo_pin(line: str) -> Run:
    """Keep the backups of a run whatever backup_size says, and return the run; its id may be cut short.

    %alo_pin RUN [--off]
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    if not parsed.words:
        raise MagicUsageError("%alo_pin: which run?", do="write `%alo_pin RUN`; `%alo_history` lists the runs")
    return (unpin if parsed.options.get("off") else pin)(parsed.words[0])


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_pin, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_pin")
