"""``alo-nb show``: a run, a step or an artifact."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import Any

from alo_nb.project import find_project
from alo_nb.store.artifact import Artifact
from alo_nb.store.records import Run, plain
from alo_nb.views.artifacts import version_dict
from alo_nb.views.cards import card_of
from alo_nb.views.named import StepOfRun, named


def show(options: Namespace) -> int:
    """Show it as text, or as JSON with every field."""
    project = find_project(options.project)
    found = named(project, options.name)
    shown = json.dumps(_fields(found), indent=1, default=str) if options.json else card_of(project, found).text
    sys.stdout.write(f"{shown}\n")
    return 0


def _fields(found: Run | StepOfRun | Artifact) -> dict[str, Any]:
    if isinstance(found, Artifact):
        return version_dict(found)
    return found.to_dict() if isinstance(found, Run) else dict(plain(found.record))
