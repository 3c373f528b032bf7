"""``alo-nb diff``: what differs between two runs or two versions of artifacts."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import asdict

from alo_nb.project import find_project
from alo_nb.views.diff import compare
from alo_nb.views.named import pair_named


def diff(options: Namespace) -> int:
    """Show the differences; 0 also when there are some, which is an answer and no failure."""
    project = find_project(options.project)
    found = compare(project, *pair_named(project, *filter(None, (options.a, options.b))))
    if options.json:
        shown = {"equal": found.equal, "a": found.a, "b": found.b, "rows": [asdict(each) for each in found.rows]}
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
    else:
        sys.stdout.write(f"{found.text()}\n")
    return 0
