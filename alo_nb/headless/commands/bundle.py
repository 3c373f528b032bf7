"""``alo-nb bundle``: check a solution, and write what its registration needs."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from alo_nb.errors import PlanReadError
from alo_nb.headless.commands.check import examine as examine_plan
from alo_nb.plan import Problem, find_plan, read_plan
from alo_nb.project import find_project
from alo_nb.registration import NEXT_STEPS, Bundle, examine, write_bundle
from alo_nb.views.text import problems_text


def bundle(options: Namespace) -> int:
    """Write the bundle, or show every reason why there is none; 1 when there is none."""
    project = find_project(options.project, near=options.plan)
    try:
        plan = read_plan(find_plan(options.plan, project))
    except PlanReadError:
        _, problems = examine_plan(options.plan, project)
        _show(options, problems, None)
        return 1
    examined = examine(plan, project, Path(options.info))
    made = None if examined.errors else write_bundle(examined, Path(options.output))
    _show(options, examined.problems, made)
    return 0 if made else 1


def _show(options: Namespace, problems: Sequence[Problem], made: Bundle | None) -> None:
    if options.json:
        shown = {
            "ok": made is not None,
            "problems": [_row(each) for each in problems],
            "bundle": {**asdict(made), "folder": str(made.folder)} if made else None,
        }
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(problems, made)) + "\n")


def _row(problem: Problem) -> dict[str, Any]:
    values = asdict(problem)
    return {**values, **values.pop("place")}


def _lines(problems: Sequence[Problem], made: Bundle | None) -> Iterator[str]:
    if problems:
        yield problems_text(problems)
    if made is None:
        errors = sum(each.severity == "error" for each in problems)
        yield f"{errors} error{'s' * (errors != 1)}: nothing was written"
        return
    size = sum(each.size for each in made.files) / 10**6
    yield f"bundle {made.folder}: {len(made.files)} files, {size:.1f} MB"
    yield from (f"  left out: {each}" for each in made.left_out)
    yield from (f"  note: {each}" for each in made.notes)
    yield f"what is left to do with the servers of the workspace: {made.folder / NEXT_STEPS}"
