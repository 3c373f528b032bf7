"""`PlanBench`: what the plan widget works on, without a widget: an edited plan, its problems, its steps, its runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from alo_nb.cache.explained import UNKNOWN, Explained
from alo_nb.errors import AloNbError, PlanReadError
from alo_nb.lang import tr
from alo_nb.notebook.background import BackgroundFetch
from alo_nb.notebook.plan_fields import Around, Field, fields_of
from alo_nb.notebook.plan_places import Spot, place_in, place_of_error, spot_of
from alo_nb.notebook.plan_runs import PlanRuns
from alo_nb.notebook.plan_shelf import PlanShelf
from alo_nb.notebook.session import Session
from alo_nb.notebook.step_sources import Candidate, candidate, candidates, renamed, take_over
from alo_nb.plan import Place, Plan, Problem, Source, Step, check, parse_plan
from alo_nb.plan.editor import add_step, disabled_steps
from alo_nb.plan.plan_file import PlanFile
from alo_nb.steps.declared import Declared, declared_arguments
from alo_nb.steps.definition import StepDefinition, argument_names
from alo_nb.steps.magic_line import Variable
from alo_nb.steps.sources import Sources


@dataclass(frozen=True)
class StepRow:
    """A step as a list shows it; `why` it would run, whether it is out of use, and how much is wrong with it."""

    name: str
    state: str
    why: str = ""
    is_disabled: bool = False
    problems: int = 0


@dataclass(frozen=True)
class _Code:
    """A step's code, and what it says of arguments: those on its magic line, those declared, all names it may mean."""

    definition: StepDefinition
    source: Source | None
    line: Mapping[str, Any]
    declared: Mapping[str, Declared]
    names: frozenset[str]

    @classmethod
    def of(cls, definition: StepDefinition, source: Source | None) -> _Code:
        line = {name: value for name, value in definition.args.items() if not isinstance(value, Variable)}
        return cls(definition, source, line, declared_arguments(definition), argument_names(definition)[0])


