"""How records show themselves in a shell: each as a card, html in notebooks and the same facts as text elsewhere.

Records know no views, so the shell is told which view belongs to which class; those of `alo_nb.views` show themselves.
A class is named and not imported: nothing is loaded before there is something to show.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.notebook.session import Session
from alo_nb.project import Project
from alo_nb.views.card import Card

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.plan import Pipeline, Plan, Step
    from alo_nb.steps.definition import StepDefinition
    from alo_nb.store import Run, StepRecord, Summary
    from alo_nb.store.artifact import Artifact
    from alo_nb.store.failures import Failure

Show = Callable[[Session, Any], Card]


def add_formatters(shell: InteractiveShell, session: Session) -> None:
    """Let a shell show records as cards."""
    plain, rich = _formatters(shell)
    for (module, name), show in _CARDS.items():
        plain.for_type_by_name(module, name, lambda value, p, _, show=show: p.text(repr(show(session, value))))
        rich.for_type_by_name(module, name, lambda value, show=show: show(session, value)._repr_html_() or None)


def remove_formatters(shell: InteractiveShell) -> None:
    """Take them away again."""
    for formatter in _formatters(shell):
        for module, name in _CARDS:
            formatter.pop(f"{module}.{name}", None)


def _formatters(shell: Any) -> tuple[Any, Any]:
    known = shell.display_formatter.formatters
    return known["text/plain"], known["text/html"]


def _run(session: Session, run: Run) -> Card:
    from alo_nb.views.cards import run_card, shown_run

    project = Project(Path(run.folder).parents[2]) if run.folder else session.project
    if run.trigger == "init":
        return run_card(project, run)
    return shown_run(project, run, session.following(run))


def _record(session: Session, record: StepRecord) -> Card:
    from alo_nb.store import Run
    from alo_nb.views.named import StepOfRun
    from alo_nb.views.step_card import Around, step_card

    return step_card(StepOfRun(Run(""), record), Around())


def _summary(session: Session, summary: Summary) -> Card:
    from alo_nb.views.cards import summary_card

    return summary_card(summary)


def _plan(session: Session, plan: Plan) -> Card:
    from alo_nb.views.plan_card import shown_plan

    return shown_plan(plan)


def _pipeline(session: Session, pipeline: Pipeline) -> Card:
    from alo_nb.views.plan_card import pipeline_card

    return pipeline_card(pipeline)


def _step(session: Session, step: Step) -> Card:
    from alo_nb.views.step_of_plan import step_of_plan_card

    return step_of_plan_card(session.project, session.plan, step, session.status())


def _definition(session: Session, step: StepDefinition) -> Card:
    from alo_nb.views import html, text

    return Card(text.definition_text(step), html.definition_html(step))


def _artifact(session: Session, artifact: Artifact) -> Card:
    from alo_nb.views.artifacts import artifact_card

    return Card(repr(artifact), "") if artifact.is_draft() else artifact_card(artifact)


def _failure(session: Session, failure: Failure) -> Card:
    from alo_nb.views.failure import failure_card

    return failure_card(failure)


def _project(session: Session, project: Project) -> Card:
    return Card(f"project {project.root}", "")


def _status(session: Session, rows: Any) -> Card:
    from alo_nb.views import html, overview

    return Card(overview.status_text(rows), html.status_html(rows))


_CARDS: dict[tuple[str, str], Show] = {
    ("alo_nb.store.records", "Run"): _run,
    ("alo_nb.store.records", "StepRecord"): _record,
    ("alo_nb.store.records", "Summary"): _summary,
    ("alo_nb.plan.model", "Plan"): _plan,
    ("alo_nb.plan.model", "Pipeline"): _pipeline,
    ("alo_nb.plan.model", "Step"): _step,
    ("alo_nb.steps.definition", "StepDefinition"): _definition,
    ("alo_nb.store.artifact", "Artifact"): _artifact,
    ("alo_nb.store.failures", "Failure"): _failure,
    ("alo_nb.project", "Project"): _project,
    ("alo_nb.views.overview", "StatusTable"): _status,
}
