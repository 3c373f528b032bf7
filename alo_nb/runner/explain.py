"""Adds to an exception what its reader needs: which step, which line of the user's own text, which run."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import alo_nb
from alo_nb.errors import AloNbError, add_note
from alo_nb.steps.definition import StepDefinition

_PACKAGE = str(Path(alo_nb.__file__).parent)


def explain(error: BaseException, step: StepDefinition, run_id: str, variables: Mapping[str, Any]) -> None:
    """Complete one of our errors with its place; add a note to the user's own exception."""
    place = _place(error, step)
    if isinstance(error, AloNbError):
        if error.where is None or error.where == f"step {step.name!r}":
            error.where = place
        return
    if isinstance(error, NameError) and error.name in variables:
        add_note(
            error,
            f"{error.name!r} is a variable of the notebook; a step sees only what it loads. "
            f"Hand it on with save_data in an earlier step, or write `use={error.name}` on the magic line.",
        )
    add_note(error, f"in {place} (run {run_id})")


def _place(error: BaseException, step: StepDefinition) -> str:
    """Return ``step 'train', cell 5, line 4: model.fit(x, y)``: the innermost line of the step's own text."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == step.body.file]
    label = f"step {step.name!r}, {step.body.label}"
    if not lines or lines[-1] is None:
        return label
    return f"{label}, line {lines[-1]}: {step.body.line_text(lines[-1])}"


def user_traceback(error: BaseException) -> str:
    """Return the traceback of an exception, and of those that led to it, without the frames of alo_nb."""
    found = traceback.TracebackException.from_exception(error)
    _leave_out_our_frames(found)
    return "".join(found.format()).rstrip()


def _leave_out_our_frames(found: traceback.TracebackException) -> None:
    kept = [frame for frame in found.stack if not frame.filename.startswith(_PACKAGE)]
    found.stack = traceback.StackSummary.from_list(kept)
    for inner in (found.__cause__, found.__context__, *(found.exceptions or ())):
        if inner is not None:
            _leave_out_our_frames(inner)
