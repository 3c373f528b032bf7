"""`Session`: the project, the plan, the steps and the latest outputs of this Python process. Knows no IPython."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from alo_nb.cache.explained import Explained
from alo_nb.errors import MagicUsageError, StepDefinitionError, UnknownStepError, add_note, nearest
from alo_nb.handover import FileInterface, Interface, MemoryInterface
from alo_nb.handover.overlay import Overlay
from alo_nb.handover.values import Values
from alo_nb.notebook.fresh import allowed_here
from alo_nb.notebook.latest import LatestRuns
from alo_nb.notebook.open_plan import OpenPlan
from alo_nb.notebook.step_names import StepNames
from alo_nb.plan import MODES, Pipeline, Plan, Step, find_plan
from alo_nb.plan.redact import redact
from alo_nb.project import ENVIRONMENT_VARIABLE, Project, find_project
from alo_nb.requirements import has_requirements
from alo_nb.runner import (
    CACHING,
    EVERYTHING,
    Caching,
    Listener,
    Recorder,
    RunRequest,
    Selection,
    printed,
    run_plan,
)
from alo_nb.runner.earlier import has_outputs, resumable_run
from alo_nb.runner.of_plan import latest_outputs
from alo_nb.runner.why import explain_step, explain_steps
from alo_nb.steps.asset_line import AssetLine, StepCell
from alo_nb.steps.capture import Scope
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.module import StepNamespaces
from alo_nb.steps.registry import StepRegistry
from alo_nb.steps.sources import Sources, define_from_cell
from alo_nb.store import Run, RunStore, StepRecord

if TYPE_CHECKING:
    from alo_nb.export.alo import Exported
    from alo_nb.export.load import Loaded


class Session:
    """What one kernel or one script works with.

    Parameters
    ----------
    variables : mapping, optional
        The notebook's variables, read when a step asks for one by ``use=``.
    scope : callable, optional
        Gives the names that the notebook's ordinary cells define.
    listeners : callable, optional
        Makes the listeners of a run.
    recorder : callable, optional
        Notes what a step displays: see `RunRequest`.
    may_execute : callable, optional
        Tells whether a step may be executed since its names are asked for: see `StepNamespaces`.
    """

    def __init__(
        self,
        *,
        variables: Mapping[str, Any] | None = None,
        scope: Callable[[], Scope] = Scope,
        listeners: Callable[[], tuple[Listener, ...]] = tuple,
        recorder: Recorder = printed,
        may_execute: Callable[[], bool] = lambda: True,
    ) -> None:
        self.variables = {} if variables is None else variables
        self.scope = scope
        self.listeners = listeners
        self.recorder = recorder
        self.registry = StepRegistry()
        self._written: dict[str, tuple[StepCell, Scope | None]] = {}
        self.namespaces = StepNamespaces(may_execute)
        self._memory = MemoryInterface()
        self.lent = Overlay()
        self._project: Project | None = None
        self._opened = OpenPlan()
        self.latest = LatestRuns()
        self._names = StepNames(self.namespaces, self._execute_again)
        self._is_running = False

    # Project and plan -----------------------------------------------------------------------------------------------

    @property
    def project(self) -> Project:
        """The project folder: the one that was named, else found from the current folder."""
        return self._project or find_project()

    def use_project(self, folder: str | Path) -> Project:
        """Work in another project folder from now on; child processes find it too."""
        self._project = find_project(folder)
        self._memory, self.lent = MemoryInterface(), Overlay()
        self.latest = LatestRuns()
        os.environ[ENVIRONMENT_VARIABLE] = str(self._project.root)
        return self._project

    @property
    def plan(self) -> Plan:
        """The open plan as its file has it now; else the plan that the cells make."""
        return self._opened.latest or self.registry.as_plan()

    @property
    def plan_path(self) -> Path | None:
        """The file of the open plan, also of one that cannot be read any more."""
        return self._opened.path

    @property
    def has_plan(self) -> bool:
        """Whether a plan file is open."""
        return self._opened.is_open

    @property
    def no_install(self) -> bool:
        """Whether steps run with the packages that are there, whatever the open plan requires."""
        return self._opened.no_install

    def use_plan(self, path: str | Path, *, no_install: bool = False) -> Plan:
        """Open a plan: `path` is looked for in the current folder, then in the project folder.

        With `no_install`, its steps run with the packages that are there, whatever it requires.

        Raises
        ------
        PlanReadError
            There is no such file, or it cannot be read.
        PlanInvalidError
            It is no plan that can be run; every problem is listed.
        """
        plan = self._opened.open(find_plan(path, self.project).resolve())
        self._opened.no_install = no_install
        return plan

    def use_kept_plan(self, kept: Path, path: Path) -> Plan:
        """Open the copy of a plan that a run has kept: see `OpenPlan.open_copy`."""
        return self._opened.open_copy(kept, path)

    # Steps ----------------------------------------------------------------------------------------------------------

    def define(self, cell: StepCell, *, identity: str = "", scope: Scope | None = None) -> StepDefinition:
        """Define the step of a cell; on an error the earlier definition stays.

        Raises
        ------
        AloNbError
            The cell cannot be a step, its name belongs to another cell, or the open plan does not list it.
        """
        self._project = self.project  # from now on, also when a step changes the current folder
        line = cell.line.with_values(self.variables)
        if self.has_plan:
            self._check_listed(line.step, cell)
        definition = define_from_cell(StepCell(line, cell.body), scope or self.scope(), identity=identity)
        self.registry.add(definition, replace=line.replace)
        self._written[line.step] = (cell, scope)
        return definition

    def _current(self, sources: Sources, step: Step) -> StepDefinition:
        """Return the code of a step; a cell's comes with the helpers, constants and ``$name`` values of this moment."""
        found = sources.step(step)
        if step.name not in self.registry or self.registry[step.name] is not found:
            return found
        cell, scope = self._written[step.name]
        line = cell.line.with_values(self.variables)
        return define_from_cell(StepCell(line, cell.body), scope or self.scope(), identity=found.cell)

    def _check_listed(self, step: str, cell: StepCell) -> None:
        listed = {name for each in self.plan.pipelines for name in each.step_names()}
        if step not in listed and not cell.line.define_only:
            raise UnknownStepError(
                f"the plan does not list a step {step!r}{nearest(step, listed)}",
                where=f"{cell.body.label}, and {self.plan.path}",
                do="correct the name, or define it only (-n) and add it to the plan: `%alo_plan --widget`, + step",
            )
        steps = [each for pipeline in self.plan.pipelines for each in pipeline.steps if each.name == step]
        sources = [each.source for each in steps if each.source is not None]
        elsewhere = next((each for each in sources if each.kind not in {"notebook", "ipynb"}), None)
        if elsewhere is not None:
            raise StepDefinitionError(
                f"this cell would not run: the plan takes step {step!r} from `code: {redact(elsewhere.code)}`",
                where=f"{cell.body.label}, and {elsewhere.place}",
                do=f"write `code: notebook` there to use the cell; `%alo_run --only {step}` runs the step as it is",
            )

    def pipeline_of(self, step: str) -> Pipeline:
        """Return the first pipeline that has the step."""
        for pipeline in self.plan.pipelines:
            if step in pipeline.step_names():
                return pipeline
        raise UnknownStepError(f"no pipeline has a step {step!r}{nearest(step, self.registry)}")

    # Runs -----------------------------------------------------------------------------------------------------------

    def interface(self, mode: str | None = None) -> Interface:
        """Return where this session keeps the outputs of its steps."""
        chosen = mode or self.plan.control.interface_mode
        if chosen not in {"memory", "file"}:
            raise MagicUsageError(f"{chosen!r} is not an interface mode{nearest(chosen, ('memory', 'file'))}")
        self._memory.values = Values(self.project)  # the project is only known when it is needed
        return self.lent.over(FileInterface(self.project) if chosen == "file" else self._memory)

    def run_step(self, step: str, caching: Caching = CACHING) -> Run:
        """Run one step on the latest outputs upstream; steps before it that have none yet run first."""
        __tracebackhide__ = True
        pipeline, interface = self.pipeline_of(step), self.interface()
        names = pipeline.step_names()
        first = names.index(step)
        while first > 0 and not caching.inputs and not self._has_outputs(interface, pipeline.name, names[first - 1]):
            first -= 1
        mode = pipeline.name.removesuffix("_pipeline")
        try:
            return self.run(mode, Selection(first=names[first], last=step), trigger="cell", caching=caching)
        except Exception as error:
            if names[first] != step:
                add_note(
                    error,
                    f"(run from step {names[first]!r} on, since step {step!r} needs what comes before it; "
                    f"`%alo_drop {names[first]}` if that step is not wanted any more)",
                )
            raise

    def _has_outputs(self, interface: Interface, pipeline: str, step: str) -> bool:
        project, plan = self.project, self.plan
        here = latest_outputs(interface, project, plan, pipeline, step)
        return here is not None or has_outputs(project, plan, pipeline, step)

    def run(
        self,
        mode: str = "all",
        selection: Selection = EVERYTHING,
        *,
        overrides: Mapping[str, Any] | None = None,
        interface_mode: str | None = None,
        train_id: str | None = None,
        no_install: bool = False,
        strict: bool = False,
        trigger: str = "python",
        run_id: str | None = None,
        caching: Caching = CACHING,
    ) -> Run:
        """Run the pipelines of the plan in this process. See `alo_nb.run`."""
        __tracebackhide__ = True
        plan, project = self.plan, self.project
        request = RunRequest(
            plan=plan,
            project=project,
            find=self.latest.following(plan, self._finder(plan, project)),
            mode=mode,
            selection=selection,
            interface=self.interface(interface_mode),
            interface_mode=interface_mode,
            overrides=overrides or {},
            variables=self.variables,
            listeners=(*self.listeners(), self._names, self.latest),
            trigger=trigger,
            run_id=run_id,
            train_id=train_id,
            strict_contracts=strict,
            on_module=self._names.keep,
            caching=allowed_here(caching),
            recorder=self.recorder,
            read_with={"--no-install": ""} if no_install else {},
        )
        if not (no_install or self.no_install) and has_requirements(plan):
            _require_packages(request)
        with self._running():
            self._names.overrides = request.overrides
            return run_plan(request)

    @contextmanager
    def _running(self) -> Iterator[None]:
        if self._is_running:
            raise MagicUsageError(
                "a step cannot start a run: it would start itself again",
                do="put `%alo_run` into a cell of its own",
            )
        self._is_running = True
        try:
            yield
        finally:
            self._is_running = False

    def _finder(self, plan: Plan, project: Project) -> Callable[[Step], StepDefinition]:
        return partial(self._current, Sources(plan, project, self.registry, fetch=True))

    def _execute_again(self, run_id: str, record: StepRecord, overrides: Mapping[str, Any]) -> ModuleType:
        """Return the namespace of a step that a run has taken over; looking makes no run of its own."""
        __tracebackhide__ = True
        from alo_nb.runner.again import execute_again

        with self._running():
            request = replace(self._as_of_now(), overrides=overrides)
            return execute_again(request, RunStore(self.project).get(run_id), record)

    # Files of ALO and back ------------------------------------------------------------------------------------------

    def export(self, folder: Path) -> Exported:
        """Write the plan in use and its steps as ALO's files. See `alo_nb.export_alo`."""
        from alo_nb.export.alo import export_alo

        plan, project = self.plan, self.project
        return export_alo(plan, self._finder(plan, project), project, folder)

    def load(self, path: str | Path, notebook: Path | None = None) -> Loaded:
        """Return an asset as a cell, or write the assets of a plan as a notebook. See `alo_nb.load_alo`."""
        from alo_nb.export.load import load

        return load(path, self.project, scope=self.scope(), notebook=notebook, open_plan=self._opened.latest)

    # Looking --------------------------------------------------------------------------------------------------------

    def status(self) -> list[Explained]:
        """Return a row for each step of each pipeline: what would happen to it now, and why."""
        return explain_steps(self._as_of_now())

    def why(self, step: str) -> list[Explained]:
        """Return what would happen to a step in each pipeline that has it, with all causes. See `alo_nb.why`."""
        return explain_step(self._as_of_now(), step)

    def _as_of_now(self) -> RunRequest:
        """Return a run of the whole plan that is only looked at: nothing is fetched for it."""
        plan, project = self.plan, self.project
        find = partial(self._current, Sources(plan, project, self.registry))
        return RunRequest(plan=plan, project=project, find=find, variables=self.variables, caching=CACHING)

    def can_resume(self, run: Run | None) -> bool:
        """Tell whether ``--resume``, in the mode of a run, goes on with it."""
        found = None if run is None else resumable_run(self.project, self.plan, run.mode)
        return found is not None and run is not None and found.id == run.id

    def lines(self) -> dict[str, AssetLine]:
        """Return the magic line of each step that a cell defines, as it was written."""
        return {name: cell.line for name, (cell, _) in self._written.items()}

    def following(self, run: Run) -> str:
        """Return the step after the last one of a run, in the plan in use; empty when there is none."""
        last, plan = run.steps[-1] if run.steps else None, self.plan
        pipeline = plan.pipeline(last.pipeline) if last is not None and run.plan == plan.name else None
        names = pipeline.step_names() if pipeline is not None else ()
        number = names.index(last.step) + 1 if last is not None and last.step in names else len(names)
        return names[number] if number < len(names) else ""

    def step_names(self) -> list[str]:
        """Return every step that a cell defines or the plan lists."""
        return list(dict.fromkeys([*(n for p in self.plan.pipelines for n in p.step_names()), *self.registry]))


def _require_packages(request: RunRequest) -> None:
    """Refuse a run whose packages are not in this process; nothing is installed into it unasked."""
    __tracebackhide__ = True
    from alo_nb.requirements.installed import require_installed

    pipelines = [each for each in request.plan.pipelines if each.name in MODES.get(request.mode, ())]
    chosen = {name for each in pipelines for name in request.selection.steps(each)}
    for step in (step for each in pipelines for step in each.steps if step.name in chosen):
        if step.source is not None and step.source.kind == "git" and step.source.requirements:
            request.find(step)  # its requirements.txt comes with its code
    notebook = request.trigger != "python"
    opened = os.path.relpath(request.plan.path) if request.plan.path else "PLAN"
    go_on = f"`%alo_plan {opened} --no-install`" if notebook else "alo_nb.run(no_install=True)"
    require_installed(request.plan, request.project, steps=chosen, notebook=notebook, go_on=go_on)


_current: Session | None = None


def current_session() -> Session:
    """Return the session of this process, made at the first call."""
    global _current  # one process, one session
    if _current is None:
        _current = Session()
    return _current


def set_session(session: Session | None) -> None:
    """Make `session` this process's session; None ends it."""
    global _current
    _current = session
