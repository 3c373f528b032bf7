"""What can be told of a run before it begins: whether all of its steps are kept from earlier runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from alo_nb.cache.decision import Now, causes_to_run
from alo_nb.cache.state import ELSEWHERE
from alo_nb.cache.trace import Trace, Traces
from alo_nb.external.data import data_files
from alo_nb.files import write_atomic
from alo_nb.handover.interface import KINDS
from alo_nb.handover.values import Values, marks_of
from alo_nb.plan import Pipeline
from alo_nb.plan.policies import AUTO
from alo_nb.project import Project
from alo_nb.runner.now import step_now
from alo_nb.runner.setup import Setup
from alo_nb.store.records import plain

Upstream = Mapping[str, Mapping[str, str]]


def is_all_kept(setup: Setup) -> bool:
    """Tell whether a whole run would most likely execute nothing; a step that turns out otherwise is executed.

    Steps are compared but for the files of the run itself, which only a run has. Data from outside counts as the same
    when its files have not been touched since they were loaded.
    """
    caching = setup.request.caching
    if not (caching.on and setup.is_whole) or caching.force or caching.resume or caching.inputs:
        return False
    return all(_inputs_are_the_same(setup, each) and _steps_are_kept(setup, each) for each in setup.pipelines)


def _steps_are_kept(setup: Setup, pipeline: Pipeline) -> bool:
    project = setup.request.project
    traces, values = Traces(project), Values(project)
    upstream: Upstream = {kind: {} for kind in KINDS}
    before = ""
    for step in setup.chosen[pipeline.name]:
        if setup.policy(pipeline.name, step) != AUTO or setup.definitions[pipeline.name, step].use:
            return False
        now = step_now(
            setup,
            pipeline.name,
            step,
            upstream=upstream,
            upstream_step=before,
            used={},
            files=ELSEWHERE,
            mask=str,
        )
        found = _first_that_holds(traces.of(pipeline.name, step)[0], now, values)
        if found is None:
            return False
        upstream, before = outputs_of(found, upstream), step
    return True


def _first_that_holds(traces: list[Trace], now: Now, values: Values) -> Trace | None:
    return next((each for each in traces if not any(causes_to_run(each, now, values))), None)


def outputs_of(trace: Trace, upstream: Upstream) -> Upstream:
    """Return the digests of what a step hands on when it is taken over: what it passes on comes from `upstream`."""
    return {
        kind: {
            each.name: upstream[kind].get(each.name, each.digest) if each.handed_on else each.digest
            for each in getattr(trace, kind)
        }
        for kind in KINDS
    }


# -- data from outside -----------------------------------------------------------------------------------------------


def _note(project: Project, mode: str) -> Path:
    return project.own / "cache" / "inputs" / f"{mode}.json"


def note_inputs(setup: Setup, pipeline: Pipeline) -> None:
    """Remember what the files were like that a pipeline's data has just been loaded from."""
    project, paths = setup.request.project, setup.request.plan.external_path.loads(pipeline.mode)
    marks = _marks(paths, project)
    if marks is not None:
        write_atomic(_note(project, pipeline.mode), json.dumps(plain({"paths": paths, "files": marks})))


def _inputs_are_the_same(setup: Setup, pipeline: Pipeline) -> bool:
    project, paths = setup.request.project, setup.request.plan.external_path.loads(pipeline.mode)
    if not paths:
        return True
    with suppress(OSError, ValueError):
        noted = json.loads(_note(project, pipeline.mode).read_bytes())
        return bool(noted == plain({"paths": paths, "files": _marks(paths, project)}))
    return False


def _marks(paths: tuple[str, ...], project: Project) -> dict[str, tuple[int, ...]] | None:
    """Return what changes whenever one of the data files does; None when they lie on another machine."""
    files = data_files(paths, project)
    return None if files is None else {str(each): marks_of(each) for each in files}
