"""Texts of users are cut, and hold nothing that a screen or a terminal would obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.views.card import facts_card
from alo_nb.views.html import frame, html_table
from alo_nb.views.printable import MOST, bounded, in_one_line, printable, visible

from .safety import LIMIT, Page, check_text


@given(st.text(st.characters()) | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl"])), st.integers(1, 30))
def test_what_is_printable_can_be_shown_and_is_no_longer_than_asked_for(text: str, limit: int) -> None:
    shown = printable(text, limit)
    check_text(shown)
    assert len(shown) <= limit
    assert "\n" not in in_one_line(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_letters_of_every_language_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_joiners_stay_since_words_and_emoji_are_written_with_them() -> None:
    word = "\u0645\u06cc\u200c\u062e\N{MAN}\u200d\N{PERSONAL COMPUTER}\tx\ny"
    assert visible(word) == word


def test_lines_of_windows_end_as_others() -> None:
    assert visible("a\r\nb") == "a\nb"


def test_a_text_that_is_too_large_is_cut_and_says_so() -> None:
    assert bounded("x" * MOST) == "x" * MOST
    assert bounded("x" * (MOST + 1)).endswith("x…")


@pytest.mark.parametrize("cell", ["x" * 1000, "<b>&amp;</b>" * 50])
def test_a_table_that_is_too_large_ends_with_a_mark_and_is_whole_html(cell: str) -> None:
    html = frame(html_table(["a"], ([cell] for _ in range(10_000))))
    assert len(html.encode()) < LIMIT
    assert html.count("…") == 1
    if "<" not in cell:
        assert Page(html).text.endswith("…")


def test_a_part_that_does_not_fit_is_left_out_and_those_before_it_stay() -> None:
    shown = frame("<b>head</b>", "x" * 10**6)
    assert Page(shown).text == "head…"


def test_a_label_that_is_a_text_of_its_own_does_not_push_the_values_away() -> None:
    card = facts_card("head", [("l" * 10**5, "one\ntwo")])
    assert len(card.text) < 1000
