"""Records as html that needs no script and no style sheet, so that it survives in untrusted and reopened notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alo_nb.cache.explained import Explained
from alo_nb.lang import tr
from alo_nb.step_api.summary import TEXT_LIMITS
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.store.breaks import break_lines
from alo_nb.views.gauge import probability_bars, score_gauge
from alo_nb.views.overview import status_heads, why_text, with_signatures
from alo_nb.views.printable import ELLIPSIS, LONG, MOST, printable
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
    state_text,
    why_it_ran,
)

DRAWN = {  # colours of states in drawings, which are images and know no theme
    **dict.fromkeys(("success", "fresh"), "#2e7d32"),
    **dict.fromkeys(("failed", "interrupted"), "#c62828"),
    "cached": "#00838f",
    "stale": "#ef6c00",
    "running": "#1565c0",
    **dict.fromkeys(("never", "unknown"), "#757575"),
}
_OF_THEME = {  # JupyterLab's own: a contrast of 4.5 on its light and on its dark page, which no fixed colour has
    "#2e7d32": "var(--jp-success-color0, #2e7d32)",
    "#c62828": "color-mix(in srgb, var(--jp-error-color1, #c62828) 85%, var(--jp-content-font-color0, #000))",
    "#00838f": "var(--jp-info-color0, #00838f)",
    "#ef6c00": "color-mix(in srgb, var(--jp-warn-color0, #ef6c00) 75%, var(--jp-content-font-color0, #000))",
    "#1565c0": "var(--jp-brand-color1, #1565c0)",
    "#757575": "var(--jp-ui-font-color2, #757575)",
}
COLOURS = {state: _OF_THEME[colour] for state, colour in DRAWN.items()}  # in html
_TABLE, _CARD = 120_000, 190_000  # bytes: whatever there is to show, an output stays below 200 KB
_LINE = 400  # characters of what a step made, or of its error
_GREY = f"color:{COLOURS['unknown']}"
_ROW = "background:none"  # JupyterLab paints every other row
NO_MATH = "mathjax_ignore tex2jax_ignore"  # else JupyterLab makes a formula of "$5 or $6"
_FRAME = "font-size:13px;line-height:1.5;word-break:keep-all"  # Korean is wrapped at blanks, as English is
_CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def escape(value: object, limit: int = MOST) -> str:
    """Return any value as text that is safe between tags and in attributes, cut to `limit` characters."""
    return html.escape(printable(value, limit), quote=True)


def span(text: str, style: str) -> str:
    """Return html in a style."""
    return f'<span style="{style}">{text}</span>'


def grey(value: object) -> str:
    """Return a value, escaped, that steps back."""
    return span(whole_arrows(escape(value, LONG)), _GREY)


def whole_arrows(html: str) -> str:
    """Return html of escaped text whose arrows ``->`` are not broken in two at the end of a line."""
    return html.replace("-&gt;", span("-&gt;", "white-space:nowrap"))


def run_html(run: Run, drawn: str = "") -> str:
    """Return a card: the run, its steps by pipeline, its summaries, and where its results lie.

    `drawn` is html of pictures of the run, for below its name.
    """
    status = span(escape(state_text(run.status)), f"font-weight:bold;color:{COLOURS.get(run.status, 'inherit')}")
    name, run_id = f"<b>{escape(run.plan or tr('notebook'))}</b>", grey(tr("run {run}", run=run_name(run)))
    parts = [f"<div>{name} · {escape(run.mode)} · {status} · {run_id}</div>"]
    parts += [drawn] if drawn else []
    for pipeline in dict.fromkeys(each.pipeline for each in run.steps):
        records = [each for each in run.steps if each.pipeline == pipeline]
        heads = ["", pipeline.removesuffix("_pipeline"), tr("time"), tr("data"), tr("config")]
        parts.append(html_table(heads, map(_step_row, records)))
        if pipeline in run.summaries:
            parts.append(summary_html(run.summaries[pipeline]))
    if run.error and not any(each.error for each in run.steps):
        parts.append(f"<div>{escape(run.error, LONG)}</div>")
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
        from_run = escape(tr("run {run}", run=short_run(record.cached_from)))
        time = f"{escape(state_text(state))}<br>{span(from_run, f'{_GREY};white-space:nowrap')}"
    if record.error:
        return [glyph, name, time, escape(record.error, _LINE), ""]
    broken = "".join(f"<br>▲ {escape(each)}" for each in break_lines(record.breaks))
    return [glyph, name, time, _outputs(record.data) + broken, _outputs(record.config)]


def state_glyph(state: str) -> str:
    """Return the sign of a state in its colour."""
    return span(GLYPHS[state], f"color:{COLOURS[state]}")


def _outputs(outputs: Iterable[OutputRecord]) -> str:
    return escape(outputs_line(outputs), _LINE) or grey(NOTHING)


def summary_html(summary: Mapping[str, Any]) -> str:
    """Return what a pipeline gave to `save_summary`: its score as a gauge, its words, its probabilities as bars."""
    score = summary.get("score")
    gauge = [] if score is None else [f"{score_gauge(score)} <b>{escape(score, _LINE)}</b>"]
    parts = [*gauge, *(_limited(summary[name], most) for name, most in TEXT_LIMITS.items() if summary.get(name))]
    line = f"<div>{' · '.join(parts) or grey(tr('a summary without values'))}</div>"
    return line + probability_bars(summary.get("probability", {}))


def _limited(text: object, most: int) -> str:
    """Return a text; red where it is longer than ALO's documents allow."""
    said = escape(text, _LINE)
    return said if len(str(text)) <= most else span(said, f"color:{COLOURS['failed']}")


