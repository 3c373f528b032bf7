"""``alo-nb gc``: delete what nothing needs any more; without ``--yes`` only say what that would be."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from alo_nb.cache.prune import prune
from alo_nb.plan.model import Control
from alo_nb.project import find_project
from alo_nb.store.housekeeping import Garbage, collect_garbage
from alo_nb.store.store import Store
from alo_nb.views.card import bytes_text

SHOWN = 20


def gc(options: Namespace) -> int:
    """Show what goes with its size, and delete it when that was said."""
    project = find_project(options.project)
    if not project.own.is_dir():
        sys.stdout.write(f"nothing to delete: there is no store in {project.root}\n")
        return 0
    store = Store.of(project)
    found = collect_garbage(store, dry_run=not options.yes)
    kept = prune(project, limit_mb=Control().backup_size, dry_run=not options.yes)
    if kept is None:
        sys.stderr.write("a run goes on, so nothing is deleted of what steps can be taken from\n")
    found = replace(found, files=(*found.files, *(kept or ())))
    if options.json:
        files = [{"path": str(path), "size": size} for path, size in found.files]
        shown = json.dumps(
            {"deleted": options.yes, "size": found.size, "files": files, "expired": found.expired}, indent=1
        )
    else:
        shown = _text(found, store.root, deleted=options.yes)
    sys.stdout.write(f"{shown}\n")
    return 0


def _text(found: Garbage, root: Path, *, deleted: bool) -> str:
    if not found.files and not found.expired:
        return "nothing to delete"
    lines = [f"  {path.relative_to(root)}  {bytes_text(size)}" for path, size in found.files[:SHOWN]]
    lines += [f"  +{len(found.files) - SHOWN} more"] if found.files[SHOWN:] else []
    lines += [f"  {each}: its time is over" for each in found.expired]
    count = f"{len(found.files)} file{'s' * (len(found.files) != 1)}, {bytes_text(found.size)}"
    end = f"deleted {count}" if deleted else f"{count} can go: `alo-nb gc --yes` deletes them"
    return "\n".join([*lines, end])
