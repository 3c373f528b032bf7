"""A plan as a card: what its widget shows, for a notebook that is read without a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alo_nb.plan import Plan, Problem, plan_view
from alo_nb.views.card import Card, facts_card, pairs_text, table_card
from alo_nb.views.html import escape
from alo_nb.views.text import GLYPHS, problems_text

States = Mapping[tuple[str, str], str]  # pipeline and step to `fresh`, `stale`, `never`, `failed` or `unknown`


def plan_card(plan: Plan, problems: Sequence[Problem] = (), states: States | None = None) -> Card:
    """Return the steps of a plan with their arguments and sources, its paths, its control, and what is wrong with it.

    Secrets are masked.
    """
    known = states or {}
    told = [each for each in problems if each.severity != "note"]
    view = plan_view(plan)
    return facts_card(
        f"plan {plan.name or '(no name)'} · {plan.path.name if plan.path else 'of the cells'}",
        [
            ("paths", pairs_text(_said(view["external_path"]))),
            ("control", pairs_text(_said(view["control"]))),
            ("problems", problems_text(told)),
        ],
        *(_steps(each.mode, view["pipelines"][each.name], each.name, known) for each in plan.pipelines),
    )


def folded(card: Card, summary: str) -> Card:
    """Return a card whose html opens with a click, without a script."""
    return Card(card.text, f"<details><summary>{escape(summary)}</summary>{card.html}</details>")


def _steps(mode: str, steps: Iterable[Mapping[str, Any]], pipeline: str, states: States) -> Card:
    rows = [
        {
            mode: f"{GLYPHS[states.get((pipeline, each['step']), 'unknown')]} {each['step']}",
            "arguments": pairs_text(each["args"]),
            "code": " ".join(filter(None, (each["code"] or "notebook", each["branch"]))),
        }
        for each in steps
    ]
    return table_card(rows, (mode, "arguments", "code"))


def _said(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value is not None}
