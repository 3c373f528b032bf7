"""What a step hands on: each value, each column, and what it was like; text and html say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.breaks import break_lines
from alo_nb.store.records import OutputRecord
from alo_nb.store.runs import upstream_record
from alo_nb.views.card import Card, facts_card, number_text, table_card
from alo_nb.views.named import StepOfRun
from alo_nb.views.text import GLYPHS, run_name, signature_line, state_of

SHOWN = 60  # columns of a table
COLUMN_HEADS = ("column", "type", "nulls", "range", "distinct")


def signature_card(project: Project, found: StepOfRun) -> Card:
    """Return what a step of a run made of what it was given, in one line and then column by column."""
    record = found.record
    head = f"{GLYPHS[state_of(record)]} {record.step} · {record.pipeline} · {tr('run {run}', run=run_name(found.run))}"
    table = table_card([*_rows(record.outputs())], ("value", *COLUMN_HEADS), (tr("value"), *column_heads()))
    return facts_card(head, signature_facts(project, found), table)


def signature_facts(project: Project, found: StepOfRun) -> list[tuple[str, str]]:
    """Return the line about what a step hands on, and what in it is no longer as it was."""
    before = upstream_record(project, found.run, found.record)
    line = signature_line(found.record, before) if before is not None else ""
    return [(tr("hands on"), line), (tr("broken"), "\n".join(break_lines(found.record.breaks)))]


def _rows(outputs: Mapping[str, OutputRecord]) -> Iterator[dict[str, object]]:
    for name, output in outputs.items():
        yield {"value": name, "type": output.kind, **_details(output.signature)}
        yield from column_rows(output.signature)


def column_rows(signature: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield the columns of a table as its signature has them: the first ones, or of a very wide table their types."""
    columns: Mapping[str, Any] = signature.get("columns", {})
    for column, about in islice(columns.items(), SHOWN):
        yield {"column": column, "type": about["dtype"], **_details(about)}
    if len(columns) > SHOWN:
        yield {"column": tr("and {count} more", count=len(columns) - SHOWN)}
    for dtype, count in signature.get("dtypes", {}).items():
        yield {"column": tr("{count} columns", count=count), "type": dtype}


def column_heads() -> list[str]:
    """Return the heads of the columns of such a table in the language in use."""
    return [tr("column"), tr("type"), tr("nulls"), tr("range"), tr("distinct")]


def _details(about: Mapping[str, Any]) -> dict[str, object]:
    """Return counts and ranges; a plus sign where only a sample was looked at."""
    distinct = f"{about['distinct']}{'+' if 'distinct_of' in about else ''}" if "distinct" in about else ""
    ends = {"low": number_text(about["min"]), "high": number_text(about["max"])} if "min" in about else {}
    span = tr("{low} to {high}", **ends) if ends else ""
    return {"nulls": about.get("nulls", ""), "range": span, "distinct": distinct}
