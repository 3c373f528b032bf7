"""Python and what alo_nb needs of other packages. Imports nothing that may be missing."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path

import alo_nb
from alo_nb.errors import nearest
from alo_nb.health.finding import Check, Place
from alo_nb.lang import LANGUAGES, VARIABLE, language_meant, tr

OURS = "alo-nb"
_NEEDED = re.compile(r"(?P<name>[\w.-]+)[^;]*(?P<marker>;.*)?")


def python_checks(place: Place) -> Iterator[Check]:
    """Yield which Python and which alo_nb this is, and what alo_nb needs and does not find."""
    yield Check("python", "ok", f"{sys.version.partition(' ')[0]} · {sys.executable}")
    yield _alo_nb(place)
    yield from _packages(place)
    yield from _texts(place)
    yield from _git()
    yield from _language(place)


def _alo_nb(place: Place) -> Check:
    """Return which alo_nb runs: not always the one that was installed last."""
    here = Path(alo_nb.__file__).parent
    try:
        installed = version(OURS)
    except PackageNotFoundError:
        what = tr("{version} runs from {folder} and is not installed: what it needs is not known", **_ours(here))
        return Check("alo_nb", "note", what, place.install("-e", str(here.parent)))
    if installed != alo_nb.__version__:
        what = tr("{version} runs from {folder}, and {installed} is installed", installed=installed, **_ours(here))
        return Check("alo_nb", "problem", what, place.install("--force-reinstall", "--no-deps", OURS))
    return Check("alo_nb", "ok", f"{installed} · {here}")


def _ours(here: Path) -> dict[str, object]:
    return {"version": alo_nb.__version__, "folder": here}


def _packages(place: Place) -> Iterator[Check]:
    needed = _needed()
    wrong = [(text, found) for text, found in needed.items() if not _is_good(text, found)]
    for text, found in wrong:
        name, wanted = _name(text), text[len(_name(text)) :]
        what = tr("{package} is missing", package=name) if found is None else f"{name} {found}"
        yield Check(
            "packages", "problem", tr("{what}; needed: {wanted}", what=what, wanted=wanted), place.install(text)
        )
    if needed and not wrong:
        yield Check("packages", "ok", tr("{count} packages as needed", count=len(needed)))


def _texts(place: Place) -> Iterator[Check]:
    """Yield that pyarrow is missing: without it pandas keeps texts as Python objects from version 3 on."""
    pandas = _version("pandas") or "0"
    if int(pandas.partition(".")[0]) >= 3 and _version("pyarrow") is None:
        what = tr("pyarrow is not here: tables with millions of texts are slow to hand on and to keep")
        yield Check("texts", "note", what, place.install("pyarrow"))


def _needed() -> dict[str, str | None]:
    """Return each package that alo_nb needs with a bound, ``"papermill>=2.6"``, and the version that is here."""
    try:
        lines = requires(OURS) or []
    except PackageNotFoundError:
        return {}
    texts = [line.partition(";")[0].strip() for line in lines if "extra ==" not in line]
    return {text: _version(_name(text)) for text in texts}


def _name(text: str) -> str:
    found = _NEEDED.match(text)
    return found["name"] if found else text


def _version(name: str) -> str | None:
    try:
        return distribution(name).version or ""
    except PackageNotFoundError:
        return None


def _is_good(text: str, found: str | None) -> bool:
    """Tell whether a version is one of those needed; without `packaging` nobody can tell, and it counts as good."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return found is not None
    return found is not None and Requirement(text).specifier.contains(found, prereleases=True)


def _git() -> Iterator[Check]:
    if shutil.which("git") is not None:
        yield Check("git", "ok", str(shutil.which("git")))
        return
    what = tr("git is not here: no code from git, and no revision in the records of runs")
    yield Check("git", "note", what, system_install("git"))


def system_install(name: str) -> str:
    """Return the command that installs a program, by what this machine installs with."""
    if os.environ.get("CONDA_PREFIX") and shutil.which("conda"):
        return f"conda install {name}"
    managers = {"apt-get": "apt-get install", "dnf": "dnf install", "brew": "brew install", "apk": "apk add"}
    known = next((command for program, command in managers.items() if shutil.which(program)), "conda install")
    return f"{known} {name}"


def _language(place: Place) -> Iterator[Check]:
    """Yield a language that there is no catalog for: texts are English then."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted and not language_meant(wanted):
        what = tr("{variable} is {value}: there is no such language", variable=VARIABLE, value=repr(wanted))
        do = '%config Alo.lang = "en"' if place.is_notebook else f"export {VARIABLE}=en"
        yield Check("language", "note", f"{what}{nearest(wanted, LANGUAGES)}", do)
