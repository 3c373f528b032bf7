"""A language that puts every interface text in brackets: what stands outside of them has not been translated."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

OPEN, CLOSE = "⟦", "⟧"


class Brackets(dict[str, str]):
    """A catalog that has everything."""

    def get(self, text: str, _: object = None) -> str:
        return f"{OPEN}{text}{CLOSE}"


def outside(text: str) -> str:
    """Return what of a text stands outside of brackets."""
    depth, kept = 0, []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0:
            kept.append(" " if letter == CLOSE else letter)
    assert depth == 0, text
    return "".join(kept)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"title", "alt", "aria-label", "placeholder"} and value:
                self.found.append(value)
            elif name == "src" and value and "svg+xml" in value:
                self.found += texts_of(base64.b64decode(value.partition("base64,")[2]).decode())


def texts_of(markup: str) -> list[str]:
    """Return what can be read in html or an SVG, in pictures within it, too; a style sheet is no text."""
    parser = _Texts()
    parser.feed(re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL))
    return parser.found


def untranslated(text: str, data: set[str]) -> set[str]:
    """Return the words outside of brackets that are no data."""
    rest = re.sub(r"`[^`]*`|%%?alo\w*[^·\n]*|[\w./]*/[\w./-]*|\b[0-9a-f]{6,}\b|\d{8}T\d{6}Z\w*", " ", outside(text))
    return {*re.findall(r"[A-Za-z]{2,}", rest)} - data
