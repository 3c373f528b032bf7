"""`PlanRuns`: the runs of an edited plan: what to run and how, the newest ones, and what differs between two."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.errors import MagicUsageError, nearest
from alo_nb.notebook.background import BackgroundRun
from alo_nb.notebook.fresh import FreshRun
from alo_nb.notebook.truth import notebook_path
from alo_nb.runner import Selection
from alo_nb.steps.magic_line import Grammar, Variable
from alo_nb.steps.sources import read_notebook
from alo_nb.store import Run
from alo_nb.store.runs import RunStore
from alo_nb.views.card import Card
from alo_nb.views.cards import card_of
from alo_nb.views.diff import Diff, compare

if TYPE_CHECKING:
    from alo_nb.notebook.plan_bench import PlanBench
    from alo_nb.plan import Step
    from alo_nb.steps.asset_line import StepCell
    from alo_nb.steps.definition import StepDefinition

CHANGED, EVERYTHING, ONWARDS, ONLY = "what changed", "everything", "from this step on", "only this step"
UNCACHED = "everything, in a fresh kernel"
RUNS = (CHANGED, EVERYTHING, ONWARDS, ONLY, UNCACHED)
SHOWN = 5  # runs in a list
_OVERRIDES = Grammar("this run only", takes_arguments=True)


class PlanRuns:
    """The runs of the plan on a bench.

    Attributes
    ----------
    overrides : mapping
        ``"step.argument"`` to what the next runs take in place of the plan's.
    """

    def __init__(self, bench: PlanBench) -> None:
        self.bench = bench
        self.overrides: dict[str, Any] = {}

    def override(self, text: str) -> None:
        """Take over what the next runs are given: ``"fit.depth=7 fit.rate=0.5"``; nothing for none.

        Raises
        ------
        MagicUsageError
            It is written otherwise, or the plan has no such step.
        """
        found = dict(_OVERRIDES.parse(text).arguments)
        known = {each for one in self.bench.plan.pipelines for each in one.step_names()}
        for name in found:
            step, dot, argument = name.rpartition(".")
            if not dot or not argument:
                raise MagicUsageError(f"{name!r} is no argument of a step", do="write STEP.ARGUMENT=VALUE")
            if step not in known:
                raise MagicUsageError(f"the plan has no step {step!r}{nearest(step, known)}")
        self.overrides = found

    def overrides_of(self, step: str) -> dict[str, Any]:
        """Return the arguments of a step that the next runs take from elsewhere than the plan."""
        split = ((name.rpartition("."), value) for name, value in self.overrides.items())
        return {argument: value for (owner, _, argument), value in split if owner == step}

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
            The plan has errors; no step is chosen; the steps are cells of a notebook whose file nobody knows, or
            that is not saved.
        """
        errors = [each for each in self.bench.problems if each.severity == "error"]
        if errors:
            raise MagicUsageError(f"the plan cannot run: {errors[0].message}", do="mend its errors, and save it")
        selection = Selection()
        if what in (ONWARDS, ONLY):
            if not step:
                raise MagicUsageError(f"{what}: which one?", do="choose a step above")
            mode = pipeline.removesuffix("_pipeline")
            selection = Selection(first=step) if what == ONWARDS else Selection(only=(step,))
        wanted = FreshRun(
            target=self._target(mode),
            project=self.bench.session.project,
            mode=mode,
            selection=selection,
            overrides=self.overrides,
            no_install=self.bench.no_install,
            cache=what != UNCACHED,
            force=what in (EVERYTHING, ONLY),
        )
        self._require_saved_cells(mode, selection)
        return BackgroundRun(wanted)

    def modes(self) -> list[str]:
        """Return what can be run as a whole: ``all``, and each pipeline that has steps."""
        names = [each.mode for each in self.bench.plan.pipelines if each.steps]
        return ["all", *names]

    def newest(self) -> list[Run]:
        """Return the newest runs of this plan, the newest first; of a plan without runs, none."""
        path = str(self.bench.file.path)
        runs = (each for each in RunStore(self.bench.session.project) if each.plan_path in (path, "") and each.steps)
        return [*islice(runs, SHOWN)]

    def card(self, run_id: str) -> Card:
        """Return a run as ``%alo_show`` shows it."""
        project = self.bench.session.project
        return card_of(project, RunStore(project).get(run_id))

    def compare(self, a: str, b: str) -> Diff:
        """Return what differs between two runs, as ``%alo_diff`` does."""
        project = self.bench.session.project
        return compare(project, RunStore(project).get(a), RunStore(project).get(b))

    # What runs ------------------------------------------------------------------------------------------------------

    def _target(self, mode: str) -> Path:
        """Return the plan's file; the saved notebook when steps are its cells."""
        kinds = {each.source.kind if each.source else "notebook" for each in self._steps(mode)}
        return notebook_path(self.bench.session.variables) if "notebook" in kinds else self.bench.file.path

    def _steps(self, mode: str) -> list[Step]:
        chosen = [each for each in self.bench.plan.pipelines if mode in ("all", each.mode)]
        return [each for one in chosen for each in one.steps]

    def _require_saved_cells(self, mode: str, selection: Selection) -> None:
        """Refuse to run a cell as its file has it when it was edited and run here since: the result would mislead."""
        registry = self.bench.session.registry
        for step in self._steps(mode):
            if step.name not in registry or (selection.only and step.name not in selection.only):
                continue
            path = self._notebook_of(step)
            if path is None or not path.is_file():
                continue
            if not _is_same(read_notebook(path).cells.get(step.name), registry[step.name]):
                raise MagicUsageError(
                    f"{path.name}, which a run reads, has another cell of step {step.name!r} than has run here",
                    where=str(path),
                    do="save the notebook, and run again",
                )

    def _notebook_of(self, step: Step) -> Path | None:
        source = step.source
        if source is None or source.kind == "notebook":
            return notebook_path(self.bench.session.variables)
        if source.kind != "ipynb":
            return None
        return (self.bench.file.path.parent / source.code).resolve()


def _is_same(saved: StepCell | None, here: StepDefinition) -> bool:
    """Tell whether a saved cell says what the one says that has run here."""
    if saved is None or saved.body.source.strip() != here.body.source.strip():
        return False
    given = {name: value for name, value in saved.line.args.items() if not isinstance(value, Variable)}
    return all(name in here.args and here.args[name] == value for name, value in given.items())
