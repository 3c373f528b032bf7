"""`Card`: something that shows itself, as html in notebooks and as text everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alo_nb.lang import padded, wide
from alo_nb.plan.redact import redact_all
from alo_nb.views.html import escape, frame, grey, html_table, whole_arrows
from alo_nb.views.printable import LONG, bounded, in_one_line, visible
from alo_nb.views.text import NOTHING, is_deterministic, table

_LABEL, _FACT = 60, 10_000  # characters


@dataclass(frozen=True, repr=False)
class Card:
    """A text and its twin in html; both say the same."""

    text: str
    html: str

    def __repr__(self) -> str:
        return bounded(self.text)

    def _repr_html_(self) -> str:
        return self.html


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


def facts_card(
    head: str, facts: Iterable[tuple[str, str]], *more: Card, drawn: Mapping[str, str] | None = None
) -> Card:
    """Return a card of one line, labels with what is known, and other cards below; facts without a value go.

    The first part of `head`, up to a `` · ``, is its title. `drawn` has html that stands for the text of a label.
    """
    pictures = drawn or {}
    known = [(in_one_line(label, _LABEL), shortened(value, _FACT)) for label, value in facts if value]
    width = max((wide(label) for label, _ in known), default=0)
    lines = [f"  {padded(label, width)}  {_indented(value, width + 4)}" for label, value in known]
    title, dot, rest = (head := shortened(head, LONG)).partition(" · ")
    heading = f"<div><b>{escape(title)}</b>{dot}{escape(rest)}</div>" if head else ""
    rows = (
        [grey(label), pictures.get(label) or whole_arrows(escape(value)).replace("\n", "<br>")]
        for label, value in known
    )
    below = [each for each in more if each.text]
    text = visible("\n".join([*([head] if head else []), *lines, *(_indented(f"  {each.text}", 2) for each in below)]))
    html = (heading, html_table([], rows) if known else "", *(each.html for each in below))
    return Card(text, frame(*html) if any(html) else "")


def plain_card(text: str) -> Card:
    """Return lines as they are."""
    return Card(visible(text), frame(f'<pre style="margin:0;white-space:pre;overflow-x:auto">{escape(text)}</pre>'))


def table_card(rows: Sequence[Mapping[str, object]], columns: Sequence[str], heads: Sequence[str] = ()) -> Card:
    """Return rows as a card; an empty one for none. `heads` stand for the names of the columns."""
    if not rows:
        return Card("", "")
    cells = ([escape(row.get(column, "")) for column in columns] for row in rows)
    return Card(table(rows, columns, heads), html_table(heads or columns, cells))


def pairs_text(values: Mapping[str, object]) -> str:
    """Return ``"lr=0.1, n=3"``, what holds secrets masked and long values cut."""
    looked_at = {name: value[:_FACT] if isinstance(value, str) else value for name, value in values.items()}
    return ", ".join(f"{name}={shortened(number_text(value), 60)}" for name, value in redact_all(looked_at).items())


def _indented(text: str, by: int) -> str:
    return text.replace("\n", "\n" + " " * by)
