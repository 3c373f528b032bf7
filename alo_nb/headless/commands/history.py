"""``alo-nb history``: the runs of a project, newest first."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from alo_nb.project import find_project
from alo_nb.steps.magic_line import names_in
from alo_nb.store.pins import pin, unpin
from alo_nb.store.runs import DOCTOR, RunStore
from alo_nb.views.history import EVERY_ROW, IN_A_TERMINAL, HistoryFilter, columns_of, project_history
from alo_nb.views.named import run_named
from alo_nb.views.text import table


def history(options: Namespace) -> int:
    """Show the runs as a table, or as JSON with every field of a row; pin a run first when that is asked for."""
    project = find_project(options.project)
    for name, change in ((options.pin, pin), (options.unpin, unpin)):
        if name is not None:
            change(project, run_named(project, name).id)
    ids = (options.data_id, options.code_id, options.param_id, options.train_id)
    wanted = HistoryFilter(options.mode, options.status, *ids, names_in(options.steps), options.cells)
    rows = project_history(project, wanted, limit=options.limit)
    if options.json:
        sys.stdout.write(json.dumps(rows, indent=1, default=str) + "\n")
    elif rows:
        arguments = [name for name in columns_of(rows) if "." in name]
        sys.stdout.write(table(rows, (*IN_A_TERMINAL, *arguments)) + "\n")
    else:
        which = "runs yet" if wanted == EVERY_ROW else "such runs"
        sys.stdout.write(f"no {which} in {project.root}\n")
    records = RunStore(project)
    for run_id in records.ids()[: options.limit]:
        if trouble := records.trouble(run_id):
            sys.stderr.write(f"not listed: {trouble}; {DOCTOR}\n")
    return 0
