"""``alo-nb debug``: a step that failed."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from alo_nb.project import find_project
from alo_nb.runner.capsule import load_capsule
from alo_nb.store.failures import mended_in
from alo_nb.store.records import plain
from alo_nb.views.failure import failure_card


def debug(options: Namespace) -> int:
    """Show what failed, what the step was given and what it held; with --json, all that is kept as text."""
    run, _, step = (options.name or "").partition("/")
    project = find_project(options.project)
    capsule = load_capsule(project, run or None, step or None)
    record, mended = capsule.record, mended_in(project, capsule.folder)
    if options.json:
        sys.stdout.write(f"{json.dumps(plain(record), indent=1)}\n")
        return 0
    notes = [f"mended since, in run {mended}"] if mended else []
    notes.append(f"in a notebook, `%alo_debug {record.name}` loads its inputs, its variables and its code")
    code = f"{record.head}\n{record.source}" if record.head else ""
    sys.stdout.write(f"{failure_card(record, notes, code=code)!r}\n")
    return 0
