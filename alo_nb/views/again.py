"""The line that runs once more what a run has run."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping

from alo_nb.store.records import Run

_OPTIONAL = {"--force", "--resume"}  # their value comes behind ``=``
_PLAIN = re.compile(r"[\w./:,+-]+")


def again_line(run: Run) -> str:
    """Return what was written to start a run: ``%alo_run train train.max_depth=2``; nothing where no line was.

    A run in a notebook is one of the plan that is open there. What was masked in its record is masked here, too.
    """
    if run.trigger == "notebook":
        return " ".join(["%alo_run", *([] if run.mode == "all" else [run.mode]), *_magic_words(run)])
    if run.trigger not in {"terminal", "papermill", "python"} or not run.plan_path or _is_of_cells(run):
        return ""
    words = ["alo-nb", "run", os.path.relpath(run.plan_path), *([] if run.mode == "all" else ["--mode", run.mode])]
    return shlex.join([*words, *command_words(run.asked)])


def command_words(asked: Mapping[str, str]) -> Iterator[str]:
    """Yield what was asked for (see `RunRequest.asked`) as words of the command line."""
    for name, value in asked.items():
        if not name.startswith("--"):
            yield from ("--set", f"{name}={value}")
        elif name in _OPTIONAL:
            yield f"{name}={value}" if value else name
        else:
            yield from (name, value) if value else (name,)


def _is_of_cells(run: Run) -> bool:
    """Tell whether its steps were cells of its kernel, which a plan alone does not have."""
    return any(each.cell.startswith("cell In[") for each in run.steps)


def _magic_words(run: Run) -> Iterator[str]:
    for name, value in run.asked.items():
        written = value if _PLAIN.fullmatch(value) or value[:1] in "[{'\"" else repr(value)
        yield f"{name}={written}" if value else name
