"""One line of a list of requirements: a package, or something that only the installer understands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from alo_nb.plan.redact import has_secret, redact, shown
from alo_nb.plan.rules import DROPPED_OPTION, Fault, requirement


@dataclass(frozen=True)
class Line:
    """What a line says; nothing when it is blank or a comment.

    Attributes
    ----------
    requirement : Requirement, optional
        A package with its versions; never one with an address.
    passed_on : str
        Options, an address or a path: what an installer gets only when the user agrees. Paths are ``file:`` addresses.
    fault : Fault, optional
        What is wrong with the line. Without `requirement` and `passed_on`, agreeing does not help.
    """

    requirement: Requirement | None = None
    passed_on: str = ""
    fault: Fault | None = None


def without_comment(text: str) -> str:
    """Return a line without its comment and the blanks around it, as pip reads it."""
    return re.sub(r"(^|\s)#.*", "", text).strip()


def read_line(text: str, folder: Path) -> Line:
    """Return what a line says.

    Parameters
    ----------
    folder : Path
        Where relative paths start: the folder of the file that holds the line.
    """
    text = without_comment(text)
    fault = requirement(text)
    words = text.split()
    start = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    package, options = " ".join(words[:start]), [word for word in words[start:] if word != DROPPED_OPTION]
    if _is_address(package):
        package, options = "", [*words[:start], *options]
    passed_on = " ".join(_absolute(word, folder) for word in options)
    if has_secret(passed_on):
        return Line(fault=_secret(passed_on))
    if not package:
        return Line(passed_on=passed_on, fault=fault)
    if fault is not None and fault.severity == "error" and not options:
        return Line(fault=fault)
    try:
        found = Requirement(package)
    except InvalidRequirement as error:
        return Line(fault=_invalid(text, str(error).splitlines()[0]))
    if package.endswith(".txt"):
        return Line(fault=_invalid(text, "it is the name of a file"))
    return Line(found, passed_on, fault)


def installs(passed_on: str) -> bool:
    """Return whether a line that is passed on names something to install, and does not only say where or how."""
    return not passed_on.startswith("-") or passed_on.startswith(("-e", "--editable", "-r", "--requirement"))


def _is_address(text: str) -> bool:
    """Return whether a requirement names a place, and not only a package."""
    return "://" in text or " @ " in text or text.startswith((".", "/", "~")) or text.endswith((".whl", ".gz", ".zip"))


def _absolute(word: str, folder: Path) -> str:
    """Return a word of a line with the path in it, if it holds one that exists, as an address without blanks."""
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    if not value or "://" in value or not (folder / value).exists():
        return word
    return f"{option}{equals}{(folder / value).resolve().as_uri()}"


def _secret(text: str) -> Fault:
    message = f"the requirement holds a user name with a password, or a token: {shown(text, 120)}"
    do = "remove it, change it where it was issued, and give it to the installer in its own configuration"
    return Fault("PLAN_SECRET_IN_URL", message, do)


def _invalid(text: str, reason: str) -> Fault:
    do = "write a package with its version, e.g. `pandas==2.2.2`"
    return Fault("PLAN_REQUIREMENT", f"{shown(text, 120)} is no requirement: {redact(reason)}", do)
