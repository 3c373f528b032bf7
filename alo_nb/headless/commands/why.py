"""``alo-nb why``: why a step of a plan would run, or need not."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from alo_nb.headless.reading import Reading
from alo_nb.plan import find_plan, require_valid
from alo_nb.project import find_project
from alo_nb.runner import CACHING, RunRequest
from alo_nb.runner.why import explain_step
from alo_nb.steps.sources import Sources
from alo_nb.views.why import Why


def why(options: Namespace) -> int:
    """Show what would happen to the step in each pipeline; nothing is run, fetched or installed."""
    project, reading = find_project(options.project, near=options.plan), Reading.from_options(options)
    plan = reading.plan(find_plan(options.plan, project))
    require_valid(plan)
    request = RunRequest(plan=plan, project=project, find=Sources(plan, project).step, caching=CACHING)
    found = Why(tuple(explain_step(request, options.step)))
    shown = json.dumps(found.to_dict(), indent=1, default=str) if options.json else repr(found)
    sys.stdout.write(f"{shown}\n")
    return 0
