"""``alo-nb new``: a project to start from."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from alo_nb.export.new_project import new_project


def new(options: Namespace) -> int:
    """Write the project and tell what to do with it."""
    files = new_project(Path(options.name))
    lines = [f"new project {options.name}", *(f"  {each}" for each in files)]
    sys.stdout.write("\n".join([*lines, f"  next: cd {options.name} && alo-nb run experimental_plan.yaml", ""]))
    return 0
