"""``%alo_runs``: all runs of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.looking import runs
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.option_texts import RUNS, STATUSES
from alo_nb.steps.magic_line import Grammar, names_in

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.views.runs_table import Runs

GRAMMAR = Grammar(
    "%alo_runs",
    {name: text for name, text in RUNS.items() if name != "desc"},
    switches={"desc": RUNS["desc"]},
    texts=("where", "sort", "status", "mode", "tag", "columns"),
    takes={
        **{"sort": "COLUMN", "columns": "COLUMN,...", "where": "COLUMN", "last": "N", "tag": "TAG"},
        **{"status": "|".join(STATUSES), "mode": "train|inference|all"},
    },
)


def alo_runs(line: str) -> Runs:
    """Return all runs of this project as a table, newest first: of pipelines, of cells, and of alo_nb.init.

    %alo_runs [--where 'metrics.loss < 0.1'] [--sort COLUMN]

    metrics.NAME is what a run found last, config.NAME what it was told. %alo_history has the columns of ALO instead,
    and a row for each pipeline.

    The comparisons of --where are < <= > >= = !=; nothing in it is run.
    """
    __tracebackhide__ = True
    options = dict(GRAMMAR.parse(line).options)
    columns = names_in(options.pop("columns", None))
    return runs(options.pop("where", ""), descending=options.pop("desc", False), columns=columns, **options)


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_runs, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_runs")
