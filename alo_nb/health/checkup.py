"""All that the doctor looks at, in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alo_nb.errors import ProjectError
from alo_nb.health.finding import Check, Place
from alo_nb.health.front_end import Surroundings, front_end_checks
from alo_nb.health.packages import python_checks
from alo_nb.lang import tr
from alo_nb.project import Project, find_project

if TYPE_CHECKING:
    from alo_nb.health.stored import StoreReport, Wishes


@dataclass(frozen=True)
class Checkup:
    """What was looked at; `store` is None where the store could not be looked at."""

    checks: tuple[Check, ...]
    store: StoreReport | None = field(default=None, compare=False)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; notes are no problem."""
        return not any(each.state == "problem" for each in self.checks)


def check_up(
    place: Place,
    around: Surroundings,
    *,
    project: Project | str | None = None,
    plan: Path | None = None,
    wishes: Wishes | None = None,
) -> Checkup:
    """Look at Python, its packages, the front end, the project folder, its plans and its store.

    Nothing but the store is changed, and that only when `wishes` say so. When packages of alo_nb are missing, what
    needs them is left out.

    Parameters
    ----------
    project : Project or str, optional
        The project or its folder; found from the current folder when absent.
    plan : Path, optional
        The open plan; the plans of the project when absent.
    """
    checks = (*python_checks(place), *front_end_checks(around))
    try:
        there = _project_checkup(place, project, plan, wishes)
    except ImportError as error:
        what = tr("not looked at, since {package} is missing", package=error.name or error)
        return Checkup((*checks, Check("project", "note", what)))
    return Checkup((*checks, *there.checks), there.store)


def _project_checkup(
    place: Place, project: Project | str | None, opened: Path | None, wishes: Wishes | None
) -> Checkup:
    """Look at the project, as far as it can be reached."""
    from alo_nb.health import folder, plans, stored  # these need packages of others

    try:
        found = project if isinstance(project, Project) else find_project(project)
    except ProjectError as error:
        return Checkup((Check("project", "problem", error.what, error.do or ""),))
    checks = tuple(folder.folder_checks(found.root, place))
    if any((each.name, each.state) == ("project", "problem") for each in checks):
        return Checkup(checks)
    report = stored.examine_store(found, wishes or stored.Wishes())
    kept = (*stored.store_checks(report, place), *stored.cache_checks(found))
    return Checkup((*checks, *plans.plan_checks(found, opened, place), *kept), report)
