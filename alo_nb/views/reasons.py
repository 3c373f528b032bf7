"""Why a step runs, in the language in use: what is stored stays English and is translated when it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from alo_nb.lang import translated

REASONS = (  # what `alo_nb.cache.decision` and `alo_nb.runner` write; `why` is a reason again, `thing` one of `THINGS`
    "{why} (and {count} more)",
    "never run",
    "nothing changed",
    "nothing changed since run {run}",
    "forced",
    "policy cache={policy}",
    "step {step} runs first: {why}",
    "its last run was interrupted",
    "its last run failed: {error}",
    "nothing is kept of its last run",
    "the key of the cache is another one",
    "nothing is kept of it from run {run}",
    "run {run} did not complete it",
    "what is kept of its last run is damaged",
    "what is kept of its last run was deleted",
    "what is kept of its last run cannot be used: {why}",
    "what it saved names the folder of a run that goes on at the same time",
    "it uses the notebook variable {name}, which is not here",
    "environment changed: {name} {was} -> (gone)",
    "environment changed: {name} {was} -> {now}",
    "argument {name} changed: (none) -> {now}",
    "argument {name} changed: {was} -> (none)",
    "argument {name} changed: {was} -> {now}",
    "{name} of the plan changed: {was} -> {now}",
    "the keys of {kind} from {step} come in another order",
    "the keys of {kind} come in another order",
    "the files in {folder} are others",
    # Why a step cannot be kept
    "not cached: {why}",
    "{text} stands for more than {number} files",
    "there is a secret in a file's name",
    "it reads from the network",
    "it starts another program ({name})",
    "it starts another program",
    "it changes a database ({name})",
    "it deletes or moves what it has not made ({name})",
    "it changes a file that it has not made ({name})",
    "{name} changed while it ran",
    "it imports a module whose name is made when it runs",
    "it deletes files of other steps",
    "it makes links",
    "it sets an environment variable, which steps after it may read",
    "an object that it loaded needs {names}, imported before it ran",
    "it is damaged",
    # The general ones come last
    "{thing} changed",
    "{thing} is new",
    "{thing} is gone",
)
THINGS = (
    "{thing} in {place}",
    "{thing} from {step}",
    "{thing}, which it wrote,",
    "code",
    "helper {name}",
    "constant {name}",
    "module {name}",
    "file {name}",
    "environment variable {name}",
    "notebook variable {name}",
    "input config {name}",
    "input {name}",
)
_INNER = {"why": REASONS, "thing": THINGS}


def reason_text(stored: str) -> str:
    """Return a stored reason in the language in use; a text that is none of `REASONS` stays as it is."""
    return _translated(stored, REASONS)


def _translated(text: str, templates: Sequence[str]) -> str:
    for template in templates:
        found = _pattern(template).fullmatch(text)
        if found is not None:
            values = found.groupdict()
            inner = {name: _translated(values[name], _INNER[name]) for name in values.keys() & _INNER.keys()}
            return translated(template).format(**{**values, **inner})
    return text


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Return what finds the values of a template in a text."""
    parts = re.split(r"\{(\w+)\}", template)  # texts and names of values by turns
    found = [
        (rf"(?P<{each}>\d+)" if each == "count" else rf"(?P<{each}>.+?)") if number % 2 else re.escape(each)
        for number, each in enumerate(parts)
    ]
    return re.compile("".join(found), re.DOTALL)
