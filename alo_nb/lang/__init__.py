"""The language of interface texts: English is written in the code, other languages have a catalog here.

`ALO_NB_LANG` or ``%config Alo.lang`` chooses it. Errors, logs and what is stored stay English: they are searched for.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko")
VARIABLE = "ALO_NB_LANG"

_chosen: list[str] = []


def tr(text: str, **values: object) -> str:
    """Return an interface text in the language in use, with ``{name}`` replaced by the values.

    Parameters
    ----------
    text : str
        The English text, as a literal: a test looks for a translation of each of them.
    """
    translated = _catalog(language()).get(text, text)
    return translated.format(**values) if values else translated


def language() -> str:
    """Return the language in use: the one chosen, else that of the environment, else English."""
    if _chosen:
        return _chosen[-1]
    wanted = os.environ.get(VARIABLE, ENGLISH).strip().lower()[:2]
    return wanted if wanted in LANGUAGES else ENGLISH


def use_language(name: str) -> None:
    """Choose a language for this process.

    Raises
    ------
    ValueError
        There is no catalog for it.
    """
    if name not in LANGUAGES:
        raise ValueError(f"no language {name!r}; there are {', '.join(LANGUAGES)}")
    _chosen[:] = [name]


@cache
def _catalog(name: str) -> dict[str, str]:
    return {} if name == ENGLISH else import_module(f"alo_nb.lang.{name}").TEXTS
