"""One run: check everything, then for each pipeline load, run the steps in order, and save."""

from __future__ import annotations

import sys
import time
import traceback
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from alo_nb.compat import forget_modules
from alo_nb.errors import AloNbError
from alo_nb.external.digests import file_digests
from alo_nb.handover import Channel
from alo_nb.handover.codec import decode
from alo_nb.handover.interface import KINDS, Key, encode_all
from alo_nb.plan import Pipeline
from alo_nb.plan.describe import as_written
from alo_nb.plan.keys import ALO_3_ERA
from alo_nb.plan.masking import masked_plan_text
from alo_nb.plan.redact import redact, redact_all
from alo_nb.plan.secrets import hidden_texts
from alo_nb.runner import ids, results
from alo_nb.runner.events import (
    DataLoaded,
    Event,
    Listener,
    PipelineFinished,
    RunFinished,
    RunStarted,
    StepFinished,
    StepLogged,
    StepStarted,
    Warned,
)
from alo_nb.runner.execute import execute
from alo_nb.runner.explain import explain
from alo_nb.runner.inputs import load_data, load_train_model
from alo_nb.runner.log_file import LogFile
from alo_nb.runner.resources import Meter
from alo_nb.runner.saving import Saving
from alo_nb.runner.setup import RunRequest, set_up
from alo_nb.runner.workspace import Workspace
from alo_nb.step_api import LogRecord, StepContext
from alo_nb.steps.module import start_afresh
from alo_nb.store import OutputRecord, PipelineIds, Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS
from alo_nb.store.surroundings import GitLook, this_process


def run_plan(request: RunRequest) -> Run:
    """Run what is asked for and return its record.

    Raises
    ------
    AloNbError
        Something was wrong before a step ran, or a step broke a rule; nothing that was good before is lost.
    Exception
        Whatever a step raised, with a note that says which step and where.
    """
    __tracebackhide__ = True
    with ActiveRun(request) as active:
        for pipeline in active.setup.pipelines:
            active.begin(pipeline)
            for name in active.setup.chosen[pipeline.name]:
                active.run_step(pipeline, name)
            active.end(pipeline)
    return active.run


