"""The language of interface texts: English is written in the code, other languages have a catalog here.

`ALO_NB_LANG` or ``%config Alo.lang`` chooses it. Errors, logs and what is stored stay English: they are searched for.
"""

from __future__ import annotations

import os
import unicodedata
from functools import cache
from importlib import import_module

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko")
VARIABLE = "ALO_NB_LANG"


def tr(text: str, **values: object) -> str:
    """Return an interface text in the language in use, with ``{name}`` replaced by the values.

    Parameters
    ----------
    text : str
        The English text, as a literal: a test looks for a translation of each of them.
    """
    return translated(text).format(**values) if values else translated(text)


def translated(text: str) -> str:
    """Return a text that stands in a table, such as what an option means; `tr` is for texts in the code."""
    return _catalog(language()).get(text, text)


def language() -> str:
    """Return the language in use: that of the environment, else English."""
    return language_meant(os.environ.get(VARIABLE, "")) or ENGLISH


def language_meant(text: str) -> str:
    """Return the language that ``"ko"``, ``"KO"`` or ``"ko_KR.UTF-8"`` means; empty when there is no catalog for it."""
    name = text.strip().lower().replace("-", "_").partition("_")[0]
    return name if name in LANGUAGES else ""


def use_language(name: str) -> None:
    """Choose a language for this process and those that it starts.

    Raises
    ------
    ValueError
        There is no catalog for it.
    """
    if name not in LANGUAGES:
        raise ValueError(f"no language {name!r}; there are {', '.join(LANGUAGES)}")
    os.environ[VARIABLE] = name


def wide(text: str) -> int:
    """Return the columns that a text takes in a terminal: two for a letter of Korean."""
    if text.isascii():
        return len(text)
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def padded(text: str, columns: int) -> str:
    """Return a text with blanks behind it up to so many columns."""
    return text + " " * (columns - wide(text))


@cache
def _catalog(name: str) -> dict[str, str]:
    return {} if name == ENGLISH else import_module(f"alo_nb.lang.{name}").TEXTS
