"""What a run takes from earlier ones by name: the run that it goes on with, and inputs of steps that do not run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

from alo_nb.cache.trace import Trace, Traces
from alo_nb.errors import MagicUsageError, ResumeError, RunNotFoundError
from alo_nb.handover.codec import Encoded
from alo_nb.handover.interface import KINDS, Key, Kind
from alo_nb.handover.values import Values, of_artifact
from alo_nb.plan import MODES, Plan
from alo_nb.project import Project
from alo_nb.runner.caching import LATEST
from alo_nb.runner.of_plan import is_of_another_plan, is_of_plan, path_of, shown
from alo_nb.store import OutputRecord, Run, RunStore, StepRecord
from alo_nb.store.names import parse_reference
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS
from alo_nb.store.runs import upstream_record
from alo_nb.store.store import Store

if TYPE_CHECKING:
    from alo_nb.runner.request import RunRequest
    from alo_nb.runner.setup import Setup

Outputs = Mapping[Kind, Mapping[str, Encoded]]


def resumed_run(request: RunRequest) -> Run | None:
    """Return the run that a request goes on with.

    Raises
    ------
    RunNotFoundError
        There is no such run, or none that stopped before its end.
    ResumeError
        It is a run of another plan.
    """
    wanted = request.caching.resume
    if wanted is None:
        return None
    store = RunStore(request.project)
    if wanted != LATEST:
        run = store.get(wanted)
        if not is_of_plan(run, request.plan):
            what = f"run {run.id} is one of {shown(run.plan, run.plan_path)}, and this is {_of(request.plan)}"
            raise ResumeError(what, do="name a run of this plan: `%alo_runs` (`alo-nb runs`) lists the runs")
        return run
    found = resumable_run(request.project, request.plan, request.mode)
    if found is None:
        raise _nothing_to_go_on_with(request)
    return found


def resumable_run(project: Project, plan: Plan, mode: str) -> Run | None:
    """Return the newest run of a plan in a mode that stopped before its end; None when a later one did not."""
    pipelines = (each for each in plan.pipelines if each.name in MODES.get(mode, ()))
    whole = {(each.name, step) for each in pipelines for step in each.step_names()}
    for run in RunStore(project):
        if run.mode != mode or run.trigger == "cell" or not is_of_plan(run, plan):
            continue
        done = {(each.pipeline, each.step) for each in run.steps if each.status == SUCCESS}
        if run.status == SUCCESS and done >= whole:
            return None  # what stopped before that is over
        if run.status in {FAILED, INTERRUPTED} and done:
            return run
    return None


def _nothing_to_go_on_with(request: RunRequest) -> RunNotFoundError:
    what = "all pipelines" if request.mode == "all" else f"the {request.mode} pipeline"
    others = (resumable_run(request.project, request.plan, each) for each in MODES if each != request.mode)
    named = "".join(f", or go on with run {each.id} of mode {each.mode}" for each in others if each is not None)
    return RunNotFoundError(
        f"no run of {what} of {_of(request.plan)} has stopped before its end, so there is nothing to go on with",
        where=str(request.project.runs),
        do=f"leave out --resume{named or ', or name a run of `%alo_runs` (`alo-nb runs`)'}",
    )


def _of(plan: Plan) -> str:
    return shown(plan.name, path_of(plan))


def trace_of_run(project: Project, run: Run, pipeline: str, step: str) -> Trace | None:
    """Return what a run has left of a step that it has completed; None when it has not, or nothing can be read."""
    for record in run.steps:
        if (record.pipeline, record.step, record.status) == (pipeline, step, SUCCESS):
            return Traces(project).of_run(record.cached_from or run.id, pipeline, step)
    return None


def bring_inputs(setup: Setup) -> dict[tuple[str, str], Key]:
    """Put the outputs that steps need and no step of this run makes where they find them; return whose they are.

    Those of `Caching.inputs`, or, where this process and project have none at hand, of the step's latest execution.

    Raises
    ------
    RunNotFoundError, ArtifactNotFoundError
        There are no such inputs.
    MagicUsageError
        It was asked for inputs, and each step of the run has its own in this run.
    """
    request, brought = setup.request, {}
    for pipeline in setup.pipelines:
        names = pipeline.step_names()
        for name in setup.chosen[pipeline.name]:
            before = names[names.index(name) - 1] if names.index(name) else None
            if before is None or before in setup.chosen[pipeline.name]:
                continue
            found: tuple[Key, Outputs] | None = None
            if request.caching.inputs:
                found = _asked_for(request.project, request.caching.inputs, pipeline.name, before)
            elif request.caching.on and setup.latest(pipeline.name, before) is None:
                found = _latest(request.project, request.plan, pipeline.name, before)
            if found is not None:
                key, outputs = found
                for kind in KINDS:
                    setup.interface.write(key, kind, outputs[kind])
                brought[pipeline.name, before] = key
    if request.caching.inputs and not brought:
        raise MagicUsageError(
            "--inputs says where a step gets its inputs from when the step before it does not run, and here each "
            "step runs after the one before it",
            do="add --from STEP or --only STEP, or leave out --inputs",
        )
    return brought


def has_outputs(project: Project, plan: Plan, pipeline: str, step: str) -> bool:
    """Tell whether an earlier execution of a step, not of another plan, has left what the step after it needs."""
    return _latest(project, plan, pipeline, step) is not None


def _latest(project: Project, plan: Plan, pipeline: str, step: str) -> tuple[Key, Outputs] | None:
    """Return what a run last handed on from a step, of which all is still whole; runs of another plan do not count.

    The record of the run says it. The newest execution does not: since then an older one may have been taken over, and
    what a step hands on as it came may have been another.
    """
    executions = Traces(project).of(pipeline, step)[0]
    oldest = min((_second(each.run) for each in executions), default="~")
    for run in takewhile(lambda run: _second(run.id) >= oldest, RunStore(project)):
        if is_of_another_plan(run, plan):
            continue
        for record in run.steps:
            if (record.pipeline, record.step, record.status) == (pipeline, step, SUCCESS):
                outputs = _whole_outputs(project, record)
                if outputs is not None:
                    return Key(run.id, pipeline, step), outputs
    return None


def _second(run_id: str) -> str:
    return run_id.partition("-")[0]


def _whole_outputs(project: Project, record: StepRecord) -> Outputs | None:
    """Return what a step saved; None when some of it is gone or damaged."""
    values = Values(project)
    outputs: dict[Kind, dict[str, Encoded]] = {}
    for kind in KINDS:
        records: tuple[OutputRecord, ...] = getattr(record, kind)
        found = {each.name: values.get(each.digest, each.summary, each.signature) for each in records}
        outputs[kind] = {name: value for name, value in found.items() if value is not None}
        if len(outputs[kind]) < len(records):
            return None
    return outputs


def handed_to(project: Project, run: Run, record: StepRecord) -> tuple[Key, Outputs] | None:
    """Return what a step of a run was given by the step before it; None when some of it is gone or damaged."""
    before = upstream_record(project, run, record)
    outputs = _whole_outputs(project, before) if before is not None else None
    return None if outputs is None else (Key(record.inputs_from or run.id, record.pipeline, record.upstream), outputs)


def _asked_for(project: Project, inputs: str, pipeline: str, step: str) -> tuple[Key, Outputs]:
    """Return what a step made in a run, or as a version of its data, out of the store."""
    store, name = Store.of(project), f"{pipeline.removesuffix('_pipeline')}-{step}-data"
    row = store.version(parse_reference(f"{name}:{_version(project, inputs, name, step)}"))
    files = {path: entry.digest for path, entry in store.files(row.digest)}
    outputs: dict[Kind, dict[str, Encoded]] = {}
    for kind in KINDS:
        about = json.loads(store.read(files[f"{kind}.json"])) if f"{kind}.json" in files else []
        outputs[kind] = {each["name"]: of_artifact(store, files[each["file"]], each["summary"]) for each in about}
    return Key(row.run or f"{row.name}-v{row.number}", pipeline, step), outputs


def _version(project: Project, inputs: str, name: str, step: str) -> str:
    """Return the version of a step's data that was asked for: as ``v3``, by an alias, or by the run that made it."""
    if re.fullmatch(r"v\d+", inputs):
        return inputs
    try:
        run = RunStore(project).get(inputs.removeprefix("run:"))
    except RunNotFoundError:
        if inputs.startswith("run:"):
            raise
        return inputs
    if name not in run.artifacts:
        raise RunNotFoundError(
            f"run {run.id} has left no data of step {step!r}",
            do=f"name a run that ran it, or a version: `alo-nb show {name}` lists them",
        )
    return run.artifacts[name]
