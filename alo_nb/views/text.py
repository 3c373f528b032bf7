"""Records as plain text for the terminal, and as the text twin of what a notebook shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alo_nb.cache.decision import NEVER
from alo_nb.lang import padded as padded
from alo_nb.lang import tr
from alo_nb.lang import wide as wide
from alo_nb.plan import Plan, Problem
from alo_nb.plan.redact import redact_all
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.store.breaks import break_lines
from alo_nb.views.printable import bounded, in_one_line
from alo_nb.views.reasons import reason_text

GLYPHS = {
    **dict.fromkeys(("success", "fresh"), "✔"),
    **dict.fromkeys(("failed", "interrupted"), "✖"),
    "cached": "◌",
    "stale": "▲",
    "running": "▶",
    "never": "\N{EN DASH}",
    "unknown": "?",
}
_CELL = re.compile(r"cell In\[\d+\]")
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-([0-9a-f]{6})")
_SAID = 80  # characters of a reason beside a step
_LINE = 400  # characters of what a step made, or of its error
NOTHING = "-"
MANY = 6  # names in a line


def state_text(state: str) -> str:
    """Return the word for a state in the language in use; records hold the English one."""
    words = {
        **{"success": tr("success"), "failed": tr("failed"), "interrupted": tr("interrupted")},
        **{"running": tr("running"), "fresh": tr("fresh"), "cached": tr("cached"), "stale": tr("stale")},
        **{"never": tr("never"), "unknown": tr("unknown")},
    }
    return words.get(state, state)


def is_deterministic() -> bool:
    """Tell whether times and run ids are left out (``ALO_NB_DETERMINISTIC=1``), so that outputs can be compared."""
    return os.environ.get("ALO_NB_DETERMINISTIC", "") not in {"", "0"}


def duration(seconds: float) -> str:
    """Return ``"0.12 s"``, ``"3 min 5 s"``, or a dash where times are left out."""
    if is_deterministic():
        return NOTHING
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def run_name(run: Run) -> str:
    """Return the run's id, or a stand-in where ids are left out."""
    return "<run id>" if is_deterministic() else run.id


def short_run(run_id: str) -> str:
    """Return the last letters of a run's id, by which it is found, or a stand-in where ids are left out."""
    return "<run id>" if is_deterministic() else run_id.rpartition("-")[2]


def with_short_runs(text: str) -> str:
    """Return a reason as it is shown, its run ids as `short_run` has them.

    Where ids are left out, cells have no numbers either.
    """
    text = _RUN_ID.sub(lambda found: short_run(found[0]), reason_text(text))
    return _CELL.sub("a cell", text) if is_deterministic() else text


def state_of(record: StepRecord) -> str:
    """Return ``cached`` for a step that was taken from an earlier run, else how it ended."""
    return "cached" if record.cached_from else record.status


def outputs_line(outputs: Iterable[OutputRecord]) -> str:
    """Return ``"dataframe 916x12, x_columns list 4"``; a table needs no type name."""
    return ", ".join(f"{each.name} {each.summary.removeprefix('DataFrame ')}" for each in outputs)


def signature_line(record: StepRecord, before: StepRecord | None = None) -> str:
    """Return what a step makes of what it is given.

    ``"dataframe 891x12 -> 712x12, +Age_bin -Cabin; config +x_columns"``; without the step `before` it, or without what
    its record says of its outputs, only what it saved.
    """
    if before is None:
        return outputs_line(record.data)
    given = {each.name: each for each in before.data}
    parts = [_made_of(given.get(each.name), each) for each in record.data]
    settings = {each.name: each for each in before.config}
    changes = [
        f"{'~' if each.name in settings else '+'}{each.name}"
        for each in record.config
        if each.name not in settings or settings[each.name].digest != each.digest
    ]
    return "; ".join([*parts, *([f"config {listed_names(changes)}"] if changes else [])])


def _made_of(old: OutputRecord | None, new: OutputRecord) -> str:
    now = outputs_line([new])
    if old is None:
        return f"+{now}"
    change = "" if old.summary == new.summary else f"{outputs_line([old])} -> {new.summary.removeprefix('DataFrame ')}"
    names = [each.signature.get("columns", {}) for each in (old, new)]
    changes = [f"+{each}" for each in names[1] if each not in names[0]]
    changes += [f"-{each}" for each in names[0] if each not in names[1]]
    is_table = old.signature.get("type") == new.signature.get("type") == "DataFrame" and all(names)
    return (change or now) + (f", {listed_names(changes)}" if changes and is_table else "")


def listed_names(names: Sequence[str]) -> str:
    """Return ``"+Age_bin -Cabin"``, of many names the first ones."""
    more = tr(" and {count} more", count=len(names) - MANY) if len(names) > MANY else ""
    return " ".join(names[:MANY]) + more


def step_line(record: StepRecord, *, width: int = 0) -> str:
    """Return one line about a step.

    ``"✔ train  2.1 s  model dict 3 · code changed"``, ``"◌ preprocess  cached  dataframe 916x12  (run 1f3a9c)"``
    """
    what = in_one_line(record.error or outputs_line(record.data) or tr("no data"), _LINE)
    state = state_of(record)
    took = state_text(state) if state == "cached" else duration(record.seconds)
    said = [f"  ({tr('run {run}', run=short_run(record.cached_from))})"] if record.cached_from else []
    said += [f" · {each}" for each in (why_it_ran(record), inputs_line(record)) if each]
    return f"{GLYPHS[state]} {padded(record.step, width)}  {' ' * (8 - wide(took))}{took}  {what}{''.join(said)}"


