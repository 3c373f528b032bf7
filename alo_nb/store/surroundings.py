"""Where a run goes on: Python, machine, and the git revision of the project."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

from alo_nb.project import Project

GIT_TIMEOUT_S = 10.0


def where_it_runs(project: Project) -> dict[str, Any]:
    """Return Python, host and process, and the project's git revision with whether there were changes on top of it."""
    return {**this_process(), **git_state(project.root)}


def this_process() -> dict[str, Any]:
    """Return the Python and the host of this process, and its number."""
    system = os.uname()  # `platform` would say the same, and take ten times as long to import
    return {
        "python": sys.version.partition(" ")[0],
        "system": system.sysname,
        "host": system.nodename,
        "pid": os.getpid(),
    }


def git_state(folder: Path) -> dict[str, Any]:
    """Return ``git`` and ``git_dirty`` of the repository that a folder lies in; nothing when it lies in none."""
    if not any((each / ".git").exists() for each in (folder, *folder.parents)):
        return {}
    revision = _git(folder, "rev-parse", "HEAD")
    if revision is None:
        return {}
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"git": revision, "git_dirty": bool(changes)}


def _git(folder: Path, *words: str) -> str | None:
    """Return what git says; None when it says nothing. Settings of the repository that run programs are off."""
    import subprocess

    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *words]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


class GitLook:
    """Asks git in the background, so that a run need not wait for it."""

    def __init__(self, folder: Path) -> None:
        self._found: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._look, args=(folder,), name="alo_nb git", daemon=True)
        self._thread.start()

    def _look(self, folder: Path) -> None:
        self._found = git_state(folder)

    def result(self) -> dict[str, Any]:
        """Return what git said, when it has; at most as long as git may take is waited for."""
        self._thread.join(GIT_TIMEOUT_S)
        return self._found
