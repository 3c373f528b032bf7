"""``%alo`` and ``%alo_status``: what exists, and the state of this session, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alo_nb.cache.explained import FRESH, NEVER_RUN, Explained
from alo_nb.plan import Plan
from alo_nb.project import Project
from alo_nb.views.text import GLYPHS, signature_line, table, with_short_runs

MAGICS = {
    "%%alo_asset step=NAME [key=value ...]": "make the cell a step and run it; -n only defines it",
    "%alo_plan PATH": "open a plan; alone: show the plan in use",
    "%alo_args STEP NAME=VALUE ...": "change arguments of a step in the open plan",
    "%alo_run [train|inference|all]": "run the pipelines; --from, --to, --only choose steps",
    "%alo_status": "each step: whether it would run now and why, where its code is",
    "%alo_why STEP": "why a step would run, or need not, with all that has changed",
    "%alo_history": "the runs of this project",
    "%alo_runs": "all runs with what they were told and found; --where, --sort, --last",
    "%alo_show RUN|STEP|NAME:ALIAS": "a run, a step or an artifact as a card",
    "%alo_debug [RUN[/STEP]]": "a step that failed: its inputs, its variables, its code in a new cell",
    "%alo_diff A B": "what differs between two runs or two versions",
    "%alo_lineage NAME:ALIAS|RUN": "what it was made of, what came of it; --file PATH: what made this file",
    "%alo_artifact ls|log|use|...": "files with names and versions",
    "%alo_pin RUN": "keep the backups of a run for ever",
    "%alo_drop STEP": "forget a step that a cell has defined",
    "%alo_load PLAN|assets/STEP": "existing assets as cells",
    "%alo_export DIR": "write the steps as asset folders and a plan for ALO 2.x",
    "%alo_project DIR": "work in another project folder",
    "steps.NAME.variable": "look at what a step's names held after its run",
}


class StatusTable(tuple[Explained, ...]):
    """The rows of the status, which show themselves as a table."""

    def __repr__(self) -> str:
        return status_text(self)


def status_text(rows: Sequence[Explained]) -> str:
    """Return the status as a table; the last column is what the step saved."""
    if not rows:
        return "no steps yet: start a cell with `%%alo_asset step=NAME`"
    cells = [
        {
            "pipeline": row.pipeline.removesuffix("_pipeline"),
            "step": row.step,
            "state": f"{GLYPHS[row.state]} {row.state}",
            "why": why_text(row),
            "code": row.code,
            "data": handed_on,
        }
        for row, handed_on in with_signatures(rows)
    ]
    return table(cells, ("pipeline", "step", "state", "why", "code", "data"))


def why_text(row: Explained) -> str:
    """Return why a step would run, in short; nothing where its state says all."""
    return "" if row.state in {FRESH, NEVER_RUN} else with_short_runs(row.reason)


def with_signatures(rows: Sequence[Explained]) -> Iterator[tuple[Explained, str]]:
    """Yield each row with what its step makes of what the step before it saved last."""
    last = {(row.pipeline, row.step): row.last for row in rows}
    for row in rows:
        before = last.get((row.pipeline, row.last.upstream)) if row.last is not None else None
        yield row, signature_line(row.last, before) if row.last is not None else ""


def overview_text(project: Project, plan: Plan | None, rows: Sequence[Explained]) -> str:
    """Return the magics with what they do, then the project, the plan and the steps."""
    width = max(map(len, MAGICS))
    lines = [f"{name:<{width}}  {what}" for name, what in MAGICS.items()]
    opened = (
        f"{plan.name} ({plan.path})" if plan is not None else "none open: the cells make the pipeline, in their order"
    )
    return "\n".join([*lines, "", f"project  {project.root}", f"plan     {opened}", "", status_text(rows)])
