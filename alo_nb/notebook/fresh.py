"""Runs in a clean kernel: `alo-nb run` as a process of its own, and the record that it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from alo_nb.errors import MagicUsageError, NotebookRunError
from alo_nb.project import Project
from alo_nb.runner import EVERYTHING, Caching, Selection
from alo_nb.steps.magic_line import text_of
from alo_nb.store import Run

IN_FRESH_KERNEL = "ALO_NB_FRESH"  # set in a clean kernel that runs a notebook
NO_CACHE = "ALO_NB_NO_CACHE"  # set in a kernel that executes each step, and keeps nothing for later
_PATIENCE = 30.0  # seconds that an interrupted run has to end its kernel and to record itself


def in_fresh_kernel() -> bool:
    """Tell whether this kernel was started to run a saved notebook: it starts no other one."""
    return bool(os.environ.get(IN_FRESH_KERNEL))


def allowed_here(caching: Caching) -> Caching:
    """Return what a run in this kernel takes from earlier ones: of the cache nothing, when it was started so."""
    return replace(caching, on=False, resume=None) if os.environ.get(NO_CACHE) else caching


class NotBegunError(NotebookRunError):
    """A run in a clean kernel ended before there was a record; `.said` is its own error in one line."""

    said: str = ""


@dataclass(frozen=True)
class FreshRun:
    """What to run: `target` is a plan or a notebook file, all else is as for `alo_nb.run`; by default without cache."""

    target: Path
    project: Project
    mode: str = "all"
    selection: Selection = EVERYTHING
    overrides: Mapping[str, Any] = field(default_factory=dict)
    interface_mode: str | None = None
    train_id: str | None = None
    no_install: bool = False
    quiet: bool = False
    cache: bool = False
    force: bool = False

    def command(self) -> list[str]:
        """Return the words that start it."""
        words = [sys.executable, "-m", "alo_nb", "run", str(self.target), "--json", "--mode", self.mode]
        words += ["--project", str(self.project.root), *([] if self.cache else ["--no-cache"])]
        words += ["--force"] if self.force else []
        more = {"--interface-mode": self.interface_mode, "--train-id": self.train_id}
        for option, value in {**self.selection.options(), **more}.items():
            words += [option, value] if value else []
        for name, value in self.overrides.items():
            words += ["--set", f"{name}={_as_text(name, value)}"]
        return [*words, *(["--no-install"] if self.no_install else [])]


def run_fresh(wanted: FreshRun) -> Run:
    """Run in a clean kernel and return the record, also of a run that failed; what it says is shown as it comes.

    Ctrl-C ends the other process in good order: its run is recorded as interrupted, and its kernel is gone.

    Raises
    ------
    NotBegunError
        It ended before there was a record.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as record:
        process = subprocess.Popen(
            wanted.command(),
            env={**os.environ, IN_FRESH_KERNEL: "1"},
            stdin=subprocess.DEVNULL,
            stdout=record,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches it once, from here
        )
        try:
            assert process.stderr is not None  # a pipe was asked for
            said = _follow(process.stderr, quiet=wanted.quiet)
            process.wait()
        except BaseException:  # also Ctrl-C: no run may go on unseen
            _stop(process)
            raise
        record.seek(0)
        text = record.read()
    if not text.strip():
        error = NotBegunError(
            f"the run in a clean kernel did not begin (exit status {process.returncode})",
            where=str(wanted.target),
            do="see above what it said" if said and not wanted.quiet else "\n         ".join(said[-6:]) or None,
        )
        error.said = said[0] if said else ""
        raise error
    return Run.from_dict(json.loads(text))


def _follow(stream: IO[str], *, quiet: bool) -> Sequence[str]:
    """Show what the other process says, line by line, and return it."""
    said = []
    for line in stream:
        said.append(line.rstrip("\n"))
        if not quiet:
            sys.stdout.write(line)
            sys.stdout.flush()
    return said


def _stop(process: subprocess.Popen[str]) -> None:
    """End the run in good order, else at once."""
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def _as_text(name: str, value: Any) -> str:
    """Return a value as the command line reads it.

    Raises
    ------
    MagicUsageError
        It is no literal, e.g. a table of this kernel.
    """
    try:
        return text_of(value)
    except ValueError:
        raise MagicUsageError(
            f"{name}: a value of type {type(value).__name__} cannot be handed to a clean kernel",
            do="give a number, a text, or a list or dict of them",
        ) from None
