"""A step of a plan as a card: how it stands, what it is told, and how it went lately."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from alo_nb.cache.explained import Explained
from alo_nb.lang import tr
from alo_nb.plan import Plan, Step
from alo_nb.plan.redact import redact_all
from alo_nb.project import Project
from alo_nb.store.records import SUCCESS
from alo_nb.store.runs import RunStore
from alo_nb.views.card import Card, facts_card, pairs_text
from alo_nb.views.overview import why_text
from alo_nb.views.step_card import arguments_text
from alo_nb.views.text import GLYPHS, duration, is_deterministic, outputs_line, state_text

_LOOKED_AT, _SHOWN = 50, 5  # runs


def step_of_plan_card(project: Project, plan: Plan, step: Step, rows: Iterable[Explained]) -> Card:
    """Return a step of a plan, as it stands in each pipeline that has it; `rows` are the status of the plan's steps."""
    found = [each for each in rows if each.step == step.name]
    facts = [
        (tr("args"), "" if found else pairs_text(redact_all(dict(step.args)))),
        (tr("code"), step.source.code if step.source is not None else ""),
        (tr("time"), "" if is_deterministic() else ", ".join(_durations(project, step.name))),
    ]
    head = f"{tr('step {name}', name=step.name)} · {plan.name}" if plan.name else tr("step {name}", name=step.name)
    return facts_card(head, facts, *(_row(each) for each in found))


def _row(row: Explained) -> Card:
    head = f"{GLYPHS[row.state]} {row.pipeline.removesuffix('_pipeline')} · {state_text(row.state)}"
    last, made = row.last, row.made
    facts = [
        (tr("why"), why_text(row)),
        (tr("args"), arguments_text(last) if last is not None else ""),
        (tr("out"), outputs_line(made.data) if made is not None else ""),
        (tr("code"), row.code),
    ]
    return facts_card(head, facts)


def _durations(project: Project, step: str) -> Iterator[str]:
    """Yield how long the newest executions of a step took, newest first."""
    records = (each for run in islice(RunStore(project), _LOOKED_AT) for each in reversed(run.steps))
    ran = (each for each in records if each.step == step and each.status == SUCCESS and not each.cached_from)
    yield from (duration(each.seconds) for each in islice(ran, _SHOWN))
