"""``alo-nb runs``: all runs of a project, newest first."""

from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from typing import Any

from alo_nb.project import find_project
from alo_nb.steps.magic_line import names_in
from alo_nb.views.card import number_text, shortened
from alo_nb.views.runs import EVERY_RUN, RunFilter, chosen_columns, project_runs, terminal_columns
from alo_nb.views.text import table

CELL = 40  # characters at most


def runs(options: Namespace) -> int:
    """Show the runs as a table, or as JSON with every field."""
    project = find_project(options.project)
    wanted = RunFilter(options.where, options.status, options.mode, options.tag)
    rows = project_runs(project, wanted, sort=options.sort, descending=options.desc, last=options.last)
    columns = chosen_columns(rows, names_in(options.columns), terminal_columns)
    if options.json:
        shown = [{name: row.get(name) for name in columns} for row in rows] if options.columns else rows
        sys.stdout.write(json.dumps(_json_values(shown), indent=1, default=str, allow_nan=False) + "\n")
    elif rows:
        cells = [{name: shortened(number_text(value), CELL) for name, value in row.items()} for row in rows]
        sys.stdout.write(table(cells, columns) + "\n")
    else:
        which = "runs yet" if wanted == EVERY_RUN else "such runs"
        sys.stdout.write(f"no {which} in {project.root}\n")
    return 0


def _json_values(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without the numbers that JSON does not know."""
    unknown = (math.inf, -math.inf)
    return [
        {name: None if value in unknown or value != value else value for name, value in row.items()} for row in rows
    ]
