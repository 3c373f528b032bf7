"""One run: check everything, then for each pipeline load, run the steps in order, and save."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from alo_nb.errors import AloNbError, InterfaceError, MagicUsageError, SourceError, UnknownStepError, nearest
from alo_nb.external.data import already_there, copy_sources
from alo_nb.handover import Channel, FileInterface, Interface, MemoryInterface
from alo_nb.handover.interface import KINDS, Key
from alo_nb.plan import MODES, Pipeline, Plan, Step
from alo_nb.project import Project
from alo_nb.runner import results
from alo_nb.runner.events import (
    DataLoaded,
    Event,
    Listener,
    PipelineSaved,
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
from alo_nb.runner.selection import Selection
from alo_nb.runner.workspace import Workspace
from alo_nb.step_api import StepContext
from alo_nb.steps.definition import StepDefinition, argument_names
from alo_nb.store import OutputRecord, Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS, now


@dataclass(frozen=True)
class RunRequest:
    """What to run.

    Attributes
    ----------
    plan : Plan
        A valid plan.
    find : callable
        Gives the code of a plan's step.
    mode : str
        ``train``, ``inference`` or ``all``.
    interface : Interface, optional
        Where outputs are kept between the steps; made from the plan's `interface_mode` when absent.
    overrides : mapping
        ``"step.argument"`` to value; goes before the plan's.
    variables : mapping
        The notebook's variables, for steps with ``use=``.
    on_module : callable
        Gets each finished step's name and namespace.
    """

    plan: Plan
    project: Project
    find: Callable[[Step], StepDefinition]
    mode: str = "all"
    selection: Selection = Selection()
    interface: Interface | None = None
    interface_mode: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    trigger: str = "python"
    run_id: str | None = None
    on_module: Callable[[str, ModuleType], None] | None = None


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
        for pipeline in active.pipelines:
            active.begin(pipeline)
            for name in active.chosen[pipeline.name]:
                active.run_step(pipeline, name)
            active.end(pipeline)
    return active.run


class ActiveRun:
    """A run in progress. Entering it checks everything; leaving it records how it ended."""

    def __init__(self, request: RunRequest) -> None:
        self.request = request
        self.store = RunStore(request.project)
        plan, selection = request.plan, request.selection
        self.pipelines = _pipelines(plan, request.mode)
        selection.check(plan, tuple(each.name for each in self.pipelines))
        self.chosen = {each.name: selection.steps(each) for each in self.pipelines}
        self.pipelines = tuple(each for each in self.pipelines if self.chosen[each.name])
        self.interface_mode = request.interface_mode or plan.control.interface_mode
        self.interface: Interface = request.interface or (
            FileInterface(request.project) if self.interface_mode == "file" else MemoryInterface()
        )
        self._steps = {
            (pipeline.name, step.name): step
            for pipeline in self.pipelines
            for step in pipeline.steps
            if step.name in self.chosen[pipeline.name]
        }
        self._check_overrides()
        self.run = Run(
            id=request.run_id or new_run_id(),
            mode=request.mode,
            trigger=request.trigger,
            plan=plan.name,
            plan_path=str(plan.path or ""),
            interface_mode=self.interface_mode,
        )

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        self._definitions = {key: self.request.find(step) for key, step in self._steps.items()}
        self._check_upstream()
        self._check_used()
        self._check_arguments()
        self.run = self.store.start(self.run)
        self.folder = self.store.folder(self.run.id)
        self._log = LogFile(self.folder / "pipeline.log")
        self._open: Pipeline | None = None
        try:
            self.workspace = Workspace.acquire(self.request.project)
        except BaseException:
            self.run = self.store.finish(self.run, FAILED, error="the workspace cannot be prepared")
            raise
        if self.request.plan.text:
            (self.folder / "plan.yaml").write_text(self.request.plan.text, encoding="utf-8")
        self._tell(RunStarted(self.run, tuple(self._steps)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            self._close(SUCCESS)
        else:
            interrupted = isinstance(error, (KeyboardInterrupt, GeneratorExit))
            self._close(INTERRUPTED if interrupted else FAILED, error=_one_line(error))

    # The recipe -----------------------------------------------------------------------------------------------------

    def begin(self, pipeline: Pipeline) -> None:
        """Stage the folders of a pipeline and load its external data."""
        self._open = pipeline
        self.workspace.stage(_artifacts(pipeline), whole=self._is_whole(pipeline))
        self._load_data(pipeline)
        if pipeline.name == "inference_pipeline":
            if self.request.plan.external_path.load_model_path:
                raise SourceError(
                    "load_model_path is not supported by this version of alo_nb",
                    where=str(self.request.plan.external_path.places.get("load_model_path", "")) or None,
                    do="leave it empty and run the train pipeline in this project",
                )
            train_id = results.marked_run(self.request.project.published("train_artifacts"))
            self.run = replace(self.run, train_id=train_id)

    def run_step(self, pipeline: Pipeline, name: str) -> ModuleType:
        """Run one step and keep its outputs; return its namespace."""
        __tracebackhide__ = True
        definition = self._definitions[pipeline.name, name]
        context = self._context(pipeline, name, definition)
        self._tell(StepStarted(pipeline.name, name))
        meter = Meter(detailed=self.request.plan.control.check_resource)
        used = {each: self.request.variables[each] for each in definition.use}
        record = StepRecord(
            pipeline=pipeline.name,
            step=name,
            status=SUCCESS,
            fingerprint=definition.fingerprint,
            cell=definition.body.label,
            args=dict(context.args),
            used=_digests(used),
        )
        try:
            module = execute(definition, context, self.request.project, used=used)
            context.finish()
        except BaseException as error:
            explain(error, definition, self.run.id, self.request.variables)
            status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
            self._record(replace(record, status=status, seconds=meter.seconds(), error=_one_line(error)))
            raise
        key = Key(self.run.id, pipeline.name, name)
        data, config = (self._outputs(key, kind) for kind in KINDS)
        self.interface.promote(key)
        self._record(replace(record, seconds=meter.seconds(), data=data, config=config, resources=meter.resources()))
        if self.request.on_module is not None:
            self.request.on_module(name, module)
        return module

    def end(self, pipeline: Pipeline) -> None:
        """Check the results of a pipeline, back them up, and put them in the project's place."""
        unit, mode, whole = _artifacts(pipeline), _mode(pipeline), self._is_whole(pipeline)
        staged = self.workspace.root / unit
        if whole and mode == "inference":
            results.check_inference_output(staged)
        if whole or mode == "train":
            log = self.workspace.writable(f"{unit}/log")
            results.mark_run(staged, self.run.id, self.run.started, now())
            if whole:
                self._log.copy_to(log / "pipeline.log")
        summary = results.summary_of(staged, mode)
        if whole and self.request.plan.control.backup_artifacts:
            self._back_up(mode, staged)
        if self.workspace.is_staged(f"input/{mode}"):
            self.workspace.publish(f"input/{mode}", whole=True)
        outputs = results.result_files(staged, self.workspace.root)
        self.workspace.publish(unit, whole=whole)
        self.run = replace(
            self.run,
            summaries={**self.run.summaries, **({pipeline.name: summary} if summary else {})},
            outputs=(*self.run.outputs, *outputs),
        )
        self._open = None
        self._warn_of_unsaved(mode)
        self._tell(PipelineSaved(pipeline.name, outputs))

    def _close(self, status: str, *, error: str = "") -> None:
        if self._open is not None:
            for unit in (_artifacts(self._open), f"input/{_mode(self._open)}"):
                if self.workspace.is_staged(unit):
                    self.workspace.abandon(unit, self.folder)
        self.workspace.release()
        self.run = self.store.finish(self.run, status, error=error)
        self._tell(RunFinished(self.run))
        self._log.close()

    # Parts ----------------------------------------------------------------------------------------------------------

    def _load_data(self, pipeline: Pipeline) -> None:
        mode, external = _mode(pipeline), self.request.plan.external_path
        paths = external.load_train_data_path if mode == "train" else external.load_inference_data_path
        folder = self.request.project.published(f"input/{mode}")
        begins = self.chosen[pipeline.name][0] == pipeline.steps[0].name
        if not paths or (folder.is_dir() and not begins):
            return
        if self.request.plan.control.get_external_data == "once" and already_there(paths, folder):
            return
        place = external.places.get(f"load_{mode}_data_path", "")
        copy_sources(paths, self.request.project, self.workspace.stage(f"input/{mode}", whole=True), where=str(place))
        self._tell(DataLoaded(pipeline.name, paths))

    def _context(self, pipeline: Pipeline, name: str, definition: StepDefinition) -> StepContext:
        names = pipeline.step_names()
        number = names.index(name)
        upstream = names[number - 1] if number else None
        return StepContext(
            pipeline=pipeline.name,
            step=name,
            number=number,
            args=self._arguments(pipeline.name, name, definition),
            io=Channel(self.interface, self._upstream_key(pipeline, number), Key(self.run.id, pipeline.name, name)),
            folders=self.workspace,
            log=lambda record: self._tell(StepLogged(pipeline.name, name, record)),
            save_artifacts_path=getattr(self.request.plan.external_path, f"save_{_mode(pipeline)}_artifacts_path"),
            upstream=upstream,
        )

    def _arguments(self, pipeline: str, name: str, definition: StepDefinition) -> dict[str, Any]:
        overrides = {
            key.partition(".")[2]: value
            for key, value in self.request.overrides.items()
            if key.partition(".")[0] == name
        }
        return {**definition.args, **self._steps[pipeline, name].args, **overrides}

    def _upstream_key(self, pipeline: Pipeline, number: int) -> Key | None:
        if number == 0:
            return None
        before = pipeline.steps[number - 1].name
        if before in self.chosen[pipeline.name]:
            return Key(self.run.id, pipeline.name, before)
        return self.interface.latest(pipeline.name, before)

    def _outputs(self, key: Key, kind: Any) -> tuple[OutputRecord, ...]:
        entries = self.interface.entries(key, kind)
        return tuple(OutputRecord(each.name, each.summary, each.size, each.digest) for each in entries)

    def _is_whole(self, pipeline: Pipeline) -> bool:
        return self.chosen[pipeline.name] == pipeline.step_names() and self.request.selection.is_everything

    def _back_up(self, mode: str, staged: Path) -> None:
        control, plan = self.request.plan.control, self.request.plan
        kept = results.back_up(self.request.project, mode, self.run.id, staged, plan.text, with_log=control.backup_log)
        for warning in results.evict_backups(self.request.project, limit_mb=control.backup_size, keep=kept):
            self._tell(Warned(warning))

    def _warn_of_unsaved(self, mode: str) -> None:
        path = getattr(self.request.plan.external_path, f"save_{mode}_artifacts_path")
        if path:
            self._tell(Warned(f"save_{mode}_artifacts_path: this version of alo_nb does not copy results to {path}"))

    def _record(self, record: StepRecord) -> None:
        self.run = self.store.add_step(self.run, record)
        self._tell(StepFinished(record))

    def _tell(self, event: Event) -> None:
        for listener in (self._log, *self.request.listeners):
            listener(event)

    # Checks ---------------------------------------------------------------------------------------------------------

    def _check_overrides(self) -> None:
        known = {name for _, name in self._steps}
        for key in self.request.overrides:
            step, dot, argument = key.partition(".")
            if not dot or not argument:
                raise MagicUsageError(
                    f"{key!r} names no argument", do="write step.argument=value, e.g. train.n_estimators=50"
                )
            if step not in known:
                raise UnknownStepError(f"{key!r}: there is no step {step!r} in this run{nearest(step, known)}")

    def _check_upstream(self) -> None:
        for pipeline in self.pipelines:
            for number, step in enumerate(pipeline.steps):
                if step.name not in self.chosen[pipeline.name] or number == 0:
                    continue
                if self._upstream_key(pipeline, number) is None:
                    before = pipeline.steps[number - 1].name
                    kept = "kernel" if self.interface_mode == "memory" else "project"
                    raise InterfaceError(
                        f"step {step.name!r} needs the output of step {before!r}, which has not run in this {kept}",
                        where=pipeline.name,
                        do=f"run step {before!r} first, or run from it: --from {before}",
                    )

    def _check_arguments(self) -> None:
        """Refuse an override that no step can read: most likely its name is misspelt."""
        for key in self.request.overrides:
            step, _, argument = key.partition(".")
            known: set[str] = set()
            takes_any = False
            for (pipeline, name), definition in self._definitions.items():
                if name == step:
                    named, any_other = argument_names(definition)
                    known |= {*named, *definition.args, *self._steps[pipeline, name].args}
                    takes_any |= any_other
            close = difflib.get_close_matches(argument, known, n=1, cutoff=0.8)
            if argument not in known and (close or not takes_any):
                raise UnknownStepError(
                    f"step {step!r} has no argument {argument!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
                    where=key,
                    do=f"name an argument that the step's code reads, as in {step}.argument=value",
                )

    def _check_used(self) -> None:
        for definition in self._definitions.values():
            for name in definition.use:
                if name not in self.request.variables:
                    raise UnknownStepError(
                        f"step {definition.name!r} uses the notebook variable {name!r}, which does not exist here",
                        where=definition.body.label,
                        do="run the cell that sets it, or let an earlier step save it with save_data",
                    )


def _pipelines(plan: Plan, mode: str) -> tuple[Pipeline, ...]:
    if mode not in MODES:
        raise MagicUsageError(f"{mode!r} is not a mode{nearest(mode, MODES)}")
    found = tuple(each for name in MODES[mode] if (each := plan.pipeline(name)) is not None and each.steps)
    if not found:
        what = "there are no steps to run" if mode == "all" else f"there is no {mode} pipeline to run"
        raise UnknownStepError(
            what,
            where=str(plan.path) if plan.path else None,
            do="define a step with `%%alo_asset step=NAME`, or open a plan",
        )
    return found


def _mode(pipeline: Pipeline) -> str:
    return pipeline.name.removesuffix("_pipeline")


def _artifacts(pipeline: Pipeline) -> str:
    return f"{_mode(pipeline)}_artifacts"


def _one_line(error: BaseException) -> str:
    text = error.what if isinstance(error, AloNbError) else str(error)
    return f"{type(error).__name__}: {text}".splitlines()[0]


def _digests(values: Mapping[str, Any]) -> dict[str, str]:
    from alo_nb.handover.codec import encode

    return {name: encode(value).digest for name, value in values.items()}
