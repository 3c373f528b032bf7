"""A failure of a notebook cell as an exception of this process, and exceptions as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alo_nb import errors
from alo_nb.errors import AloNbError, MagicUsageError, NotebookRunError
from alo_nb.runner.explain import user_traceback

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CellFailedError(NotebookRunError):
    """A step raised an exception of the user's own code; `.traceback` is what its cell shows, with colours."""

    traceback: str = ""


def failure_of_cell(name: str, text: str, shown: list[str], *, cell: str, notebook: str) -> AloNbError:
    """Return what a failed cell raised: one of our own errors as it was, any other as `CellFailedError`.

    Parameters
    ----------
    name, text, shown
        The class, the message and the rendered traceback of the cell's error output.
    cell : str
        The cell, for people: ``"step 'train'"``.
    """
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, AloNbError):
        ours = _again(kind, text)
        for note in shown[len(text.splitlines()) :]:
            ours.add_note(_COLOUR.sub("", note))
        return ours
    first = text.splitlines()[0] if text else ""
    error = CellFailedError(f"{cell} failed: {name}: {first}".rstrip(": "), where=notebook)
    error.traceback = "\n".join(each for each in shown if not _is_of_run_notebook(each))
    return error


def _is_of_run_notebook(part: str) -> bool:
    """Tell whether a part of IPython's traceback is about the cell that only calls the step, or a mere line."""
    plain = _COLOUR.sub("", part).strip()
    calls_step = plain.startswith("Cell In[") and ("run.step(" in plain or "run.save(" in plain)
    return calls_step or plain.startswith("[... skipping hidden") or not plain.strip("-")


def _again(kind: type[AloNbError], text: str) -> AloNbError:
    """Return the error whose message is `text`; `AloNbError.__str__` wrote it in three parts."""
    what, _, do = text.partition("\n  do:    ")
    what, _, where = what.partition("\n  where: ")
    return kind(what, where=where or None, do=do or None)


@contextmanager
def as_of_a_cell(mask: Callable[[str], str]) -> Iterator[None]:
    """Let what the steps of a run in this process raise be a `CellFailedError`; `mask` goes over its text."""
    try:
        yield
    except MagicUsageError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a step raised
        failed = CellFailedError(mask(f"{type(error).__name__}: {error}"))
        failed.traceback = mask(error_text(error, colour=True))
        raise failed from None


def error_text(error: BaseException, *, colour: bool) -> str:
    """Return an exception as the terminal shows it.

    One of ours is its class and its message; the user's own has its traceback, from the step's own lines on.
    """
    if isinstance(error, CellFailedError) and error.traceback:
        shown = error.traceback if colour else _COLOUR.sub("", error.traceback)
        return "\n".join([shown, f"({error.where})"] if error.where else [shown])
    if isinstance(error, AloNbError):
        name = type(error).__name__
        head = f"\x1b[31m{name}\x1b[0m" if colour else name
        return "\n".join([f"{head}: {error}", *getattr(error, "__notes__", [])])
    return user_traceback(error)
