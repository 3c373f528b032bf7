"""How artifacts, versions and aliases are called: ``name``, ``name:latest``, ``name:v3``."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from alo_nb.errors import ArtifactNameError

_WORD = re.compile(r"\w[\w.-]{0,127}")
_VERSION = re.compile(r"v(0|[1-9]\d{0,8})")
LATEST = "latest"


class Reference(NamedTuple):
    """An artifact and which of its versions: a number, or an alias when `number` is None."""

    name: str
    alias: str
    number: int | None


def artifact_name(name: object) -> str:
    """Return a name as it is stored: NFC, letters of any language, digits, ``_ . -``, at most 128.

    Raises
    ------
    ArtifactNameError
        It holds something else.
    """
    text = unicodedata.normalize("NFC", name) if isinstance(name, str) else ""
    if not _WORD.fullmatch(text) or ".." in text or text.endswith("."):
        raise ArtifactNameError(
            f"{name!r} cannot be the name of an artifact",
            do="use letters, digits, '_', '-' and '.', at most 128, e.g. preprocess-data",
        )
    return text


def alias_name(alias: object) -> str:
    """Return an alias as it is stored; it must not look like a version.

    Raises
    ------
    ArtifactNameError
        It does, or holds what no alias may hold.
    """
    text = unicodedata.normalize("NFC", alias) if isinstance(alias, str) else ""
    if not _WORD.fullmatch(text):
        raise ArtifactNameError(
            f"{alias!r} cannot be an alias", do="use letters, digits, '_', '-' and '.', at most 128, e.g. best"
        )
    if _VERSION.fullmatch(text):
        raise ArtifactNameError(
            f"{alias!r} looks like a version, and versions are numbered by the store", do="choose a word, e.g. best"
        )
    return text


def parse_reference(text: object) -> Reference:
    """Return what ``name``, ``name:alias`` or ``name:v3`` names; without ``:`` the latest version.

    Raises
    ------
    ArtifactNameError
        It is none of these.
    """
    name, colon, which = text.partition(":") if isinstance(text, str) else ("", "", "")
    if colon and not which:
        raise ArtifactNameError(f"{text!r} names no version", do=f"write {name}:latest, {name}:v3 or {name}:ALIAS")
    version = _VERSION.fullmatch(which)
    if version:
        return Reference(artifact_name(name), "", int(version[1]))
    return Reference(artifact_name(name if isinstance(text, str) else text), alias_name(which or LATEST), None)
