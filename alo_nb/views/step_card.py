"""A step that has run, as a card: what came in, what it made of that, with which arguments, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.cache.trace import Trace, Traces
from alo_nb.lang import tr
from alo_nb.plan.redact import redact_all
from alo_nb.project import Project
from alo_nb.store.breaks import break_lines
from alo_nb.store.index import VersionRow
from alo_nb.store.records import FAILED, INTERRUPTED, OutputRecord, Run, StepRecord
from alo_nb.store.runs import upstream_record
from alo_nb.store.store import Store
from alo_nb.views.artifacts import versions_of
from alo_nb.views.card import Card, facts_card, number_text, shortened
from alo_nb.views.html import escape, frame, grey, state_glyph, summary_html
from alo_nb.views.named import StepOfRun
from alo_nb.views.printable import in_one_line
from alo_nb.views.text import (
    GLYPHS,
    MANY,
    duration,
    is_deterministic,
    listed_names,
    outputs_line,
    result_places,
    short_run,
    state_of,
    step_line,
    summary_line,
    why_it_ran,
)

_FIRST, _VALUE = 100, 60  # characters of the first line's news, and of an argument's value
_EARLIER = 5  # steps that ran before the one that was asked for


@dataclass(frozen=True)
class Around:
    """What is known of a step beside its record.

    Attributes
    ----------
    before : StepRecord, optional
        The step whose outputs it was given.
    came, made : tuple of VersionRow
        The versions that it has read, and those that it has made.
    next : str
        The step after it, and how it stands.
    """

    before: StepRecord | None = None
    came: tuple[VersionRow, ...] = ()
    made: tuple[VersionRow, ...] = ()
    next: str = ""


def around(project: Project, found: StepOfRun, following: str = "") -> Around:
    """Return what is known of a step beside its record; `following` is the step after it, when that is to be said."""
    run, record = found.run, found.record
    before = upstream_record(project, run, record)
    known = Around(before, next=_next(project, record, following) if following else "")
    if not project.own.is_dir():
        return known
    index, work = Store.of(project).index, f"{_mode(record)}/{record.step}"
    came, made = versions_of(index, run.id, "in", work), versions_of(index, run.id, "out", work)
    return replace(known, came=tuple(came), made=tuple(made))


def cell_card(project: Project, run: Run, following: str = "") -> Card:
    """Return the run of a cell: its step, and in short those that had to run before it."""
    record = run.steps[-1]
    card = step_card(StepOfRun(run, record), around(project, StepOfRun(run, record), following), results=True)
    earlier = run.steps[:-1][-_EARLIER:]
    if not earlier:
        return card
    lines = "\n".join(step_line(each) for each in earlier)
    first = facts_card("", [(tr("first"), lines)])
    return Card(f"{card.text}\n{first.text}", frame(card.html, first.html))


def step_card(found: StepOfRun, known: Around, more: Sequence[tuple[str, str]] = (), *, results: bool = False) -> Card:
    """Return a step of a run as a card; `more` facts stand below. With `results`, what the run has come to, too."""
    record, state = found.record, state_of(found.record)
    summary = found.run.summaries.get(record.pipeline) if results else None
    places = result_places(found.run) if results else []
    facts = [
        *_facts(record, known),
        (tr("summary"), "" if summary is None else summary_line(summary)),
        (tr("files"), " · ".join(f"{kind} {path}" for kind, path in places)),
        (tr("next"), known.next or _debug(found)),
        *more,
    ]
    circumstances = " · ".join(_circumstances(found, known))
    told = facts_card("", facts, drawn={tr("summary"): summary_html(summary or {})})
    lines = (headline(record, known.before), f"  {circumstances}", told.text)
    title = f"<div>{state_glyph(state)} <b>{escape(record.step, _FIRST)}</b> {grey(circumstances)}</div>"
    news = "" if state == "success" else f"<div>{escape(_news(record, known.before), 4 * _FIRST)}</div>"
    return Card("\n".join(each for each in lines if each), frame(title, news, told.html))


def headline(record: StepRecord, before: StepRecord | None = None) -> str:
    """Return the one line whose form never changes: ``"✔ preprocess: ok - dataframe 891x12 -> 712x12"``."""
    state = state_of(record)
    word = {"success": "ok"}.get(state, state)
    return f"{GLYPHS[state]} {record.step}: {word} - {in_one_line(_news(record, before), _FIRST)}"


def _news(record: StepRecord, before: StepRecord | None) -> str:
    if record.status in {FAILED, INTERRUPTED}:
        return record.error or record.status
    if record.cached_from:
        said = tr("nothing changed since run {run}; -f runs it", run=short_run(record.cached_from))
        return said if not is_deterministic() else tr("nothing changed; -f runs it")
    given = {each.name: each for each in before.data} if before is not None else {}
    changed = [each for each in record.data if each.name not in given or given[each.name].digest != each.digest]
    if not record.data:
        return tr("no data")
    return ", ".join(_shapes(given.get(each.name), each) for each in changed[:MANY]) or tr("data unchanged")


def _shapes(old: OutputRecord | None, new: OutputRecord) -> str:
    if old is None or old.summary == new.summary:
        return outputs_line([new])
    return f"{outputs_line([old])} -> {new.summary.removeprefix('DataFrame ')}"


def _circumstances(found: StepOfRun, known: Around) -> Iterator[str]:
    """Yield where and when: what differs from run to run is left out where outputs are compared."""
    record = found.record
    yield tr("{mode} pipeline", mode=record.pipeline.removesuffix("_pipeline"))
    if record.position:
        yield tr("step {position}", position=record.position)
    if is_deterministic():
        return
    if record.seconds and not record.cached_from:
        yield duration(record.seconds)
    if record.fingerprint:
        yield tr("code {fingerprint}", fingerprint=record.fingerprint.removeprefix("b3:")[:6])
    data = next((each for each in known.made if each.name == _data_name(record)), None)
    if data is not None:
        news = tr("new") if data.run == found.run.id else tr("unchanged")
        yield tr("data v{number} ({news})", number=data.number, news=news)
    if found.run.id:
        yield tr("run {run}", run=short_run(found.run.id))


def _facts(record: StepRecord, known: Around) -> Iterator[tuple[str, str]]:
    yield tr("in"), _came_in(record, known)
    if not record.error:
        yield tr("out"), went_out(record, known.before)
    yield tr("args"), arguments_text(record)
    yield tr("why"), why_it_ran(record)
    yield tr("broken"), "\n".join(f"▲ {each}" for each in break_lines(record.breaks))


# In and out -----------------------------------------------------------------------------------------------------------


def _came_in(record: StepRecord, known: Around) -> str:
    files = next((each for each in known.came if each.name == f"{_mode(record)}-external-files"), None)
    if known.before is None:
        return "" if files is None else tr("input/{mode}, files: {count}", count=files.files, mode=_mode(record))
    version = next((f" v{each.number}" for each in known.came if each.name == _data_name(known.before)), "")
    data = shortened(outputs_line(known.before.data), _FIRST) or tr("no data")
    return f"{data}  ← {known.before.step}{'' if is_deterministic() else version}" + (
        f" ({tr('of run {run}', run=short_run(record.inputs_from))})" if record.fetched else ""
    )


def went_out(record: StepRecord, before: StepRecord | None) -> str:
    """Return each value that a step hands on, with what became of it.

    ``"dataframe 712x12 (-179 rows, nulls 866 -> 0), model dict 3 (new); config +x_columns"``
    """
    if before is None:
        made = shortened(outputs_line(record.data), 2 * _FIRST)
        names = listed_names([each.name for each in record.config])
        return "; ".join(filter(None, [made, f"config {names}" if names else ""]))
    given = {each.name: each for each in before.data}
    parts = [_went_out(given.get(each.name), each) for each in record.data[:MANY]]
    parts += [tr("{count} more", count=len(record.data) - MANY)] if len(record.data) > MANY else []
    settings = {each.name: each.digest for each in before.config}
    changes = [f"+{each.name}" for each in record.config if each.name not in settings]
    changes += [f"~{each.name}" for each in record.config if settings.get(each.name, each.digest) != each.digest]
    changes += [f"-{each}" for each in settings if each not in {own.name for own in record.config}]
    return "; ".join(filter(None, [", ".join(parts), f"config {listed_names(changes)}" if changes else ""]))


def _went_out(old: OutputRecord | None, new: OutputRecord) -> str:
    if old is None:
        return f"{outputs_line([new])} ({tr('new')})"
    if old.digest == new.digest:
        return f"{new.name} {tr('unchanged')}"
    changes = [*_table_changes(old.signature, new.signature)]
    return f"{outputs_line([new])} ({', '.join(changes) or tr('changed')})"


def _table_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield what became of rows, columns and nulls; of tables that were looked at as a whole."""
    rows = [each.get("rows", each.get("length")) for each in (old, new)]
    if isinstance(rows[0], int) and isinstance(rows[1], int) and rows[0] != rows[1]:
        yield tr("{change} rows", change=f"{rows[1] - rows[0]:+}")
    if "columns" not in old or "columns" not in new:
        return
    columns = [each["columns"] for each in (old, new)]
    names = [f"+{each}" for each in columns[1] if each not in columns[0]]
    names += [f"-{each}" for each in columns[0] if each not in columns[1]]
    if names:
        yield listed_names(names)
    if "sampled" not in old and "sampled" not in new:
        nulls = [sum(about.get("nulls", 0) for about in each.values()) for each in columns]
        if nulls[0] != nulls[1]:
            yield tr("nulls {before} -> {after}", before=nulls[0], after=nulls[1])


