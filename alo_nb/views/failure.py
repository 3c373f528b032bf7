"""A step that failed, as text and html: the exception, its line, what the step was given, and what it held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alo_nb.store.failures import Failure, KeptFrame, KeptLocal
from alo_nb.views.card import Card, facts_card, pairs_text, plain_card, shortened, table_card
from alo_nb.views.html import escape, frame
from alo_nb.views.text import GLYPHS, is_deterministic

_WIDTH = 100


def failure_card(failure: Failure, notes: Sequence[str] = (), *, code: str = "") -> Card:
    """Return a failure as a card; `notes` say what was done with it, `code` is its cell to start from."""
    run = "<run id>" if is_deterministic() else failure.run_id
    mode = failure.pipeline.removesuffix("_pipeline")
    head = f"{GLYPHS['failed']} step {failure.step} failed · {mode} · run {run}"
    facts = [
        (failure.error, failure.message),
        ("where", _where(failure)),
        ("args", pairs_text(failure.args)),
        ("given", f"{pairs_text(failure.given)} (for this run only)" if failure.given else ""),
        *((kind, "\n".join(_inputs(failure, kind))) for kind in ("data", "config", "use")),
    ]
    lines = [_lines_card(failure.frames[-1])] if failure.frames else []
    frames = (_frame_card(number, each) for number, each in enumerate(failure.frames))
    said = [plain_card("\n".join(notes))] if notes else []
    cell = [_titled("code", plain_card(code))] if code else []
    return facts_card(head, facts, *lines, *frames, *said, *cell)


def _where(failure: Failure) -> str:
    function = failure.frames[-1].function if failure.frames else ""
    return failure.place + (f", in {function}" if function else "")


def _inputs(failure: Failure, kind: str) -> Iterator[str]:
    for each in failure.inputs:
        if each.kind == kind:
            yield f"{each.name}: {each.summary}" + (f" ({each.note})" if each.note else "")


def _lines_card(last: KeptFrame) -> Card:
    width = max((len(str(number)) for number, _ in last.around), default=1)
    marks = ((">" if number == last.line else " ", number, text) for number, text in last.around)
    return plain_card("\n".join(f"{mark} {number:>{width}}  {text}".rstrip() for mark, number, text in marks))


def _frame_card(number: int, kept: KeptFrame) -> Card:
    function = f", in {kept.function}" if kept.function else ""
    head = f"frames[{number}]  {kept.label}, line {kept.line}{function}: {kept.text}"
    return _titled(head, table_card([_row(each) for each in kept.locals], ("name", "type", "value")))


def _row(kept: KeptLocal) -> dict[str, object]:
    text = " ".join(part for part in (kept.text, kept.dtype) if part)
    return {"name": kept.name, "type": kept.type, "value": shortened(" ".join(text.split()), _WIDTH)}


def _titled(head: str, inner: Card) -> Card:
    text = "\n".join([head, *(f"  {line}" if line else "" for line in inner.text.splitlines())])
    return Card(text, frame(f"<div>{escape(head)}</div>", inner.html))
