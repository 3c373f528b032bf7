"""A step that was taken over, executed once more for its names: nothing is recorded, kept for later or published."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from alo_nb.cache.prune import keep_values
from alo_nb.compat import forget_modules
from alo_nb.files import unlock
from alo_nb.handover import MemoryInterface
from alo_nb.handover.values import Values
from alo_nb.runner.caching import Caching
from alo_nb.runner.earlier import handed_to
from alo_nb.runner.inputs import load_data, load_train_model
from alo_nb.runner.request import RunRequest
from alo_nb.runner.selection import Selection
from alo_nb.runner.setup import Setup, set_up
from alo_nb.runner.step_run import StepRun
from alo_nb.runner.workspace import Workspace
from alo_nb.steps.module import start_afresh
from alo_nb.store import Run, StepRecord, new_run_id


def execute_again(request: RunRequest, run: Run, record: StepRecord) -> ModuleType:
    """Return the namespace of a step, executed as a run has taken it over: with its arguments and its inputs.

    Parameters
    ----------
    request : RunRequest
        The plan, the code of its steps, and the arguments that the run alone was given.
    run : Run
    record : StepRecord
        The step as the run has recorded it.

    Raises
    ------
    AloNbError
        What it was given is gone.
    Exception
        Whatever the step raises.
    """
    __tracebackhide__ = True
    lock = keep_values(request.project)
    try:
        return _executed(_set_up(request, run, record), record)
    finally:
        unlock(lock)


def _set_up(request: RunRequest, run: Run, record: StepRecord) -> Setup:
    """Return the one step with its inputs: from the cache, or where they are not there any more, from the store."""
    interface, inputs = MemoryInterface(Values(request.project)), None
    if record.upstream:
        handed = handed_to(request.project, run, record)
        if handed is None:
            inputs = record.inputs_from or run.id
        else:
            key, outputs = handed
            for kind, values in outputs.items():
                interface.write(key, kind, values)
            interface.promote(key)
    mode, only = record.pipeline.removesuffix("_pipeline"), Selection(only=(record.step,))
    caching = Caching(on=False, inputs=inputs)
    return set_up(replace(request, mode=mode, selection=only, interface=interface, caching=caching))


def _executed(setup: Setup, record: StepRecord) -> ModuleType:
    __tracebackhide__ = True
    (pipeline,) = setup.pipelines
    start_afresh()
    forget_modules()
    workspace = Workspace.acquire(setup.request.project)
    try:
        workspace.stage(pipeline.artifacts, whole=False)
        load_data(setup, workspace, pipeline)
        if pipeline.mode == "inference":
            load_train_model(setup, workspace)
        step = StepRun(setup, workspace, new_run_id(), pipeline, record.step, tell=lambda _: None, mask=str)
        step.run()
    finally:
        workspace.release()
    assert step.module is not None  # it was executed
    return step.module
