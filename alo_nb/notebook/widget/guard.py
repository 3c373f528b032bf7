"""`Guard`: what every handler of a widget goes through, since ipywidgets shows the errors of handlers nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any


class Guard:
    """Makes handlers that show their errors, and that run one after the other.

    JupyterLab sends some messages of widgets to subshells of the kernel, so two handlers may be called at once.

    Parameters
    ----------
    show : callable
        Is given an error, and None before a handler begins.

    Attributes
    ----------
    last_error : Exception or None
        What the last handler has raised.
    """

    def __init__(self, show: Callable[[Exception | None], None]) -> None:
        self.last_error: Exception | None = None
        self._show = show
        self._here = threading.local()
        self._turn = threading.RLock()

    def __call__(self, handler: Callable[..., object]) -> Callable[..., None]:
        """Return the handler, which never raises; one that another handler sets off is a part of that."""

        @wraps(handler)
        def guarded(*args: Any) -> None:
            if getattr(self._here, "is_in", False):
                handler(*args)
                return
            with self._turn:
                self.last_error = None
                self._show(None)
                self._run(handler, args)

        return guarded

    def quiet(self, handler: Callable[..., object]) -> Callable[..., None]:
        """Return the handler for what goes on beside people's clicks: an earlier error stays until they click again."""

        @wraps(handler)
        def guarded(*args: Any) -> None:
            with self._turn:
                self._run(handler, args)

        return guarded

    def _run(self, handler: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._here.is_in = True
        try:
            handler(*args)
        except Exception as error:  # noqa: BLE001  whatever it is, a widget would swallow it: it is shown instead
            self.last_error = error
            self._show(error)
        finally:
            self._here.is_in = False
