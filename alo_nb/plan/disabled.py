"""Steps that are out of use: their lines are comments, as people who use ALO do it, and can be brought back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alo_nb.errors import PlanEditError, PlanReadError, nearest
from alo_nb.plan.draft import Path, read_data
from alo_nb.plan.keys import PIPELINE_NAMES
from alo_nb.plan.places import Places, normal
from alo_nb.plan.redact import shown
from alo_nb.plan.spans import Span, after_trivia, column, line_end, line_start, next_line

_COMMENT = re.compile(r"([ \t]*)#( ?)(.*)")
_STEP = re.compile(r"( *)- +step *:")
_NEXT = re.compile(r"[ \t]*# ?- +step *:")
_PIPELINE = re.compile(rf" *-? *(?:{'|'.join([*PIPELINE_NAMES.known, *PIPELINE_NAMES.respelled])}) *:")


@dataclass(frozen=True)
class Disabled:
    """A step in comments: ``text[start:end]`` are its lines, `lines` what they say without ``#``, `value` its data."""

    name: str
    start: int
    end: int
    lines: tuple[str, ...]
    value: Any


def disabled_in(places: Places, part: str, pipeline: str) -> list[Disabled]:
    """Return the steps of a list that are comments, in their order."""
    path = places.steps_path(part, pipeline)
    return [] if path is None else list(_disabled(places, path))


def disable(places: Places, path: Path) -> None:
    """Make comments of the lines of a step.

    Raises
    ------
    PlanEditError
        They could not be brought back as they were.
    """
    draft, where, at = places.draft, path[:-1], path[-1]
    assert isinstance(at, int)  # a step in a list
    span = draft.span(where)
    if span.is_flow:
        raise draft.error("the steps stand in one line, where none can be put out of use", span)
    name, width = places.step_names(where)[at], column(draft.text, span.dashes[at])
    start = line_start(draft.text, span.dashes[at])
    end = line_end(draft.text, max(span.dashes[at] + 1, span.items[at].end))
    lines = draft.text[start:end].splitlines(keepends=True)
    commented = "".join(_commented(each, width) for each in lines)
    left = [each for number, each in enumerate(draft.value(where)) if number != at]
    draft.replace_text(draft.text[:start] + commented + draft.text[end:], draft.data_with(where, left or None))
    kept = [each.lines for each in _disabled(places, where) if each.name == name and each.start == start]
    if kept != [tuple(each.rstrip("\r\n") for each in lines)]:
        raise draft.error(f"the lines of step {shown(name)} could not be brought back as they are", draft.span(where))


def enable(places: Places, part: str, pipeline: str, step: str) -> None:
    """Make a step of comments that say one, indented as its neighbours are."""
    draft, path = places.draft, places.steps_path(part, pipeline)
    known = disabled_in(places, part, pipeline)
    found = next((each for each in known if each.name == normal(step)), None)
    if path is None or found is None:
        hint = nearest(step[:100], [each.name for each in known])
        raise PlanEditError(f"{part} > {pipeline} has no step {shown(step)} in comments{hint}", where=draft.file)
    span = draft.span(path)
    moved = _moves_by(found, draft.text, span)
    old = draft.text[found.start : found.end].splitlines(keepends=True)
    ends = [each[len(each.rstrip("\r\n")) :] for each in old]
    text = "".join(_moved(each, moved) + end for each, end in zip(found.lines, ends, strict=True))
    steps = list(draft.value(path) or [])
    steps.insert(sum(dash < found.start for dash in span.dashes), found.value)
    draft.replace_text(draft.text[: found.start] + text + draft.text[found.end :], draft.data_with(path, steps))


def _moves_by(found: Disabled, text: str, span: Span) -> int:
    """Return by how many columns its lines have to move to stand where the other steps do."""
    own = len(found.lines[0]) - len(found.lines[0].lstrip(" "))
    return column(text, span.dashes[0]) - own if span.dashes else 0


def _commented(line: str, width: int) -> str:
    at = min(width, len(line) - len(line.lstrip(" ")))
    mark = "# " if line[at:].rstrip("\r\n") else "#"
    return line[:at] + mark + line[at:]


def _moved(line: str, by: int) -> str:
    if by >= 0:
        return " " * by + line if line.strip() else line
    return line[min(-by, len(line) - len(line.lstrip(" "))) :]


def _disabled(places: Places, path: Path) -> Iterator[Disabled]:
    """Yield the steps in the comments between the key of a list and what comes behind the list."""
    draft = places.draft
    text, span = draft.text, draft.span(path)
    behind = after_trivia(text, span.end)
    texts = [
        (each.start, each.end) for each in span.walk() if each.kind == "scalar" and "#" in text[each.start : each.end]
    ]
    at = next_line(text, span.end) if not span.dashes else line_start(text, _above(text, span.dashes[0]))
    end = len(text) if behind == len(text) else line_start(text, behind)
    lines = []
    while at < end:
        is_text = any(first <= at < last for first, last in texts)
        lines.append((at, "" if is_text else text[at : line_end(text, at)]))
        at = next_line(text, at)
    lines.append((end, ""))
    number = 0
    while number < len(lines) - 1:
        spaced = _COMMENT.fullmatch(lines[number][1])
        said = _said(lines[number][1], spaced=bool(spaced and spaced[2]))
        if said is not None and _PIPELINE.match(said):
            return  # a pipeline that is a comment has steps of its own
        match = None if said is None or spaced is None else _STEP.match(said)
        if match is None or spaced is None:
            number += 1
            continue
        after = _after(lines, number, len(match[1]), spaced=bool(spaced[2]))
        block = tuple(_said(line, spaced=bool(spaced[2])) or "" for _, line in lines[number:after])
        found = _read(draft.file, lines[number][0], line_end(text, lines[after - 1][0]), block)
        if found is not None:
            yield found
        number = after


def _above(text: str, dash: int) -> int:
    """Return the start of the first of the comments and blank lines above a dash."""
    at = line_start(text, dash)
    while at > 0:
        before = line_start(text, at - 1)
        line = text[before : line_end(text, before)].strip()
        if line and not line.startswith("#"):
            break
        at = before
    return at


def _said(line: str, *, spaced: bool) -> str | None:
    """Return what a line says without its ``#``, and the space behind it when `spaced`; None when it is no comment."""
    match = _COMMENT.fullmatch(line)
    return None if match is None else match[1] + ("" if spaced else match[2]) + match[3]


def _after(lines: list[tuple[int, str]], first: int, width: int, *, spaced: bool) -> int:
    """Return the number of the line behind a step: its lines are indented deeper than its dash."""
    after, mark = first + 1, lines[first][1].index("#")
    for number in range(first + 1, len(lines)):
        said = _said(lines[number][1], spaced=spaced)
        if said is None:
            break
        if lines[number][1].index("#") > mark or _NEXT.match(lines[number][1]):
            break  # a comment of its own, or the next step
        words = said.lstrip(" ")
        if words and not words.startswith("#") and len(said) - len(words) <= width:
            break
        if words and len(said) - len(words) > width:
            after = number + 1
    return after


def _read(file: str, start: int, end: int, said: tuple[str, ...]) -> Disabled | None:
    try:
        [value] = read_data("\n".join(["x:", *said, ""]), file).values()
    except PlanReadError:
        return None  # words, or more than one thing
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return None
    return Disabled(normal(str(value[0].get("step"))), start, end, said, value[0])
