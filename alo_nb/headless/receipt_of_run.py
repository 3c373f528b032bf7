"""Leaves a receipt for a run that would have nothing to do the next time."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from alo_nb.cache.imports import imports_of
from alo_nb.cache.trace import Trace, Traces
from alo_nb.external.data import data_files
from alo_nb.files import write_atomic
from alo_nb.handover.values import Values
from alo_nb.headless.receipt import FORMAT, file_marks, folder_marks, import_path, receipt_name
from alo_nb.project import Project
from alo_nb.runner.ahead import is_all_kept
from alo_nb.runner.setup import Setup
from alo_nb.store import Run
from alo_nb.store.records import SUCCESS
from alo_nb.views.text import run_text

MOST_FILES = 5000  # looking at more takes longer than starting the run
_CELL = re.compile(r"\[cell \d+\]$")
_TICK_NS = 50_000_000  # within which a file may change twice and keep its times


def leave_receipt(setup: Setup, run: Run, options: Namespace, *, started_ns: int) -> None:
    """Leave a receipt for a command whose run went well, unless it does more than making results."""
    name, plan = receipt_name(options), setup.request.plan
    is_simple = not (plan.from_env or any(map(plan.external_path.saves, ("train", "inference"))) or _fetches(setup))
    if not name or run.status != SUCCESS or "environment" in run.made_in or not is_simple or not is_all_kept(setup):
        return
    try:
        receipt = _receipt(setup, run, options, started_ns)
    except OSError:  # something has gone meanwhile: the next run finds out
        return
    if receipt is not None:
        write_atomic(setup.request.project.own / "cache" / "receipts" / name, json.dumps(receipt))


def _fetches(setup: Setup) -> bool:
    """Tell whether the run asks another machine: for code, data or a model."""
    plan, project = setup.request.plan, setup.request.project
    codes = [step.source.kind for each in setup.pipelines for step in each.steps if step.source is not None]
    paths = [path for each in setup.pipelines for path in plan.external_path.loads(each.mode)]
    return "git" in codes or bool(plan.external_path.load_model_path) or data_files(paths, project) is None


def _receipt(setup: Setup, run: Run, options: Namespace, started_ns: int) -> dict[str, object] | None:
    project = setup.request.project
    traces = [_trace(setup, run, each.pipeline, each.step) for each in run.steps]
    sources = {*map(str, _sources(setup, options)), *(path for each in traces for path in _read(each))}
    absent = {path for each in traces for path, (digest, _) in each.files.items() if os.path.isabs(path) and not digest}
    made = {*map(str, _made(project, setup, run, traces))}
    if len(sources) + len(made) > MOST_FILES:
        return None
    marks = {path: file_marks(path) for path in sorted(sources - absent)}
    if any(max(each[1], each[2]) > started_ns - _TICK_NS for each in marks.values()):
        return None  # it may have changed after the run had looked at it
    folders = {os.path.dirname(path) for path in sources} | {str(Path.cwd())}
    folders |= {folder for each in traces for folder in each.listed if os.path.isabs(folder)}
    folders |= {place for each in traces for _, place in each.packages.values() if place}
    return {
        "format": FORMAT,
        "run": run.id,
        "record": str(project.runs / run.id / "run.json"),
        "text": run_text(run),
        "python": sys.version,
        "import_path": import_path(),
        "files": marks | {path: file_marks(path) for path in sorted(made)},
        "folders": {path: folder_marks(path) for path in sorted(folders)},
        "absent": sorted(absent),
    }


def _trace(setup: Setup, run: Run, pipeline: str, step: str) -> Trace:
    record = run.step(step, pipeline)
    found = Traces(setup.request.project).of_run(record.cached_from or run.id, pipeline, step)
    if found is None:
        raise FileNotFoundError(f"no trace of {step}")
    return found


def _sources(setup: Setup, options: Namespace) -> Iterator[str | Path]:
    """Yield the files that say what is to be done, and the data that it is done with."""
    plan, project = setup.request.plan, setup.request.project
    yield from filter(None, (plan.path, options.system and os.path.abspath(options.system)))
    for definition in setup.definitions.values():
        yield _CELL.sub("", definition.body.file)
        yield from imports_of(definition).files
        yield from Path(definition.folder).rglob("*.py") if definition.folder else ()
    for pipeline in setup.pipelines:
        yield from data_files(plan.external_path.loads(pipeline.mode), project) or ()


def _read(trace: Trace) -> Iterator[str]:
    yield from trace.modules
    yield from (path for path, (digest, _) in trace.files.items() if os.path.isabs(path) and digest)
    yield from trace.wrote


def _made(project: Project, setup: Setup, run: Run, traces: list[Trace]) -> Iterator[Path]:
    """Yield the files that hold what the run has made, where users and later runs look for it."""
    yield project.runs / run.id / "run.json"
    values = Values(project)
    for trace in traces:
        for digest, _ in trace.digests():
            yield from values.files(digest).values()
    folders = {folder for each in setup.pipelines for folder in (each.artifacts, f"input/{each.mode}")}
    for folder in sorted({*folders, "train_artifacts"}):
        yield from (path for path in project.published(folder).rglob("*") if path.is_file())
