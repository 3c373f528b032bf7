"""`suggest`: how this notebook, or another one, could become steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.session import current_session
from alo_nb.notebook.truth import notebook_path
from alo_nb.suggestion import propose, write_notebook
from alo_nb.views.suggestion import Suggestion


def suggest(path: str | Path | None = None, *, write: bool | str | Path = False) -> Suggestion:
    """Return how a plain notebook could become step cells; nothing is run. What ``%alo_suggest`` calls.

    Parameters
    ----------
    path : str or Path, optional
        The notebook's file, as it was saved; this kernel's own when absent. For its own, the values in this kernel are
        asked for their type, shape and size.
    write : bool, str or Path
        Write the cells to a new notebook: ``NAME.alo.ipynb`` beside the old one, or this path. The old one is never
        written.

    Returns
    -------
    Suggestion
        ``.steps``, ``.refused``, ``.closed`` and ``.notes``; ``.write()`` writes the new notebook later.

    Raises
    ------
    SourceError
        There is no such notebook.
    StepDefinitionError
        It was to be written, and cannot become steps; with the cell and the line.
    ProjectError
        It was to be written, and there is such a file already.
    """
    variables = current_session().variables
    found = _this_notebook(variables) if path is None else Path(path).expanduser()
    proposal = propose(found, variables if _is_this(found, variables) else None)
    if write is False:
        return Suggestion(proposal)
    return Suggestion(proposal, write_notebook(proposal, None if write is True else Path(write).expanduser()))


def _this_notebook(variables: Mapping[str, Any]) -> Path:
    try:
        return notebook_path(variables)
    except MagicUsageError:
        raise MagicUsageError(
            "suggest: it is not known which file this notebook is",
            do="save the notebook and name its file: `%alo_suggest FILE.ipynb`",
        ) from None


def _is_this(path: Path, variables: Mapping[str, Any]) -> bool:
    try:
        return path.resolve() == notebook_path(variables)
    except MagicUsageError:
        return False
