"""Where a run writes: a folder that looks like the project, whose parts take the project's place when complete.

``.alo/work/<n>/`` holds ``input/``, ``train_artifacts/`` and ``inference_artifacts/``. Outside of a run each is a link
to the project's own folder. A run turns what it writes into real folders, and at its end they are renamed into the
project. So a run that fails, is interrupted or is killed leaves the project's folders untouched, and a path that a
step stored stays valid after the run. Runs at the same time get different `n`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from alo_nb.cache.watch import watching
from alo_nb.errors import ProjectError
from alo_nb.external.digests import file_digests
from alo_nb.files import is_locked, locked, remove, replace_folder, restore_folders, try_lock, unlock
from alo_nb.project import Project
from alo_nb.runner.full_disk import give_back, reserve

Snapshot = dict[str, tuple[int, int]]

UNITS = ("input/train", "input/inference", "train_artifacts", "inference_artifacts")
_PER_STEP = ("models", "extra_output")


@dataclass
class Workspace:
    """One slot. `root` is the project as the run's steps see it.

    `step` is the one that runs; `made_by` tells for each folder that was asked for which step asked last; `inputs` has
    the `file_digests` of each mode's external data, taken before a step ran. `on_ask` is told of every folder that a
    step asks for, before it gets it: whether that begins empty, or None when the step only reads it.
    """

    project: Project
    root: Path
    _lock: int
    step: str = ""
    made_by: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)
    on_ask: Callable[[str, bool | None], None] | None = None

    @classmethod
    def acquire(cls, project: Project) -> Workspace:
        """Return the first slot that no living run holds, cleared of what a dead one left."""
        project.prepare()
        for name in (*(unit.partition("/")[0] for unit in UNITS), "history"):
            if (project.root / name).is_symlink():
                raise ProjectError(
                    f"the project's folder {name} is a link, and runs replace this folder",
                    where=str(project.root / name),
                    do="make it a real folder, or link the whole project folder instead",
                )
        slots = project.own / "work"
        slots.mkdir(exist_ok=True)
        number, lock = 0, None
        while lock is None:
            number += 1
            lock = try_lock(slots / f"{number}.lock")
        workspace = cls(project, slots / str(number), lock)
        try:
            reserve(workspace.root)
            with workspace._publishing():
                restore_folders(workspace._trash)
            workspace._drop_unfinished_backups()
            for unit in UNITS:
                workspace._link(unit)
        except BaseException:  # also Ctrl-C: nobody else would let the slot go
            give_back(workspace.root)
            unlock(lock)
            raise
        return workspace

    def _drop_unfinished_backups(self) -> None:
        """Delete what a run that died had copied for the history."""
        staging = self.project.own / "staging"
        for mode in ("train", "inference"):
            for folder in staging.glob(f"*Z-*-{mode}"):
                run_id = "-".join(folder.name.split("-")[:2])
                if not is_locked(self.project.runs / run_id / "alive"):
                    remove(folder, within=staging)

    def release(self) -> None:
        """Drop what was staged and not published, and let the slot go."""
        for unit in UNITS:
            self._link(unit)
        unlock(self._lock)

    def stage(self, unit: str, *, whole: bool) -> Path:
        """Make `unit` a real folder: empty when the run makes all of it, else with links to what it keeps."""
        folder = self.root / unit
        remove(folder, within=self.root)
        folder.mkdir(parents=True)
        if not whole:
            self._mirror(self.project.published(unit), folder)
        return folder

    def _mirror(self, published: Path, folder: Path) -> None:
        for entry in published.iterdir() if published.is_dir() else ():
            if entry.name in _PER_STEP and entry.is_dir():
                (folder / entry.name).mkdir()
                for each in entry.iterdir():
                    (folder / entry.name / each.name).symlink_to(each)
            else:
                (folder / entry.name).symlink_to(entry)

    def pin_models(self) -> None:
        """Give an inference a copy of train's models: no other run changes it, and it changes nobody else's.

        Nothing to do when this run has trained the models itself.
        """
        published = self.project.published("train_artifacts")
        if self.is_staged("train_artifacts"):
            return
        with self._publishing():
            folder = self.stage("train_artifacts", whole=False)
            if (published / "models").is_dir():
                remove(folder / "models", within=folder)
                shutil.copytree(published / "models", folder / "models")

    def writable(self, folder: str, *, empty: bool = False) -> Path:
        """Return a folder that the run may write to: new, or a copy of what is in place unless `empty`."""
        path = self.root / folder
        if self.on_ask is not None:
            self.on_ask(folder, empty)
        self.made_by[folder] = self.step
        if path.is_symlink():
            kept = path.resolve()
            path.unlink()
            if not empty and kept.is_dir():
                with watching():  # what is copied here is nothing that the step reads
                    shutil.copytree(kept, path, symlinks=True)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def readable(self, folder: str) -> Path:
        """Return a folder that the step reads and leaves as it is."""
        if self.on_ask is not None:
            self.on_ask(folder, None)
        return self.root / folder

    def digests(self, folder: str) -> Mapping[str, str]:
        """Return the digests of the files that the run has in a folder."""
        is_as_loaded = folder not in self.made_by  # else a step may have written to it
        known = self.inputs.get(folder.removeprefix("input/")) if is_as_loaded else None
        place = self.root / folder
        found = known if known is not None else file_digests(place) if place.is_dir() else {}
        return {name: digest for name, (digest, _) in found.items()}

    def snapshot(self) -> Snapshot:
        """Return size and time of change of every file that the run's steps see, by its path from `root`."""
        found = {}
        for parent, _, names in os.walk(self.root, followlinks=True):
            for path in (os.path.join(parent, name) for name in names):  # noqa: PTH118  # many
                with suppress(OSError):
                    status = os.stat(path)  # noqa: PTH116
                    found[os.path.relpath(path, self.root)] = (status.st_size, status.st_mtime_ns)
        return found

    def is_staged(self, unit: str) -> bool:
        """Tell whether the run has a version of its own of `unit`."""
        return not (self.root / unit).is_symlink()

    def publish(self, unit: str, *, whole: bool) -> None:
        """Put what was staged in the project's place."""
        staged = self.root / unit
        with self._publishing():
            if whole:
                replace_folder(staged, self.project.published(unit), self._trash)
            else:
                for path in list(_real_parts(staged)):
                    part = path.relative_to(staged)
                    replace_folder(path, self.project.published(unit) / part, self._trash)
        self._link(unit)

    def abandon(self, unit: str, keep_in: Path) -> None:
        """Move what was staged to `keep_in`, where it can be looked at."""
        target = keep_in / unit
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.root / unit).rename(target)
        self._link(unit)

    @property
    def _trash(self) -> Path:
        return self.project.own / "trash"

    def _publishing(self) -> AbstractContextManager[None]:
        return locked(self.project.publish_lock)

    def _link(self, unit: str) -> None:
        """Make `unit` a link to the project's folder, dropping a staged one."""
        path, target = self.root / unit, self.project.published(unit)
        if path.is_symlink() and path.readlink() == target:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.exists():
            remove(path, within=self.root)
        path.symlink_to(target)


def _real_parts(staged: Path) -> Iterator[Path]:
    """Yield the folders and files that are not links: those of each step in ``models`` and ``extra_output``."""
    for entry in staged.iterdir():
        if entry.is_symlink():
            continue
        if entry.name in _PER_STEP:
            yield from (each for each in entry.iterdir() if not each.is_symlink())
        else:
            yield entry
