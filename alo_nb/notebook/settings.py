"""``%config Alo``: the settings of alo_nb in an IPython shell, and in ``ipython_config.py``: ``c.Alo.lang``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from traitlets import TraitError, Unicode, default, observe, validate
from traitlets.config import Configurable

from alo_nb.errors import nearest
from alo_nb.lang import LANGUAGES, VARIABLE, language, language_meant, use_language

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Alo(Configurable):
    """Settings of alo_nb: ``%config Alo.lang = "ko"``."""

    lang = Unicode(
        help="The language of cards, forms and help: en or ko. ALO_NB_LANG is the same for all that runs outside."
    ).tag(config=True)

    def __init__(self, **options: Any) -> None:
        self._before = os.environ.get(VARIABLE)
        super().__init__(**options)

    @default("lang")
    def _lang_of_the_environment(self) -> str:
        return language()

    @validate("lang")
    def _known(self, proposal: Any) -> str:
        meant = language_meant(proposal["value"])
        if not meant:
            close = nearest(proposal["value"], LANGUAGES)
            raise TraitError(f"Alo.lang: there is no language {proposal['value']!r}{close}")
        return meant

    @observe("lang")
    def _use(self, change: Any) -> None:
        use_language(change["new"])

    def close(self) -> None:
        """Go back to the language of before."""
        if self._before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = self._before


def add_settings(shell: InteractiveShell) -> Alo:
    """Let ``%config`` know the settings, with what the configuration of the shell says of them."""
    settings = Alo(parent=shell)
    _configurables(shell).append(settings)
    return settings


def remove_settings(shell: InteractiveShell, settings: Alo) -> None:
    """Take them away, and undo what they have changed."""
    _configurables(shell).remove(settings)
    settings.close()


def _configurables(shell: InteractiveShell) -> list[Any]:
    return shell.configurables
