"""What a step has opened, sorted: what it read, and what it wrote that lies outside of the run's folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.cache.imports import is_installed
from alo_nb.cache.paths import Named
from alo_nb.cache.state import SETTLED_NS, digest_now, names_digest, settled_marks
from alo_nb.cache.watch import Watch
from alo_nb.handover.values import marks_of
from alo_nb.project import Project

State = tuple[str, tuple[int, ...]]


@dataclass
class Opened:
    """Files with digest and marks; names below the run's folder are relative. `beyond`: why this is not all."""

    read: dict[str, State] = field(default_factory=dict)
    wrote: dict[str, State] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    beyond: str = ""

    def without(self, is_secret: Callable[[str], bool]) -> Opened:
        """Return the same without the files whose names must not be written down."""
        kinds: tuple[dict[str, Any], ...] = (self.read, self.wrote, self.listed)
        read, wrote, listed = ({path: each for path, each in kind.items() if not is_secret(path)} for kind in kinds)
        is_all = len(read) + len(wrote) + len(listed) == sum(map(len, kinds))
        return Opened(read, wrote, listed, self.beyond or ("" if is_all else "there is a secret in a file's name"))


def opened(watch: Watch, named: Named, *, code: Iterable[str], project: Project, root: Path, started_ns: int) -> Opened:
    """Sort what a step opened, and the files and folders that it `named`, by what they mean for the next time.

    Parameters
    ----------
    code : iterable of str
        Files of its code, which are compared as code.
    root : Path
        The run's folder.
    started_ns : int
        When it began: a file that has changed since then is not what it read.
    """
    found, modules = Opened(beyond=watch.beyond or named.beyond), {*code}
    for path, before in watch.databases.items():
        if not os.path.exists(path) or marks_of(Path(path)) != before:
            found.beyond = found.beyond or f"it changes a database ({Path(path).name})"
    for path in sorted({*watch.read, *watch.written, *named.files}):
        if path not in modules and not _is_ours(path, project, root):
            _sort(path, watch, root, started_ns, found)
    for path in sorted({*watch.listed, *named.folders}):
        if not _is_ours(f"{path}{os.sep}", project, root) and not path.startswith(str(root)):
            found.listed[path] = names_digest(Path(path))
    for path in sorted(watch.lost):
        is_gone = not os.path.lexists(path) and not path.startswith(f"{root}{os.sep}")
        if is_gone and not _is_ours(path, project, root):
            found.beyond = found.beyond or f"it deletes or moves what it has not made ({Path(path).name})"
    return found


def _is_ours(path: str, project: Project, root: Path) -> bool:
    """Tell whether a file is neither the user's nor the run's."""
    own = path.startswith(f"{project.own}{os.sep}") and not path.startswith(f"{root}{os.sep}")
    return own or is_installed(path)


def _changed_ns(path: str) -> int:
    """Return when a file was changed last; of SQLite's log, which root gives its owner at each opening, written."""
    found = os.stat(path)
    return found.st_mtime_ns if path.endswith("-wal") else found.st_ctime_ns


def _sort(path: str, watch: Watch, root: Path, started_ns: int, found: Opened) -> None:
    in_run, name = path.startswith(f"{root}{os.sep}"), path.removeprefix(f"{root}{os.sep}")
    digest = digest_now(Path(path), "", ())
    state = (digest, settled_marks(Path(path)) if digest else ())
    is_read, is_written = path in watch.read or path not in watch.written, path in watch.written
    if is_written and is_read and not in_run:
        found.beyond = found.beyond or f"it changes a file that it has not made ({Path(path).name})"
    elif is_written and is_read:
        found.read[name] = ("", ())  # it adds to the file: as it was only when there was none
    elif is_written:
        if digest and not in_run:
            found.wrote[name] = state
    else:
        if digest and not in_run and _changed_ns(path) > started_ns + SETTLED_NS:
            found.beyond = found.beyond or f"{Path(path).name} changed while it ran"
        found.read[name] = state
