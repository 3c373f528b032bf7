"""``%alo_run``: run the pipelines of the plan, or of the cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.face import run, truth_check
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.option_texts import RUN
from alo_nb.steps.magic_line import Grammar, names_in
from alo_nb.store import Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.views.comparison import Comparison

GRAMMAR = Grammar(
    "%alo_run",
    {
        **{name: RUN[name] for name in ("from", "to", "only", "except", "force", "resume", "inputs")},
        **{name: RUN[name] for name in ("interface-mode", "train-id")},
        "notebook": "the file of this notebook, for --fresh, where the front end does not tell it",
    },
    switches={
        **{name: RUN[name] for name in ("no-cache", "no-install", "strict")},
        "fresh": "run in a clean kernel: the plan, or the saved notebook from top to bottom",
        "compare": "with --fresh: show what came out otherwise than in this kernel, and why",
        "quiet": RUN["quiet"],
    },
    short={"q": "quiet", "f": "force"},
    takes_arguments=True,
    words=1,
    texts=("from", "to", "only", "except", "force", "resume", "inputs", "interface-mode", "train-id", "notebook"),
    optional=("force", "resume"),
    takes={
        **{0: "train|inference|all", "from": "STEP", "to": "STEP"},
        **dict.fromkeys(("only", "except", "force"), "STEP,..."),
        **{"resume": "RUN", "inputs": "RUN", "train-id": "TRAIN_RUN", "interface-mode": "memory|file"},
        "notebook": "FILE",
    },
    more={"STEP.ARGUMENT=VALUE": "an argument for this run only, e.g. train.n_estimators=50"},
)


def alo_run(line: str) -> Run | Comparison | None:
    """Run the pipelines in this kernel and return the run's record.

    %alo_run [train|inference|all] [STEP.ARGUMENT=VALUE ...]

    Everything is checked before a step runs. A step that fails stops the run; models, outputs and inputs that were
    there before stay as they were. A step whose code, arguments, inputs, files and packages are what they were is taken
    from an earlier run.

    A clean kernel runs the plan when its steps have code of their own, else the saved notebook and then its pipelines.
    What may differ there are hidden state, unseeded randomness, and the environment.
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    options = parsed.options
    mode = parsed.words[0] if parsed.words else "all"
    where = {**_where(options), "overrides": parsed.arguments}
    record: Run | Comparison
    if options.get("compare"):
        _refuse_beside_compare(options)
        record = truth_check(mode, **where)
    else:
        record = run(mode, **where, **_what(options))
    return None if options.get("quiet") else record


def _refuse_beside_compare(options: Mapping[str, Any]) -> None:
    """Refuse what a run that executes every step, and stops at nothing, has no use for."""
    found = next((name for name in ("strict", "resume", "inputs") if options.get(name)), None)
    if found is not None:
        raise MagicUsageError("--compare runs every step anew, and tells what differs", do=f"leave out --{found}")


def _where(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return which steps a run is about, and how data goes between them."""
    return {
        "first": options.get("from"),
        "last": options.get("to"),
        "only": names_in(options.get("only")),
        "excluded": names_in(options.get("except")),
        "interface_mode": options.get("interface-mode"),
        "train_id": options.get("train-id"),
        "no_install": options.get("no-install", False),
        "notebook": options.get("notebook"),
    }


def _what(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of it is executed, and how."""
    force = options.get("force")
    return {
        "cache": not options.get("no-cache", False),
        "force": names_in(force) if isinstance(force, str) else bool(force),
        "resume": options.get("resume"),
        "inputs": options.get("inputs"),
        "fresh": options.get("fresh", False),
        "strict": options.get("strict", False),
    }


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_run, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_run")
