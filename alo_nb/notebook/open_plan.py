"""`OpenPlan`: the plan file that a session works with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alo_nb.plan import Plan, read_plan, require_valid


class OpenPlan:
    """A plan that is read anew when its file has changed.

    Attributes
    ----------
    no_install : bool
        Whether its steps run with the packages that are there, whatever it requires.
    """

    def __init__(self) -> None:
        self.no_install = False
        self._plan: Plan | None = None
        self._stamp = (0, 0)

    @property
    def is_open(self) -> bool:
        """Whether there is one, be it one that cannot be read any more."""
        return self._plan is not None

    @property
    def path(self) -> Path | None:
        """Its file; None where there is no plan."""
        return None if self._plan is None else self._plan.path

    @property
    def latest(self) -> Plan | None:
        """The plan as its file has it now; None where there is none.

        Raises
        ------
        PlanReadError, PlanInvalidError
            The file has changed, and is no plan that can be run any more.
        """
        if self.path is not None and _stamp(self.path) != self._stamp:
            self.open(self.path)
        return self._plan

    def open(self, path: Path) -> Plan:
        """Open a plan file.

        Raises
        ------
        PlanReadError
            It cannot be read.
        PlanInvalidError
            It is no plan that can be run; every problem is listed.
        """
        return self._take(path, read_from=path)

    def open_copy(self, kept: Path, path: Path) -> Plan:
        """Open the copy of a plan that a run has kept, in the place of its file, which is gone; raises as `open`."""
        return self._take(path, read_from=kept)

    def _take(self, path: Path, *, read_from: Path) -> Plan:
        stamp = _stamp(path)
        plan = read_plan(read_from)
        require_valid(plan)
        self._plan, self._stamp = replace(plan, path=path), stamp
        return self._plan


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size
