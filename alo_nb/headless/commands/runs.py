"""``alo-nb runs``: all runs of a project, newest first."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from alo_nb.project import find_project
from alo_nb.steps.magic_line import names_in
from alo_nb.views.card import number_text
from alo_nb.views.runs import EVERY_RUN, RunFilter, chosen_columns, project_runs, terminal_columns
from alo_nb.views.text import table


def runs(options: Namespace) -> int:
    """Show the runs as a table, or as JSON with every field."""
    project = find_project(options.project)
    wanted = RunFilter(options.where, options.status, options.mode, options.tag)
    rows = project_runs(project, wanted, sort=options.sort, descending=options.desc, last=options.last)
    columns = chosen_columns(rows, names_in(options.columns), terminal_columns)
    if options.json:
        shown = [{name: row.get(name) for name in columns} for row in rows] if options.columns else rows
        sys.stdout.write(json.dumps(shown, indent=1, default=str) + "\n")
    elif rows:
        cells = [{name: number_text(value) for name, value in row.items()} for row in rows]
        sys.stdout.write(table(cells, columns) + "\n")
    else:
        which = "runs yet" if wanted == EVERY_RUN else "such runs"
        sys.stdout.write(f"no {which} in {project.root}\n")
    return 0
