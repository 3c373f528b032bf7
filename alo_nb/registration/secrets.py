"""Secrets in what a bundle would carry: the code of the steps, their files, the results and the sample data.

A bundle goes to many people, so that a finding in code and results is an error; in data it is a warning, because data
may be full of texts that only look like one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from alo_nb.errors import SourceError
from alo_nb.plan import Place
from alo_nb.plan.redact import has_secret, redact_all
from alo_nb.plan.tree import Findings, Severity
from alo_nb.registration.code import StepCode
from alo_nb.registration.files import files_of
from alo_nb.steps.code import lines_of
from alo_nb.steps.definition import blocks_of
from alo_nb.store.records import plain

MAX_SIZE = 1 << 20  # bytes of a file that is looked at; no larger one is written by hand

_FILLED_IN_LATER = re.compile(r"\$?\{[^{}]*\}|\$\w+|%\(\w+\)s|%s|<\w+>")
_DO = "take it out, change it where it was issued, and let the step read it from an environment variable"


def find_in_code(code: StepCode, findings: Findings) -> None:
    """Refuse a step whose cell, or what it takes along from other cells, holds a secret."""
    step, args = code.definition, plain(code.definition.args)
    if redact_all(args) != args:
        _tell(f"the magic line of step {step.name!r}", Place(step.body.label), findings)
    places = [
        Place(block.label, block.line + number - 1)
        for block in blocks_of(step)
        for number in secret_lines(block.source)
    ]
    if not places and any(secret_lines(code.text)):
        places = [Place(step.body.label)]  # in a constant of another cell
    for place in places:
        _tell(f"the code of step {step.name!r}", place, findings)


def find_in_folder(folder: Path, findings: Findings, *, severity: Severity = "error") -> None:
    """Tell of each text file below a folder that holds a secret, with its first line that does, and of links."""
    try:
        found = {name: next(secret_lines(_text(folder / name)), 0) for name in files_of(folder)}
    except SourceError as error:
        findings.problem("BUNDLE_FILE", error.what, "", Place(error.where or ""), do=error.do or "")
        return
    for name, number in found.items():
        if number:
            _tell(f"the file {folder.name}/{name}", Place(str(folder / name), number), findings, severity=severity)


def secret_lines(text: str) -> Iterator[int]:
    """Yield the numbers of the lines with a password in an address, or with a known form of key.

    An address whose parts are filled in later, ``f"db://{user}:{password}@host"``, is none.
    """
    for number, line in enumerate(lines_of(text), start=1):
        rest = _FILLED_IN_LATER.sub("", line)
        if has_secret(rest if "://" in rest else rest.replace("@", " ")) or "PRIVATE KEY-----" in line:
            yield number


def _text(path: Path) -> str:
    """Return the text of a small file; nothing for a large or a binary one."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_SIZE else b""
    except OSError as error:
        what = f"the file {path.name} cannot be read: {error.strerror or error}"
        raise SourceError(what, where=str(path), do="check its rights") from error
    return "" if b"\0" in data else data.decode(errors="replace")


def _tell(what: str, place: Place, findings: Findings, *, severity: Severity = "error") -> None:
    message = f"{what} holds a password, a token or a key"
    findings.problem("BUNDLE_SECRET", message, "", place, do=_DO, severity=severity)
