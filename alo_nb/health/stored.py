"""The store of a project: what is damaged, and what was put right."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alo_nb.cache import key
from alo_nb.errors import ProjectError, StoreError
from alo_nb.files import locked
from alo_nb.health.finding import Check, Place, State
from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.doctor import Finding, examine
from alo_nb.store.store import Store

WAIT_S = 10.0


@dataclass(frozen=True)
class Wishes:
    """How thoroughly to look at the store, and whether to change anything."""

    read_data: bool = False
    repair: bool = False
    rebuild: bool = False


@dataclass(frozen=True)
class StoreReport:
    """What was found, what of it was repaired, and what is left. `trouble` is why nothing could be looked at."""

    found: Sequence[Finding] = ()
    repaired: Sequence[Finding] = ()
    left: Sequence[Finding] = ()
    trouble: StoreError | ProjectError | None = None
    is_locked: bool = False


def examine_store(project: Project, wishes: Wishes) -> StoreReport:
    """Look at the store of a project, and put right what was asked for; without one there is nothing to say."""
    if not project.own.is_dir():
        return StoreReport()
    lock = project.own / "write.lock"
    try:
        if lock.is_file():  # one that is no file is itself the damage
            with locked(lock, patience_s=WAIT_S):
                pass
    except ProjectError as error:
        return StoreReport(trouble=error, is_locked=True)
    try:
        return _examined(Store.of(project), wishes)
    except (StoreError, ProjectError) as error:
        return StoreReport(trouble=error)


def _examined(store: Store, wishes: Wishes) -> StoreReport:
    if wishes.rebuild:
        store.rebuild()
    found = [*examine(store, read_data=wishes.read_data)]
    repaired = [each for each in found if wishes.repair and each.repair is not None]
    for each in repaired:
        if each.repair is not None:
            each.repair()
    left = [*examine(store, read_data=wishes.read_data)] if repaired else found
    return StoreReport(found, repaired, left)


def store_checks(report: StoreReport, place: Place) -> Iterator[Check]:
    """Yield a line for each thing that is still wrong, and one for what was repaired."""
    if report.trouble is not None:
        yield Check("store", "problem", report.trouble.what, report.trouble.do or "")
        return
    if report.repaired:
        yield Check("store", "ok", tr("repaired: {what}", what="; ".join(each.what for each in report.repaired)))
    for each in report.left:
        where = (
            f" ({Path(each.where).name})" if each.where.startswith("/") else f" ({each.where})" if each.where else ""
        )
        yield Check("store", _state(each), f"{each.what}{where}", _remedy(each, place))
    if not any(each.severity == "damage" for each in report.left):
        yield Check("store", "ok", tr("the store is good"))


def cache_checks(project: Project) -> Iterator[Check]:
    """Yield that the key of the cache cannot be read, when that is so: a new one is made in its place."""
    if what := key.trouble(project):
        place = shlex.quote(str(key.file_of(project)))
        yield Check("store", "problem", what, f"mv {place} {place}.old")


def _state(finding: Finding) -> State:
    return "problem" if finding.severity == "damage" else "note"


def _remedy(finding: Finding, place: Place) -> str:
    return place.ours("%alo_doctor --repair", "doctor --repair") if finding.repair is not None else ""
