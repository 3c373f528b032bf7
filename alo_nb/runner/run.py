"""One run: check everything, then for each pipeline load, run the steps in order, and save."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from alo_nb.cache.key import trouble
from alo_nb.cache.prune import keep_values, prune_seldom
from alo_nb.compat import forget_modules
from alo_nb.errors import AloNbError, mask_messages, message_of
from alo_nb.external.digests import file_digests
from alo_nb.files import unlock
from alo_nb.handover.codec import Encoded
from alo_nb.plan import Pipeline
from alo_nb.plan.keys import ALO_3_ERA
from alo_nb.plan.masking import masked_plan_text
from alo_nb.plan.redact import redact
from alo_nb.plan.secrets import hidden_texts, hide_also
from alo_nb.runner import ids, results
from alo_nb.runner.ahead import note_inputs
from alo_nb.runner.clock import Clock
from alo_nb.runner.contracts import Contracts
from alo_nb.runner.events import (
    DataLoaded,
    Event,
    Listener,
    PipelineFinished,
    RunFinished,
    RunStarted,
    StepFinished,
    Warned,
)
from alo_nb.runner.full_disk import give_back, told_when_full
from alo_nb.runner.inputs import load_data, load_train_model
from alo_nb.runner.log_file import LogFile
from alo_nb.runner.of_plan import KEPT, path_of
from alo_nb.runner.request import RunRequest
from alo_nb.runner.saving import Saving
from alo_nb.runner.setup import Setup, set_up, with_inputs
from alo_nb.runner.shown import Shown
from alo_nb.runner.step_run import StepRun
from alo_nb.runner.workspace import Workspace
from alo_nb.steps.module import start_afresh
from alo_nb.store import PipelineIds, Run, RunStore, StepRecord, new_run_id
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS
from alo_nb.store.surroundings import GitLook, this_process


def run_plan(request: RunRequest, checked: Setup | None = None) -> Run:
    """Run what is asked for and return its record; `checked` is as in `ActiveRun`.

    Raises
    ------
    AloNbError
        Something was wrong before a step ran, or a step broke a rule; nothing that was good before is lost.
    Exception
        Whatever a step raised, with a note that says which step and where.
    """
    __tracebackhide__ = True
    return ActiveRun(request, checked).perform()


class ActiveRun:
    """A run in progress. Making it checks everything, entering it starts the record, leaving it says how it ended.

    `checked` is what `set_up` gave for the same steps, when somebody has asked it already: it is not asked again.
    """

    def __init__(self, request: RunRequest, checked: Setup | None = None) -> None:
        __tracebackhide__ = True
        self.request = request
        self._clock = Clock()
        self.setup = replace(checked, request=request) if checked is not None else set_up(request)
        self.store = RunStore(request.project)
        steps = self.setup.definitions.items()
        written = {f"{step}.{name}": value for (_, step), each in steps for name, value in each.args.items()}
        self._hidden = hidden_texts(request.plan, {**written, **request.overrides})
        self._begun: list[Pipeline] = []
        self._git: GitLook | None = None
        self._workspace: Workspace | None = None
        self.run = Run(
            id=request.run_id or new_run_id(),
            mode=request.mode,
            trigger=request.trigger,
            plan=request.plan.name,
            plan_path=path_of(request.plan),
            interface_mode=self.setup.interface_mode,
            asked={name: self.masked(value) for name, value in request.asked().items()},
        )
        self.folder = self.store.folder(self.run.id)
        self._log = LogFile(self.folder, self._hidden)
        self._contracts = Contracts(request.project, self.run.plan_path, request.strict_contracts, self._warn)

    def __enter__(self) -> Self:
        with self._telling_when_full:
            self._start()
        return self

    def _start(self) -> None:
        self.request.project.prepare()
        self._values = keep_values(self.request.project)
        with ExitStack() as otherwise:
            otherwise.callback(unlock, self._values)
            if self.setup.brought:
                self.setup = with_inputs(self.setup)  # from now on nobody takes them away
            self.run = self.store.start(replace(self.run, made_in=_made_in()))
            otherwise.pop_all()
        try:
            self._git = GitLook(self.request.project.root)
            start_afresh()
            forget_modules()
            self._workspace = Workspace.acquire(self.request.project)
            if self.request.plan.text:
                (self.folder / KEPT).write_text(masked_plan_text(self.request.plan.text), encoding="utf-8")
            self._saving.reach()
            self._tell(RunStarted(self.run, tuple(self.setup.definitions)))
            for warning in self.setup.shadowed_arguments():
                self._tell(Warned(warning))
            if self.request.caching.on and (what := trouble(self.request.project)):
                self._tell(Warned(f"{what}; steps with arguments are executed each time"))
        except BaseException as error:
            self._close(FAILED, error=_one_line(error))
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            self._close(SUCCESS)
        else:
            interrupted = isinstance(error, (KeyboardInterrupt, GeneratorExit))
            self._close(INTERRUPTED if interrupted else FAILED, error=_one_line(error))

    @property
    def _telling_when_full(self) -> AbstractContextManager[None]:
        return told_when_full(self.request.project, self.run)

    @property
    def _saving(self) -> Saving:
        return Saving(self.setup, self.workspace, self._log, self._tell)

    @property
    def workspace(self) -> Workspace:
        """Where the run writes, from entering to leaving."""
        assert self._workspace is not None  # the recipe begins after entering
        return self._workspace

    def perform(self) -> Run:
        """Run all that was asked for and return the record."""
        __tracebackhide__ = True
        with self:
            for pipeline in self.setup.pipelines:
                self.begin(pipeline)
                for name in self.setup.chosen[pipeline.name]:
                    self.run_step(pipeline, name)
                self.end(pipeline)
        return self.run

    # The recipe -----------------------------------------------------------------------------------------------------

    def begin(self, pipeline: Pipeline) -> None:
        """Stage the folders of a pipeline, load its external data and its model, and say what went in."""
        with self._telling_when_full:
            self._begin(pipeline)

    def _begin(self, pipeline: Pipeline) -> None:
        self._clock.lap("setup")
        self.workspace.stage(pipeline.artifacts, whole=self.setup.is_whole)
        self._begun.append(pipeline)
        paths = load_data(self.setup, self.workspace, pipeline)
        if paths:
            note_inputs(self.setup, pipeline)
            self._tell(DataLoaded(pipeline.name, tuple(map(redact, paths))))
        if pipeline.mode == "inference":
            self.run = replace(self.run, train_id=load_train_model(self.setup, self.workspace))
        if paths or (self.setup.begins(pipeline) and self.request.plan.external_path.loads(pipeline.mode)):
            self.workspace.inputs[pipeline.mode] = file_digests(self.workspace.root / "input" / pipeline.mode)
        self.run = replace(self.run, ids={**self.run.ids, pipeline.name: self._ids(pipeline)})
        self._clock.lap("load")

    def run_step(self, pipeline: Pipeline, name: str) -> ModuleType | None:
        """Run one step, or take it over from an earlier run; return its namespace when it ran."""
        __tracebackhide__ = True
        self.workspace.step = name
        step = StepRun(self.setup, self.workspace, self.run.id, pipeline, name, self._tell, self.masked)
        try:
            with self._telling_when_full:
                record = self._contracts.check(step.run(), self.run)
        except BaseException as error:
            from alo_nb.runner.explain import explain  # for failures only, as `traceback` below

            explain(error, step.definition, self.run.id, self.request.variables)
            status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
            give_back(self.workspace.root)
            self._record_failure(step.failed(status, _one_line(error)), error, step.used)
            raise
        with self._telling_when_full:
            self.setup.interface.promote(step.channel.own)
            self._record(record, shown=step.shown if record.cached_from else [])
        if step.module is not None and self.request.on_module is not None:
            self.request.on_module(name, step.module)
        return step.module

    def end(self, pipeline: Pipeline) -> None:
        """Check the results of a pipeline; after the last one, put those of all of them in the project's place."""
        with self._telling_when_full:
            self._end(pipeline)

    def _end(self, pipeline: Pipeline) -> None:
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
        except BaseException:  # also Ctrl-C: the record must not call it complete
            self.run = replace(self.run, complete=())  # what is in no place is not good
            raise
        self.run = replace(self.run, artifacts=artifacts)
        self._begun.clear()

    def _close(self, status: str, *, error: str = "") -> None:
        """Keep what an unfinished pipeline had made, let the workspace go, and record the end, whatever fails here."""
        with self._telling_when_full, ExitStack() as last:
            last.callback(self._log.close)
            last.callback(lambda: self._tell(RunFinished(self.run)))
            last.callback(self._finish, status, error)
            last.callback(self._let_values_go)
            if self._workspace is not None:
                give_back(self._workspace.root)
                last.callback(self._workspace.release)
                for pipeline in self._begun:
                    self._keep_unpublished(pipeline)

    def _let_values_go(self) -> None:
        unlock(self._values)
        with suppress(AloNbError, OSError):  # the run is what it is all the same
            prune_seldom(self.request.project, limit_mb=self.request.plan.control.backup_size)

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
        made_in = {**self.run.made_in, **(self._git.result() if self._git is not None else {})}
        self.run = self.store.finish(replace(self.run, made_in=made_in), status, error=self.masked(error))

    def masked(self, text: str) -> str:
        """Return a text without the secrets that the plan, the arguments and a step that failed have shown."""
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

    def _record_failure(self, record: StepRecord, error: BaseException, used: Mapping[str, Encoded]) -> None:
        """Record a step that failed, and keep what it was given; what turns out to be a secret by then is hidden."""
        from alo_nb.runner.failed_step import FailedStep  # for failures only

        pipeline = next(each for each in self.setup.pipelines if each.name == record.pipeline)
        given = (name.partition(f"{record.step}.") for name in self.request.overrides)
        failed = FailedStep(
            error=error,
            definition=self.setup.definitions[record.pipeline, record.step],
            record=record,
            run=self.run,
            project=self.request.project,
            interface=self.setup.interface,
            upstream=self.setup.upstream(pipeline, record.step, self.run.id),
            used=used,
            given={name: self.request.overrides[step + name] for before, step, name in given if step and not before},
        )
        hide_also(self._hidden, failed.secrets())
        mask_messages(error, self.masked)  # whoever runs this shows the exception, and keeps what was shown
        self._record(record, error)
        if warning := failed.keep(self._hidden):
            self._warn(warning)

    def _record(self, record: StepRecord, error: BaseException | None = None, shown: Shown | None = None) -> None:
        self.run = self.store.add_step(self.run, replace(record, error=self.masked(record.error)))
        self._tell(StepFinished(self.run.steps[-1], _traceback(error), tuple(shown or ())))

    def _warn(self, text: str) -> None:
        self._tell(Warned(self.masked(text)))

    def _tell(self, event: Event) -> None:
        listeners: tuple[Listener, ...] = (self._log, *self.request.listeners)
        for listener in listeners:
            listener(event)


def _made_in() -> dict[str, Any]:
    """Return where the run goes on, with the packages of the plan's own environment when it has one."""
    if Path(sys.prefix).parent.parent.name != "venvs":  # as nearly always: nothing more is imported
        return this_process()
    from alo_nb.requirements.environment import this_environment

    environment = this_environment()
    return {**this_process(), "environment": environment.folder, "packages": list(environment.packages)}


def _traceback(error: BaseException | None) -> str:
    if error is None:
        return ""
    import traceback

    return "".join(traceback.format_exception(error))


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {message_of(error)}".removesuffix(": ").splitlines()[0]
