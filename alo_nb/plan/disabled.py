"""Steps that are out of use: their lines are comments, as people who use ALO do it, and can be brought back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alo_nb.errors import PlanEditError
from alo_nb.plan.draft import Path
from alo_nb.plan.places import Places, normal
from alo_nb.plan.redact import shown
from alo_nb.plan.spans import after_trivia, column, line_end, line_start, next_line
from alo_nb.plan.yaml_text import read_list

_COMMENT = re.compile(r"([ \t]*)#( ?)(.*)")
_STEP = re.compile(r"( *)- +step *:")
_DEEPEST = 2  # columns between `#` and a dash that a person may have left, beside the indentation itself


@dataclass(frozen=True)
class Disabled:
    """A step in comments: ``text[start:end]`` are its lines, `lines` what they say without ``#``, `value` its data."""

    name: str
    start: int
    end: int
    lines: tuple[str, ...]
    value: Any


def disable(places: Places, path: Path) -> None:
    """Make comments of the lines of a step, and check that they can be brought back."""
    draft, where, at = places.draft, path[:-1], path[-1]
    assert isinstance(at, int)  # a step in a list
    span = draft.span(where)
    if span.is_flow:
        raise draft.error("the steps stand in one line, where none can be put out of use", span)
    old = draft.text
    start = span.dashes[at]
