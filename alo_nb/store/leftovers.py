"""What processes that are gone have left in ``.alo/``: folders in ``tmp/``, and results in the slots of ``work/``.

A lock tells that a process is gone, never its pid and no clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from alo_nb.files import is_locked, remove, try_lock, unlock
from alo_nb.project import Project
from alo_nb.store.aside import ALIVE, UNNAMED


def left_behind(project: Project, before: float) -> Iterator[Path]:
    """Yield what processes that are gone have left.

    `before` is in seconds of `time.time`: a folder in ``tmp/`` that was never locked is left alone when it is younger,
    since its process may be about to lock it.
    """
    yield from _in_tmp(project, before)
    for slot, lock in _slots(project):
        if not is_locked(lock):
            yield from _staged(slot)


def clear(project: Project, before: float) -> None:
    """Delete it. A slot is held meanwhile, so that no run begins in it, and its folders are links to results again."""
    for path in _in_tmp(project, before):
        remove(path, within=project.own)
    for slot, lock in _slots(project):
        held = try_lock(lock)
        if held is None:
            continue
        try:
            for path in _staged(slot):
                remove(path, within=slot)
                path.symlink_to(project.root / path.relative_to(slot))
        finally:
            unlock(held)


def _in_tmp(project: Project, before: float) -> Iterator[Path]:
    folder = project.own / "tmp"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            was_locked = (path / ALIVE).exists() and not path.name.startswith(UNNAMED)
            is_old = path.stat().st_mtime < min(before, time.time())
        except FileNotFoundError:
            continue  # its process has just closed it
        if (was_locked or is_old) and not is_locked(path / ALIVE):
            yield path


def _slots(project: Project) -> list[tuple[Path, Path]]:
    """Return folder and lock of every slot; `runner.workspace` makes them."""
    return [(lock.with_suffix(""), lock) for lock in sorted((project.own / "work").glob("*.lock"))]


def _staged(slot: Path) -> list[Path]:
    """Return what a run has made in a slot; all else there are links to the project's folders."""
    return [each for each in sorted([*slot.glob("input/*"), *slot.glob("*_artifacts")]) if not each.is_symlink()]
