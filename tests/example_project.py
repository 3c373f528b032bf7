"""The plans and notebooks of the repository, copied to where a test may run them."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
_MADE = (".alo", "alo_project", "for_alo", "change_one_thing")  # what the tutorials make when they run


def copy_examples(root: Path) -> None:
    """Copy plans and tutorials as they are in the repository, without what running them has left there."""
    for name in ("plans", "example_notebooks"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns(*_MADE))
