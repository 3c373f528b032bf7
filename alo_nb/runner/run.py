"""One run: check everything, then for each pipeline load, run the steps in order, and save."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from alo_nb.errors import AloNbError
from alo_nb.external.artifacts import load_model, save_artifacts
from alo_nb.external.data import already_there, copy_sources
from alo_nb.handover import Channel
from alo_nb.handover.codec import decode
from alo_nb.handover.interface import KINDS, Key, encode_all
from alo_nb.plan import Pipeline
from alo_nb.runner import results
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
from alo_nb.runner.log_file import LogFile
from alo_nb.runner.resources import Meter
from alo_nb.runner.setup import RunRequest, set_up
from alo_nb.runner.workspace import Workspace
from alo_nb.step_api import StepContext
from alo_nb.steps.module import start_afresh
from alo_nb.store import OutputRecord, Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS, now

EXTERNAL_MODEL = "load-external-model"  # what ALO 2.6 calls the run that made a model from `load_model_path`


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
        self.setup = set_up(request)
        self.store = RunStore(request.project)
        self._begun: list[str] = []
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
        self.run = self.store.start(self.run)
        self.folder = self.store.folder(self.run.id)
        self._log = LogFile(self.folder / "pipeline.log")
        start_afresh()
        try:
            self._workspace = Workspace.acquire(self.request.project)
            if self.request.plan.text:
                (self.folder / "plan.yaml").write_text(self.request.plan.text, encoding="utf-8")
            self._tell(RunStarted(self.run, tuple(self.setup.definitions)))
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
    def workspace(self) -> Workspace:
        """Where the run writes, from entering to leaving."""
        assert self._workspace is not None  # the recipe begins after entering
        return self._workspace

    # The recipe -----------------------------------------------------------------------------------------------------

    def begin(self, pipeline: Pipeline) -> None:
        """Stage the folders of a pipeline and load its external data."""
        self.workspace.stage(_artifacts(pipeline), whole=self.setup.is_whole)
        self._begun.append(_artifacts(pipeline))
        self._load_data(pipeline)
        if pipeline.name == "inference_pipeline":
            self._load_model()

    def run_step(self, pipeline: Pipeline, name: str) -> ModuleType:
        """Run one step and keep its outputs; return its namespace."""
        __tracebackhide__ = True
        definition = self.setup.definitions[pipeline.name, name]
        context = self._context(pipeline, name)
        self._tell(StepStarted(pipeline.name, name))
        meter = Meter(detailed=self.request.plan.control.check_resource)
        used = encode_all({each: self.request.variables[each] for each in definition.use})
        record = StepRecord(
            pipeline=pipeline.name,
            step=name,
            status=SUCCESS,
            fingerprint=definition.fingerprint,
            cell=definition.body.label,
            args=dict(context.args),
            used={each: value.digest for each, value in used.items()},
        )
        try:
            own = {each: decode(value.parts) for each, value in used.items()}  # no object of the notebook itself
            module = execute(definition, context, self.request.project, used=own)
            context.finish()
        except BaseException as error:
            explain(error, definition, self.run.id, self.request.variables)
            status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
            self._record(replace(record, status=status, seconds=meter.seconds(), error=_one_line(error)))
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
        unit, mode, whole = _artifacts(pipeline), _mode(pipeline), self.setup.is_whole
        staged = self.workspace.root / unit
        if whole and mode == "inference":
            results.check_inference_output(staged)
        outputs = results.result_files(staged, self.workspace.root)
        if whole or (mode == "train" and outputs):  # a step that made nothing leaves the mark of the run that did
            log = self.workspace.writable(f"{unit}/log")
            results.mark_run(staged, self.run.id, self.run.started, now())
            if whole:
                self._log.copy_to(log / "pipeline.log")
        summary = results.summary_of(staged, mode)
        self.run = replace(
            self.run,
            summaries={**self.run.summaries, **({pipeline.name: summary} if summary else {})},
            outputs=(*self.run.outputs, *outputs),
        )
        self._tell(PipelineFinished(pipeline.name, outputs))
        if pipeline == self.setup.pipelines[-1]:
            self._publish()

    def _publish(self) -> None:
        """Back up what the pipelines made and rename it into the project: all of the run, or nothing."""
        modes = [_mode(each) for each in self.setup.pipelines]
        for mode in modes:
            self._save_elsewhere(mode)
        if self.setup.is_whole and self.request.plan.control.backup_artifacts:
            for mode in modes:
                self._back_up(mode, self.workspace.root / f"{mode}_artifacts")
        for mode in modes:
            if self.workspace.is_staged(f"input/{mode}"):
                self.workspace.publish(f"input/{mode}", whole=True)
            self.workspace.publish(f"{mode}_artifacts", whole=self.setup.is_whole)
        self._begun.clear()

    def _close(self, status: str, *, error: str = "") -> None:
        """Keep what an unfinished pipeline had made, let the workspace go, and record the end, whatever fails here."""
        with ExitStack() as last:
            last.callback(self._log.close)
            last.callback(lambda: self._tell(RunFinished(self.run)))
            last.callback(self._finish, status, error)
            if self._workspace is not None:
                last.callback(self._workspace.release)
                for unit in self._begun:
                    self._workspace.abandon(unit, self.folder)

    def _finish(self, status: str, error: str) -> None:
        self.run = self.store.finish(self.run, status, error=error)

    # Parts ----------------------------------------------------------------------------------------------------------

    def _load_data(self, pipeline: Pipeline) -> None:
        mode, external = _mode(pipeline), self.request.plan.external_path
        paths = external.load_train_data_path if mode == "train" else external.load_inference_data_path
        folder = self.request.project.published(f"input/{mode}")
        if not paths or (folder.is_dir() and not self.setup.begins(pipeline)):
            return
        if self.request.plan.control.get_external_data == "once" and already_there(paths, folder):
            return
        place = external.places.get(f"load_{mode}_data_path", "")
        copy_sources(paths, self.request.project, self.workspace.stage(f"input/{mode}", whole=True), where=str(place))
        self._tell(DataLoaded(pipeline.name, paths))

    def _context(self, pipeline: Pipeline, name: str) -> StepContext:
        upstream = self.setup.upstream(pipeline, name, self.run.id)
        return StepContext(
            pipeline=pipeline.name,
            step=name,
            number=pipeline.step_names().index(name),
            args=self.setup.arguments(pipeline, name),
            io=Channel(self.setup.interface, upstream, Key(self.run.id, pipeline.name, name)),
            folders=self.workspace,
            log=lambda record: self._tell(StepLogged(pipeline.name, name, record)),
            save_artifacts_path=getattr(self.request.plan.external_path, f"save_{_mode(pipeline)}_artifacts_path"),
            upstream=None if upstream is None else upstream.step,
            steps=pipeline.step_names(),
        )

    def _outputs(self, key: Key, kind: Any) -> tuple[OutputRecord, ...]:
        entries = self.setup.interface.entries(key, kind)
        return tuple(OutputRecord(each.name, each.summary, each.size, each.digest) for each in entries)

    def _back_up(self, mode: str, staged: Path) -> None:
        control, plan = self.request.plan.control, self.request.plan
        kept = results.back_up(self.request.project, mode, self.run.id, staged, plan.text, with_log=control.backup_log)
        for warning in results.evict_backups(self.request.project, limit_mb=control.backup_size, keep=kept):
            self._tell(Warned(warning))

    def _load_model(self) -> None:
        """Give the inference the model of `load_model_path`, else a copy of the one that train has left."""
        external = self.request.plan.external_path
        self.workspace.pin_models()
        train_id = results.marked_run(self.workspace.root / "train_artifacts")
        if external.load_model_path:
            place = str(external.places.get("load_model_path", ""))
            models = self.workspace.stage("train_artifacts", whole=True) / "models"
            load_model(external.load_model_path, self.request.project, models, where=place)
            train_id = EXTERNAL_MODEL
        self.run = replace(self.run, train_id=train_id)

    def _save_elsewhere(self, mode: str) -> None:
        """Write archives of the results to the plan's save path."""
        external, control = self.request.plan.external_path, self.request.plan.control
        key = f"save_{mode}_artifacts_path"
        path, place = getattr(external, key), str(external.places.get(key, ""))
        if path and self.setup.is_whole:
            staged, kind = self.workspace.root / f"{mode}_artifacts", control.save_inference_format
            save_artifacts(staged, path, self.request.project, mode=mode, kind=kind, where=place)

    def _record(self, record: StepRecord) -> None:
        self.run = self.store.add_step(self.run, record)
        self._tell(StepFinished(record))

    def _tell(self, event: Event) -> None:
        listeners: tuple[Listener, ...] = (self._log, *self.request.listeners)
        for listener in listeners:
            listener(event)


def _mode(pipeline: Pipeline) -> str:
    return pipeline.name.removesuffix("_pipeline")


def _artifacts(pipeline: Pipeline) -> str:
    return f"{_mode(pipeline)}_artifacts"


def _one_line(error: BaseException) -> str:
    text = error.what if isinstance(error, AloNbError) else str(error)
    return f"{type(error).__name__}: {text}".removesuffix(": ").splitlines()[0]
