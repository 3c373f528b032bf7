"""What the doctor has found, as a card."""

from __future__ import annotations

from alo_nb.health.checkup import Checkup
from alo_nb.health.finding import Check
from alo_nb.health.report import GLYPHS, headline, label, report_text
from alo_nb.views.card import Card
from alo_nb.views.html import COLOURS, escape, frame, grey, html_table, span

_STATES = {"ok": "success", "note": "stale", "problem": "failed", "unknown": "unknown"}


def checkup_card(found: Checkup) -> Card:
    """Return a row for each check, with the command that puts it right."""
    table = html_table([], (_row(each) for each in found.checks))
    return Card(report_text(found.checks), frame(f"<div><b>{escape(headline(found.checks))}</b></div>", table))


def _row(check: Check) -> list[str]:
    glyph = span(GLYPHS[check.state], f"color:{COLOURS[_STATES[check.state]]}")
    do = f"<br><code>{escape(check.do)}</code>" if check.do else ""
    return [glyph, grey(label(check.name)), f"{escape(check.what)}{do}"]
