"""The functions behind the magics: `asset`, `run`, `status`, `history`, `use_plan`, `use_project`, `overview`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from alo_nb.errors import AloNbError, MagicUsageError
from alo_nb.notebook.cells import Cells, decorated_step, own_lines_only, run_step_cell
from alo_nb.notebook.fresh import in_fresh_kernel
from alo_nb.notebook.session import current_session
from alo_nb.notebook.truth import TruthCheck
from alo_nb.plan import Plan
from alo_nb.project import Project
from alo_nb.runner import Caching, Selection
from alo_nb.steps.asset_line import StepCell, decorator_line
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import Run, RunStore
from alo_nb.store.pins import pin as pin_run
from alo_nb.store.pins import unpin as unpin_run
from alo_nb.views.card import Card
from alo_nb.views.cheat_sheet import NotebookState, overview_card
from alo_nb.views.comparison import Comparison
from alo_nb.views.history import HistoryFilter, columns_of, project_history
from alo_nb.views.named import run_named
from alo_nb.views.overview import StatusTable

if TYPE_CHECKING:
    import pandas as pd

    from alo_nb.export.alo import Exported
    from alo_nb.export.load import Loaded
    from alo_nb.views.comparison import Comparison

Target = TypeVar("Target", bound=Callable[..., Any])

cells: Cells | None = None


def follow(tracker: Cells | None) -> None:
    """Let `asset` find the running cell through `tracker`; None outside of a kernel."""
    global cells  # one kernel, one tracker
    cells = tracker


def asset(*, step: str, **options: Any) -> Callable[[Target], Target]:
    """Make a function or an ALO class a step: ``@alo_nb.asset(step="train", n_estimators=100)``.

    In a notebook the step is defined and run, as by ``%%alo_asset``; in a plain Python file it is only defined, and
    `run` runs it. The function or class is returned as it was.

    Parameters
    ----------
    step : str
        Name of the step.
    **options
        The options of ``%%alo_asset`` (``pipeline``, ``use``, ``cache``, ``define_only``, ``replace``); all other names
        are arguments of the step.
    """

    def register(target: Target) -> Target:
        __tracebackhide__ = True
        found, scope = decorated_step(target, cells)
        cell = StepCell(decorator_line({"step": step, **options}), found.body)
        if scope is not None:
            current_session().define(cell, identity=found.body.file, scope=scope)
        else:
            _show(run_step_cell(current_session(), cells, cell), quiet=cell.line.quiet)
        return target

    return register


def run(
    mode: str = "all",
    *,
    plan: str | Path | None = None,
    first: str | None = None,
    last: str | None = None,
    only: Iterable[str] = (),
    excluded: Iterable[str] = (),
    cache: bool = True,
    force: bool | str | Iterable[str] = False,
    resume: bool | str | None = None,
    inputs: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    interface_mode: str | None = None,
    train_id: str | None = None,
    no_install: bool = False,
    strict: bool = False,
    fresh: bool = False,
    notebook: str | Path | None = None,
) -> Run:
    """Run the pipelines of the plan, or of the cells when there is none; what ``%alo_run`` calls.

    Parameters
    ----------
    mode : str
        ``train``, ``inference`` or ``all``.
    plan : str or Path, optional
        Open this plan first.
    first, last, only : optional
        Run from this step, up to this step, or only these; other outputs are the latest there are.
    excluded : iterable of str, optional
        Leave out these steps.
    cache : bool
        Take a step from an earlier run when nothing that it depends on has changed.
    force : bool, str or iterable of str
        Run all steps, or these, whatever is kept of them.
    resume : bool or str, optional
        Go on with this run, or with the newest that stopped before its end: only what it lacks is executed.
    inputs : str, optional
        Where inputs come from when the step before does not run: a run's id, or a version of its data, ``"v3"``.
    overrides : mapping, optional
        ``{"train.n_estimators": 50}``: goes before the plan's arguments.
    interface_mode : str, optional
        ``memory`` or ``file``, instead of the plan's.
    train_id : str, optional
        The earlier train run whose model an inference uses; its id may be cut short.
    no_install : bool
        Run with the packages that are here, whatever the plan requires. Otherwise a missing one is an error that names
        it; nothing is ever installed into this process.
    strict : bool
        A step that no longer hands on what it did in its good runs is an error, and no warning only. Not with `fresh`.
    fresh : bool
        Run in a clean kernel: the plan, when all its steps have code of their own, else the saved notebook from top to
        bottom and then its pipelines.
    notebook : str or Path, optional
        The file of this notebook, for `fresh`, where the front end does not tell it.

    Returns
    -------
    Run
        The record; ``run.step("train").data`` and ``run.digests()`` say what was made.

    Raises
    ------
    AloNbError
        The plan or the selection is wrong, or a step broke a rule.
    Exception
        What a step raised.
    """
    __tracebackhide__ = True
    session = current_session()
    if plan is not None:
        session.use_plan(plan)
    chosen = Selection(first, last, tuple(only), tuple(excluded))
    if fresh and (strict or resume or inputs):
        what = "strict" if strict else "resume" if resume else "inputs"
        raise MagicUsageError(f"a fresh run begins from nothing, and {what} needs earlier runs", do=f"leave out {what}")
    if fresh and not in_fresh_kernel():
        from alo_nb.notebook.truth import TruthCheck

        named = None if notebook is None else Path(notebook)
        return TruthCheck(
            session, cells, named, mode, chosen, overrides, interface_mode, train_id, no_install=no_install
        ).run()
    call = lambda: session.run(  # noqa: E731  # passed on, not named for use
        mode,
        chosen,
        overrides=overrides,
        interface_mode=interface_mode,
        train_id=train_id,
        no_install=no_install,
        strict=strict,
        caching=Caching.of(cache=cache, force=force, resume=resume, inputs=inputs),
        trigger="python" if cells is None else "notebook",
    )
    return own_lines_only(call)


def truth_check(
    mode: str = "all",
    *,
    first: str | None = None,
    last: str | None = None,
    only: Iterable[str] = (),
    excluded: Iterable[str] = (),
    overrides: Mapping[str, Any] | None = None,
    interface_mode: str | None = None,
    train_id: str | None = None,
    no_install: bool = False,
    notebook: str | Path | None = None,
) -> Comparison:
    """Run in a clean kernel, and return what came out otherwise than here, and why. What ``--fresh --compare`` calls.

    The latest run of each step in this kernel is compared with the new one: the digest of each value of data and
    config, each file of models and outputs, each metric. The parameters are those of `run`.

    Returns
    -------
    Comparison
        ``.equal`` tells whether nothing differs; ``.steps`` have what differs and the cause; it shows itself.

    Raises
    ------
    AloNbError
        Nothing has run here yet, or it is not known which file this notebook is.
    """
    __tracebackhide__ = True

    named, chosen = None if notebook is None else Path(notebook), Selection(first, last, tuple(only), tuple(excluded))
    return TruthCheck(
        current_session(), cells, named, mode, chosen, overrides, interface_mode, train_id, no_install=no_install
    ).compare()


def use_plan(path: str | Path | None = None, *, no_install: bool = False) -> Plan:
    """Open a plan and return it; without a path, return the one in use. What ``%alo_plan`` calls.

    With `no_install`, its steps run with the packages that are there, whatever it requires.
    """
    session = current_session()
    return session.plan if path is None else session.use_plan(path, no_install=no_install)


def use_project(folder: str | Path | None = None) -> Project:
    """Work in another project folder; without one, return the one in use. What ``%alo_project`` calls."""
    session = current_session()
    return session.project if folder is None else session.use_project(folder)


def drop(step: str) -> StepDefinition:
    """Forget a step that a cell has defined and return its definition; what ``%alo_drop`` calls."""
    return current_session().registry.remove(step)


def export_alo(folder: str | Path) -> Exported:
    """Write the steps as asset folders, and the plan in use, for ALO 2.x; nothing is run. What ``%alo_export`` calls.

    Parameters
    ----------
    folder : str or Path
        New, empty, or of an earlier export whose files nobody has edited.

    Raises
    ------
    AloNbError
        Something that ALO 2.x cannot take; nothing is written.
    """
    return current_session().export(Path(folder))


def load_alo(path: str | Path, *, to: str | Path | None = None) -> Loaded:
    """Turn existing assets into cells; nothing is run. What ``%alo_load`` calls.

    Parameters
    ----------
    path : str or Path
        An asset folder or its file: in a notebook, its cell is put below the running one. Or a plan: its steps become a
        new notebook with a plan of its own.
    to : str or Path, optional
        The new notebook; beside the plan, ``<plan>_cells.ipynb``, when absent.
    """
    loaded = current_session().load(path, None if to is None else Path(to))
    if loaded.cell and cells is not None:
        cells.shell.set_next_input(loaded.cell)
    return loaded


def status() -> StatusTable:
    """Return a row for each step: what would happen to it now, why, and where its code is. What ``%alo_status`` calls.

    Nothing is run; see `why` for all causes.
    """
    return StatusTable(current_session().status())


def history(
    mode: str | None = None,
    *,
    status: str | None = None,
    data_id: str | None = None,
    code_id: str | None = None,
    param_id: str | None = None,
    train_id: str | None = None,
    steps: Iterable[str] = (),
    cells: bool = False,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return the runs of the project as a table, newest first. What ``%alo_history`` calls.

    Parameters
    ----------
    mode, status, data_id, code_id, param_id, train_id : str, optional
        Only rows with this value; ids may be cut short. `mode` is ``train`` or ``inference``.
    steps : iterable of str, optional
        Steps whose arguments get columns, ``<step>.<argument>``; ``"all"`` for those of all steps.
    cells : bool
        Also runs of a single cell, which are not those of a pipeline.
    limit : int, optional
        At most so many rows.

    Returns
    -------
    DataFrame
        A row for each pipeline of each run: the columns of ALO 2.6's history, then ours.
    """
    import pandas as pd

    wanted = HistoryFilter(mode, status, data_id, code_id, param_id, train_id, tuple(steps), cells)
    rows = project_history(current_session().project, wanted, limit=limit)
    return pd.DataFrame(rows, columns=columns_of(rows))


def pin(run_id: str) -> Run:
    """Keep the backups of a run whatever ``backup_size`` says; what ``%alo_history --pin RUN`` calls."""
    project = current_session().project
    return pin_run(project, run_named(project, run_id).id)


def unpin(run_id: str) -> Run:
    """Let the backups of a run go when their time has come; what ``%alo_history --unpin RUN`` calls."""
    project = current_session().project
    return unpin_run(project, run_named(project, run_id).id)


def overview() -> Card:
    """Return the magics in a few lines, and the state of this session with what to do next. What ``%alo`` shows.

    A plan that cannot be read is said there, and no error.
    """
    session = current_session()
    newest = next(iter(RunStore(session.project)), None)
    try:
        plan, steps = session.plan if session.has_plan else None, session.status()
    except AloNbError as error:
        return overview_card(NotebookState(session.project, run=newest, trouble=error))
    return overview_card(NotebookState(session.project, plan, steps, newest, can_resume=session.can_resume(newest)))


def _show(result: object, *, quiet: bool) -> None:
    from IPython.display import display

    if not quiet:
        display(result)
