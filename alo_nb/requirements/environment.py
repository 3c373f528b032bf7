"""The Python that runs a plan: the running one when it has all, else a virtual environment made for the plan.

``.alo/venvs/<hash>/`` is for one set of requirements: ``env-<random>/`` is the environment, ``environment.json`` names
it, and is written when all is done. A virtual environment cannot be moved (its scripts hold its path), so it is made
where it stays; what has no ``environment.json`` does not count, and the next run makes it anew, in another folder.

The environment sees what the running Python has, behind its own packages. So alo_nb is there as it is here, also from
a checkout, and only what is missing is installed.
"""

from __future__ import annotations

import hashlib
import json
import site
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from alo_nb import __version__
from alo_nb.errors import ProjectError
from alo_nb.files import locked, write_atomic
from alo_nb.plan import Plan, Problem
from alo_nb.plan.redact import shown
from alo_nb.project import Project
from alo_nb.requirements.collect import ALLOW, PassedOn, Requirements, collect, require_good
from alo_nb.requirements.installed import missing
from alo_nb.requirements.lines import installs
from alo_nb.requirements.wants import text

MARK = "environment.json"


@dataclass(frozen=True)
class Environment:
    """The Python that runs a plan.

    Attributes
    ----------
    python : str
        The interpreter.
    folder : str
        The virtual environment that was made for the plan; empty for the Python that runs here.
    packages : tuple of str
        What is installed in it, ``"pandas==2.2.3"``; what it inherits is not listed.
    """

    python: str
    folder: str = ""
    packages: tuple[str, ...] = ()


def this_environment() -> Environment:
    """Return the environment of the running Python."""
    folder = Path(sys.prefix)
    found = _recorded(folder.parent)
    return found if found and Path(found.folder) == folder else Environment(sys.executable)


def environment_for(
    plan: Plan,
    project: Project,
    *,
    allow_options: bool = False,
    note: Callable[[int], AbstractContextManager[object]] = nullcontext,
) -> Environment:
    """Return a Python that has what all steps of a plan require; make it when there is none.

    Parameters
    ----------
    allow_options : bool
        Give options, addresses and paths to the installer, which can make it run anything.
    note : callable
        Gets how many packages are missing; what it returns is entered while they are installed.

    Raises
    ------
    PlanInvalidError
        The requirements are wrong or exclude each other, or hold what the user has not allowed; nothing was made.
    SourceError
        They cannot be installed; nothing was left behind but a log.
    """
    found = collect(plan, project, allow_options=allow_options)
    require_good(plan, found)
    lacking, asked = missing(found.merged()), [each for each in found.passed_on if installs(each.text)]
    if not lacking and not asked:
        return Environment(sys.executable)
    if not allow_options:
        require_good(plan, found, [_refused(each) for each in found.passed_on])
    try:
        home = _home(project, found)
        if (ready := _recorded(home)) is not None:
            return ready
        from alo_nb.requirements.make import make_environment

        with note(len(lacking) + len(asked)), locked(home / "lock"):
            if (ready := _recorded(home)) is not None:  # another process was faster
                return ready
            folder, packages = make_environment(home, found, project, inherited())
            made = Environment(str(folder / "bin" / "python"), str(folder), packages)
            write_atomic(home / MARK, json.dumps(asdict(made), indent=1))
            return made
    except OSError as error:
        raise ProjectError(
            f"the environment of the plan cannot be made: {error.strerror or error}",
            where=str(error.filename or project.own / "venvs"),
            do="check the folder's permissions and the free disk space, or run with what is here: --no-install",
        ) from error


def _refused(each: PassedOn) -> Problem:
    message = f"the installer would be given {shown(each.text, 120)}, which can make it fetch and run anything"
    do = f"set it in the installer's own configuration, or allow it for this run: {ALLOW}"
    return Problem("error", "PLAN_REQUIREMENT", message, each.key, each.place, do)


def _home(project: Project, found: Requirements) -> Path:
    """Return the folder of what is asked for: another for each set of packages, and for each Python that inherits."""
    said = {
        "packages": [text(each) for each in found.merged()],
        "options": sorted(each.text for each in found.passed_on),
        "python": [sys.version, sys.prefix],
        "alo_nb": __version__,
        "inherited": {each: _installed_names(Path(each)) for each in inherited()},
    }
    name = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
    project.prepare()
    home = project.own / "venvs" / name
    home.mkdir(parents=True, exist_ok=True)
    return home


def broken_environments(project: Project) -> list[Path]:
    """Return the folders of environments that were made and cannot be used any more, e.g. without their Python."""
    made = (each.parent for each in (project.own / "venvs").glob(f"*/{MARK}"))
    return sorted(each for each in made if _recorded(each) is None)


def inherited() -> list[str]:
    """Return the folders where the running Python finds installed packages."""
    folders = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return [each for each in folders if Path(each).is_dir()]


def _installed_names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.name.endswith((".dist-info", ".egg-info", ".pth")))


def _recorded(home: Path) -> Environment | None:
    """Return the environment that is complete in `home`, if there is one; one that was copied along does not count."""
    try:
        values = json.loads((home / MARK).read_bytes())
        found = Environment(values["python"], values["folder"], tuple(values["packages"]))
        is_whole = Path(found.folder).resolve().parent == home.resolve() and Path(found.python).exists()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_whole else None
