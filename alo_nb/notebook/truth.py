"""The truth check: the steps of this kernel run once more in a clean one, and what came out otherwise, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.errors import MagicUsageError, NotebookRunError
from alo_nb.notebook.fresh import FreshRun, NotBegunError, in_fresh_kernel, run_fresh
from alo_nb.notebook.hidden_state import NAMES, HiddenState, RanCell
from alo_nb.plan import MODES
from alo_nb.runner import EVERYTHING, Selection
from alo_nb.steps.sources import NotebookFile, read_notebook
from alo_nb.store import Run, RunStore
from alo_nb.store.records import FAILED, SUCCESS
from alo_nb.views.comparison import Cause, Comparison
from alo_nb.views.made import Ran, StepKey, steps_of
from alo_nb.views.sides import Sides
from alo_nb.views.text import run_name

if TYPE_CHECKING:
    from alo_nb.notebook.cells import Cells
    from alo_nb.notebook.session import Session


@dataclass(frozen=True)
class TruthCheck:
    """A run in a clean kernel, and its comparison with this one.

    Attributes
    ----------
    cells : Cells, optional
        This kernel's; None outside of a kernel.
    notebook : Path, optional
        The notebook file; found by what the front end says when absent.
    """

    session: Session
    cells: Cells | None = None
    notebook: Path | None = None
    mode: str = "all"
    selection: Selection = EVERYTHING
    overrides: Mapping[str, Any] | None = None
    interface_mode: str | None = None
    train_id: str | None = None
    no_install: bool = False

    def run(self) -> Run:
        """Run in a clean kernel and return the record.

        Raises
        ------
        AloNbError
            It is not known what to run, or the run failed.
        """
        wanted = self._fresh()
        run = run_fresh(wanted)
        if run.status != SUCCESS:
            raise NotebookRunError(
                f"the run in a clean kernel {run.status}: {run.error}", where=run.notebook or str(wanted.target)
            )
        return run

    def compare(self) -> Comparison:
        """Run in a clean kernel and return what came out otherwise than in this one.

        Raises
        ------
        MagicUsageError
            Nothing has run here yet, or it is not known what to run.
        """
        if in_fresh_kernel():
            return Comparison("this kernel", "this kernel, which is a clean one", NAMES, ())
        order = self._order()
        if not any(key in self.session.latest.known for key in order):
            raise MagicUsageError(
                "nothing has run in this kernel that a clean one could be compared with",
                do="run the steps here first; two runs of other kernels are compared by `%alo_diff RUN RUN`",
            )
        wanted = replace(self._fresh(), interface_mode=self.interface_mode or "memory")  # what is here stays the latest
        hidden = self._hidden_state(wanted.target, order)
        run, ended = self._run(wanted, hidden)
        fresh = _side(run, order)
        sides = Sides(
            project=self.session.project,
            a=self._here(order),
            b=fresh,
            order=tuple(dict.fromkeys([*order, *fresh])),
            names=NAMES,
            explain=hidden.explain,
            late=hidden.edited_modules,
            again=lambda last: _side(run_fresh(_up_to(wanted, last)), order),
            ended=ended,
        )
        shown = f"{os.path.relpath(wanted.target)} in a clean kernel" + (f" · run {run_name(run)}" if run.id else "")
        return sides.compare("this kernel", shown, run_id=run.id)

    def _run(self, wanted: FreshRun, hidden: HiddenState) -> tuple[Run, Cause | None]:
        """Run in a clean kernel; return the record, and why no step came to run."""
        try:
            run = run_fresh(wanted)
        except NotBegunError as error:
            return Run("", status=FAILED), hidden.ended(error.said)
        return run, None if run.status == SUCCESS or run.steps else hidden.ended(run.error)

    # What runs --------------------------------------------------------------------------------------------------------

    def _order(self) -> tuple[StepKey, ...]:
        plan, modes = self.session.plan, MODES.get(self.mode, ())
        pipelines = [each for each in plan.pipelines if each.name in modes]
        self.selection.check(plan, tuple(each.name for each in pipelines))
        return tuple((each.name, step) for each in pipelines for step in self.selection.steps(each))

    def _fresh(self) -> FreshRun:
        return FreshRun(
            target=self._target(),
            project=self.session.project,
            mode=self.mode,
            selection=self.selection,
            overrides=self.overrides or {},
            interface_mode=self.interface_mode,
            train_id=self.train_id,
            no_install=self.no_install or self.session.no_install,
        )

    def _target(self) -> Path:
        """Return the plan when its steps have code of their own, else the saved notebook."""
        plan, order = self.session.plan, self._order()
        steps = {(each.name, step.name): step for each in plan.pipelines for step in each.steps}
        kinds = {source.kind if (source := steps[key].source) is not None else "notebook" for key in order}
        if plan.path is not None and "notebook" not in kinds and self.notebook is None:
            return plan.path
        return notebook_path(self.session.variables, self.notebook)

    # This kernel ------------------------------------------------------------------------------------------------------

    def _here(self, order: tuple[StepKey, ...]) -> dict[StepKey, Ran]:
        runs, known = RunStore(self.session.project), self.session.latest.known
        found = {key: known[key] for key in order if key in known}
        return {key: Ran(each.record, runs.get(each.run_id), each.inputs) for key, each in found.items()}

    def _hidden_state(self, target: Path, order: tuple[StepKey, ...]) -> HiddenState:
        cells = self.cells
        return HiddenState(
            latest=self.session.latest.known,
            file=self._file(target, order),
            alive=self.session.scope(),
            ran=[] if cells is None else [RanCell(each.raw, each.label, each.identity) for each in cells.ran],
            deleted=frozenset() if cells is None else frozenset(cells.deleted),
            lines=self.session.lines(),
        )

    def _file(self, target: Path, order: tuple[StepKey, ...]) -> NotebookFile | None:
        """Return the notebook that has the cells: the one that runs, or the one that the plan names."""
        if target.suffix == ".ipynb":
            return read_notebook(target)
        sources = [step.source for each in self.session.plan.pipelines for step in each.steps if step.source]
        named = {each.code for each in sources if each.kind == "ipynb"}
        return read_notebook((target.parent / named.pop()).resolve()) if len(named) == 1 else None


def notebook_path(variables: Mapping[str, Any], named: Path | None = None) -> Path:
    """Return the file of the notebook that this kernel belongs to.

    Jupyter tells it in ``JPY_SESSION_NAME``, VS Code in ``__vsc_ipynb_file__``; others tell nothing.

    Raises
    ------
    MagicUsageError
        Nobody tells it, or there is no such file.
    """
    told = (os.environ.get("JPY_SESSION_NAME"), variables.get("__vsc_ipynb_file__"))
    found = named or next((Path(each) for each in told if each and str(each).endswith(".ipynb")), None)
    if found is None:
        raise MagicUsageError(
            "the steps are cells, and it is not known which file this notebook is",
            do="save the notebook and name its file: `%alo_run --fresh --notebook FILE.ipynb`",
        )
    if not found.is_file():
        raise MagicUsageError(
            f"there is no notebook {str(found)!r}: it was renamed, or never saved",
            do="save the notebook and name its file: `%alo_run --fresh --notebook FILE.ipynb`",
        )
    return found.resolve()


def _side(run: Run, order: tuple[StepKey, ...]) -> dict[StepKey, Ran]:
    """Return the steps of a run; a failed cell does not say which pipeline its step stands in."""
    by_name = {key[1]: key for key in reversed(order)}
    return {key if key in order else by_name.get(key[1], key): ran for key, ran in steps_of(run).items()}


def _up_to(wanted: FreshRun, last: StepKey) -> FreshRun:
    """Return the same run, no further than a step."""
    mode = last[0].removesuffix("_pipeline")
    selection = wanted.selection if wanted.selection.only else replace(wanted.selection, last=last[1])
    return replace(wanted, mode=mode, selection=selection, quiet=True)
