"""A plan as a card: what its widget shows, for a notebook that is read without a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alo_nb.lang import tr
from alo_nb.plan import Pipeline, Plan, Problem, plan_view
from alo_nb.views.card import Card, facts_card, pairs_text, table_card
from alo_nb.views.html import escape, frame
from alo_nb.views.plan_picture import States, plan_picture
from alo_nb.views.text import GLYPHS, problems_text


def plan_card(plan: Plan, problems: Sequence[Problem] = (), states: States | None = None) -> Card:
    """Return the steps of a plan with their arguments and sources, its paths, its control, and what is wrong with it.

    Secrets are masked.
    """
    known = states or {}
    told = [each for each in problems if each.severity != "note"]
    view = plan_view(plan)
    name = tr("plan {plan}", plan=plan.name or tr("(no name)"))
    return facts_card(
        f"{name} · {plan.path.name if plan.path else tr('of the cells')}",
        [
            (tr("paths"), pairs_text(_said(view["external_path"]))),
            (tr("control"), pairs_text(_said(view["control"]))),
            (tr("problems"), problems_text(told)),
        ],
        *(_steps(each.mode, view["pipelines"][each.name], each.name, known) for each in plan.pipelines),
    )


def shown_plan(plan: Plan) -> Card:
    """Return a plan as it shows itself: its picture, and the card of it below."""
    card = plan_card(plan, plan.problems)
    return Card(card.text, frame(plan_picture(plan, None, plan.problems, twin=False).html, card.html))


def pipeline_card(pipeline: Pipeline) -> Card:
    """Return the steps of one pipeline with their arguments and sources; secrets are masked."""
    view = plan_view(Plan(pipelines=(pipeline,)))["pipelines"][pipeline.name]
    return facts_card(pipeline.name, [], _steps(pipeline.mode, view, pipeline.name, {}))


def folded(card: Card, summary: str) -> Card:
    """Return a card whose html opens with a click, without a script."""
    return Card(card.text, f"<details><summary>{escape(summary)}</summary>{card.html}</details>")


def _steps(mode: str, steps: Iterable[Mapping[str, Any]], pipeline: str, states: States) -> Card:
    signs = {step: f"{GLYPHS[state]} " for (where, step), state in states.items() if where == pipeline}
    other = f"{GLYPHS['unknown']} " if states else ""
    rows = [
        {
            mode: f"{signs.get(each['step'], other)}{each['step']}",
            "arguments": pairs_text(each["args"]),
            "code": " ".join(filter(None, (each["code"] or "notebook", each["branch"]))),
        }
        for each in steps
    ]
    return table_card(rows, (mode, "arguments", "code"), (mode, tr("arguments"), tr("code")))


def _said(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value is not None}
