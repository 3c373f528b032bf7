"""`PlanBench`: what the plan widget works on, without a widget: an edited plan, its problems, its steps, its runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alo_nb.cache.explained import UNKNOWN, Explained
from alo_nb.errors import AloNbError, MagicUsageError, PlanReadError
from alo_nb.notebook.background import BackgroundRun
from alo_nb.notebook.fresh import FreshRun
from alo_nb.notebook.plan_fields import Field, fields_of
from alo_nb.notebook.session import Session
from alo_nb.notebook.truth import notebook_path
from alo_nb.plan import Place, Plan, Problem, Source, Step, check, find_plan
from alo_nb.plan.editor import disabled_steps
from alo_nb.plan.plan_file import PlanFile
from alo_nb.plan.writer import plan_yaml
from alo_nb.runner import Selection
from alo_nb.steps.definition import StepDefinition, argument_names
from alo_nb.steps.magic_line import Variable
from alo_nb.steps.sources import Sources

NEW_PLAN = "experimental_plan.yaml"
CHANGED, EVERYTHING, ONWARDS, ONLY = "what changed", "everything", "from this step on", "only this step"
RUNS = (CHANGED, EVERYTHING, ONWARDS, ONLY)


@dataclass(frozen=True)
class StepRow:
    """A step as a list shows it; `why` it would run, and whether it is out of use."""

    name: str
    state: str
    why: str = ""
    is_disabled: bool = False


class PlanBench:
    """A plan that is edited beside a session.

    Attributes
    ----------
    file : PlanFile
        The text, with undo.
    """

    def __init__(self, session: Session, file: PlanFile, *, no_install: bool = False) -> None:
        self.session, self.file, self.no_install = session, file, no_install
        self._read: tuple[str, Plan, tuple[Problem, ...]] | None = None
        self._disabled: dict[str, Any] = {}
        self._states: dict[tuple[str, str], Explained] = {}

    @classmethod
    def open(cls, session: Session, path: str | Path | None = None, *, no_install: bool = False) -> PlanBench:
        """Return a bench for a plan, with problems or without; for the one in use, or for a new one of the cells.

        Raises
        ------
        PlanReadError
            There is no such plan.
        """
        if path is None and session.has_plan:
            path = session.plan.path
        if path is None and not (session.project.root / NEW_PLAN).exists():
            file = PlanFile.new(session.project.root / NEW_PLAN, _text_of_cells(session))
        else:
            file = PlanFile(find_plan(path or NEW_PLAN, session.project).resolve())
        return cls(session, file, no_install=no_install)

    # What it says ---------------------------------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """What the text means; an empty plan when it cannot be read, which `problems` tells."""
        return self._current()[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong, and what was repaired when it was read."""
        return self._current()[1]

    def _current(self) -> tuple[Plan, tuple[Problem, ...]]:
        if self._read is None or self._read[0] != self.file.text:
            try:
                plan = self.file.plan()
                found = tuple(check(plan))
            except PlanReadError as error:
                plan = Plan(path=self.file.path)
                place = Place(error.where or str(self.file.path))
                found = (Problem("error", error.code, error.what, place=place, do=error.do or ""),)
            self._read = (self.file.text, plan, found)
        return self._read[1], self._read[2]

    def rows(self, pipeline: str) -> list[StepRow]:
        """Return the steps of a pipeline in their order, then those that are out of use."""
        found = self.plan.pipeline(pipeline)
        rows = [self._row(pipeline, name) for name in (found.step_names() if found else ())]
        return [*rows, *(StepRow(name, UNKNOWN, "out of use", is_disabled=True) for name in self._off(pipeline))]

    def _off(self, pipeline: str) -> list[str]:
        if self._disabled.get("text") != self.file.text:
            self._disabled = {"text": self.file.text}
        if pipeline not in self._disabled:
            found: list[str] = []
            with suppress(AloNbError):  # a text that cannot be read has none
                found = disabled_steps(self.file.text, pipeline)
            self._disabled[pipeline] = found
        return list(self._disabled[pipeline])

    def _row(self, pipeline: str, step: str) -> StepRow:
        known = self._states.get((pipeline, step))
        return StepRow(step, UNKNOWN) if known is None else StepRow(step, known.state, known.reason)

    def look_again(self) -> None:
        """Find out anew what would happen to each step of the saved plan; steps of a wrong plan have no state.

        Raises
        ------
        AloNbError
            The plan cannot be looked at.
        """
        self._states = {}
        if not self.file.path.exists() or any(each.severity == "error" for each in self.problems):
            return
        self.session.use_plan(self.file.path, no_install=self.no_install)
        self._states = {(each.pipeline, each.step): each for each in self.session.status()}

    # Steps ----------------------------------------------------------------------------------------------------------

    def step(self, pipeline: str, name: str) -> Step | None:
        """Return a step of a pipeline, None when it has none of this name."""
        found = self.plan.pipeline(pipeline)
        return next((each for each in found.steps if each.name == name), None) if found else None

    def fields(self, pipeline: str, name: str) -> list[Field]:
        """Return the arguments of a step as fields."""
        step = self.step(pipeline, name)
        return [] if step is None else fields_of(self.plan, pipeline, step, self._line(step))

    def argument_names(self, pipeline: str, name: str) -> list[str]:
        """Return the names that the step's code may read and that it is not given yet."""
        step = self.step(pipeline, name)
        definition = None if step is None else self._definition(step)
        if definition is None:
            return []
        known = {each.name for each in self.fields(pipeline, name)}
        return sorted(argument_names(definition)[0] - known)

    def cells(self, pipeline: str) -> list[str]:
        """Return the steps that cells define and the pipeline does not list."""
        listed = {each.name for each in self.rows(pipeline)}
        return [name for name in self.session.registry if name not in listed]

    def _line(self, step: Step) -> dict[str, Any]:
        definition = self._definition(step)
        args = definition.args if definition is not None else {}
        return {name: value for name, value in args.items() if not isinstance(value, Variable)}

    def _definition(self, step: Step) -> StepDefinition | None:
        """Return a step's code as far as it can be read without running or fetching anything."""
        with suppress(AloNbError, OSError):
            return Sources(self.plan, self.session.project, self.session.registry).step(step)
        return None

    # Runs -----------------------------------------------------------------------------------------------------------

    def start(self, what: str, mode: str = "all", pipeline: str = "", step: str = "") -> BackgroundRun:
        """Start a run of the saved plan in a process of its own.

        Parameters
        ----------
        what : str
            One of `RUNS`.
        mode : str
            ``train``, ``inference`` or ``all``, for a run of whole pipelines.
        pipeline, step : str
            The step that it begins with, or is only of.

        Raises
        ------
        MagicUsageError
            No step is chosen, or the steps are cells of a notebook whose file nobody knows.
        """
        selection = Selection()
        if what in (ONWARDS, ONLY):
            if not step:
                raise MagicUsageError(f"{what}: which one?", do="choose a step in one of the lists")
            mode = pipeline.removesuffix("_pipeline")
            selection = Selection(first=step) if what == ONWARDS else Selection(only=(step,))
        wanted = FreshRun(
            target=self._target(mode),
            project=self.session.project,
            mode=mode,
            selection=selection,
            no_install=self.no_install,
            cache=True,
            force=what in (EVERYTHING, ONLY),
        )
        return BackgroundRun(wanted)

    def modes(self) -> list[str]:
        """Return what can be run as a whole: ``all``, and each pipeline that has steps."""
        names = [each.name.removesuffix("_pipeline") for each in self.plan.pipelines if each.steps]
        return ["all", *names]

    def _target(self, mode: str) -> Path:
        """Return the plan's file; the saved notebook when steps are its cells."""
        chosen = [each for each in self.plan.pipelines if mode in ("all", each.mode)]
        kinds = {each.source.kind if each.source else "notebook" for one in chosen for each in one.steps}
        return notebook_path(self.session.variables) if "notebook" in kinds else self.file.path


def _text_of_cells(session: Session) -> str:
    """Return the text of a plan for the steps that cells define; their arguments stay on the magic lines."""
    made = session.registry.as_plan()
    pipelines = tuple(
        replace(each, steps=tuple(replace(step, source=Source("notebook")) for step in each.steps))
        for each in made.pipelines
    )
    name = session.project.root.name if session.project.root.name.isidentifier() else "notebook"
    return plan_yaml(replace(made, name=name, version="1.0.0", pipelines=pipelines))
