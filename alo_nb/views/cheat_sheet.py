"""``%alo``: what there is to write, by task, and the state of this notebook with what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alo_nb.cache.explained import FAILED, FRESH, NEVER_RUN, STALE, Explained
from alo_nb.errors import AloNbError
from alo_nb.lang import padded, tr, wide
from alo_nb.plan import Plan
from alo_nb.project import Project
from alo_nb.store import Run
from alo_nb.store.records import SUCCESS
from alo_nb.views.card import Card, facts_card
from alo_nb.views.html import escape, frame, grey, html_table, span
from alo_nb.views.text import GLYPHS, is_deterministic, short_run, state_text


@dataclass(frozen=True)
class NotebookState:
    """What `%alo` says of a notebook. `trouble` is why its plan or its steps cannot be told; `run` is the newest.

    `can_resume` tells whether ``--resume`` goes on with that run.
    """

    project: Project
    plan: Plan | None = None
    steps: Sequence[Explained] = ()
    run: Run | None = None
    trouble: AloNbError | None = None
    can_resume: bool = False


def cheat_sheet() -> dict[str, list[tuple[str, str]]]:
    """Return for each task what there is to write, and what that does."""
    return {
        tr("begin"): [
            ("%alo_load PLAN|FOLDER", tr("assets of ALO as cells; %alo_suggest: a plain notebook as steps")),
        ],
        tr("write"): [
            ("%%alo_asset step=NAME [KEY=VALUE]", tr("make the cell a step and run it; %alo_drop forgets it")),
            ("%alo_plan PATH [--widget]", tr("open a plan, or edit and run it as a form; %alo_args changes a value")),
        ],
        tr("run"): [
            ("%alo_run [train|inference]", tr("run what has changed; --from, --only, --resume, --fresh")),
            ("%alo_status", tr("what would run now; %alo_why STEP: why; %alo_dag: as a picture")),
            ("%alo_debug [RUN]", tr("a step that failed: its inputs, its variables, its code in a new cell")),
        ],
        tr("look"): [
            (
                "%alo_show RUN|STEP|NAME:v3",
                tr("a card of it; %alo_preview STEP.KEY: the data; steps.NAME.x: any name"),
            ),
            ("%alo_runs, %alo_history", tr("all runs with their metrics; the runs of pipelines")),
            ("%alo_diff A B", tr("what differs between two runs or versions, first things first")),
        ],
        tr("keep"): [
            ("%alo_artifact ls|log|use", tr("files with names and versions; %alo_pin RUN keeps its backups")),
            ("%alo_lineage NAME|RUN", tr("what it was made of and what came of it; --file PATH: what made a file")),
        ],
        tr("hand on"): [("%alo_export DIR", tr("the steps and the plan as files for ALO 2.x"))],
        tr("help"): [("%alo_run?", tr("its options; %alo_doctor: is all in order? %alo_project: which folder"))],
    }


def overview_card(state: NotebookState) -> Card:
    """Return the cheat sheet, and below it the state of the notebook."""
    sheet, now = _sheet_card(), state_card(state)
    return Card(f"{sheet.text}\n\n{now.text}", frame(sheet.html, "<hr>", now.html))


def _sheet_card() -> Card:
    rows = [
        (task if number == 0 else "", magic, what)
        for task, lines in cheat_sheet().items()
        for number, (magic, what) in enumerate(lines)
    ]
    first, second = (max(wide(row[column]) for row in rows) for column in (0, 1))
    text = "\n".join(f"{padded(task, first)}  {padded(magic, second)}  {what}" for task, magic, what in rows)
    return Card(text, html_table([], ([_task(task), _code(magic), escape(what)] for task, magic, what in rows)))


def _task(text: str) -> str:
    return span(grey(text), "white-space:nowrap")


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _with_code(text: str) -> str:
    """Return a text whose words in backticks are code."""
    parts = text.split("`")
    return "".join(_code(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def state_card(state: NotebookState) -> Card:
    """Return the project, the plan, the steps with their states, the newest run, and what to do next."""
    plan, none_open = state.plan, tr("none open: the cells make the pipeline, in their order")
    opened = none_open if plan is None else f"{plan.name} ({plan.path})"
    facts = [
        (tr("project"), str(state.project.root)),
        (tr("plan"), opened if state.trouble is None else state.trouble.what),
        *_steps(state.steps),
        (tr("last run"), _run_line(state.run)),
        (tr("next"), next_action(state)),
    ]
    return facts_card("", facts, drawn={tr("next"): _with_code(next_action(state))})


def _steps(rows: Sequence[Explained]) -> Iterator[tuple[str, str]]:
    for pipeline in dict.fromkeys(each.pipeline for each in rows):
        steps = (f"{GLYPHS[each.state]} {each.step}" for each in rows if each.pipeline == pipeline)
        yield pipeline.removesuffix("_pipeline"), " → ".join(steps)


def _run_line(run: Run | None) -> str:
    if run is None:
        return tr("none yet")
    when = "" if is_deterministic() else f"{run.started[:16].replace('T', ' ')} UTC"
    name = run.mode or run.name or run.job_type
    return " · ".join(filter(None, (f"{GLYPHS[run.status]} {state_text(run.status)}", name, short_run(run.id), when)))


def next_action(state: NotebookState) -> str:
    """Return the one thing that most likely comes next, as the line to write and why."""
    if state.trouble is not None:
        return state.trouble.do or tr("`%alo_doctor` finds out what is wrong")
    if not state.steps:
        return tr("begin a cell with `%%alo_asset step=NAME`, or open a plan: `%alo_plan PATH`")
    failed = next((each.step for each in state.steps if each.state == FAILED), None)
    if failed is not None:
        return _after_failure(failed, state)
    waiting = [each for each in state.steps if each.state != FRESH]
    known = [each for each in waiting if each.state in {STALE, NEVER_RUN}]
    if not waiting:
        return _after_all(state.run)
    if not known:
        return tr("`%alo_status` says why nobody can tell what would run")
    count, step = f"{len(waiting)}/{len(state.steps)}", known[0].step
    return tr("`%alo_run` runs {count} steps, from {step} on; `%alo_why {step}` says why", count=count, step=step)


def _after_failure(step: str, state: NotebookState) -> str:
    if state.run is None or not state.can_resume:
        return tr("`%alo_debug`: step {step} failed; when it is mended, run its cell again or `%alo_run`", step=step)
    mode = f"{state.run.mode} " if state.run.mode != "all" else ""
    again = f"`%alo_run {mode}--resume`"
    return tr("`%alo_debug`: step {step} failed; when it is mended, {magic} goes on", step=step, magic=again)


def _after_all(run: Run | None) -> str:
    """Return what comes next where no step has to run."""
    if run is not None and run.status == FAILED:
        return _after_failed_run(run)
    if run is None or run.trigger == "cell" or run.status != SUCCESS:
        return tr("`%alo_run` puts the results of all steps in place, as one run")
    return tr("nothing has to run; `%alo_show {run}` shows the run, `%alo_diff` compares two", run=short_run(run.id))


def _after_failed_run(run: Run) -> str:
    """Return what comes next after a run that failed although no step has to run: at its end, or by its arguments."""
    failed = next((each.step for each in run.steps if each.error), "")
    if failed:
        name = f"{short_run(run.id)}/{failed}"
        return tr("`%alo_debug {name}` opens what failed; what is kept of all steps is fresh", name=name)
    last = run.steps[-1].step if run.steps else ""
    if not last:
        return tr("the last run failed: {error}", error=run.error)
    return tr("the last run failed after step {step}: {error}; mend that, then `%alo_run`", step=last, error=run.error)