def definition_html(step: StepDefinition) -> str:
    """Return one line about a step that was defined and not run."""
    return frame(escape(definition_text(step)))


def status_html(rows: Sequence[Explained]) -> str:
    """Return the status of the steps as a table."""
    return frame(
        html_table(
            status_heads(),
            (
                [
                    escape(row.pipeline.removesuffix("_pipeline")),
                    f"<b>{escape(row.step)}</b>",
                    f"{state_glyph(row.state)} {escape(state_text(row.state))}",
                    grey(why_text(row)),
                    escape(row.code),
                    escape(handed_on) or (grey(NOTHING) if row.last is not None else ""),
                ]
                for row, handed_on in with_signatures(rows)
            ),
        )
    )


def progress_html(lines: Iterable[tuple[str, str, str]]) -> str:
    """Return live progress: (status, step, what) for each step; `progress_text` says the same."""
    rows = ([state_glyph(status), escape(step, _LINE), escape(what, _LINE)] for status, step, what in lines)
    return frame(html_table([], rows))


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return cells of html below heads of text; the first rows of a table that would be too large to show."""
    head = "".join(f'<th style="{_CELL};{_GREY};font-weight:normal">{escape(each)}</th>' for each in heads)
    body = (f'<tr style="{_ROW}">{"".join(_cell(each) for each in row)}</tr>' for row in rows)
    fitting = _fitting(body, _TABLE, f"<tr><td>{grey(ELLIPSIS)}</td></tr>")
    table = f"{f'<thead><tr>{head}</tr></thead>' if heads else ''}<tbody>{fitting}</tbody>"
    return f'<table style="border-collapse:collapse;margin:2px 0">{table}</table>'


def _cell(content: str) -> str:
    return f'<td style="{_CELL}">{content}</td>'


def frame(*parts: str) -> str:
    """Return the parts of a card one below the other; the first ones when all would be too large to show."""
    return f'<div class="{NO_MATH}" style="{_FRAME}">{_fitting(parts, _CARD, grey(ELLIPSIS))}</div>'


def _fitting(parts: Iterable[str], room: int, otherwise: str) -> str:
    """Return the parts up to the first that has no room, and in its place `otherwise`."""
    kept: list[str] = []
    for part in parts:
        room -= len(part.encode())
        if room < 0:
            return "".join([*kept, otherwise])
        kept.append(part)
    return "".join(kept)
