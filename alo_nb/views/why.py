"""`Why`: what would happen to a step now, and each cause of it, as text and html."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alo_nb.cache.decision import NEVER
from alo_nb.cache.explained import Explained
from alo_nb.lang import tr
from alo_nb.store.records import SUCCESS, StepRecord, plain
from alo_nb.views.html import COLOURS, escape, frame, span
from alo_nb.views.printable import bounded
from alo_nb.views.text import GLYPHS, short_run, state_text, with_short_runs

_CODE = "margin-left:2em;white-space:pre-wrap;font-family:monospace"


@dataclass(frozen=True, repr=False)
class Why:
    """What would happen to one step in each pipeline that has it; `steps` are the facts."""

    steps: tuple[Explained, ...]

    def __repr__(self) -> str:
        return bounded("\n".join(_text(each) for each in self.steps))

    def _repr_html_(self) -> str:
        return frame(*(_html(each) for each in self.steps))

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them."""
        return {"steps": [{**plain(each), "reason": each.reason} for each in self.steps]}


def _head(found: Explained) -> tuple[str, str]:
    """Return the sign with the step, and what would happen to it."""
    would = {
        "fresh": tr("would be taken from run {run}: nothing changed since", run=short_run(found.run)),
        **{"stale": tr("would run"), "failed": tr("would run"), "never": tr("never run"), "unknown": tr("may run")},
    }
    mode = found.pipeline.removesuffix("_pipeline")
    return f"{GLYPHS[found.state]} {found.step}", f"{mode} · {state_text(found.state)} · {would[found.state]}"


def _lines(found: Explained) -> Iterator[tuple[str, str]]:
    """Yield each line below the head, and the lines that belong to it."""
    for cause in found.causes if found.causes != (NEVER,) else ():  # which the head has said
        yield with_short_runs(cause.text), cause.detail
    if found.waits_for:
        first = tr("step {step} runs first: {why}", step=found.waits_for, why=with_short_runs(found.waits_why))
        yield first, "" if found.causes else tr("whether this one runs depends on what that saves")
    if found.note:
        yield found.note, ""
    if found.last is not None and found.last.status == SUCCESS:
        yield _last_time(found.last, short_run(found.last_run)), ""


def _last_time(last: StepRecord, run: str) -> str:
    """Return whether the last run executed the step, and why; nothing had changed when it took it over."""
    if last.cached_from:
        return tr("run {run} took it from run {origin}", run=run, origin=short_run(last.cached_from))
    if last.reason == NEVER.text:
        return tr("run {run} executed it for the first time", run=run)
    return tr("run {run} executed it", run=run) + (f": {with_short_runs(last.reason)}" if last.reason else "")


def _text(found: Explained) -> str:
    lines = [" · ".join(_head(found))]
    for text, detail in _lines(found):
        lines += [f"  {text}", *(f"    {each}" for each in detail.splitlines())]
    return "\n".join(lines)


def _html(found: Explained) -> str:
    sign, would = _head(found)
    name = span(f"<b>{escape(sign)}</b>", f"color:{COLOURS[found.state]}")
    parts = [f"<div>{name} · {escape(would)}</div>"]
    for text, detail in _lines(found):
        more = f'<div style="{_CODE}">{escape(detail)}</div>' if detail else ""
        parts.append(f'<div style="margin-left:1em">{escape(text)}{more}</div>')
    return "".join(parts)
