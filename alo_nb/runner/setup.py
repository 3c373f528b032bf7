"""What a run will do, with everything checked that can be checked before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alo_nb.errors import InterfaceError, MagicUsageError, UnknownStepError, nearest
from alo_nb.external.credentials import Credentials, plan_credentials
from alo_nb.handover import FileInterface, Interface, MemoryInterface
from alo_nb.handover.interface import Key
from alo_nb.handover.values import Values
from alo_nb.plan import MODES, Pipeline, Plan
from alo_nb.plan.policies import AUTO, IGNORE
from alo_nb.plan.redact import redact
from alo_nb.runner.backups import find_train_run
from alo_nb.runner.caching import ALL
from alo_nb.runner.checks import check_arguments, check_forced, check_overrides, check_used
from alo_nb.runner.earlier import bring_inputs, resumed_run
from alo_nb.runner.of_plan import latest_outputs, passed_over
from alo_nb.runner.request import RunRequest
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import Run


@dataclass(frozen=True)
class Setup:
    """A request with its steps resolved.

    Attributes
    ----------
    pipelines : tuple of Pipeline
        Those of which at least one step runs.
    chosen : mapping
        Pipeline name to the names of its steps that run.
    definitions : mapping
        (pipeline, step) to the code that runs, in the order of execution.
    train_run : Path, optional
        The backup of the train run that was asked for by its id.
    resumed : Run, optional
        The run that this one goes on with.
    brought : mapping
        (pipeline, step) to whose outputs stand for those of a step that does not run.
    """

    request: RunRequest
    pipelines: tuple[Pipeline, ...]
    chosen: Mapping[str, tuple[str, ...]]
    definitions: Mapping[tuple[str, str], StepDefinition]
    interface: Interface
    interface_mode: str
    train_run: Path | None = None
    resumed: Run | None = None
    brought: Mapping[tuple[str, str], Key] = field(default_factory=dict)

    @property
    def credentials(self) -> Credentials:
        """Whom S3 is asked as."""
        return plan_credentials(self.request.plan, self.request.project)

    @property
    def is_whole(self) -> bool:
        """Whether all steps of the pipelines run, so that their results are replaced as a whole."""
        return self.request.selection.is_everything

    def begins(self, pipeline: Pipeline) -> bool:
        """Tell whether the first step of a pipeline runs, the one that reads external data."""
        return self.chosen[pipeline.name][0] == pipeline.steps[0].name

    def steps(self, pipeline: Pipeline) -> dict[str, StepDefinition]:
        """Return the code of the steps of a pipeline that run."""
        return {name: self.definitions[pipeline.name, name] for name in self.chosen[pipeline.name]}

    def arguments(self, pipeline: Pipeline, name: str) -> dict[str, Any]:
        """Return the arguments of a step: the magic line's, under the plan's, under those of this run."""
        return {key: value for given in self._given(pipeline, name).values() for key, value in given.items()}

    def origins(self, pipeline: Pipeline, name: str) -> dict[str, str]:
        """Return where each argument of a step comes from: ``magic line``, ``plan`` or ``this run``."""
        return {key: origin for origin, given in self._given(pipeline, name).items() for key in given}

    def _given(self, pipeline: Pipeline, name: str) -> dict[str, Mapping[str, Any]]:
        """Return the arguments by where they come from; what comes later goes before what came earlier."""
        step = next(each for each in pipeline.steps if each.name == name)
        definition, prefix = self.definitions.get((pipeline.name, name)), f"{name}."
        return {
            "magic line": definition.args if definition is not None else {},
            "plan": step.args,
            "this run": {
                key[len(prefix) :]: value for key, value in self.request.overrides.items() if key.startswith(prefix)
            },
        }

    def pipeline(self, name: str) -> Pipeline:
        """Return a pipeline by its name."""
        return next(each for each in self.pipelines if each.name == name)

    def arguments_of(self, pipeline: str, step: str) -> dict[str, Any]:
        """Return the arguments of a step by the names of both."""
        return self.arguments(self.pipeline(pipeline), step)

    def policy(self, pipeline: str, step: str) -> str:
        """Return a step's cache policy: its cell's, before the plan's."""
        definition = self.definitions.get((pipeline, step))
        own = definition.cache if definition is not None else ""
        return own or self.request.plan.cache.get(step, AUTO)

    def is_forced(self, step: str) -> bool:
        """Tell whether a step runs whatever is kept of it."""
        return step in self.request.caching.force or ALL in self.request.caching.force

    def ignored(self, pipeline: str) -> frozenset[str]:
        """Return the steps whose changes do not make the steps after them run."""
        return frozenset(each for each in self.pipeline(pipeline).step_names() if self.policy(pipeline, each) == IGNORE)

    def shadowed_arguments(self) -> Iterator[str]:
        """Yield what to say of arguments on magic lines that have no effect: the plan's go before them.

        Nothing of those that this run was given: whoever asks for them knows.
        """
        for pipeline in self.pipelines:
            for step in pipeline.steps:
                definition = self.definitions.get((pipeline.name, step.name))
                for name, value in definition.args.items() if definition is not None else ():
                    used = self.arguments(pipeline, step.name)[name]
                    if used != value and f"{step.name}.{name}" not in self.request.overrides:
                        said = f"{name}={value!r} on its magic line is not used: the plan says {used!r}"
                        yield redact(f"step {step.name!r}: {said}")

    def upstream(self, pipeline: Pipeline, name: str, run_id: str) -> Key | None:
        """Return whose outputs a step gets: the step's before it, of this run or the latest; None for the first."""
        names = pipeline.step_names()
        number = names.index(name)
        if number == 0:
            return None
        before = names[number - 1]
        if before in self.chosen[pipeline.name]:
            return Key(run_id, pipeline.name, before)
        return self.brought.get((pipeline.name, before)) or self.latest(pipeline.name, before)

    def latest(self, pipeline: str, step: str) -> Key | None:
        """Return the newest outputs of a step that this process has, or in file mode the project; of this plan."""
        return latest_outputs(self.interface, self.request.project, self.request.plan, pipeline, step)