class ActiveRun:
    """A run in progress. Making it checks everything, entering it starts the record, leaving it says how it ended."""

    def __init__(self, request: RunRequest) -> None:
        __tracebackhide__ = True
        self.request = request
        self._clock = _Clock()
        self.setup = set_up(request)
        self.store = RunStore(request.project)
        steps = self.setup.definitions.items()
        written = {f"{step}.{name}": value for (_, step), each in steps for name, value in each.args.items()}
        self._hidden = hidden_texts(request.plan, {**written, **request.overrides})
        self._begun: list[Pipeline] = []
        self._workspace: Workspace | None = None
        self.run = Run(
            id=request.run_id or new_run_id(),
            mode=request.mode,
            trigger=request.trigger,
            plan=request.plan.name,
            plan_path=str(request.plan.path or ""),
            interface_mode=self.setup.interface_mode,
        )

    def __enter__(self) -> Self:
        self.run = self.store.start(replace(self.run, made_in=_made_in()))
        self._git = GitLook(self.request.project.root)
        self.folder = self.store.folder(self.run.id)
        self._log = LogFile(self.folder, self._hidden)
        start_afresh()
        forget_modules()
        try:
            self._workspace = Workspace.acquire(self.request.project)
            if self.request.plan.text:
                (self.folder / "plan.yaml").write_text(masked_plan_text(self.request.plan.text), encoding="utf-8")
            self._saving.reach()
            self._tell(RunStarted(self.run, tuple(self.setup.definitions)))
            for warning in self.setup.shadowed_arguments():
                self._tell(Warned(warning))
        except BaseException as error:
            self._close(FAILED, error=_one_line(error))
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            self._close(SUCCESS)
        else:
            interrupted = isinstance(error, (KeyboardInterrupt, GeneratorExit))
            self._close(INTERRUPTED if interrupted else FAILED, error=_one_line(error))

    @property
    def _saving(self) -> Saving:
        return Saving(self.setup, self.workspace, self._log, self._tell)

    @property
    def workspace(self) -> Workspace:
        """Where the run writes, from entering to leaving."""
        assert self._workspace is not None  # the recipe begins after entering
        return self._workspace

    # The recipe -----------------------------------------------------------------------------------------------------

    def begin(self, pipeline: Pipeline) -> None:
        """Stage the folders of a pipeline, load its external data and its model, and say what went in."""
        self._clock.lap("setup")
        self.workspace.stage(pipeline.artifacts, whole=self.setup.is_whole)
        self._begun.append(pipeline)
        paths = load_data(self.setup, self.workspace, pipeline)
        if paths:
            self._tell(DataLoaded(pipeline.name, tuple(map(redact, paths))))
        if pipeline.mode == "inference":
            self.run = replace(self.run, train_id=load_train_model(self.setup, self.workspace))
        if paths or (self.setup.begins(pipeline) and self.request.plan.external_path.loads(pipeline.mode)):
            self.workspace.inputs[pipeline.mode] = file_digests(self.workspace.root / "input" / pipeline.mode)
        self.run = replace(self.run, ids={**self.run.ids, pipeline.name: self._ids(pipeline)})
        self._clock.lap("load")

    def run_step(self, pipeline: Pipeline, name: str) -> ModuleType:
        """Run one step and keep its outputs; return its namespace."""
        __tracebackhide__ = True
        definition = self.setup.definitions[pipeline.name, name]
        context = self._context(pipeline, name)
        self.workspace.step = name
        meter = Meter(detailed=self.request.plan.control.check_resource)
        used = encode_all({each: self.request.variables[each] for each in definition.use})
        record = StepRecord(
            pipeline=pipeline.name,
            step=name,
            status=SUCCESS,
            fingerprint=definition.fingerprint,
            cell=definition.body.label,
            args=redact_all(as_written(dict(context.args), self.request.plan.from_env)),
            used={each: value.digest for each, value in used.items()},
        )
        keys = (context.io.names(kind) for kind in KINDS)
        self._tell(StepStarted(pipeline.name, name, record.cell, record.args, *keys))
        try:
            own = {each: decode(value.parts) for each, value in used.items()}  # no object of the notebook itself
            module = execute(definition, context, self.request.project, used=own)
            context.finish()
        except BaseException as error:
            explain(error, definition, self.run.id, self.request.variables)
            status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
            failed = replace(record, status=status, seconds=meter.seconds(), error=_one_line(error))
            self._record(replace(failed, resources=meter.resources()), error)
            raise
        key = Key(self.run.id, pipeline.name, name)
        data, config = (self._outputs(key, kind) for kind in KINDS)
        self.setup.interface.promote(key)
        self._record(replace(record, seconds=meter.seconds(), data=data, config=config, resources=meter.resources()))
        if self.request.on_module is not None:
            self.request.on_module(name, module)
        return module

    def end(self, pipeline: Pipeline) -> None:
        """Check the results of a pipeline; after the last one, put those of all of them in the project's place."""
        staged, whole = self.workspace.root / pipeline.artifacts, self.setup.is_whole
        if whole and pipeline.mode == "inference" and self.request.plan.era != ALO_3_ERA:
            results.check_inference_output(staged)
        outputs = results.result_files(staged, self.workspace.root)
        summary = results.summary_of(staged, pipeline.mode)
        self.run = replace(
            self.run,
            summaries={**self.run.summaries, **({pipeline.name: summary} if summary else {})},
            outputs=(*self.run.outputs, *outputs),
            complete=(*self.run.complete, pipeline.name),
        )
        self._clock.lap("run")
        self._tell(PipelineFinished(pipeline.name, outputs, self._clock.take()))
        if whole or (pipeline.mode == "train" and outputs):  # a step that made nothing leaves the mark of what did
            self._saving.sign(self.run, pipeline)
        if pipeline == self.setup.pipelines[-1]:
            self._publish()

    def _publish(self) -> None:
        try:
            artifacts = self._saving.publish(self.run, self._begun)
        except BaseException:  # also Ctrl-C
            self.run = replace(self.run, complete=())  # what is in no place is not good
            raise
        self.run = replace(self.run, artifacts=artifacts)
        self._begun.clear()

    def _close(self, status: str, *, error: str = "") -> None:
        """Keep what an unfinished pipeline had made, let the workspace go, and record the end, whatever fails here."""
        with ExitStack() as last:
            last.callback(self._log.close)
            last.callback(lambda: self._tell(RunFinished(self.run)))
            last.callback(self._finish, status, error)
            if self._workspace is not None:
                last.callback(self._workspace.release)
                for pipeline in self._begun:
                    self._keep_unpublished(pipeline)

    def _keep_unpublished(self, pipeline: Pipeline) -> None:
        """Keep what the run had made, and say in its record where that is."""
        kept = self._saving.keep_unpublished(self.run, pipeline, self.folder)
        place = str(kept.relative_to(self.request.project.root))
        outputs = (
            f"{place}{each.removeprefix(pipeline.artifacts)}" if each.startswith(f"{pipeline.artifacts}/") else each
            for each in self.run.outputs
        )
        self.run = replace(self.run, outputs=tuple(outputs))

    def _finish(self, status: str, error: str) -> None:
        made_in = {**self.run.made_in, **self._git.result()}
        self.run = self.store.finish(replace(self.run, made_in=made_in), status, error=self._masked(error))

    def _masked(self, text: str) -> str:
        for value, stand_in in self._hidden.items():
            text = text.replace(value, stand_in)
        return redact(text)

    # Parts ----------------------------------------------------------------------------------------------------------

    def _ids(self, pipeline: Pipeline) -> PipelineIds:
        steps = self.setup.steps(pipeline)
        return PipelineIds(
            data_id=ids.data_id(self.workspace.inputs.get(pipeline.mode, {})),
            code_id=ids.code_id(steps),
            param_id=ids.param_id({name: self.setup.arguments(pipeline, name) for name in steps}),
        )

    def _context(self, pipeline: Pipeline, name: str) -> StepContext:
        plan, body = self.request.plan, self.setup.definitions[pipeline.name, name].body
        upstream = self.setup.upstream(pipeline, name, self.run.id)

        def log(record: LogRecord) -> None:
            file = body.label if record.file == body.file else Path(record.file).name
            self._tell(StepLogged(pipeline.name, name, replace(record, file=file)))

        return StepContext(
            pipeline=pipeline.name,
            step=name,
            number=pipeline.step_names().index(name),
            args=self.setup.arguments(pipeline, name),
            io=Channel(self.setup.interface, upstream, Key(self.run.id, pipeline.name, name)),
            folders=self.workspace,
            log=log,
            save_artifacts_path=plan.external_path.saves(pipeline.mode),
            metadata_version=plan.metadata_version,
            upstream=None if upstream is None else upstream.step,
            steps=pipeline.step_names(),
            arguments={each: self.setup.arguments(pipeline, each) for each in pipeline.step_names()},
            plan_name=plan.name,
            run_id=self.run.id,
        )

    def _outputs(self, key: Key, kind: Any) -> tuple[OutputRecord, ...]:
        entries = self.setup.interface.entries(key, kind)
        return tuple(OutputRecord(each.name, each.summary, each.size, each.digest) for each in entries)

    def _record(self, record: StepRecord, error: BaseException | None = None) -> None:
        self.run = self.store.add_step(self.run, replace(record, error=self._masked(record.error)))
        trace = "".join(traceback.format_exception(error)) if error is not None else ""
        self._tell(StepFinished(self.run.steps[-1], trace))

    def _tell(self, event: Event) -> None:
        listeners: tuple[Listener, ...] = (self._log, *self.request.listeners)
        for listener in listeners:
            listener(event)


class _Clock:
    """Measures one thing after the other."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Give the time since the last lap a name."""
        now = time.perf_counter()
        self._laps[name], self._last = now - self._last, now

    def take(self) -> dict[str, float]:
        """Return the laps and begin anew."""
        laps, self._laps = self._laps, {}
        return laps


def _made_in() -> dict[str, Any]:
    """Return where the run goes on, with the packages of the plan's own environment when it has one."""
    if Path(sys.prefix).parent.parent.name != "venvs":  # as nearly always: nothing more is imported
        return this_process()
    from alo_nb.requirements.environment import this_environment

    environment = this_environment()
    return {**this_process(), "environment": environment.folder, "packages": list(environment.packages)}


def _one_line(error: BaseException) -> str:
    text = error.what if isinstance(error, AloNbError) else str(error)
    return f"{type(error).__name__}: {text}".removesuffix(": ").splitlines()[0]
