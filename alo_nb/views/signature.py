"""What a step hands on: each value, each column, and what it was like; text and html say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alo_nb.project import Project
from alo_nb.store.breaks import break_lines
from alo_nb.store.records import OutputRecord
from alo_nb.store.runs import upstream_record
from alo_nb.views.card import Card, facts_card, number_text, table_card
from alo_nb.views.named import StepOfRun
from alo_nb.views.text import GLYPHS, run_name, signature_line, state_of

SHOWN = 60  # columns of a table
HEADS = ("value", "column", "type", "nulls", "range", "distinct")


def signature_card(project: Project, found: StepOfRun) -> Card:
    """Return what a step of a run made of what it was given, in one line and then column by column."""
    record = found.record
    head = f"{GLYPHS[state_of(record)]} {record.step} · {record.pipeline} · run {run_name(found.run)}"
    return facts_card(head, signature_facts(project, found), table_card([*_rows(record.outputs())], HEADS))


def signature_facts(project: Project, found: StepOfRun) -> list[tuple[str, str]]:
    """Return the line about what a step hands on, and what in it is no longer as it was."""
    before = upstream_record(project, found.run, found.record)
    line = signature_line(found.record, before) if before is not None else ""
    return [("hands on", line), ("broken", "\n".join(break_lines(found.record.breaks)))]


def _rows(outputs: Mapping[str, OutputRecord]) -> Iterator[dict[str, object]]:
    for name, output in outputs.items():
        yield {"value": name, "type": output.kind, **_details(output.signature)}
        columns: Mapping[str, Any] = output.signature.get("columns", {})
        for column, about in [*columns.items()][:SHOWN]:
            yield {"column": column, "type": about["dtype"], **_details(about)}
        if len(columns) > SHOWN:
            yield {"column": f"and {len(columns) - SHOWN} more"}
        yield from _counted(output.signature.get("dtypes", {}).items())


def _counted(dtypes: Iterable[tuple[str, int]]) -> Iterator[dict[str, object]]:
    for dtype, count in dtypes:
        yield {"column": f"{count} columns", "type": dtype}


def _details(about: Mapping[str, Any]) -> dict[str, object]:
    """Return counts and ranges; a plus sign where only a sample was looked at."""
    distinct = f"{about['distinct']}{'+' if 'distinct_of' in about else ''}" if "distinct" in about else ""
    span = f"{number_text(about['min'])} to {number_text(about['max'])}" if "min" in about else ""
    return {"nulls": about.get("nulls", ""), "range": span, "distinct": distinct}
