"""Completion on the first line of a step cell and on ``%alo_run``: options, step names, modes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from alo_nb.errors import AloNbError
from alo_nb.notebook.session import Session
from alo_nb.plan import MODES
from alo_nb.steps.asset_line import GRAMMAR
from alo_nb.views.history import HistoryFilter, project_history

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

_RUN_FLAGS = ("--from", "--to", "--only", "--interface-mode", "--train-id", "--notebook")
_RUN_SWITCHES = ("--fresh", "--compare", "--no-install", "--quiet")


def make_matcher(session: Session) -> Callable[[CompletionContext], dict[str, Any]]:
    """Return a matcher for `IPython.core.completer` that completes from the session's plan and steps."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def matcher(context: CompletionContext) -> dict[str, Any]:
        line = context.line_with_cursor[: context.cursor_position]
        fragment = re.search(r"\S*$", line)[0]  # type: ignore[index]  # matches everywhere
        found = candidates(session, line, fragment)
        return {
            "completions": [SimpleCompletion(each, type="param") for each in found if each.startswith(fragment)],
            "matched_fragment": fragment,
            "suppress": bool(found),
            "ordered": True,
        }

    return context_matcher(identifier="alo_nb")(matcher)  # type: ignore[no-any-return]


def candidates(session: Session, line: str, fragment: str) -> list[str]:
    """Return what may stand at the cursor, spelled with what is already there (``step=``)."""
    word = line.lstrip().partition(" ")[0]
    if fragment == word and fragment.startswith("%"):
        return []
    key, equals, _ = fragment.partition("=")
    if word in {"%%alo_asset", "%alo_asset"}:
        if equals:
            return [f"{key}={value}" for value in _values(session, key)]
        return [*(f"{name}=" for name in GRAMMAR.options), *(f"--{name}" for name in GRAMMAR.switches)]
    if word == "%alo_run":
        return (
            [*MODES, *(f"{flag}=" for flag in _RUN_FLAGS), *_RUN_SWITCHES]
            if not equals
            else [f"{key}={s}" for s in _values(session, key)]
        )
    return []


def _values(session: Session, key: str) -> Iterable[str]:
    if key == "pipeline":
        return MODES
    if key == "--interface-mode":
        return ("memory", "file")
    if key == "--train-id":
        return [each["id"] for each in project_history(session.project, HistoryFilter("train", "success"), limit=20)]
    if key not in {"step", "--from", "--to", "--only"}:
        return ()
    try:
        return session.step_names()
    except AloNbError:  # a plan that cannot be read right now: completion stays quiet
        return ()
