"""``%alo_history``: the runs of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import history
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.option_texts import HISTORY, STATUSES
from alo_nb.steps.magic_line import Grammar, names_in

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

GRAMMAR = Grammar(
    "%alo_history",
    {name: text for name, text in HISTORY.items() if name != "cells"},
    switches={"cells": HISTORY["cells"]},
    words=1,
    texts=("status", "data-id", "code-id", "param-id", "train-id", "steps"),
    takes={
        **{0: "train|inference", "status": "|".join(STATUSES), "train-id": "TRAIN_RUN", "steps": "STEP|all,..."},
        **dict.fromkeys(("data-id", "code-id", "param-id"), "ID"),
        "limit": "N",
    },
)


def alo_history(line: str) -> pd.DataFrame:
    """Return the runs of this project as a table, newest first: a row for each pipeline of a run.

    %alo_history [train|inference]

    `%alo_runs` has a row for each run of any kind, with its metrics.
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
