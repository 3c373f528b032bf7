"""A run, or one step of it, as a card: what it was told, what it read and made, and how it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.records import Run
from alo_nb.store.store import Store
from alo_nb.store.tracking import METRICS
from alo_nb.views.artifacts import artifact_card, reference_text, versions_of
from alo_nb.views.card import Card, facts_card, pairs_text
from alo_nb.views.curves import curves_html, curves_text, read_series
from alo_nb.views.html import frame, run_html
from alo_nb.views.named import StepOfRun
from alo_nb.views.signature import signature_facts
from alo_nb.views.text import (
    GLYPHS,
    NOTHING,
    duration,
    inputs_line,
    is_deterministic,
    outputs_line,
    run_name,
    run_text,
    state_of,
    with_short_runs,
)

PLATFORM = ("python", "platform", "host")


def card_of(project: Project, found: Run | StepOfRun | Artifact) -> Card:
    """Return the card of whatever a name means."""
    if isinstance(found, Artifact):
        return artifact_card(found)
    return run_card(project, found) if isinstance(found, Run) else step_card(project, found)


def run_card(project: Project, run: Run) -> Card:
    """Return a run with its artifacts and metrics; a pipeline's steps are shown as after the run itself."""
    around = [*_artifacts(project, run), *_circumstances(run)]
    if run.trigger == "init":
        return _tracked_card(run, around)
    more = facts_card("", around)
    return Card(f"{run_text(run)}\n{more.text}".rstrip(), frame(run_html(run), more.html))


def _tracked_card(run: Run, around: Sequence[tuple[str, str]]) -> Card:
    name = run.name or run.job_type or "run"
    kind = run.job_type if run.job_type != name else ""
    head = (f"{GLYPHS.get(run.status, '')} {name}", kind, run.status, f"run {run_name(run)}", duration(run.seconds))
    facts = [
        *(("project", run.plan), ("notes", run.notes), ("tags", ", ".join(run.tags)), ("error", run.error)),
        *(("config", pairs_text(run.config)), ("summary", pairs_text(run.summary))),
        *around,
    ]
    series = read_series(Path(run.folder) / METRICS)
    curves = Card(curves_text(series) if series else "", curves_html(series))
    return facts_card(" · ".join(each for each in head if each), facts, curves)


def step_card(project: Project, found: StepOfRun) -> Card:
    """Return one step of a run: its code, arguments, inputs and outputs."""
    run, record = found.run, found.record
    state = state_of(record)
    head = (f"{GLYPHS[state]} {record.step}", record.pipeline, state, f"run {run_name(run)}")
    resources = {} if is_deterministic() else dict(record.resources)
    facts = [
        *(
            ("error", record.error),
            ("time", duration(record.seconds).strip(NOTHING)),
            ("arguments", pairs_text(record.args)),
        ),
        *(("why", with_short_runs(record.reason)), ("inputs of", inputs_line(record).removeprefix("inputs: "))),
        *(("code", record.cell), ("fingerprint", record.fingerprint[:16])),
        *(("data", outputs_line(record.data)), ("config", outputs_line(record.config))),
        *signature_facts(project, found),
        *_artifacts(project, run, record.step),
        *(("used", pairs_text(record.used)), ("resources", pairs_text(resources))),
        *_circumstances(run),
    ]
    return facts_card(" · ".join(head), facts)


def _artifacts(project: Project, run: Run, step: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield the versions that a run, or one step of it, has read and made."""
    index = Store.of(project).index
    ways: tuple[tuple[str, Literal["in", "out"]], ...] = (("inputs", "in"), ("outputs", "out"))
    for label, direction in ways:
        yield label, "\n".join(reference_text(row) for row in versions_of(index, run.id, direction, step))


def _circumstances(run: Run) -> Iterator[tuple[str, str]]:
    """Yield where a run ran; nothing where displays are compared."""
    if not is_deterministic():
        yield "commit", commit_text(run.made_in)
        yield "ran on", " · ".join(str(run.made_in[name]) for name in PLATFORM if name in run.made_in)


def commit_text(made_in: Any) -> str:
    """Return ``"1a2b3c4d5e6f"`` with what is to know about changes on top of it; nothing outside of a repository."""
    revision = str(made_in.get("git") or "")
    return f"{revision[:12]}{' with changes' if made_in.get('git_dirty') else ''}" if revision else ""
