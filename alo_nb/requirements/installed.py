"""What of a plan's requirements is missing in the running Python, and how the user gets it."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from collections.abc import Collection, Iterable
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

from alo_nb.errors import SourceError
from alo_nb.plan import Plan
from alo_nb.project import Project
from alo_nb.requirements.collect import Requirements, collect, require_good
from alo_nb.requirements.wants import fits, listed, text


def missing(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Return those that no installed package fulfils, in the same order.

    A package counts as there when its version is one of those asked for, and so is all that its extras need.
    """
    return [each for each in requirements if not _is_there(each, set())]


def _is_there(requirement: Requirement, seen: set[str]) -> bool:
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        return False
    if not fits(found.version or "", requirement.specifier):
        return False
    asked = text(requirement)
    if not requirement.extras or asked in seen:
        return True
    needed = (Requirement(each) for each in found.requires or ())
    return all(_is_there(each, seen | {asked}) for each in needed if _belongs_to(each, requirement.extras))


def _belongs_to(needed: Requirement, extras: Iterable[str]) -> bool:
    """Return whether a package is needed for one of the extras, and not anyway."""
    marker = needed.marker
    return (
        marker is not None
        and not marker.evaluate({"extra": ""})
        and any(marker.evaluate({"extra": extra}) for extra in extras)
    )


def require_installed(
    plan: Plan,
    project: Project,
    *,
    steps: Collection[str] | None = None,
    allow_options: bool = False,
    notebook: bool,
    go_on: str,
) -> None:
    """Return when this process has what the steps of a plan require; nothing is ever installed here.

    Parameters
    ----------
    steps : collection of str, optional
        Only what these steps require.
    allow_options : bool
        As in `collect`.
    notebook : bool
        Whether the user reads this in a notebook, where ``%pip`` installs into the kernel.
    go_on : str
        What to write to run with what is there.

    Raises
    ------
    SourceError
        Something is missing; the message names it and the one command that installs it.
    PlanInvalidError
        The requirements are wrong, or exclude each other.
    """
    found = collect(plan, project, steps=steps, allow_options=allow_options)
    require_good(plan, found)
    lacking = missing(found.merged())
    if not lacking:
        return
    names = {each.name for each in lacking}
    count = "1 package" if len(lacking) == 1 else f"{len(lacking)} packages"
    raise SourceError(
        f"{count} that the plan requires {'is' if len(lacking) == 1 else 'are'} not here: "
        + listed([_with_version(each) for each in lacking], limit=20),
        where=listed([each for each in found.wants if each.name in names]),
        do=f"{_command(lacking, notebook=notebook)}{_left_out(found)}; or go on with what is here: {go_on}",
    )


def _with_version(requirement: Requirement) -> str:
    try:
        return f"{text(requirement)} (here is {distribution(requirement.name).version})"
    except PackageNotFoundError:
        return text(requirement)


def _command(lacking: Iterable[Requirement], *, notebook: bool) -> str:
    """Return the one command that installs packages into the running Python."""
    packages = shlex.join(text(each) for each in lacking)
    has_pip = importlib.util.find_spec("pip") is not None or shutil.which("uv") is None
    if notebook:
        restart = ", and restart the kernel if one of them was imported before"
        return f"run `{'%pip install' if has_pip else '%uv pip install'} {packages}`{restart}"
    ours = shlex.quote(sys.executable)
    return f"run `{f'{ours} -m pip install' if has_pip else f'uv pip install --python {ours}'} {packages}`"


def _left_out(found: Requirements) -> str:
    options = [each.text for each in found.passed_on]
    return f" (what the plan says besides is left out: {listed(options)})" if options else ""
