"""A plan's text in an editor that shows no secrets and knows one line end: what is left alone comes back as it was."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import count

from alo_nb.errors import PlanEditError
from alo_nb.plan.masking import masked_plan_text
from alo_nb.plan.places import BOM
from alo_nb.plan.spans import newline_of

_END = re.compile(r"(\r\n|\r|\n)")
_MASK = "***"
_MARK = re.compile(re.escape(_MASK) + r"\d")


def editable_text(text: str) -> str:
    """Return a plan's text as an editor shows it: secrets masked, line feeds at the ends of lines, no byte order mark.

    Each line with a secret has a mark of its own, ``***1``, ``***2`` and so on: lines that differ in nothing but
    their secrets could not be told apart after an edit.

    Raises
    ------
    PlanEditError
        A secret takes several lines, so that the lines that are shown would not be those of the text.
    """
    lines, masked = (_END.split(each)[::2] for each in (text.removeprefix(BOM), masked_plan_text(text)))
    if len(lines) != len(masked):
        raise PlanEditError("the plan holds a secret of several lines", do="edit the file in a text editor")
    marks = (mark for number in count(1) if (mark := f"{_MASK}{number}") not in text)
    pairs = zip(lines, masked, strict=True)
    return "\n".join(line if line == shown else _marked(shown, next(marks)) for line, shown in pairs)


def edited_text(text: str, shown: str) -> str:
    """Return a plan's text after an edit of what `editable_text` has shown of it; lines that were left alone stay.

    Raises
    ------
    PlanEditError
        A line was changed, moved or copied that holds a masked secret.
    """
    old = _END.split(text.removeprefix(BOM))
    lines, ends, newline = old[::2], [*old[1::2], ""], newline_of(text)
    before, after = editable_text(text).split("\n"), _END.sub("\n", shown).split("\n")
    made: list[tuple[str, str]] = []
    for kind, first, last, start, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            made += zip(lines[first:last], ends[first:last], strict=True)
            continue
        if any(_is_masked(each, has_secrets=before != lines) for each in after[start:stop]):
            what = "a line that was changed or moved holds a secret, which is masked here"
            raise PlanEditError(what, do="leave the line as it is where it is, or write the value anew")
        made += [(each, newline) for each in after[start:stop]]
    whole = [line + (end or newline) for line, end in made[:-1]] + [line for line, _ in made[-1:]]
    return BOM * text.startswith(BOM) + "".join(whole)


def _marked(masked: str, mark: str) -> str:
    return masked.replace(_MASK, mark) if _MASK in masked else f"{masked}  # {mark}"  # `<<: {}` for `<<: *secrets`


def _is_masked(line: str, *, has_secrets: bool) -> bool:
    """Tell whether a line shows a mask: one of this plan, or one that was copied from the text of another plan."""
    return _MASK in line if has_secrets else bool(_MARK.search(line))