def set_up(request: RunRequest) -> Setup:
    """Resolve a request; nothing is started or written.

    Raises
    ------
    AloNbError
        A mode, step or argument that does not exist, no step to run, code that cannot be found, or an output upstream
        that is missing.
    """
    __tracebackhide__ = True
    plan, selection = request.plan, request.selection
    pipelines = _pipelines(plan, request.mode)
    selection.check(plan, tuple(each.name for each in pipelines))
    chosen = {each.name: names for each in pipelines if (names := selection.steps(each))}
    pipelines = tuple(each for each in pipelines if each.name in chosen)
    if not pipelines:
        raise MagicUsageError("no step is left to run", do="leave out fewer steps")
    steps = {(one.name, step.name): step for one in pipelines for step in one.steps if step.name in chosen[one.name]}
    check_overrides(request, {name for _, name in steps})
    definitions = {key: request.find(step) for key, step in steps.items()}
    mode = request.interface_mode or plan.control.interface_mode
    in_files, in_memory = FileInterface(request.project), MemoryInterface(Values(request.project))
    interface = request.interface or (in_files if mode == "file" else in_memory)
    setup = Setup(request, pipelines, chosen, definitions, interface, mode, _train_run(request), resumed_run(request))
    setup = with_inputs(setup)
    check_forced(setup)
    check_used(setup)
    check_arguments(setup)
    return setup


def with_inputs(setup: Setup) -> Setup:
    """Return a setup whose steps find what they need of steps that do not run.

    Raises
    ------
    InterfaceError
        It is missing.
    AloNbError
        What was asked for does not exist.
    """
    setup = replace(setup, brought=bring_inputs(setup))
    _check_upstream(setup)
    return setup


def _train_run(request: RunRequest) -> Path | None:
    if request.train_id is None:
        return None
    if request.mode != "inference":
        raise MagicUsageError(
            f"a train_id says which model an inference uses, and the mode is {request.mode}",
            do="run the inference alone: mode inference with this train_id",
        )
    return find_train_run(request.project, request.train_id)


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


def _check_upstream(setup: Setup) -> None:
    for pipeline in setup.pipelines:
        for name in setup.chosen[pipeline.name]:
            number = pipeline.step_names().index(name)
            if number and setup.upstream(pipeline, name, "") is None:
                before = pipeline.step_names()[number - 1]
                in_memory = setup.interface_mode == "memory"
                kept = "process, and memory mode keeps nothing from one to the next" if in_memory else "project"
                file_mode = "; with interface_mode file, outputs last from run to run" if in_memory else ""
                request = setup.request
                other = passed_over(request.project, request.plan, pipeline.name, before)
                raise InterfaceError(
                    f"step {name!r} needs the output of step {before!r}, which has not run in this {kept}"
                    + (f"; {other}" if other else ""),
                    where=pipeline.name,
                    do=f"run step {before!r} first, or run from it: --from {before}{file_mode}",
                )
