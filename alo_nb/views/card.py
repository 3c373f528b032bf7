"""`Card`: something that shows itself, as html in notebooks and as text everywhere else."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alo_nb.plan.redact import redact_all
from alo_nb.views.html import escape, frame, grey, html_table
from alo_nb.views.text import NOTHING, is_deterministic, table

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, repr=False)
class Card:
    """A text and its twin in html; both say the same."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def picture(svg: str, alternative: str) -> str:
    """Return a drawing as an image within html: so it shows in notebooks that are not trusted, too."""
    data = base64.b64encode(svg.encode()).decode()
    image = f'<img alt="{escape(alternative)}" src="data:image/svg+xml;base64,{data}" style="max-width:none">'
    return f'<div style="overflow-x:auto">{image}</div>'


def xml_text(value: object) -> str:
    """Return any value as text that an SVG may hold: escaped, and without the characters that XML forbids."""
    return escape(_NOT_IN_XML.sub("\ufffd", str(value)))


def shortened(text: str, width: int) -> str:
    """Return a text cut to `width` characters, its end marked."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def bytes_text(size: int) -> str:
    """Return ``"12 B"``, ``"3.4 kB"``, ``"1.2 GB"``, or a dash where what differs between machines is left out."""
    if is_deterministic():
        return NOTHING
    if size < 1000:
        return f"{size} B"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1000:.1f} TB"


def number_text(value: object) -> str:
    """Return a metric or setting as short text: numbers with at most 6 digits that count."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def facts_card(head: str, facts: Iterable[tuple[str, str]], *more: Card) -> Card:
    """Return a card of one line, labels with what is known, and other cards below; facts without a value go.

    The first part of `head`, up to a `` · ``, is its title.
    """
    known = [(label, value) for label, value in facts if value]
    width = max((len(label) for label, _ in known), default=0)
    lines = [f"  {label:<{width}}  {_indented(value, width + 4)}" for label, value in known]
    title, dot, rest = head.partition(" · ")
    heading = f"<div><b>{escape(title)}</b>{dot}{escape(rest)}</div>" if head else ""
    rows = ([grey(label), escape(value).replace("\n", "<br>")] for label, value in known)
    below = [each for each in more if each.text]
    text = "\n".join([*([head] if head else []), *lines, *(_indented(f"  {each.text}", 2) for each in below)])
    html = (heading, html_table([], rows) if known else "", *(each.html for each in below))
    return Card(text, frame(*html) if any(html) else "")


def plain_card(text: str) -> Card:
    """Return lines as they are."""
    return Card(text, f'<pre style="margin:0;white-space:pre;overflow-x:auto">{escape(text)}</pre>')


def table_card(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> Card:
    """Return rows as a card; an empty one for none."""
    if not rows:
        return Card("", "")
    cells = ([escape(row.get(column, "")) for column in columns] for row in rows)
    return Card(table(rows, columns), html_table(columns, cells))


def pairs_text(values: Mapping[str, object]) -> str:
    """Return ``"lr=0.1, n=3"``, what holds secrets masked and long values cut."""
    return ", ".join(f"{name}={shortened(number_text(value), 60)}" for name, value in redact_all(dict(values)).items())


def _indented(text: str, by: int) -> str:
    return text.replace("\n", "\n" + " " * by)
