"""Texts of users as they may be shown: short enough, and without what a screen or a terminal would obey."""

from __future__ import annotations

import re

LONG = 2_000  # characters of one value
MOST = 48_000  # characters of a whole text: below 200 KB in every language
ELLIPSIS = "…"
REPLACED = "\N{REPLACEMENT CHARACTER}"

# Controls (tab and line feed aside), halves of characters, line separators of their own, and marks that turn the order
# of letters or hide some. A joiner is no such mark: Persian, Hindi and emoji are written with it.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


def printable(value: object, limit: int = LONG) -> str:
    """Return any value as text of at most `limit` characters whose every character is one to be seen.

    What was cut is marked. A character that would be obeyed (of an escape sequence, a bell, a change of the writing
    direction, half of a pair) becomes U+FFFD.
    """
    text = str(value)
    return visible(text if len(text) <= limit else f"{text[: limit - 1]}{ELLIPSIS}")


def visible(text: str) -> str:
    """Return a text, however long, as `printable` has its characters."""
    return _OBEYED.sub(REPLACED, text.replace("\r\n", "\n"))


def in_one_line(value: object, limit: int = LONG) -> str:
    """Return any value as `printable` has it, its lines one behind the other."""
    return printable(value, limit).replace("\n", " ").replace("\t", " ")


def bounded(text: str) -> str:
    """Return a whole text with printable characters only, and the beginning of one that is too large to show."""
    return printable(text, MOST)
