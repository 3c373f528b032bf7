"""How long the steps of a run took, as bars along its time.

A bar begins when its step began; in records that do not say when (those of early versions), where the one before it
ends. Between the bars the run set up, copied data and saved results, or a notebook's other cells ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from alo_nb.lang import tr
from alo_nb.store import Run, StepRecord
from alo_nb.views.boxes import Look, state_look
from alo_nb.views.picture import NO_PICTURE, Picture, pictured
from alo_nb.views.svg import GREY, document, fitted, said, text_width, xml_text
from alo_nb.views.text import duration, is_deterministic, padded, run_name, state_of, state_text, wide

MOST = 24  # bars; of more steps those that took longest
_ROW, _FONT, _TOP = 20, 11, 4
_LONGEST_NAME, _BARS, _TIMES = 180, 360, 70
_WRONG = {"failed", "interrupted"}


class _Bar(NamedTuple):
    name: str
    begin: float  # seconds after the run's
    seconds: float
    look: Look
    word: str


def gantt(run: Run, *, twin: bool = True) -> Picture:
    """Return the bars of a run; an empty picture for one without steps, and where times are left out.

    Parameters
    ----------
    twin : bool
        Whether the html has the text, too.
    """
    if not run.steps or is_deterministic():
        return NO_PICTURE
    bars = [*_bars(run)]
    total = max(run.seconds, *(each.begin + each.seconds for each in bars), 1e-6)
    shown, hidden = _longest(bars)
    head = tr("times of run {name}: {time}", name=run_name(run), time=duration(total))
    text = "\n".join([head, *(f"  {line}" for line in _lines(shown, hidden))])
    return pictured(_svg(shown, hidden, total, head, text), text, twin=twin)


def _bars(run: Run) -> Iterator[_Bar]:
    end = 0.0
    several = len({each.pipeline for each in run.steps}) > 1
    for each in run.steps:
        state, begin = state_of(each), _seconds_between(run.started, each.started) if each.started else end
        yield _Bar(_name(each, several=several), begin, each.seconds, state_look(state), state)
        end = begin + each.seconds


def _seconds_between(earlier: str, later: str) -> float:
    return max(0.0, (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds())


def _name(record: StepRecord, *, several: bool) -> str:
    return said(f"{record.pipeline.removesuffix('_pipeline')}/{record.step}" if several else record.step)


def _longest(bars: Sequence[_Bar]) -> tuple[list[_Bar], list[_Bar]]:
    """Return the bars that are drawn, in their order, and the others; what failed is drawn in any case."""
    by_length = sorted(range(len(bars)), key=lambda at: (bars[at].word not in _WRONG, -bars[at].seconds))
    kept, hidden = sorted(by_length[:MOST]), sorted(by_length[MOST:])
    return [bars[at] for at in kept], [bars[at] for at in hidden]


def _lines(shown: Sequence[_Bar], hidden: Sequence[_Bar]) -> Iterator[str]:
    width = max(wide(each.name) for each in shown)
    for each in shown:
        begin = tr("at {time}", time=duration(each.begin))
        times = f"{begin:>11}  {duration(each.seconds):>8}"
        yield f"{each.look.glyph} {padded(each.name, width)}  {times}  {state_text(each.word)}"
    if hidden:
        yield _more(hidden)


def _more(hidden: Sequence[_Bar]) -> str:
    time = duration(sum(each.seconds for each in hidden))
    return tr("+{count} more, together {time}", count=len(hidden), time=time)


def _svg(shown: Sequence[_Bar], hidden: Sequence[_Bar], total: float, title: str, text: str) -> str:
    names = min(max(text_width(each.name, _FONT) for each in shown) + 18, _LONGEST_NAME)
    rows = [_row(each, _TOP + at * _ROW, names, total) for at, each in enumerate(shown)]
    bottom = _TOP + len(shown) * _ROW
    if hidden:
        rows.append(f'<text x="{names + 8:.0f}" y="{bottom + 14}" fill="{GREY}">{xml_text(_more(hidden))}</text>')
        bottom += _ROW
    left, right = names + 8, names + 8 + _BARS
    axis = (
        f'<path d="M{left:.0f} {bottom}H{right:.0f}" stroke="{GREY}" stroke-opacity=".5"/>'
        f'<text x="{left:.0f}" y="{bottom + 14}" fill="{GREY}">0</text>'
        f'<text x="{right:.0f}" y="{bottom + 14}" text-anchor="end" fill="{GREY}">{duration(total)}</text>'
    )
    body = f'<g font-size="{_FONT}">{"".join(rows)}{axis}</g>'
    return document(right + _TIMES, bottom + _ROW, body, title=title, description=text)


def _row(bar: _Bar, y: int, names: float, total: float) -> str:
    start, length = names + 8 + _BARS * bar.begin / total, max(2.0, _BARS * bar.seconds / total)
    time, middle = duration(bar.seconds), y + 14
    fits = start + length + 6 + text_width(time, _FONT) < names + 8 + _BARS + _TIMES
    hollow = f'fill="none" stroke="{bar.look.colour}"' if bar.word == "cached" else f'fill="{bar.look.colour}"'
    x = start + length + 6 if fits else start - 6
    return (
        f"<g><title>{xml_text(f'{bar.name} {state_text(bar.word)} {time}')}</title>"
        f'<text x="{names:.0f}" y="{middle}" text-anchor="end" fill="{GREY}">'
        f"{xml_text(fitted(bar.name, names - 18, _FONT))}"
        f'<tspan dx="5" fill="{bar.look.colour}">{bar.look.glyph}</tspan></text>'
        f'<rect x="{start:.1f}" y="{y + 4}" width="{length:.1f}" height="{_ROW - 8}" rx="2" {hollow}/>'
        f'<text x="{x:.1f}" y="{middle}" text-anchor="{"start" if fits else "end"}" fill="{GREY}">{time}</text></g>'
    )
