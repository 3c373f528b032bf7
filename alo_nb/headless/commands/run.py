"""``alo-nb run``: run a plan and keep the record."""

from __future__ import annotations

import json
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from dataclasses import replace
from types import FrameType
from typing import Any, TextIO

from alo_nb.errors import AloNbError, MagicUsageError
from alo_nb.headless.failures import error_text
from alo_nb.headless.reading import Reading, prepared_environment, require_packages
from alo_nb.headless.terminal import Terminal
from alo_nb.plan import find_plan, require_valid
from alo_nb.plan.secrets import holds_secret
from alo_nb.project import Project, find_project
from alo_nb.runner import ActiveRun, Event, Listener, RunRequest, Selection, run_plan
from alo_nb.runner.events import RunFinished
from alo_nb.runner.setup import Setup
from alo_nb.steps.magic_line import Variable, names_in, value_of
from alo_nb.steps.sources import Sources
from alo_nb.store import Run


class Terminated(KeyboardInterrupt):
    """SIGTERM came: end in good order, as after Ctrl-C."""


def run(options: Namespace) -> int:
    """Run the plan; 0 when it went well, 1 when it failed, 130 or 143 when a signal ended it."""
    ended = _Ended()
    progress: TextIO = sys.stderr if options.json else sys.stdout
    project, reading = find_project(options.project, near=options.plan), Reading.from_options(options)
    terminal = None if options.quiet else Terminal(progress, project)
    setup = _checked(options, reading, project, (terminal, ended) if terminal else (ended,))
    with _orderly_sigterm():
        try:
            code = _start(setup, options, reading, terminal)
        except KeyboardInterrupt as error:
            sys.stderr.write("interrupted\n")
            code = 143 if isinstance(error, Terminated) else 130
    if options.json and ended.run is not None:
        sys.stdout.write(json.dumps(ended.run.to_dict(), indent=1, default=str) + "\n")
    return code


def _start(setup: Setup, options: Namespace, reading: Reading, terminal: Terminal | None) -> int:
    try:
        if options.in_process:
            require_packages(setup, reading, notebook=False)
            _run_here(setup.request, sys.stderr if options.json else sys.stdout)
        else:
            from alo_nb.headless.batch import run_headless

            note = terminal.installing if terminal else nullcontext
            environment = prepared_environment(setup.request, reading, note=note)
            _load_papermill()
            run_headless(setup.request, timeout=options.timeout, reading=reading, environment=environment)
    except MagicUsageError:
        raise
    except Exception as error:  # whatever a step raised: shown here, because the run's record comes after it
        if not options.in_process and not isinstance(error, AloNbError):
            raise
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


def _run_here(request: RunRequest, progress: TextIO) -> None:
    """Run in this process, with the current folder importable as it is in a kernel."""
    if sys.path[:1] != [""]:
        sys.path.insert(0, "")
    with redirect_stdout(progress):  # what steps print must not mix with the record on stdout
        run_plan(request)


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
        selection=Selection(options.first, options.last, names_in(options.only)),
        interface_mode=options.interface_mode,
        train_id=options.train_id,
        overrides=_overrides(options.set),
        listeners=listeners,
        trigger="terminal",
    )
    return ActiveRun(request).setup


def _overrides(pairs: list[str]) -> Mapping[str, Any]:
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


@contextmanager
def _orderly_sigterm() -> Iterator[None]:
    """Turn SIGTERM into an exception for the body; only the main thread can."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    ends = (signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
    before = {number: signal.getsignal(number) for number in ends}
    with suppress(ValueError):
        for number in ends:
            signal.signal(number, terminate)
    try:
        yield
    finally:
        with suppress(ValueError):
            for number, handler in before.items():
                signal.signal(number, handler)
