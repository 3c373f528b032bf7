"""``%alo_history``: the runs of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import history
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.steps.magic_line import Grammar, names_in

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_history",
    {
        "status": "only rows that ended so: success, failed, interrupted, running",
        "data-id": "only rows of this data",
        "code-id": "only rows of this code",
        "param-id": "only rows of these arguments",
        "train-id": "only inferences with the model of this train run",
        "steps": "steps whose arguments get columns, e.g. --steps=train,report, or all",
        "limit": "at most so many rows, newest first",
    },
    switches={"cells": "also runs of a single cell"},
    words=1,
    texts=("status", "data-id", "code-id", "param-id", "train-id", "steps"),
    takes={
        **{0: "train|inference", "status": "success|failed|interrupted|running", "train-id": "TRAIN_RUN"},
        **{"steps": "STEP|all"},
    },
)


def alo_history(line: str) -> pd.DataFrame:
    """Return the runs of this project as a table, newest first: a row for each pipeline of a run.

    %alo_history [train|inference] [--status S] [--data-id ID] [--code-id ID] [--param-id ID] [--train-id ID]
                 [--steps A,B|all] [--cells] [--limit N]

    --steps A,B     adds columns with the arguments of these steps
    --cells         also runs of a single cell
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    options = {name.replace("-", "_"): value for name, value in parsed.options.items()}
    steps = names_in(options.pop("steps", None))
    return history(parsed.words[0] if parsed.words else None, steps=steps, **options)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_history, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_history")