def progress_text(lines: Iterable[tuple[str, str, str]]) -> str:
    """Return live progress: (status, step, what) for each step."""
    return bounded("\n".join(f"{GLYPHS[status]} {step}  {in_one_line(what, _LINE)}" for status, step, what in lines))


def why_it_ran(record: StepRecord) -> str:
    """Return in short why a step ran again; nothing for one that was taken over, or ran for the first time."""
    if record.cached_from or record.reason == NEVER.text:
        return ""
    reason = with_short_runs(record.reason)
    return reason if len(reason) <= _SAID else f"{reason[: _SAID - 1]}…"


def inputs_line(record: StepRecord) -> str:
    """Return ``"inputs: preprocess of run 1f3a9c"`` for a step whose inputs come from another run."""
    if not record.fetched:
        return ""
    return tr("inputs: {step} of run {run}", step=record.upstream, run=short_run(record.inputs_from))


def run_text(run: Run) -> str:
    """Return a run as a few lines: its steps by pipeline, its summaries, and where its results lie."""
    width = max((wide(each.step) for each in run.steps), default=0)
    name, run_id = run.plan or tr("notebook"), tr("run {run}", run=run_name(run))
    lines = [f"{name} · {run.mode} · {state_text(run.status)} · {run_id}"]
    for pipeline in dict.fromkeys(each.pipeline for each in run.steps):
        lines.append(f"  {pipeline}")
        for record in (each for each in run.steps if each.pipeline == pipeline):
            lines.append(f"    {step_line(record, width=width)}")
            lines += [f"      ▲ {each}" for each in break_lines(record.breaks)]
        if pipeline in run.summaries:
            lines.append(f"    {summary_line(run.summaries[pipeline])}")
    if run.error and not any(each.error for each in run.steps):
        lines.append(f"  {GLYPHS[run.status]} {run.error}")
    return bounded("\n".join([*lines, *(f"  {padded(name, 8)}  {path}" for name, path in result_places(run))]))


def summary_line(summary: Mapping[str, Any]) -> str:
    """Return ``"score 0.82  result: ...  note"`` with class probabilities; ALO 3 leaves out what it was not given."""
    shares = ", ".join(f"{name} {share:.2f}" for name, share in summary.get("probability", {}).items())
    score, result, note = (summary.get(name) for name in ("score", "result", "note"))
    parts = ["" if score is None else f"{tr('score')} {score}", result, note, shares]
    return " · ".join(str(part) for part in parts if part) or tr("a summary without values")


def result_places(run: Run) -> list[tuple[str, str]]:
    """Return (kind, path) of the run's results: model, output, report, executed notebook; and whose model it used."""
    kinds = {"models": tr("model"), "output": tr("output"), "report": tr("report"), "extra_output": tr("extra")}
    places = [(next((kinds[each] for each in path.split("/") if each in kinds), ""), path) for path in run.outputs]
    if run.train_id and run.train_id != run.id:
        places.insert(0, (tr("model of"), "<run id>" if is_deterministic() else run.train_id))
    return [*places, *([(tr("notebook"), run.notebook)] if run.notebook else [])]


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], heads: Sequence[str] = ()) -> str:
    """Return rows under column heads, padded; cells are shown as text. `heads` stand for the names of the columns."""
    shown = heads or columns
    cells = [["" if (cell := row.get(column)) is None else in_one_line(cell) for column in columns] for row in rows]
    widths = [max([wide(head), *(wide(row[i]) for row in cells)]) for i, head in enumerate(shown)]
    lines = [list(shown), *cells]
    return "\n".join(
        "  ".join(padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def definition_text(step: StepDefinition) -> str:
    """Return what was understood of a step cell: ``"step train: def run(asset)  n_estimators=100"``."""
    kinds = {"class": f"class {step.entry}(Asset)", "function": f"def {step.entry}(asset)"}
    arguments = "".join(f"  {name}={value!r}" for name, value in redact_all(dict(step.args)).items())
    return bounded(f"{tr('step {step}', step=step.name)}: {kinds.get(step.kind, tr('statements'))}{arguments}")


def plan_text(plan: Plan) -> str:
    """Return a plan as one arrow line for each pipeline."""
    path = f"  {os.path.relpath(plan.path)}" if plan.path else ""
    lines = [tr("plan {plan}", plan=plan.name or tr("(no name)")) + path]
    for pipeline in plan.pipelines:
        lines.append(f"  {pipeline.name:<18}  {' → '.join(pipeline.step_names()) or tr('(no steps)')}")
    return bounded("\n".join(lines))


def severity_text(severity: str) -> str:
    """Return how bad a problem is, in the language in use."""
    return {"error": tr("error"), "warning": tr("warning"), "note": tr("note")}.get(severity, severity)


def problems_text(problems: Iterable[Problem]) -> str:
    """Return each problem as ``severity code  message``, with its place and what to do below it."""
    lines = []
    for each in problems:
        lines.append(f"{padded(severity_text(each.severity), 7)} {each.code}  {each.message}")
        if str(each.place):
            lines.append(f"        {tr('where:')} {each.place}" + (f", {each.key}" if each.key else ""))
        if each.do:
            lines.append(f"        {tr('do:')}    {each.do}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Forgotten:
    """A step that was forgotten, and the definition that it had."""

    definition: StepDefinition

    def __repr__(self) -> str:
        return tr("step {step} is forgotten", step=repr(self.definition.name))
