"""``%alo_artifact``: list, log, use and look after artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.looking import artifact
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.option_texts import ARTIFACT
from alo_nb.steps.magic_line import Grammar, names_in

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_artifact",
    {name: ARTIFACT[name] for name in ("type", "alias")},
    switches={name: ARTIFACT[name] for name in ("off", "force")},
    words=3,
    texts=("type", "alias"),
    takes={
        **{0: "ls|show|log|use|alias|tag|rm|verify|export|import", 1: "NAME:ALIAS", 2: "PATH"},
        **{"type": "TYPE", "alias": "ALIAS,..."},
    },
    more={
        "ls [TYPE|NAME]": "all artifacts, or the versions of one",
        "show NAME:ALIAS": "one version as a card",
        "log NAME PATH --type TYPE": "a file or folder becomes a version",
        "use NAME:ALIAS [DIR]": "write its files, checked, and return the folder",
        "alias NAME:v3 ALIAS [--off]": "call a version so; an alias moves",
        "tag NAME:v3 TAG [--off]": "mark a version; many may have one tag",
        "rm NAME:v3 [--force]": "delete a version; with --force also when it has aliases",
        "verify NAME:v3 [DIR]": "are the files that were written still as they were?",
        "export NAME:v3 FILE.tar": "one file to give away",
        "import FILE.tar": "take such a file in; nothing in it is run",
    },
)


def alo_artifact(line: str) -> object:
    """List, log, use and look after artifacts.

    %alo_artifact ls|show|log|use|alias|tag|rm|verify|export|import ...
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    options = dict(parsed.options)
    aliases = names_in(options.pop("alias", None))
    return artifact(*(parsed.words or ("ls",)), aliases=aliases, **options)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_artifact, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_artifact")
