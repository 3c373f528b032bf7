"""The Korean catalog has every interface text, and nothing else."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

from alo_nb.lang.ko import TEXTS, cards, forms, help, reasons, tools
from alo_nb.views.reasons import REASONS, THINGS

from .texts import calls_of_tr, calls_when_imported, help_texts, literals

IN_CODE = {**literals(), **dict.fromkeys((*REASONS, *THINGS), "alo_nb/views/reasons.py")}
WANTED = {**help_texts(), **IN_CODE}
HANGUL = re.compile(r"[가-힣]")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_first_argument_of_tr_is_always_a_literal() -> None:
    calls = [*calls_of_tr()]
    assert len(calls) > 100
    wrong = [
        place
        for place, call in calls
        if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert wrong == []


def test_no_text_is_chosen_when_a_module_is_imported() -> None:
    """The language may change later, so that each call stands in a function."""
    assert [place for place, _ in calls_when_imported()] == []


def test_every_text_has_a_translation() -> None:
    assert {text: place for text, place in WANTED.items() if text not in TEXTS} == {}


def test_no_translation_is_without_use() -> None:
    assert [*TEXTS.keys() - WANTED.keys()] == []


def test_no_text_is_translated_twice() -> None:
    assert len(TEXTS) == sum(len(each.TEXTS) for each in (cards, forms, help, reasons, tools))


def test_each_translation_fits_its_text() -> None:
    """The same placeholders, the same code, blanks at the ends where the text has some; and it is Korean."""
    assert [(text, what) for text in WANTED.keys() & TEXTS.keys() for what in misfits(text, TEXTS[text])] == []


def misfits(text: str, korean: str) -> Iterator[str]:
    if text in IN_CODE and fields(korean) != fields(text):
        yield "placeholders"
    yield from (code for code in re.findall(r"`[^`]+`|%%?alo_\w+|--[a-z-]+", text) if code not in korean)
    if (text[:1].isspace(), text[-1:].isspace()) != (korean[:1].isspace(), korean[-1:].isspace()):
        yield "blanks"
    plain = re.sub(r"\{\w+\}|`[^`]+`|%%?alo\w*|https?://\S+", "", text)
    if re.search(r"[a-z]{3}", plain) and not HANGUL.search(korean):
        yield "no Korean"
