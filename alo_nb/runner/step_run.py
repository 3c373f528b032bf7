"""One step of a run: it is taken from an earlier execution or executed, and what it made is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from alo_nb.cache.decision import Cause, Decision
from alo_nb.cache.imports import imports_of
from alo_nb.cache.modules import imported_anew
from alo_nb.cache.trace import Trace
from alo_nb.errors import InterfaceError
from alo_nb.handover import Channel
from alo_nb.handover.codec import decode
from alo_nb.handover.interface import KINDS, Key, Kind, encode_all
from alo_nb.plan import Pipeline
from alo_nb.plan.describe import as_written
from alo_nb.plan.redact import redact_all
from alo_nb.runner.events import Event, StepLogged, StepStarted, Warned
from alo_nb.runner.execute import execute
from alo_nb.runner.keeping import Keeping, Watched
from alo_nb.runner.resources import Meter
from alo_nb.runner.reuse import Reuse
from alo_nb.runner.setup import Setup
from alo_nb.runner.shown import Shown, masked
from alo_nb.runner.workspace import Workspace
from alo_nb.step_api import LogRecord, StepContext
from alo_nb.steps.declared import declared_arguments
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import OutputRecord, StepRecord
from alo_nb.store.records import SUCCESS
from alo_nb.store.records import now as current_time


@dataclass
class StepRun:
    """One step of a run that has begun. `tell` takes events, `mask` takes secrets out of texts.

    Attributes
    ----------
    module : ModuleType, optional
        The step's namespace, when it was executed.
    shown : list
        What it printed and displayed, now or when it was executed.
    """

    setup: Setup
    workspace: Workspace
    run_id: str
    pipeline: Pipeline
    name: str
    tell: Callable[[Event], None]
    mask: Callable[[str], str]
    module: ModuleType | None = None
    shown: Shown = field(default_factory=list)
    _logs: list[LogRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._meter = Meter(detailed=self.setup.request.plan.control.check_resource)
        request, definition, names = self.setup.request, self.definition, self.pipeline.step_names()
        declared = declared_arguments(definition).items()
        self.used = encode_all({each: request.variables[each] for each in definition.use})
        self.record = StepRecord(
            pipeline=self.pipeline.name,
            step=self.name,
            status=SUCCESS,
            started=current_time(),
            fingerprint=definition.fingerprint,
            cell=definition.body.label,
            position=f"{names.index(self.name) + 1}/{len(names)}",
            args=redact_all(as_written(dict(self.context.args), request.plan.from_env)),
            origins=self.setup.origins(self.pipeline, self.name),
            defaults=redact_all({name: each.default for name, each in declared if each.default is not None}),
            used={each: value.digest for each, value in self.used.items()},
            inputs_from=self._inputs_from,
            fetched=self.channel.upstream in self.setup.brought.values(),
            upstream=self.channel.upstream.step if self.channel.upstream is not None else "",
        )

    @property
    def definition(self) -> StepDefinition:
        """The step's code."""
        return self.setup.definitions[self.pipeline.name, self.name]

    @cached_property
    def channel(self) -> Channel:
        """What the step reads and writes."""
        upstream = self.setup.upstream(self.pipeline, self.name, self.run_id)
        return Channel(self.setup.interface, upstream, Key(self.run_id, self.pipeline.name, self.name))

    @property
    def _inputs_from(self) -> str:
        upstream = self.channel.upstream
        return "" if upstream is None or upstream.run_id == self.run_id else upstream.run_id

    def run(self) -> StepRecord:
        """Take the step over or execute it, and return its record; its outputs are kept.

        Raises
        ------
        Exception
            Whatever the step raises.
        """
        __tracebackhide__ = True
        keys = (self.channel.names(kind) for kind in KINDS)
        self.tell(StepStarted(self.pipeline.name, self.name, self.record.cell, self.record.args, *keys))
        if not self.setup.request.caching.on:
            with imported_anew(imports_of(self.definition).files):
                self._execute()
            return self._ended("")
        reuse = Reuse(self.setup, self.workspace, self.mask)
        now = reuse.now(self.channel, self.record.used)
        decision = reuse.decide(now, self.pipeline.name, self.name)
        if decision.trace is not None:
            try:
                reuse.take(decision.trace, self.channel)
                return self._taken_over(decision.trace, decision.text)
            except InterfaceError as error:
                decision = Decision(causes=(Cause("damaged", error.what),), warning=error.what)
        if decision.warning:
            self.tell(Warned(f"step {self.name!r} runs again: {decision.warning}"))
        keeping = Keeping(self.setup, self.workspace, self.mask)
        with imported_anew(now.imports.files):
            with keeping.watching(now) as watched, self.setup.request.recorder() as self.shown:
                self._execute()
            self._keep(keeping, watched)
        return self._ended(decision.text)

    def failed(self, status: str, error: str) -> StepRecord:
        """Return the record of a step that raised."""
        seconds, resources = self._meter.seconds(), self._meter.resources()
        return replace(self.record, status=status, seconds=seconds, error=error, resources=resources)

    def _execute(self) -> None:
        __tracebackhide__ = True
        own = {each: decode(value.parts) for each, value in self.used.items()}  # no object of the notebook itself
        self.module = execute(self.definition, self.context, self.setup.request.project, used=own)
        self.context.finish()

    def _keep(self, keeping: Keeping, watched: Watched) -> None:
        shown = [masked(each, self.mask) for each in self.shown]
        seconds = self._meter.seconds()
        try:
            keeping.keep(watched, self.definition, self.channel, logs=self._logs, shown=shown, seconds=seconds)
        except OSError as error:  # what it made is good all the same
            self.tell(Warned(f"step {self.name!r} is not kept for later runs: {error}"))

    def _taken_over(self, trace: Trace, reason: str) -> StepRecord:
        for each in trace.logs:
            self._log(LogRecord(**each))
        is_hidden = self.definition.body.source.rstrip().endswith(";")  # what the last expression gives
        self.shown = [dict(each) for each in trace.shown if not (is_hidden and each.get("last"))]
        return replace(self._ended(reason), cached_from=trace.run)

    def _ended(self, reason: str) -> StepRecord:
        data, config = (self._outputs(kind) for kind in KINDS)
        seconds, resources = self._meter.seconds(), self._meter.resources()
        return replace(self.record, seconds=seconds, data=data, config=config, resources=resources, reason=reason)

    def _outputs(self, kind: Kind) -> tuple[OutputRecord, ...]:
        entries = self.channel.interface.entries(self.channel.own, kind)
        return tuple(OutputRecord(each.name, each.summary, each.size, each.digest, each.signature) for each in entries)

    def _log(self, record: LogRecord) -> None:
        record = replace(record, message=self.mask(record.message))
        self._logs.append(record)
        body = self.definition.body
        file = body.label if record.file == body.file else Path(record.file).name
        self.tell(StepLogged(self.pipeline.name, self.name, replace(record, file=file)))

    @cached_property
    def context(self) -> StepContext:
        """What the step's code is given."""
        plan, names = self.setup.request.plan, self.pipeline.step_names()
        upstream = self.channel.upstream
        arguments: Mapping[str, Any] = {each: self.setup.arguments(self.pipeline, each) for each in names}
        return StepContext(
            pipeline=self.pipeline.name,
            step=self.name,
            number=names.index(self.name),
            args=arguments[self.name],
            io=self.channel,
            folders=self.workspace,
            log=self._log,
            save_artifacts_path=plan.external_path.saves(self.pipeline.mode),
            metadata_version=plan.metadata_version,
            upstream=None if upstream is None else upstream.step,
            steps=names,
            arguments=arguments,
            plan_name=plan.name,
            run_id=self.run_id,
        )
