"""Records as html that needs no script and no style sheet, so that it survives in untrusted and reopened notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alo_nb.cache.explained import Explained
from alo_nb.plan import Plan
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.store.breaks import break_lines
from alo_nb.views.overview import why_text, with_signatures
from alo_nb.views.text import (
    GLYPHS,
    NOTHING,
    definition_text,
    duration,
    inputs_line,
    outputs_line,
    result_places,
    run_name,
    short_run,
    state_of,
    why_it_ran,
)

COLOURS = {
    **dict.fromkeys(("success", "fresh"), "#2e7d32"),
    **dict.fromkeys(("failed", "interrupted"), "#c62828"),
    "cached": "#00838f",
    "stale": "#ef6c00",
    "running": "#1565c0",
    **dict.fromkeys(("never", "unknown"), "#757575"),
}
_GREY = "color:#757575"
_CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def escape(value: object) -> str:
    """Return any value as text that is safe between tags and in attributes."""
    return html.escape(str(value), quote=True)


def span(text: str, style: str) -> str:
    """Return html in a style."""
    return f'<span style="{style}">{text}</span>'


def grey(value: object) -> str:
    """Return a value, escaped, that steps back."""
    return span(escape(value), _GREY)


def run_html(run: Run) -> str:
    """Return a card: the run, its steps by pipeline, its summaries, and where its results lie."""
    status = span(escape(run.status), f"font-weight:bold;color:{COLOURS.get(run.status, 'inherit')}")
    name = f"<b>{escape(run.plan or 'notebook')}</b>"
    parts = [f"<div>{name} · {escape(run.mode)} · {status} · {grey(f'run {run_name(run)}')}</div>"]
    for pipeline in dict.fromkeys(each.pipeline for each in run.steps):
        records = [each for each in run.steps if each.pipeline == pipeline]
        parts.append(
            html_table(["", pipeline.removesuffix("_pipeline"), "time", "data", "config"], map(_step_row, records))
        )
        if pipeline in run.summaries:
            parts.append(_summary(run.summaries[pipeline]))
    if run.error and not any(each.error for each in run.steps):
        parts.append(f"<div>{escape(run.error)}</div>")
    places = [f"{escape(kind)} <code>{escape(path)}</code>" for kind, path in result_places(run)]
    if places:
        parts.append(f'<div style="{_GREY}">{" · ".join(places)}</div>')
    return frame(*parts)


def _step_row(record: StepRecord) -> list[str]:
    arguments = ", ".join(f"{name}={value!r}" for name, value in record.args.items())
    said = (arguments, why_it_ran(record), inputs_line(record))
    name = "<br>".join([f"<b>{escape(record.step)}</b>", *(grey(each) for each in said if each)])
    state = state_of(record)
    glyph, time = state_glyph(state), span(escape(duration(record.seconds)), "white-space:nowrap")
    if record.cached_from:
        from_run = escape(f"run {short_run(record.cached_from)}")
        time = f"{state}<br>{span(from_run, f'{_GREY};white-space:nowrap')}"
    if record.error:
        return [glyph, name, time, escape(record.error), ""]
    broken = "".join(f"<br>▲ {escape(each)}" for each in break_lines(record.breaks))
    return [glyph, name, time, _outputs(record.data) + broken, _outputs(record.config)]


def state_glyph(state: str) -> str:
    """Return the sign of a state in its colour."""
    return span(GLYPHS[state], f"color:{COLOURS[state]}")


def _outputs(outputs: Iterable[OutputRecord]) -> str:
    return escape(outputs_line(outputs)) or grey(NOTHING)


def _summary(summary: Mapping[str, Any]) -> str:
    score = [] if summary.get("score") is None else [f"score <b>{escape(summary['score'])}</b>"]
    parts = [*score, *(escape(summary[name]) for name in ("result", "note") if summary.get(name))]
    line = f"<div>{' · '.join(parts) or grey('a summary without values')}</div>"
    return line + "".join(_share(name, share) for name, share in summary.get("probability", {}).items())


def _share(name: str, share: float) -> str:
    bar = span("", f"display:inline-block;background:#90caf9;height:8px;width:{60 * share:.0f}px")
    return span(f"{escape(name)} {bar} {share:.2f}", "display:inline-block;margin-right:12px")


def plan_html(plan: Plan) -> str:
    """Return a plan as a row of boxes for each pipeline, with the arguments of each step."""
    box = "display:inline-block;border:1px solid #90a4ae;border-radius:4px;padding:2px 8px;margin:2px"
    rows = [f"<div><b>{escape(plan.name or 'plan')}</b> {grey(plan.path.name if plan.path else '')}</div>"]
    for pipeline in plan.pipelines:
        label = span(escape(pipeline.name.removesuffix("_pipeline")), f"display:inline-block;width:6em;{_GREY}")
        boxes = (
            f'<span style="{box}" title="{escape(dict(step.args))}">{escape(step.name)}</span>'
            for step in pipeline.steps
        )
        rows.append(f"<div>{label}{' → '.join(boxes)}</div>")
    return frame(*rows)


def definition_html(step: StepDefinition) -> str:
    """Return one line about a step that was defined and not run."""
    return frame(escape(definition_text(step)))


def status_html(rows: Sequence[Explained]) -> str:
    """Return the status of the steps as a table."""
    return frame(
        html_table(
            ["pipeline", "step", "state", "why", "code", "data"],
            (
                [
                    escape(row.pipeline.removesuffix("_pipeline")),
                    f"<b>{escape(row.step)}</b>",
                    f"{state_glyph(row.state)} {row.state}",
                    grey(why_text(row)),
                    escape(row.code),
                    escape(handed_on) or (grey(NOTHING) if row.last is not None else ""),
                ]
                for row, handed_on in with_signatures(rows)
            ),
        )
    )


def progress_html(lines: Iterable[tuple[str, str, str]]) -> str:
    """Return live progress: (status, step, what) for each step."""
    return frame(
        html_table(
            [],
            (
                [
                    state_glyph(status),
                    escape(step),
                    escape(what),
                ]
                for status, step, what in lines
            ),
        )
    )


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return cells of html below heads of text."""
    head = "".join(f'<th style="{_CELL};{_GREY};font-weight:normal">{escape(each)}</th>' for each in heads)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    table = f"{f'<thead><tr>{head}</tr></thead>' if heads else ''}<tbody>{body}</tbody>"
    return f'<table style="border-collapse:collapse;margin:2px 0">{table}</table>'


def frame(*parts: str) -> str:
    """Return the parts of a card one below the other."""
    return f'<div style="font-size:13px;line-height:1.5">{"".join(parts)}</div>'
