"""A step that failed, as text and html: the exception, its line, what the step was given, and what it held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alo_nb.lang import tr
from alo_nb.store.failures import Failure, KeptFrame, KeptLocal
from alo_nb.views.card import Card, facts_card, pairs_text, plain_card, shortened, table_card
from alo_nb.views.html import escape, frame
from alo_nb.views.printable import bounded
from alo_nb.views.text import GLYPHS, is_deterministic

_WIDTH = 100


def failure_card(failure: Failure, notes: Sequence[str] = (), *, code: str = "") -> Card:
    """Return a failure as a card; `notes` say what was done with it, `code` is its cell to start from."""
    run = "<run id>" if is_deterministic() else failure.run_id
    mode = failure.pipeline.removesuffix("_pipeline")
    said = tr("step {step} failed", step=failure.step)
    head = f"{GLYPHS['failed']} {said} · {mode} · {tr('run {run}', run=run)}"
    facts = [
        (failure.error, failure.message),
        (tr("where"), _where(failure)),
        (tr("args"), pairs_text(failure.args)),
        (tr("given"), tr("{args} (for this run only)", args=pairs_text(failure.given)) if failure.given else ""),
        *((label, "\n".join(_inputs(failure, kind))) for kind, label in _labels().items()),
    ]
    lines = [_lines_card(failure.frames[-1])] if failure.frames else []
    frames = (_frame_card(number, each) for number, each in enumerate(failure.frames))
    done = [plain_card("\n".join(notes))] if notes else []
    cell = [_titled(tr("code"), plain_card(code))] if code else []
    return facts_card(head, facts, *lines, *frames, *done, *cell)


def _labels() -> dict[str, str]:
    return {"data": tr("data"), "config": tr("config"), "use": tr("use")}


def _where(failure: Failure) -> str:
    function = failure.frames[-1].function if failure.frames else ""
    return tr("{place}, in {function}", place=failure.place, function=function) if function else failure.place


def _inputs(failure: Failure, kind: str) -> Iterator[str]:
    for each in failure.inputs:
        if each.kind == kind:
            yield f"{each.name}: {each.summary}" + (f" ({each.note})" if each.note else "")


def _lines_card(last: KeptFrame) -> Card:
    width = max((len(str(number)) for number, _ in last.around), default=1)
    marks = ((">" if number == last.line else " ", number, text) for number, text in last.around)
    return plain_card("\n".join(f"{mark} {number:>{width}}  {text}".rstrip() for mark, number, text in marks))


def _frame_card(number: int, kept: KeptFrame) -> Card:
    place = tr("{place}, line {line}", place=kept.label, line=kept.line)
    place = tr("{place}, in {function}", place=place, function=kept.function) if kept.function else place
    head = f"frames[{number}]  {place}: {kept.text}"
    rows, heads = [_row(each) for each in kept.locals], (tr("name"), tr("type"), tr("value"))
    return _titled(head, table_card(rows, ("name", "type", "value"), heads))


def _row(kept: KeptLocal) -> dict[str, object]:
    text = " ".join(part for part in (kept.text, kept.dtype) if part)
    return {"name": kept.name, "type": kept.type, "value": shortened(" ".join(text.split()), _WIDTH)}


def _titled(head: str, inner: Card) -> Card:
    text = "\n".join([head, *(f"  {line}" if line else "" for line in bounded(inner.text).splitlines())])
    return Card(text, frame(f"<div>{escape(head)}</div>", inner.html))
