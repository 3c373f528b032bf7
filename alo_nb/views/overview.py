"""``%alo_status``: what would happen to each step now, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alo_nb.cache.explained import FRESH, NEVER_RUN, Explained
from alo_nb.lang import tr
from alo_nb.views.printable import bounded
from alo_nb.views.text import GLYPHS, signature_line, state_text, table, with_short_runs


class StatusTable(tuple[Explained, ...]):
    """The rows of the status, which show themselves as a table."""

    def __repr__(self) -> str:
        return bounded(status_text(self))


def status_text(rows: Sequence[Explained]) -> str:
    """Return the status as a table; the last column is what the step saved."""
    if not rows:
        return tr("no steps yet: start a cell with `%%alo_asset step=NAME`")
    cells = [
        {
            "pipeline": row.pipeline.removesuffix("_pipeline"),
            "step": row.step,
            "state": f"{GLYPHS[row.state]} {state_text(row.state)}",
            "why": why_text(row),
            "code": row.code,
            "data": handed_on,
        }
        for row, handed_on in with_signatures(rows)
    ]
    return table(cells, ("pipeline", "step", "state", "why", "code", "data"), status_heads())


def status_heads() -> list[str]:
    """Return the heads of the columns in the language in use."""
    return [tr("pipeline"), tr("step"), tr("state"), tr("why"), tr("code"), tr("data")]


def why_text(row: Explained) -> str:
    """Return why a step would run, in short; nothing where its state says all."""
    return "" if row.state in {FRESH, NEVER_RUN} else with_short_runs(row.reason)


def with_signatures(rows: Sequence[Explained]) -> Iterator[tuple[Explained, str]]:
    """Yield each row with what its step makes of what the step before it saved last."""
    made = {(row.pipeline, row.step): row.made for row in rows}
    for row in rows:
        before = made.get((row.pipeline, row.made.upstream)) if row.made is not None else None
        yield row, signature_line(row.made, before) if row.made is not None else ""
