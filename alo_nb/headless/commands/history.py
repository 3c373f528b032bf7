"""``alo-nb history``: the runs of a project, newest first."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from alo_nb.project import find_project
from alo_nb.store import RunStore
from alo_nb.views.text import HISTORY_COLUMNS, history_rows, table


def history(options: Namespace) -> int:
    """Show the runs as a table, or as JSON with every field of a row."""
    project = find_project(options.project)
    rows = history_rows(RunStore(project).list(limit=options.limit))
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=1, default=str) + "\n")
    elif rows:
        sys.stdout.write(table(rows, HISTORY_COLUMNS) + "\n")
    else:
        sys.stdout.write(f"no runs yet in {project.root}\n")
    return 0
