"""What every drawing is made of: safe text, text that fits, and the image in which a notebook shows it.

A drawing is an image behind a data address, so it shows in notebooks that are not trusted, and nothing in it can run or
load anything. An image takes no focus and its parts cannot be reached with the keyboard: what it says stands in its
alternative text, and beside it as text or as a table (see `alo_nb.views.picture`). Colours are chosen to be read on
white and on black, for an image does not know the theme around it.
"""

from __future__ import annotations

import base64
import html
import unicodedata

from alo_nb.plan.redact import redact
from alo_nb.views.printable import in_one_line, printable

GREY, TEXT, QUIET = "#797979", "#212121", "#5f6368"  # on the page; on a box, which is light in every theme
ALTERNATIVE = 4000  # letters of the text that stands in for a drawing
NAME, HEAD = 64, 400  # letters of a name and of a headline that are said
_LOOKED_AT = 2000  # those that are looked at for secrets
_WIDE, _CAPITAL, _SMALL, _MARK = 1.0, 0.72, 0.59, 0.3  # widths of letters, in heights of the font


def xml_text(value: object) -> str:
    """Return any value as text that an SVG may hold: escaped, and without the characters that XML forbids."""
    return html.escape(printable(value, ALTERNATIVE), quote=True)


def said(value: object, limit: int = NAME) -> str:
    """Return any value as one line of at most `limit` characters, all to be seen, its credentials masked."""
    masked = unicodedata.normalize("NFC", redact(str(value)[:_LOOKED_AT]))
    return in_one_line(" ".join(masked.split()), limit)


def text_width(text: str, size: float) -> float:
    """Return about how many pixels a text takes in a font of this size; letters of East Asia are square."""
    return size * sum(map(_em, text))


def fitted(text: str, room: float, size: float) -> str:
    """Return a text cut to `room` pixels, its end marked."""
    if text_width(text, size) <= room:
        return text
    left = room - text_width("…", size)
    for at, letter in enumerate(text):
        left -= size * _em(letter)
        if left < 0:
            return f"{text[:at].rstrip()}…"
    return text


def _em(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return _MARK
    return _CAPITAL if letter.isupper() or letter in "mw…→%@" else _SMALL


def document(width: float, height: float, body: str, *, title: str, description: str = "") -> str:
    """Return a whole drawing, with what a screen reader says of it; `title` and `description` are plain text."""
    about = f"<desc>{xml_text(description)}</desc>" if description else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" font-family="system-ui,sans-serif" role="img">'
        f"<title>{xml_text(title)}</title>{about}{body}</svg>"
    )


def image(svg: str, alternative: str) -> str:
    """Return a drawing as an image within a line of html."""
    data = base64.b64encode(svg.encode()).decode()
    alt = xml_text(alternative)
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:none;vertical-align:middle">'


def picture(svg: str, alternative: str) -> str:
    """Return a drawing as an image that scrolls where it is wider than the page."""
    return f'<div style="overflow-x:auto">{image(svg, alternative)}</div>'
