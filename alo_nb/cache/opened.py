"""What a step has opened, sorted: what it read, and what it wrote that lies outside of the run's folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from alo_nb.cache.state import digest_now, names_digest
from alo_nb.cache.watch import Watch, is_equipment
from alo_nb.handover.values import marks_of
from alo_nb.project import Project

_LATE_NS = 50_000_000  # by which a file system's clock may lag behind ours

State = tuple[str, tuple[int, ...]]


@dataclass
class Opened:
    """Files with digest and marks; names below the run's folder are relative. `beyond`: why this is not all."""

    read: dict[str, State] = field(default_factory=dict)
    wrote: dict[str, State] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    beyond: str = ""


def opened(
    watch: Watch, named: Iterable[str], *, code: Iterable[str], project: Project, root: Path, started_ns: int
) -> Opened:
    """Sort what a step opened, and the files that it `named`, by what they mean for the next time.

    Parameters
    ----------
    code : iterable of str
        Files of its code, which are compared as code.
    root : Path
        The run's folder.
    started_ns : int
        When it began: a file that has changed since then is not what it read.
    """
    found, modules = Opened(beyond=watch.beyond), {*code}
    for path in sorted({*watch.read, *watch.written, *named}):
        if path not in modules and not _is_ours(path, project, root):
            _sort(path, watch, root, started_ns, found)
    for path in sorted(watch.listed):
        if not _is_ours(f"{path}{os.sep}", project, root) and not path.startswith(str(root)):
            found.listed[path] = names_digest(Path(path))
    return found


def _is_ours(path: str, project: Project, root: Path) -> bool:
    """Tell whether a file is neither the user's nor the run's."""
    own = path.startswith(f"{project.own}{os.sep}") and not path.startswith(f"{root}{os.sep}")
    return own or is_equipment(path)


def _sort(path: str, watch: Watch, root: Path, started_ns: int, found: Opened) -> None:
    in_run, name = path.startswith(f"{root}{os.sep}"), path.removeprefix(f"{root}{os.sep}")
    digest = digest_now(Path(path), "", ())
    state = (digest, marks_of(Path(path)) if digest else ())
    is_read, is_written = path in watch.read or path not in watch.written, path in watch.written
    if is_written and is_read and not in_run:
        found.beyond = found.beyond or f"it changes a file that it reads ({Path(path).name})"
    elif is_written and is_read:
        found.read[name] = ("", ())  # it adds to the file: as it was only when there was none
    elif is_written:
        if digest and not in_run:
            found.wrote[name] = state
    else:
        if digest and state[1][2] > started_ns + _LATE_NS and not in_run:
            found.beyond = found.beyond or f"{Path(path).name} changed while it ran"
        found.read[name] = state
