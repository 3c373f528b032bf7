"""Whatever names, columns, values, tags and errors say, it is text: in html, in pictures and in the text twins."""

from __future__ import annotations

import pytest

from alo_nb.project import Project

from .everything import cards, stored
from .safety import LIMIT, MARK, PAYLOADS, check_html, check_text, outputs


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_text_is_text_in_every_view(payload: str) -> None:
    shown = {name: "".join(outputs(card)) for name, card in cards(payload)}
    assert {name for name, each in shown.items() if MARK in each} >= {
        "run",
        "step",
        "plan card",
        "failure",
        "diff",
        "file",
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_text_is_text_in_what_a_store_shows(project: Project, payload: str) -> None:
    for _, card in stored(project, payload):
        assert [*outputs(card)]


def test_there_are_25_payloads_and_every_one_would_be_noticed() -> None:
    assert len({*PAYLOADS}) == 25
    noticed = 0
    for payload in PAYLOADS:
        try:
            check_html(f'<div style="{payload}">{payload}</div>')
            check_text(payload)
        except (AssertionError, UnicodeEncodeError, IndexError):
            noticed += 1
    assert noticed >= 20  # the others are dangerous to markdown, to formulas and to templates only


@pytest.mark.parametrize(
    ("letters", "count"), [("x", 10**6), ("<&\"'", 50_000), ("a\n", 100_000), ("\N{GRINNING FACE}", 10**5)]
)
def test_a_text_of_a_million_letters_makes_no_output_of_more_than_200_kb(letters: str, count: int) -> None:
    for name, card in cards(letters * count):
        for each in outputs(card):
            assert len(each.encode()) <= LIMIT, name


def test_very_long_texts_in_a_store_make_no_large_output(project: Project) -> None:
    for name, card in stored(project, "\N{HANGUL SYLLABLE GA}" * 100_000):
        for each in outputs(card):
            assert len(each.encode()) <= LIMIT, name
