"""Texts that fit, and the image around a drawing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.views.svg import document, fitted, said, text_width

from .drawings import HOSTILE, SVG, images, root


@settings(deadline=None)
@given(st.text(max_size=60), st.floats(20, 300), st.sampled_from([10.0, 12.0]))
def test_a_fitted_text_fits_and_says_when_it_was_cut(text: str, room: float, size: float) -> None:
    shown = fitted(text, room, size)
    assert text_width(shown, size) <= room
    assert shown == text or shown.endswith("…")


def test_letters_of_korean_are_wider() -> None:
    assert text_width("가나다", 10) == 30
    assert text_width("가나다", 10) > text_width("abc", 10)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_said_is_one_short_line_that_can_be_seen(text: str) -> None:
    line = said(text)
    assert len(line) <= 120
    assert line.isprintable()


def test_letters_in_parts_are_put_together() -> None:
    assert said("\u1112\u1161\u11ab") == "한"


def test_a_long_secret_is_masked_before_it_is_cut() -> None:
    assert "hunter" not in said("x" * 100 + " https://ann:hunter22hunter22@host/")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_title_and_description_are_text(text: str) -> None:
    found = root(document(10, 10, "", title=text, description=text))
    assert {each.tag for each in found} <= {f"{SVG}title", f"{SVG}desc"}


def test_an_image_scrolls_where_it_is_wider_than_the_page() -> None:
    from alo_nb.views.svg import picture

    shown = picture(document(9000, 10, "", title="t"), 'a "b" <c>')
    assert images(shown).alternatives == ['a "b" <c>']
    assert "overflow-x:auto" in shown
