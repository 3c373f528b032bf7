"""Making the virtual environment of a plan, whole or not at all."""

from __future__ import annotations

import os
import sysconfig
import venv
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path

from alo_nb.files import remove
from alo_nb.project import Project
from alo_nb.requirements.collect import Requirements
from alo_nb.requirements.install import Installer
from alo_nb.requirements.offer import pin
from alo_nb.requirements.wants import merged, own_wants, text

INHERIT = "_alo_nb_inherits.pth"  # read by Python's own `site` when the environment starts


def make_environment(
    home: Path, found: Requirements, project: Project, inherited: Iterable[str]
) -> tuple[Path, tuple[str, ...]]:
    """Make an environment in a new folder below `home`; whatever goes wrong, only a log stays.

    Parameters
    ----------
    inherited : iterable of str
        Folders of installed packages that it sees behind its own.

    Returns
    -------
    tuple
        The folder, and what is installed in it, ``"pandas==2.2.3"``.

    Raises
    ------
    SourceError
        See `Installer.install`.
    """
    for leftover in home.glob("env-*"):
        with suppress(OSError):  # the installer of a run that was killed may still be at it
            remove(leftover, within=home)
    folder = home / f"env-{os.urandom(4).hex()}"
    try:
        venv.EnvBuilder(symlinks=True).create(folder)
        own_packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))
        lines = [f"import site; site.addsitedir({each!r})\n" for each in inherited]
        (own_packages / INHERIT).write_text("".join(lines), encoding="utf-8")
        _install(folder / "bin" / "python", home, found, project)
        installed = sorted(pin(each.name, each.version) for each in distributions(path=[str(own_packages)]))
    except BaseException:  # also Ctrl-C: half an environment is none
        with suppress(OSError):
            remove(folder, within=home)
        raise
    return folder, tuple(installed)


def _install(python: Path, home: Path, found: Requirements, project: Project) -> None:
    """Install what is missing, resolved together with what alo_nb itself needs, and look whether Python finds it."""
    lists = python.parents[1] / "requirements"
    lists.mkdir()
    log = home / "install.log"
    log.write_text("", encoding="utf-8")
    installer = Installer(python, lists, log, project.root, found.wants)
    own = own_wants()  # the first is alo_nb as it is here, which brings the others
    packages = merged((*found.wants, *own[:1]))
    installer.install([text(each) for each in packages], [each.text for each in found.passed_on])
    everything = (text(each) for each in merged((*found.wants, *own)))
    installer.run("the check of the environment", str(python), "-m", "alo_nb.requirements.verify", *everything)