class PlanBench:
    """A plan that is edited beside a session.

    Attributes
    ----------
    shelf : PlanShelf
        The plans that are open.
    runs : PlanRuns
        The runs of the plan.
    fetches : dict
        (pipeline, step) to the code that is, or was, fetched from git for it.
    """

    def __init__(self, session: Session, shelf: PlanShelf, *, no_install: bool = False) -> None:
        self.session, self.shelf, self.no_install = session, shelf, no_install
        self.runs = PlanRuns(self)
        self.fetches: dict[tuple[str, str], BackgroundFetch] = {}
        self._read: tuple[str, Plan, tuple[Problem, ...]] | None = None
        self._disabled: dict[str, Any] = {}
        self._states: dict[tuple[str, str], Explained] = {}
        self._looked_at = Plan()
        self._still: tuple[Plan, Mapping[tuple[str, str], Explained]] | None = None
        self._sources: Sources | None = None
        self._codes: dict[str, _Code] = {}

    @classmethod
    def open(cls, session: Session, path: str | Path | None = None, *, no_install: bool = False) -> PlanBench:
        """Return a bench for a plan, with problems or without; for the one in use, or for a new one of the cells.

        Raises
        ------
        PlanReadError
            There is no such plan.
        """
        return cls(session, PlanShelf.of(session, path), no_install=no_install)

    # What it says ---------------------------------------------------------------------------------------------------

    @property
    def file(self) -> PlanFile:
        """The text that is worked on, with undo."""
        return self.shelf.current

    @property
    def plan(self) -> Plan:
        """What the text means; an empty plan when it cannot be read, which `problems` tells."""
        return self._current()[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong, and what was repaired when it was read."""
        return self._current()[1]

    @property
    def is_readable(self) -> bool:
        """Whether the text is a plan at all, with problems or without."""
        return self.plan.text != ""

    def _current(self) -> tuple[Plan, tuple[Problem, ...]]:
        key = f"{self.file.path}\n{self.file.text}"
        if self._read is None or self._read[0] != key:
            self._read = (key, *read_with_problems(self.file.text, self.file.path))
            self._sources = None
        return self._read[1], self._read[2]

    def told(self) -> list[Problem]:
        """Return the problems that a person should look at, errors first."""
        return sorted((each for each in self.problems if each.severity != "note"), key=lambda each: each.severity)

    def spot(self, problem: Problem) -> Spot:
        """Return where in a form a problem is mended."""
        return spot_of(problem, self.plan)

    def problems_of(self, pipeline: str, step: str) -> list[Problem]:
        """Return what is wrong with a step, also with its arguments and its code."""
        return [each for each in self.told() if place_in(each) == (pipeline, step)]

    # Steps ----------------------------------------------------------------------------------------------------------

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
        known, wrong = self._known().get((pipeline, step)), len(self.problems_of(pipeline, step))
        if known is None:
            return StepRow(step, UNKNOWN, self.why_unknown(), problems=wrong)
        return StepRow(step, known.state, known.reason, problems=wrong)

    def states(self) -> dict[tuple[str, str], str]:
        """Return what is known of each step of the plan: its state, by pipeline and name."""
        every = ((each.name, name) for each in self.plan.pipelines for name in each.step_names())
        known = self._known()
        return {key: known[key].state if key in known else UNKNOWN for key in every}

    def why_unknown(self) -> str:
        """Return what to do to see what would happen to a step of which nothing is known."""
        if any(each.severity == "error" for each in self.problems):
            return tr("mend the errors of the plan and save it to see what would run")
        if self.file.is_unsaved or not self.file.path.exists():
            return tr("save the plan to see what would run")
        return tr("press Reload to see what would run")

    def explained(self, pipeline: str, step: str) -> Explained | None:
        """Return what would happen to a step; None when nobody has looked, or could not."""
        return self._known().get((pipeline, step))

    def _known(self) -> Mapping[tuple[str, str], Explained]:
        """Return what was found out and still holds: nothing from the first step on that the text has changed."""
        if self._still is None or self._still[0] is not self.plan:
            both = zip(_meant(self._looked_at), _meant(self.plan), strict=False)
            same = takewhile(lambda pair: pair[0] == pair[1], both)
            keys = {key for (key, _), _ in same}
            self._still = self.plan, {key: each for key, each in self._states.items() if key in keys}
        return self._still[1]

    def look_again(self) -> None:
        """Find out anew what would happen to each step of the saved plan; steps of a wrong plan have no state.

        Raises
        ------
        AloNbError
            The plan cannot be looked at.
        """
        self._states, self._sources, self._still = {}, None, None
        self.shelf.look_around()
        if not self.file.path.exists() or any(each.severity == "error" for each in self.problems):
            return
        self.session.use_plan(self.file.path, no_install=self.no_install)
        self._states = {(each.pipeline, each.step): each for each in self.session.status()}
        self._looked_at = self.session.plan

    def step(self, pipeline: str, name: str) -> Step | None:
        """Return a step of a pipeline, None when it has none of this name."""
        found = self.plan.pipeline(pipeline)
        return next((each for each in found.steps if each.name == name), None) if found else None

    # Adding ---------------------------------------------------------------------------------------------------------

    def candidates(self, kind: str, pipeline: str) -> list[Candidate]:
        """Return the steps of a kind that the pipeline does not list yet."""
        listed = {each.name for each in self.rows(pipeline)}
        return [each for each in candidates(kind, self.session, self.file.path) if each.name not in listed]

    def add(
        self, pipeline: str, kind: str, wanted: str, *, name: str = "", branch: str = "", after: str | None = None
    ) -> str:
        """Add a step, and return its name. Code from git is fetched beside this: see `fetches`.

        Parameters
        ----------
        kind : str
            One of `step_sources.KINDS`.
        wanted : str
            The candidate's label or name, a path, or an address.
        name, branch : str, optional
            The step's name where it can be chosen; the branch or tag of an address.
        after : str, optional
            The step that it comes behind; at the end when absent.

        Raises
        ------
        AloNbError
            There is no such step, or it cannot be added; the plan is as it was.
        """
        chosen = renamed(candidate(kind, wanted, self.session, self.file.path), name)
        source = Source(chosen.code, branch.strip() or None)
        new = partial(add_step, code=source.code, branch=source.branch)
        new(self.file.text, pipeline, chosen.name, after)  # refuses what cannot be, before anything is copied
        take_over(chosen, self.session.project)
        self.file.edit(new, pipeline, chosen.name, after)
        return chosen.name

    def fetch(self, pipeline: str, name: str, on_end: Any) -> None:
        """Begin to fetch the code of a step from git; nothing happens for other steps, and while it is fetched."""
        step, known = self.step(pipeline, name), self.fetches.get((pipeline, name))
        if step is None or step.source is None or step.source.kind != "git" or (known is not None and known.is_running):
            return
        self.fetches[(pipeline, name)] = BackgroundFetch(name, step.source, self.session.project, on_end)

    # Arguments ------------------------------------------------------------------------------------------------------

    def fields(self, pipeline: str, name: str) -> list[Field]:
        """Return the arguments of a step as fields."""
        step, known = self.step(pipeline, name), self._states.get((pipeline, name))
        if step is None:
            return []
        code = self._code(step)
        around = Around(
            line={} if code is None else code.line,
            declared={} if code is None else code.declared,
            overrides=self.runs.overrides_of(name),
            last={} if known is None or known.last is None else known.last.args,
        )
        return fields_of(self.plan, pipeline, step, around)

    def argument_names(self, pipeline: str, name: str, known: Collection[str]) -> list[str]:
        """Return the names that the step's code may read, without those that are `known` to have a field."""
        step = self.step(pipeline, name)
        code = None if step is None else self._code(step)
        return [] if code is None else sorted(code.names.difference(known))

    def code_place(self, pipeline: str, name: str) -> str:
        """Return where the code of a step stands; when there is none, why."""
        step = self.step(pipeline, name)
        if step is None:
            return ""
        try:
            return self._found(step).body.label
        except (AloNbError, OSError) as error:
            return error.what if isinstance(error, AloNbError) else str(error)

    def _code(self, step: Step) -> _Code | None:
        """Return what a step's code says, as far as it can be read without running or fetching anything."""
        with suppress(AloNbError, OSError):
            definition = self._found(step)
            if step.name not in self._codes or self._codes[step.name].definition is not definition:
                self._codes[step.name] = _Code.of(definition, step.source)
            return self._codes[step.name]
        return None

    def _found(self, step: Step) -> StepDefinition:
        """Return the code of a step: a cell as it is now, a file as it was when the plan was last read or looked at."""
        if self._sources is None:
            self._sources, self._codes = Sources(self.plan, self.session.project, self.session.registry), {}
        source = step.source
        is_cell = source is None or (source.kind in ("notebook", "ipynb") and step.name in self.session.registry)
        if not is_cell and step.name in self._codes and self._codes[step.name].source == source:
            return self._codes[step.name].definition
        return self._sources.step(step)


def read_with_problems(text: str, path: Path) -> tuple[Plan, tuple[Problem, ...]]:
    """Return what a text means, and what is wrong; an empty plan and the reason for a text that is no plan."""
    try:
        plan = parse_plan(text, file=str(path), path=path)
        return plan, tuple(check(plan))
    except PlanReadError as error:
        place = place_of_error(error, path)
        return Plan(path=path), (Problem("error", error.code, error.what, place=place, do=error.do or ""),)


def _meant(plan: Plan) -> Iterator[tuple[tuple[str, str], object]]:
    """Yield each step of a plan in order, with all that decides what it does; where it stands in the text does not."""
    paths = replace(plan.external_path, places={})
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            source = step.source and replace(step.source, place=Place())
            yield (pipeline.name, step.name), (repr(step.args), source, plan.cache.get(step.name), paths, plan.control)
