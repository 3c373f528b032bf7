"""What ``alo-nb run`` does when there is something to do: run a plan or a notebook, and keep the record."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from alo_nb.errors import AloNbError, MagicUsageError
from alo_nb.headless.failures import as_of_a_cell
from alo_nb.headless.reading import Reading, prepared_environment, require_packages
from alo_nb.headless.receipt import receipt_name
from alo_nb.headless.signals import Terminated, orderly_end
from alo_nb.plan import find_plan, require_valid
from alo_nb.plan.secrets import holds_secret
from alo_nb.project import Project, find_project
from alo_nb.runner import ActiveRun, Caching, Event, Listener, RunRequest, Selection
from alo_nb.runner.ahead import is_all_kept
from alo_nb.runner.events import RunFinished
from alo_nb.runner.setup import Setup
from alo_nb.steps.magic_line import Variable, names_in, value_of
from alo_nb.steps.sources import Sources
from alo_nb.store import Run

if TYPE_CHECKING:
    from alo_nb.headless.saved_cells import SavedCells
    from alo_nb.headless.terminal import Terminal
    from alo_nb.views.comparison import Comparison
    from alo_nb.views.made import StepKey


DIFFERENT = 3  # the exit code when a comparison found something


def perform(options: Namespace) -> int:
    """Run the plan, or the notebook; 0 when it went well, 1 when it failed, 130 or 143 when a signal ended it.

    With ``--compare``, 3 when it went well and something came out otherwise than in the earlier run.
    """
    progress: TextIO = sys.stderr if options.json else sys.stdout
    project, reading = find_project(options.project, near=options.plan), Reading.from_options(options)
    terminal = None if options.quiet else _terminal(progress, project)
    compare = _comparing(options, reading, project) if options.compare else None
    start, ended = _prepared(options, reading, project, terminal)
    comparison = None
    with orderly_end():
        try:
            code = _start(start)
            if compare is not None and ended.run is not None:
                comparison = compare(ended.run)
                code = code or (0 if comparison.equal else DIFFERENT)
        except KeyboardInterrupt as error:
            sys.stderr.write("interrupted\n")
            code = 143 if isinstance(error, Terminated) else 130
    if options.json and ended.run is not None:
        compared = {} if comparison is None else {"comparison": comparison.to_dict()}
        sys.stdout.write(json.dumps({**ended.run.to_dict(), **compared}, indent=1, default=str) + "\n")
    elif comparison is not None:
        sys.stdout.write(f"{comparison.text()}\n")
    return code


def _terminal(progress: TextIO, project: Project) -> Terminal:
    from alo_nb.headless.terminal import Terminal

    return Terminal(progress, project)


def _comparing(options: Namespace, reading: Reading, project: Project) -> Callable[[Run], Comparison]:
    """Return what compares a run with the earlier one that was named."""
    from alo_nb.headless.comparing import compare_runs
    from alo_nb.views.named import run_named

    return partial(
        compare_runs,
        project,
        run_named(project, options.compare),
        again=partial(_again, options, reading, project),
        whole=_selection(options).is_everything,
    )


def _prepared(
    options: Namespace, reading: Reading, project: Project, terminal: Terminal | None
) -> tuple[Callable[[], object], _Ended]:
    """Return what runs, with everything checked that can be, and who keeps its record."""
    if options.timeout is not None and not options.timeout > 0:
        raise MagicUsageError("--timeout takes a number of seconds above 0", do="leave it out for no limit")
    ended = _Ended()
    listeners: tuple[Listener, ...] = (terminal, ended) if terminal else (ended,)
    if options.plan.endswith(".ipynb"):
        wanted = _saved_cells(options, reading, project, listeners)
        return partial(_perform_notebook, wanted), ended
    setup = _checked(options, reading, project, listeners)
    return partial(_perform_plan, setup, options, reading, terminal, ended), ended


def _again(options: Namespace, reading: Reading, project: Project, last: StepKey) -> Run | None:
    """Run the same once more, no further than a step, and return the record; None when it left none."""
    mode, step = last[0].removesuffix("_pipeline"), None if options.only else last[1]
    start, ended = _prepared(Namespace(**{**vars(options), "mode": mode, "last": step}), reading, project, None)
    _start(start)
    return ended.run


def _perform_plan(setup: Setup, options: Namespace, reading: Reading, terminal: Terminal | None, ended: _Ended) -> None:
    started_ns = time.time_ns()
    _run_plan(setup, options, reading, terminal)
    if receipt_name(options) and ended.run is not None:
        from alo_nb.headless.receipt_of_run import leave_receipt

        leave_receipt(setup, ended.run, options, started_ns=started_ns)


def _run_plan(setup: Setup, options: Namespace, reading: Reading, terminal: Terminal | None) -> None:
    if options.in_process:
        require_packages(setup, reading, notebook=False)
        _run_here(setup, sys.stderr if options.json else sys.stdout)
        return
    if is_all_kept(setup):
        from alo_nb.headless.kept import run_kept

        run_kept(setup, reading)
        return
    from alo_nb.headless.batch import run_headless

    note = terminal.installing if terminal else nullcontext
    environment = prepared_environment(setup.request, reading, note=note)
    _load_papermill()
    run_headless(setup.request, timeout=options.timeout, reading=reading, environment=environment)


def _perform_notebook(wanted: SavedCells) -> None:
    _load_papermill()
    from alo_nb.headless.saved_cells import run_saved_cells

    run_saved_cells(wanted)


def _start(start: Callable[[], object]) -> int:
    try:
        start()
    except MagicUsageError:
        raise
    except AloNbError as error:  # shown here, because the run's record comes after it
        from alo_nb.headless.failures import error_text

        sys.stderr.write(error_text(error, colour=sys.stderr.isatty()) + "\n")
        return 1
    return 0


def _load_papermill() -> None:
    """Import papermill without what it needs a second for and nobody here uses.

    jsonschema, which nbformat imports, builds a grammar of international addresses when it finds this package, as it
    does wherever JupyterLab is installed. It manages without. The package itself stays importable.
    """
    grammar = "rfc3987_syntax"
    if grammar in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[grammar] = None  # type: ignore[assignment]  # how Python spells "cannot be imported"
    try:
        import papermill  # noqa: F401
    finally:
        del sys.modules[grammar]


def _run_here(setup: Setup, progress: TextIO) -> None:
    """Run in this process, with the current folder importable as it is in a kernel."""
    if sys.path[:1] != [""]:
        sys.path.insert(0, "")
    active = ActiveRun(setup.request, setup)
    with (
        redirect_stdout(progress),
        as_of_a_cell(active.masked),
    ):  # what steps print must not mix with the record on stdout
        active.perform()


def _checked(options: Namespace, reading: Reading, project: Project, listeners: tuple[Listener, ...]) -> Setup:
    """Return the run that is asked for, with everything checked that needs no packages; nothing is started."""
    if options.in_process and options.timeout is not None:
        raise MagicUsageError(
            "--timeout needs a kernel: this process cannot stop itself", do="leave out --in-process or --timeout"
        )
    if options.timeout is not None and not options.timeout > 0:
        raise MagicUsageError("--timeout takes a number of seconds above 0", do="leave it out for no limit")
    plan = reading.plan(find_plan(options.plan, project))
    plan = replace(plan, path=plan.path.resolve() if plan.path else None)
    require_valid(plan)
    request = RunRequest(
        plan=plan,
        project=project,
        find=Sources(plan, project, fetch=True).step,
        mode=options.mode,
        selection=_selection(options),
        interface_mode=options.interface_mode,
        train_id=options.train_id,
        overrides=overrides_in(options.set),
        strict_contracts=options.strict,
        caching=_caching(options),
        listeners=listeners,
        trigger="terminal",
        read_with=reading.options(),
    )
    return ActiveRun(request).setup


def _saved_cells(options: Namespace, reading: Reading, project: Project, listeners: tuple[Listener, ...]) -> SavedCells:
    """Return what to run of a notebook file: its cells, and then its pipelines."""
    given = [name for name in reading.options() if name != "--no-install"]
    given += [
        f"--{name.replace('_', '-')}" for name in ("in_process", "strict", "resume", "inputs") if vars(options)[name]
    ]
    if given:
        raise MagicUsageError(f"{given[0]} is for plans, and {options.plan} is a notebook", do="leave it out")
    from alo_nb.headless.saved_cells import SavedCells

    path = Path(options.plan)
    return SavedCells(
        path=(path if path.exists() else project.root / path).resolve(),
        project=project,
        mode=options.mode,
        selection=_selection(options),
        overrides=overrides_in(options.set),
        interface_mode=options.interface_mode,
        train_id=options.train_id,
        no_install=options.no_install,
        timeout=options.timeout,
        caching=_caching(options),
        listeners=listeners,
    )


def _selection(options: Namespace) -> Selection:
    return Selection(options.first, options.last, names_in(options.only), names_in(options.excluded))


def _caching(options: Namespace) -> Caching:
    if options.compare and options.resume:
        raise MagicUsageError(
            "--compare executes every step, and --resume only what a run lacks", do="leave out one of them"
        )
    force = names_in(options.force) if options.force else bool(options.compare)  # what is compared must be made anew
    cache = not (options.no_cache or options.compare)  # what is taken from the earlier run would not differ from it
    return Caching.of(cache=cache, force=force, resume=options.resume, inputs=options.inputs)


def overrides_in(pairs: list[str]) -> Mapping[str, Any]:
    """Return what ``--set STEP.ARG=VALUE`` gives, by ``STEP.ARG``.

    Raises
    ------
    MagicUsageError
        A pair sets nothing, asks for a notebook's variable, or holds a secret.
    """
    overrides: dict[str, Any] = {}
    for pair in pairs:
        name, equals, raw = pair.partition("=")
        argument = name.rpartition(".")[2]
        if not equals or "." not in name:
            said = name if holds_secret(argument, raw) else pair
            raise MagicUsageError(
                f"--set {said} sets nothing", do="write step.argument=value, e.g. train.n_estimators=50"
            )
        value = value_of(raw)
        if isinstance(value, Variable):
            raise MagicUsageError(
                f"--set {name}: the command line has no notebook variables", do=f"write {name}=VALUE without the $"
            )
        if holds_secret(argument, value):
            raise MagicUsageError(
                f"--set {name} is given a password, a token or a key, which would be kept with the run",
                do="set an environment variable, and let the step read it, or the plan by `!Env ${NAME}` (ALO 3)",
            )
        overrides[name] = value
    return overrides


class _Ended:
    """A listener that keeps the record of the run when it has ended."""

    run: Run | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunFinished):
            self.run = event.run
