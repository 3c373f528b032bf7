"""``%alo_args``: change arguments of a step in the open plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.plan_edits import PlanEdited, set_args
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar, names_in

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_args",
    {
        "pipeline": "change the step in this pipeline only",
        "remove": "take arguments away; what the step's code has as default counts then",
    },
    takes_arguments=True,
    words=1,
    texts=("remove",),
    takes={0: "STEP", "pipeline": "train|inference", "remove": "ARGUMENT,..."},
    more={"NAME=VALUE": "the argument and its value, written as on `%%alo_asset`"},
)


def alo_args(line: str) -> PlanEdited:
    """Change arguments of a step in the file of the open plan, and show the lines that changed.

    %alo_args STEP NAME=VALUE ...

    Every other character of the file stays. An argument that the step has in one pipeline is changed there; a new one
    is given to the step in every pipeline that lists it.
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    if not parsed.words:
        raise MagicUsageError("%alo_args: which step?", do="write `%alo_args STEP NAME=VALUE`")
    options = parsed.options
    remove = names_in(options.get("remove"))
    return set_args(parsed.words[0], parsed.arguments, pipeline=options.get("pipeline"), remove=remove)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_args, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_args")
