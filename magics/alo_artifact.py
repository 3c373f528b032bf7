"""``%alo_artifact``: list, log, use and look after artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.looking import artifact
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar, names_in

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_artifact",
    {"type": "what it is, when it is logged", "alias": "names to give the version that is logged, e.g. alias=best"},
    switches={"off": "take the alias or tag away", "force": "delete the version with its aliases"},
    words=3,
    texts=("type", "alias"),
    takes={0: "ls|show|log|use|alias|tag|rm|verify|export|import", 1: "NAME:ALIAS", "type": "TYPE"},
)


def alo_artifact(line: str) -> object:
    """List, log, use and look after artifacts.

    %alo_artifact ls [TYPE|NAME]                       all artifacts, or the versions of one
    %alo_artifact show NAME:ALIAS                      one version as a card
    %alo_artifact log NAME PATH type=T [alias=best]    a file or folder becomes a version
    %alo_artifact use NAME:ALIAS [DIR]                 write its files, checked, and return the folder
    %alo_artifact alias NAME:v3 best [--off]           call a version so; an alias moves
    %alo_artifact tag NAME:v3 TAG [--off]              mark a version; many may have one tag
    %alo_artifact rm NAME:v3 [--force]                 delete a version; --force also when it has aliases
    %alo_artifact verify NAME:v3 [DIR]                 are the files that were written still as they were?
    %alo_artifact export NAME:v3 FILE.tar              one file to give away
    %alo_artifact import FILE.tar                      take such a file in; nothing in it is run
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
