"""Every record there is with one text in all the places where users' texts stand, as every view shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

import alo_nb
from alo_nb.cache.decision import Cause
from alo_nb.cache.explained import Explained
from alo_nb.plan import Pipeline, Plan, Problem, Step
from alo_nb.plan.model import Source
from alo_nb.project import Project
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import define_step
from alo_nb.store import OutputRecord, Run, StepRecord, Summary
from alo_nb.store.breaks import Break
from alo_nb.store.failures import Failure, KeptFrame, KeptLocal, KeptValue
from alo_nb.store.index import VersionRow
from alo_nb.store.store import Store
from alo_nb.views import html as as_html
from alo_nb.views import text as as_text
from alo_nb.views.artifacts import artifact_card
from alo_nb.views.card import Card, facts_card, plain_card, table_card
from alo_nb.views.cards import run_card, shown_run, summary_card
from alo_nb.views.comparison import Cause as Why2
from alo_nb.views.comparison import Comparison, Item, StepComparison
from alo_nb.views.diff import Diff, Difference, compare
from alo_nb.views.failure import failure_card
from alo_nb.views.gantt import gantt
from alo_nb.views.lineage import project_lineage
from alo_nb.views.made_by import made_by
from alo_nb.views.named import StepOfRun, named
from alo_nb.views.overview import status_text
from alo_nb.views.plan_card import pipeline_card, plan_card, shown_plan
from alo_nb.views.plan_picture import plan_picture
from alo_nb.views.preview_files import content_card, folder_card
from alo_nb.views.preview_values import value_card
from alo_nb.views.run_picture import run_picture
from alo_nb.views.runs_table import Runs
from alo_nb.views.signature import signature_card
from alo_nb.views.step_card import Around, step_card
from alo_nb.views.step_of_plan import step_of_plan_card
from alo_nb.views.why import Why

RUN_ID = "20991121T093000Z-1f3a9c"
PIPELINE = "train_pipeline"


def output(t: str, rows: int = 3) -> OutputRecord:
    columns = {t: {"dtype": t, "nulls": rows, "min": 0, "max": 1}, f"{t}2": {"dtype": "str", "distinct": 3}}
    signature = {"type": "DataFrame", "rows": rows, "width": 2, "columns": columns}
    return OutputRecord(t, f"DataFrame {rows}x2 {t}", 9, f"b3:{rows}", signature)


def record(t: str, **changes: Any) -> StepRecord:
    own = StepRecord(
        PIPELINE,
        t,
        "success",
        1.5,
        fingerprint="b3:0123456789abcdef0123",
        cell=t,
        args={t: t},
        origins={t: "plan"},
        defaults={f"{t}1": t},
        data=(output(t), OutputRecord(f"{t}2", t, 9, "b3:9")),
        config=(OutputRecord(t, t, 9, "b3:1"),),
        reason=t,
        used={t: t},
        upstream=t,
        breaks=(Break(f"data.{t}", t, t, t, t),),
        position="2/2",
    )
    return replace(own, **changes)


def run(t: str) -> Run:
    steps = (
        record(t, data=(output(t, 5),)),
        record(f"{t}2", status="failed", error=t),
        record(f"{t}3", cached_from=RUN_ID),
    )
    return Run(
        RUN_ID,
        status="failed",
        mode="train",
        trigger="notebook",
        plan=t,
        started="2099-11-21T09:30:00.000Z",
        finished="2099-11-21T09:30:05.000Z",
        steps=steps,
        summaries={PIPELINE: {"result": t, "score": t, "note": t, "probability": {t: 0.25, f"{t}2": 0.75}}},
        outputs=(f"train_artifacts/models/{t}",),
        error=t,
        notebook=t,
        name=t,
        job_type=t,
        config={t: t},
        summary={t: t},
        tags=(t,),
        notes=t,
        made_in={"git": t, "python": t, "host": t},
    )


def plan(t: str) -> Plan:
    steps = (Step(t, {t: t}, Source(t, t)), Step(f"{t}2", {t: [t, {t: t}]}))
    return Plan(name=t, pipelines=(Pipeline(PIPELINE, steps), Pipeline("inference_pipeline", steps)))


def failure(t: str) -> Failure:
    local = KeptLocal(t, t, t, t)
    frames = (KeptFrame(t, 2, t, ((1, t), (2, t)), (local,)),)
    inputs = tuple(KeptValue(kind, t, t, 9, "", t) for kind in ("data", "config", "args", "use"))
    return Failure(
        *(RUN_ID, PIPELINE, t, t, RUN_ID, "", t),
        error=t,
        message=t,
        traceback=t,
        label=t,
        body=t,
        args={t: t},
        given={t: t},
        inputs=inputs,
        frames=frames,
    )


def explained(t: str) -> Explained:
    causes = (Cause("code", t, t, t), Cause("input", t))
    return Explained(PIPELINE, t, t, "stale", record(t), RUN_ID, causes, RUN_ID, t, t, t)


def values(t: str) -> Iterator[Any]:
    """Yield values whose names and contents are the text."""
    whole = t.encode(errors="replace").decode()  # Arrow, in which pandas keeps texts, has no half of a character
    frame = pd.DataFrame({whole: [whole, None], 3: [{t: t}, [t]]}, index=[whole, f"{whole}2"])
    frame[pd.Timestamp(0)] = pd.Categorical([whole, whole])
    yield from (frame, pd.Series([whole], name=whole), pd.DataFrame(columns=[whole, whole]))
    yield from ({t: t, (t,): {t: [t]}}, [t, {t}], (t,), t, {t}, np.array([t, None], dtype=object), np.array([0.5, 1]))


def cards(t: str) -> Iterator[tuple[str, Any]]:
    """Yield the name of each view that needs no store, and what it shows."""
    whole, step = run(t), record(t)
    before = record(t, data=(output(t, 5),), config=(OutputRecord(f"{t}0", t, 9, "b3:4"),))
    row = VersionRow(1, t, "dataset", 0, "b3:0", 1, 1, "", RUN_ID, t, {t: t}, (t,), "", False, (t,))
    known = Around(before, (row,), (row,), t)
    definition = replace(define_step("s", Block("pass", "f", 1, t), Scope(), args={t: t}), name=t, entry=t)
    problems = [Problem("error", "X", t, key=f"user_parameters > {PIPELINE} > {t}", do=t)]
    yield "run", Card(as_text.run_text(whole), as_html.run_html(whole))
    yield "step", step_card(StepOfRun(whole, step), known, results=True)
    yield "cached", step_card(StepOfRun(whole, whole.steps[2]), known)
    yield "failed", step_card(StepOfRun(whole, whole.steps[1]), known)
    yield "run picture", run_picture(whole)
    yield "gantt", gantt(whole)
    yield "plan", shown_plan(plan(t))
    yield "plan card", plan_card(plan(t), problems, {(PIPELINE, t): "stale"})
    yield "plan picture", plan_picture(plan(t), {(PIPELINE, t): "stale"}, problems)
    yield "pipeline", pipeline_card(plan(t).pipelines[0])
    yield "plan text", Card(as_text.plan_text(plan(t)), "")
    yield "problems", plain_card(as_text.problems_text(problems))
    yield "definition", Card(as_text.definition_text(definition), as_html.definition_html(definition))
    yield "status", Card(status_text([explained(t)]), as_html.status_html([explained(t)]))
    yield "why", Why((explained(t), replace(explained(t), causes=(), state="fresh")))
    lines = [("running", t, t)]
    yield "progress", Card(as_text.progress_text(lines), as_html.progress_html(lines))
    yield "failure", failure_card(failure(t), (t,), code=t)
    yield "diff", Diff(t, t, (Difference(t, t, t, t, f"+{t}\n-{t}\n@{t}"),))
    items = (Item(t, t, t, t), Item(t, t, t))
    yield "comparison", Comparison(t, t, (t, t), (StepComparison(PIPELINE, t, items, 1, Why2(t, t, t), t),), t)
    yield "facts", facts_card(f"{t} · {t}", [(t, t)], table_card([{t: t}], (t,)))
    yield "file", content_card(f"{t}.txt", t.encode(errors="replace"), 10**6)
    yield "folder", folder_card(t, [(f"{t}/{t}", 3), (t.replace("/", ""), 4)])
    yield "summary", summary_card(Summary(result=t, score=0.5, note=t, probability={t: 1.0}))
    for number, value in enumerate(values(t)):
        yield f"value {number}", value_card(t, [(t, t)], value, {})


def stored(project: Project, t: str) -> Iterator[tuple[str, Any]]:
    """Yield what is shown of a store that holds the text wherever it takes one; half a character it refuses."""
    t = t.encode(errors="replace").decode()
    with alo_nb.init(project=t[:50].strip() or "p", job_type="load", notes=t, config={t: t}, tags=[t]) as tracked:
        artifact = alo_nb.Artifact("raw", "dataset", description=t, metadata={t: t})
        with artifact.new_file("a.txt") as file:
            file.write("1")
        made = tracked.log_artifact(artifact)
        tracked.log({t: 1.5})
    found = named(project, tracked.id)
    assert isinstance(found, Run)
    one = {"id": t, "status": t, "name": t, "tags": (t,), "error": t, f"metrics.{t}": 1.5, f"config.{t}": t}
    yield "runs", Runs([one, {**one, "status": "failed", f"metrics.{t}": 0.5}])
    yield "tracked", run_card(project, found)
    yield "shown", shown_run(project, replace(run(t), trigger="cell"), t)
    yield "whole", run_card(project, run(t))
    yield "signature", signature_card(project, StepOfRun(run(t), record(t)))
    yield "step of plan", step_of_plan_card(project, plan(t), plan(t).pipelines[0].steps[0], [explained(t)])
    yield "artifact", artifact_card(made)
    yield "lineage", project_lineage(project, "raw:latest")
    (project.root / "copy.txt").write_text("1")
    yield "made by", made_by(project, "copy.txt")
    yield "run diff", compare(project, run(t[:40]), replace(run(f"{t[:40]}!"), mode="all"))
    Store.of(project).close()
