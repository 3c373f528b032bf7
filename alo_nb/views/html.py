"""Records as html that needs no script and no style sheet, so that it survives in untrusted and reopened notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alo_nb.plan import Plan
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.views.overview import STATES, Status
from alo_nb.views.text import GLYPHS, definition_text, duration, outputs_line, result_places, run_name

_COLOURS = {"success": "#2e7d32", "failed": "#c62828", "interrupted": "#c62828", "running": "#1565c0"}
_GREY = "color:#757575"
_CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def escape(value: object) -> str:
    """Return any value as text that is safe between tags and in attributes."""
    return html.escape(str(value), quote=True)


def run_html(run: Run) -> str:
    """Return a card: the run, its steps by pipeline, its summaries, and where its results lie."""
    status = f'<b style="color:{_COLOURS.get(run.status, "inherit")}">{escape(run.status)}</b>'
    head = f"<div><b>{escape(run.plan or 'notebook')}</b> · {escape(run.mode)} · {status} · <span style='{_GREY}'>run {escape(run_name(run))}</span></div>"
    parts = [head]
    for pipeline in dict.fromkeys(each.pipeline for each in run.steps):
        records = [each for each in run.steps if each.pipeline == pipeline]
        parts.append(
            _table(["", pipeline.removesuffix("_pipeline"), "time", "data", "config"], map(_step_row, records))
        )
        if pipeline in run.summaries:
            parts.append(_summary(run.summaries[pipeline]))
    places = [f"{escape(kind)} <code>{escape(path)}</code>" for kind, path in result_places(run)]
    if places:
        parts.append(f'<div style="{_GREY}">{" · ".join(places)}</div>')
    return _frame(*parts)


def _step_row(record: StepRecord) -> list[str]:
    glyph = f'<span style="color:{_COLOURS[record.status]}">{GLYPHS[record.status]}</span>'
    arguments = ", ".join(f"{name}={value!r}" for name, value in record.args.items())
    name = f"<b>{escape(record.step)}</b>" + (
        f"<br><span style='{_GREY}'>{escape(arguments)}</span>" if arguments else ""
    )
    time = f'<span style="white-space:nowrap">{escape(duration(record.seconds))}</span>'
    if record.error:
        return [glyph, name, time, escape(record.error), ""]
    return [glyph, name, time, _outputs(record.data), _outputs(record.config)]


def _outputs(outputs: Iterable[OutputRecord]) -> str:
    return escape(outputs_line(outputs)) or f'<span style="{_GREY}">–</span>'


def _summary(summary: Mapping[str, Any]) -> str:
    shares = "".join(
        f'<span style="display:inline-block;margin-right:12px">{escape(name)} '
        f'<span style="display:inline-block;background:#90caf9;height:8px;width:{60 * share:.0f}px"></span> {share:.2f}</span>'
        for name, share in summary.get("probability", {}).items()
    )
    note = f" · {escape(summary['note'])}" if summary.get("note") else ""
    return f"<div>score <b>{escape(summary.get('score'))}</b> · {escape(summary.get('result'))}{note}</div><div>{shares}</div>"


def plan_html(plan: Plan) -> str:
    """Return a plan as a row of boxes for each pipeline, with the arguments of each step."""
    rows = [
        f"<div><b>{escape(plan.name or 'plan')}</b> <span style='{_GREY}'>{escape(plan.path.name if plan.path else '')}</span></div>"
    ]
    box = "display:inline-block;border:1px solid #90a4ae;border-radius:4px;padding:2px 8px;margin:2px"
    for pipeline in plan.pipelines:
        boxes = " → ".join(
            f'<span style="{box}" title="{escape(dict(step.args))}">{escape(step.name)}</span>'
            for step in pipeline.steps
        )
        rows.append(
            f'<div><span style="display:inline-block;width:6em;{_GREY}">{escape(pipeline.name.removesuffix("_pipeline"))}</span>{boxes}</div>'
        )
    return _frame(*rows)


def definition_html(step: StepDefinition) -> str:
    """Return one line about a step that was defined and not run."""
    return _frame(escape(definition_text(step)))


def status_html(rows: Sequence[Status]) -> str:
    """Return the status of the steps as a table."""
    return _frame(
        _table(
            ["pipeline", "step", "state", "code", "data"],
            (
                [
                    escape(row.pipeline.removesuffix("_pipeline")),
                    f"<b>{escape(row.step)}</b>",
                    escape(STATES[row.state]),
                    escape(row.code),
                    _outputs(row.last.data) if row.last is not None else "",
                ]
                for row in rows
            ),
        )
    )


def progress_html(lines: Iterable[tuple[str, str, str]]) -> str:
    """Return live progress: (status, step, what) for each step."""
    return _frame(
        _table(
            [],
            (
                [
                    f'<span style="color:{_COLOURS.get(status, "#757575")}">{GLYPHS.get(status, "–")}</span>',
                    escape(step),
                    escape(what),
                ]
                for status, step, what in lines
            ),
        )
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th style="{_CELL};{_GREY};font-weight:normal">{escape(each)}</th>' for each in heads)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    return f'<table style="border-collapse:collapse;margin:2px 0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _frame(*parts: str) -> str:
    return f'<div style="font-size:13px;line-height:1.5">{"".join(parts)}</div>'
