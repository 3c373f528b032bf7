"""A run, or one step of it, as a card: what it was told, what it read and made, and how it went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.records import Run, Summary
from alo_nb.store.store import Store
from alo_nb.store.tracking import METRICS
from alo_nb.views.again import again_line
from alo_nb.views.artifacts import artifact_card, reference_text, versions_of
from alo_nb.views.card import Card, facts_card, pairs_text
from alo_nb.views.curves import curves_html, curves_text, read_series
from alo_nb.views.gantt import gantt
from alo_nb.views.html import frame, run_html, summary_html
from alo_nb.views.named import StepOfRun
from alo_nb.views.plan_card import folded
from alo_nb.views.printable import bounded
from alo_nb.views.run_picture import run_picture
from alo_nb.views.step_card import around, cell_card, step_card
from alo_nb.views.text import (
    GLYPHS,
    duration,
    is_deterministic,
    outputs_line,
    run_name,
    run_text,
    state_text,
    summary_line,
    why_it_ran,
    with_short_runs,
)

PLATFORM = ("python", "platform", "host")


def card_of(project: Project, found: Run | StepOfRun | Artifact) -> Card:
    """Return the card of whatever a name means."""
    if isinstance(found, Artifact):
        return artifact_card(found)
    return run_card(project, found) if isinstance(found, Run) else whole_step_card(project, found)


def run_card(project: Project, run: Run) -> Card:
    """Return a run with its artifacts and metrics; a pipeline's steps are shown as after the run itself."""
    facts = [*_artifacts(project, run), *_circumstances(run), (tr("run again"), again_line(run))]
    if run.trigger == "init":
        return _tracked_card(run, facts)
    more = facts_card("", facts)
    return Card(f"{run_text(run)}\n{more.text}".rstrip(), frame(run_html(run, _pictures(run)), more.html))


def shown_run(project: Project, run: Run, following: str = "") -> Card:
    """Return a run as it shows itself after it has ended: that of a cell as its step, `following` is the one after."""
    if run.trigger == "cell" and run.steps:
        return cell_card(project, run, following)
    return Card(run_text(run), run_html(run, _pictures(run)))


def summary_card(summary: Summary) -> Card:
    """Return what a pipeline gave to `save_summary`."""
    return Card(bounded(summary_line(summary)), frame(summary_html(summary)))


def _pictures(run: Run) -> str:
    """Return the drawing of a run, and its times for those who open them; the tables below say the same."""
    times = gantt(run, twin=False)
    return run_picture(run, twin=False).html + (folded(times, tr("times")).html if times.svg else "")


def _tracked_card(run: Run, known: Sequence[tuple[str, str]]) -> Card:
    name = run.name or run.job_type or tr("run")
    kind = run.job_type if run.job_type != name else ""
    head = (f"{GLYPHS.get(run.status, '')} {name}", kind, *_state(run), duration(run.seconds))
    facts = [
        *((tr("project"), run.plan), (tr("notes"), run.notes), (tr("tags"), ", ".join(run.tags))),
        *((tr("error"), run.error), (tr("config"), pairs_text(run.config)), (tr("summary"), pairs_text(run.summary))),
        *known,
    ]
    series = read_series(Path(run.folder) / METRICS)
    curves = Card(curves_text(series) if series else "", curves_html(series))
    return facts_card(" · ".join(each for each in head if each), facts, curves)


def _state(run: Run) -> tuple[str, str]:
    return state_text(run.status), tr("run {run}", run=run_name(run))


def whole_step_card(project: Project, found: StepOfRun) -> Card:
    """Return one step of a run with all that is recorded of it."""
    run, record = found.run, found.record
    resources = {} if is_deterministic() else dict(record.resources)
    reason = with_short_runs(record.reason)
    more = [
        *((tr("config"), outputs_line(record.config)), (tr("code"), record.cell)),
        *((tr("fingerprint"), record.fingerprint[:16]), (tr("reason"), "" if reason == why_it_ran(record) else reason)),
        *_artifacts(project, run, record.step),
        *((tr("used"), pairs_text(record.used)), (tr("resources"), pairs_text(resources))),
        *_circumstances(run),
    ]
    return step_card(found, around(project, found), more)


def _artifacts(project: Project, run: Run, step: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield the versions that a run, or one step of it, has read and made."""
    index = Store.of(project).index
    ways: tuple[tuple[str, Literal["in", "out"]], ...] = ((tr("inputs"), "in"), (tr("outputs"), "out"))
    for label, direction in ways:
        yield label, "\n".join(reference_text(row) for row in versions_of(index, run.id, direction, step))


def _circumstances(run: Run) -> Iterator[tuple[str, str]]:
    """Yield where a run ran; nothing where displays are compared."""
    if not is_deterministic():
        yield tr("commit"), commit_text(run.made_in)
        yield tr("ran on"), " · ".join(_platform(run.made_in))


def _platform(made_in: Mapping[str, Any]) -> Iterator[str]:
    for name in PLATFORM:
        if name in made_in:
            yield f"Python {made_in[name]}" if name == "python" else str(made_in[name])


def commit_text(made_in: Any) -> str:
    """Return ``"1a2b3c4d5e6f"`` with what is to know about changes on top of it; nothing outside of a repository."""
    revision = str(made_in.get("git") or "")
    return f"{revision[:12]}{tr(' with changes') if made_in.get('git_dirty') else ''}" if revision else ""
