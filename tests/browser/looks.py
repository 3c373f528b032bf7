"""What a person would find wrong when looking at a part of a page; an empty list is good."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator

LEAST = 4.5  # what WCAG 2 asks of texts of normal size, level AA
# A drawing cannot know the theme: on white and on the dark theme's #111 no colour has more than 4.35, which is why a
# drawing's text that has the page behind it, and no shape of the drawing, may have this much.
LEAST_ON_PAGE = 4.3
_LOOKS = Path(__file__).with_name("looks.js").read_text().partition("\n")[2].strip().removesuffix(";")
_ROLES = "button|checkbox|combobox|img|listbox|radio|spinbutton|tab|textbox"
_NAMELESS = re.compile(rf'^\s*- (?:{_ROLES})\b(?! ")')


def unreadable(part: Locator) -> list[str]:
    """Return the texts whose contrast is too low."""
    return _asked(part, "unreadable", LEAST, LEAST_ON_PAGE)


def cut_off(part: Locator) -> list[str]:
    """Return what reaches beyond the right edge, or has its text cut, without a bar to scroll with."""
    return _asked(part, "cutOff")


def overlapping(part: Locator) -> list[str]:
    """Return pairs of controls and texts that lie on one another."""
    return _asked(part, "overlapping")


def nameless(part: Locator) -> list[str]:
    """Return the controls and pictures that a screen reader could only call by their kind."""
    return [line.strip() for line in part.aria_snapshot().splitlines() if _NAMELESS.match(line)]


QUESTIONS = (unreadable, cut_off, overlapping, nameless)


def faults(part: Locator) -> list[str]:
    """Return all that is wrong with a part of a page."""
    return [f"{question.__name__}: {each}" for question in QUESTIONS for each in question(part)]


def _asked(part: Locator, question: str, *arguments: Any) -> list[str]:
    return list(part.evaluate(f"(root, arguments) => {_LOOKS}.{question}(root, ...arguments)", list(arguments)))