# Arguments and what comes next ----------------------------------------------------------------------------------------


def arguments_text(record: StepRecord) -> str:
    """Return ``"lr=0.1 (plan), n=3 (magic line), depth=5 (default)"``; secrets are masked."""
    values = {**record.defaults, **record.args}
    origins = {**dict.fromkeys(record.defaults, "default"), **dict.fromkeys(record.args, ""), **record.origins}
    words = {
        **{"plan": tr("plan"), "magic line": tr("magic line")},
        **{"this run": tr("this run"), "default": tr("default")},
    }
    return ", ".join(
        f"{name}={shortened(in_one_line(number_text(value)), _VALUE)}"
        + (f" ({words.get(origin, origin)})" if (origin := origins.get(name, "")) else "")
        for name, value in redact_all(values).items()
    )


def _debug(found: StepOfRun) -> str:
    """Return how a failed step is opened."""
    if found.record.status != FAILED or not found.run.id:
        return ""
    return tr("{magic} opens it, with its inputs", magic=f"%alo_debug {short_run(found.run.id)}/{found.record.step}")


def _next(project: Project, record: StepRecord, following: str) -> str:
    traces, _ = Traces(project).of(record.pipeline, following)
    if not traces:
        return tr("{step} has not run yet", step=following)
    digests = record.digests()
    if any(_has_read(each, digests) for each in traces):
        return tr("{step}: its input is as it was", step=following)
    return tr("{step} is now stale: its input changed", step=following)


def _has_read(trace: Trace, digests: Mapping[str, str]) -> bool:
    """Tell whether an execution has read exactly what is there now."""
    came = ((f"{kind}.{key}", digest) for kind, keys in trace.upstream.items() for key, digest in keys.items())
    read = {f"{kind}.{key}" for kind, keys in trace.read.items() for key in keys}
    return all(digests.get(name) == digest for name, digest in came if name in read)


def _mode(record: StepRecord) -> str:
    return record.pipeline.removesuffix("_pipeline")


def _data_name(record: StepRecord) -> str:
    return f"{_mode(record)}-{record.step}-data"
