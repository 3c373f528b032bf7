"""``alo-nb lineage``: what something was made of, and what was made of it; which data and code made a file."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from alo_nb.errors import MagicUsageError
from alo_nb.project import Project, find_project
from alo_nb.views.lineage import project_lineage
from alo_nb.views.made_by import made_by


def lineage(options: Namespace) -> int:
    """Show the graph, or what made a file; JSON of a graph is OpenLineage."""
    project = find_project(options.project)
    if (options.name is None) == (options.file is None):
        raise MagicUsageError("lineage: of what?", do="name a version, a run, or a file: `alo-nb lineage --file PATH`")
    shown = _graph(project, options) if options.file is None else _maker(project, options)
    sys.stdout.write(f"{shown}\n")
    return 0


def _graph(project: Project, options: Namespace) -> str:
    found = project_lineage(project, options.name, up=options.up, down=options.down, depth=options.depth)
    format_ = "openlineage" if options.json else options.format
    if options.output is not None:
        return f"written to {found.write(Path(options.output), format_)}"
    return found.as_format(format_ or "text")


def _maker(project: Project, options: Namespace) -> str:
    found = made_by(project, options.file)
    return json.dumps(found.to_dict(), indent=1) if options.json else str(found)
