"""``%alo_run``: run the pipelines of the plan, or of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import run
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar, names_in
from alo_nb.store import Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_run",
    {
        "from": "first step to run",
        "to": "last step to run",
        "only": "run only these steps, e.g. --only=train,report",
        "interface-mode": "memory or file, instead of the plan's",
        "train-id": "the earlier train run whose model an inference uses",
    },
    switches={"quiet": "show nothing", "no-install": "run with the packages that are here"},
    short={"q": "quiet"},
    takes_arguments=True,
    words=1,
    texts=("from", "to", "only", "interface-mode", "train-id"),
)


def alo_run(line: str) -> Run | None:
    """Run the pipelines in this kernel and return the run's record.

    %alo_run [train|inference|all] [--from STEP] [--to STEP] [--only A,B] [step.argument=value ...]

    Everything is checked before a step runs. A step that fails stops the run; models, outputs and inputs that were
    there before stay as they were.

    --from STEP, --to STEP    run a part; what comes before it is the latest output there is
    --only A,B                run only these steps
    --interface-mode MODE     memory or file, instead of the plan's
    --train-id RUN            inference with the model of this earlier train run
    --no-install              run with the packages that are here, whatever the plan requires
    --quiet, -q               show nothing
    step.argument=value       an argument for this run only, e.g. train.n_estimators=50
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    options = parsed.options
    record = run(
        parsed.words[0] if parsed.words else "all",
        first=options.get("from"),
        last=options.get("to"),
        only=names_in(options.get("only")),
        overrides=parsed.arguments,
        interface_mode=options.get("interface-mode"),
        train_id=options.get("train-id"),
        no_install=options.get("no-install", False),
    )
    return None if options.get("quiet") else record


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_run, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_run")
