"""``alo-nb doctor``: find out whether the store is what it should be."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from alo_nb.errors import ProjectError
from alo_nb.files import locked
from alo_nb.project import find_project
from alo_nb.store.doctor import Finding, examine
from alo_nb.store.store import Store

GOOD, DAMAGED, LOCKED = 0, 1, 11
WAIT_S = 10.0


def doctor(options: Namespace) -> int:
    """Show every finding: 0 when there is no damage left, 1 when there is, 11 when it cannot be locked."""
    project = find_project(options.project)
    if not project.own.is_dir():
        sys.stdout.write(f"there is no store in {project.root}\n")
        return GOOD
    why = _cannot_lock(project.own / "write.lock")
    if why:
        sys.stderr.write(f"{why}\n")
        return LOCKED
    store = Store.of(project)
    if options.rebuild:
        store.rebuild()
    found = [*examine(store, read_data=options.read_data)]
    repaired = _repair(found) if options.repair else []
    left = [*examine(store, read_data=options.read_data)] if repaired else found
    if options.json:
        rows = [_row(each, repaired=each in repaired) for each in found]
        shown = json.dumps({"ok": not _damage(left), "findings": rows, "left": [_row(each) for each in left]}, indent=1)
    else:
        shown = _text(found, repaired, left)
    sys.stdout.write(f"{shown}\n")
    return DAMAGED if _damage(left) else GOOD


def _cannot_lock(lock: Path) -> str:
    """Return why the store's lock cannot be had while one waits; nothing when it can, or is itself the damage."""
    if not lock.is_file():
        return ""
    try:
        with locked(lock, patience_s=WAIT_S):
            return ""
    except ProjectError as error:
        return str(error)


def _repair(found: Sequence[Finding]) -> list[Finding]:
    repaired = []
    for each in found:
        if each.repair is not None:
            each.repair()
            repaired.append(each)
    return repaired


def _damage(found: Sequence[Finding]) -> list[Finding]:
    return [each for each in found if each.severity == "damage"]


def _row(finding: Finding, *, repaired: bool = False) -> dict[str, object]:
    about = {"severity": finding.severity, "what": finding.what, "where": finding.where}
    return {**about, "can_be_repaired": finding.repair is not None, "repaired": repaired}


def _text(found: Sequence[Finding], repaired: Sequence[Finding], left: Sequence[Finding]) -> str:
    lines = []
    for each in found:
        lines.append(f"{each.severity:<7} {each.what}")
        lines += [f"        where: {each.where}"] if each.where else []
        if each in repaired:
            lines.append("        repaired")
        elif each.repair is not None:
            lines.append("        do:    run `alo-nb doctor --repair`")
    damage = len(_damage(left))
    return "\n".join([*lines, f"{damage} damaged" if damage else "the store is good"])
