"""How a command reads a plan: what is laid over it, and what it may ask for."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.errors import MagicUsageError
from alo_nb.plan import Plan, overlay_solution_metadata, read_plan
from alo_nb.plan.overlay import is_metadata_text
from alo_nb.plan.redact import redact_all, redact_lines
from alo_nb.requirements import has_requirements

if TYPE_CHECKING:
    from alo_nb.requirements.environment import Environment
    from alo_nb.runner.request import RunRequest
    from alo_nb.runner.setup import Setup


@dataclass(frozen=True)
class Reading:
    """The options that decide what a plan says, and what is done for it before it runs.

    Attributes
    ----------
    system : str, optional
        A solution_metadata to lay over the plan: the path of a file, or JSON text (it starts with ``{``).
    allow_python_tags : bool
        Run the expressions behind ALO 3's ``!Python``.
    allow_requirement_options : bool
        Give options, addresses and paths in requirements to the installer.
    no_install : bool
        Run with the packages that are there, whatever the plan requires.
    """

    system: str | None = None
    allow_python_tags: bool = False
    allow_requirement_options: bool = False
    no_install: bool = False

    @classmethod
    def from_options(cls, options: Namespace) -> Reading:
        """Return what the command line says.

        Raises
        ------
        MagicUsageError
            The text of ``--system`` holds a password or a key: it would stand in the executed notebook.
        """
        system = options.system
        if system is not None and is_metadata_text(system):
            _refuse_secrets(system)
        elif system is not None:
            system = str(Path(system).absolute())
        no_install = getattr(options, "no_install", False)  # `check` installs nothing anyway
        return cls(system, options.allow_python_tags, options.allow_requirement_options, no_install)

    def plan(self, path: str | Path) -> Plan:
        """Read the plan at `path`.

        Raises
        ------
        PlanReadError
            The plan, or the solution_metadata, cannot be read.
        """
        plan = read_plan(path, allow_python_tags=self.allow_python_tags)
        if self.system is not None:
            plan = overlay_solution_metadata(plan, self.system)
        return _with_softer_requirements(plan) if self.allow_requirement_options else plan

    def given(self) -> Mapping[str, Any]:
        """Return the options that are not as they are by default."""
        return {name: value for name, value in asdict(self).items() if value}

    def options(self) -> dict[str, str]:
        """Return the same as options of the command line; those that take no value have an empty one."""
        return {f"--{name.replace('_', '-')}": "" if value is True else value for name, value in self.given().items()}


AS_WRITTEN = Reading()


def _refuse_secrets(text: str) -> None:
    try:
        values = json.loads(text)
    except ValueError:
        values = None  # whoever reads it says what is wrong with it
    if redact_lines(text) != text or redact_all(values) != values:
        raise MagicUsageError(
            "the text of --system holds a password, a token or a key, and would be kept with the run",
            do="put it into a file outside of the project, and name the file: --system FILE",
        )


def _with_softer_requirements(plan: Plan) -> Plan:
    """Return the plan with its refused requirements as warnings: `collect` knows which of them can be passed on."""
    problems = (
        replace(each, severity="warning") if (each.code, each.severity) == ("PLAN_REQUIREMENT", "error") else each
        for each in plan.problems
    )
    return replace(plan, problems=tuple(problems))


def require_packages(setup: Setup, reading: Reading, *, notebook: bool) -> None:
    """Return when this process has the packages that the chosen steps of a run require, or need not have them.

    Raises
    ------
    AloNbError
        See `require_installed`.
    """
    if reading.no_install or not has_requirements(setup.request.plan):
        return
    from alo_nb.requirements.installed import require_installed

    require_installed(
        setup.request.plan,
        setup.request.project,
        steps={name for names in setup.chosen.values() for name in names},
        allow_options=reading.allow_requirement_options,
        notebook=notebook,
        go_on="`no_install=True` in this cell" if notebook else "--no-install",
    )


def prepared_environment(
    request: RunRequest, reading: Reading, *, note: Callable[[int], AbstractContextManager[object]]
) -> Environment | None:
    """Return the Python that has what the plan requires, made when there is none; None when nothing is asked for.

    Raises
    ------
    AloNbError
        See `environment_for`.
    """
    if reading.no_install or not has_requirements(request.plan):
        return None
    from alo_nb.requirements.environment import environment_for

    allow_options = reading.allow_requirement_options
    return environment_for(request.plan, request.project, allow_options=allow_options, note=note)
