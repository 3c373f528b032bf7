"""``alo-nb doctor``: is all in order? Works where packages are missing, too."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from alo_nb.health.checkup import Checkup, check_up
from alo_nb.health.finding import Place
from alo_nb.health.front_end import Surroundings
from alo_nb.health.report import report_rows, report_text

if TYPE_CHECKING:
    from alo_nb.health.stored import Wishes
    from alo_nb.store.doctor import Finding

GOOD, WRONG, LOCKED = 0, 1, 11


def doctor(options: Namespace) -> int:
    """Show all that was looked at: 0 when nothing is wrong, 1 when something is, 11 when the store is held."""
    found = check_up(Place(), Surroundings(os.environ), project=options.project, wishes=_wishes(options))
    shown = json.dumps(_values(found), indent=1) if options.json else report_text(found.checks)
    sys.stdout.write(f"{shown}\n")
    if found.store is not None and found.store.is_locked:
        return LOCKED
    return GOOD if found.ok else WRONG


def _wishes(options: Namespace) -> Wishes | None:
    if not (options.read_data or options.repair or options.rebuild):
        return None
    from alo_nb.health.stored import Wishes

    return Wishes(options.read_data, options.repair, options.rebuild)


def _values(found: Checkup) -> dict[str, object]:
    values: dict[str, object] = {"ok": found.ok, "checks": report_rows(found.checks)}
    if found.store is not None:
        report = found.store
        values["findings"] = [_row(each, repaired=each in report.repaired) for each in report.found]
        values["left"] = [_row(each) for each in report.left]
    return values


def _row(finding: Finding, *, repaired: bool = False) -> dict[str, object]:
    about = {"severity": finding.severity, "what": finding.what, "where": finding.where}
    return {**about, "can_be_repaired": finding.repair is not None, "repaired": repaired}
