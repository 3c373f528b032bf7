"""``.alo/runs/<run id>/``: one folder a run, written by the process that runs it and readable by all others.

``run.json`` is written when the run starts and replaced when it ends; ``steps.jsonl`` gets a line for each finished
step. The process holds a lock on ``alive`` all the while, so a run whose process died shows as interrupted at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from pathlib import Path

from alo_nb.errors import ProjectError, RunNotFoundError, nearest
from alo_nb.files import is_locked, try_lock, unlock, write_atomic
from alo_nb.project import Project
from alo_nb.store.names import LATEST
from alo_nb.store.records import INTERRUPTED, RUNNING, Run, StepRecord, index_row, now, plain

DOCTOR = "`alo-nb doctor` lists all that is damaged"
OFFERED = 5  # the newest runs that a message names


@dataclass
class RunStore:
    """The runs of one project."""

    project: Project
    _locks: dict[str, int] = field(default_factory=dict)

    def folder(self, run_id: str) -> Path:
        """Return the folder of a run."""
        return self.project.runs / run_id

    def start(self, run: Run) -> Run:
        """Record that a run has begun, before any user code runs.

        Raises
        ------
        ProjectError
            The folder cannot be written, or another process writes this run.
        """
        self.project.prepare()
        folder = self.folder(run.id)
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder / "alive")
        if lock is None:
            raise ProjectError(f"run {run.id} is being written by another process")
        self._locks[run.id] = lock
        run = replace(run, status=RUNNING, started=now(), folder=str(folder))
        try:
            self._write(run)
            self._enter(run)
        except BaseException:  # it has not begun, and must not look alive
            unlock(self._locks.pop(run.id))
            raise
        return run

    def add_step(self, run: Run, record: StepRecord) -> Run:
        """Append a finished step and return the run with it."""
        with (self.folder(run.id) / "steps.jsonl").open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(plain(record), ensure_ascii=False) + "\n")
        return replace(run, steps=(*run.steps, record))

    def finish(self, run: Run, status: str, *, error: str = "") -> Run:
        """Record how the run ended and let its lock go."""
        run = replace(run, status=status, finished=now(), error=error)
        self._write(run)
        self._enter(run)
        lock = self._locks.pop(run.id, None)
        if lock is not None:
            unlock(lock)
        return run

    def update(self, run: Run) -> None:
        """Replace the record of a run that has ended, e.g. to name its executed notebook."""
        self._write(run)

    def _enter(self, run: Run) -> None:
        """Note in the store that a run has begun or ended: that gives it its place in the order of things."""
        from alo_nb.store.store import Store  # SQLite is not for those who only look at a record

        row = index_row(run)
        Store.of(self.project).change(lambda _: ("run", row))

    def _write(self, run: Run) -> None:
        kept = replace(run, plan_path=self.project.recorded(run.plan_path))
        text = json.dumps(kept.to_dict(), ensure_ascii=False, indent=1)
        write_atomic(self.folder(run.id) / "run.json", text)

    def get(self, run_id: str) -> Run:
        """Return a run by its id, or by the beginning or the random part of it; the newest one for ``latest``.

        Raises
        ------
        RunNotFoundError
            No such run, or several.
        """
        newest = next(iter(self), None) if run_id == LATEST else None
        if newest is not None:
            return newest
        ids = self.ids()
        found = [each for each in ids if each.startswith(run_id) or each.endswith(f"-{run_id}")]
        if len(found) != 1:
            missing = f"there is no run {run_id!r}{nearest(run_id, ids, limit=OFFERED)}"
            raise RunNotFoundError(
                f"{len(found)} runs match {run_id!r}" if found else missing,
                where=str(self.project.runs),
                do="`%alo_runs` (`alo-nb runs`) lists all runs, `%alo_history` (`alo-nb history`) those of pipelines",
            )
        run = self._read(found[0])
        if run is None:
            what = self.trouble(found[0]) or f"run {found[0]} was cut off before it had a record"
            raise RunNotFoundError(what, where=str(self.folder(found[0])), do=DOCTOR)
        return run

    def list(self, *, limit: int | None = None) -> list[Run]:
        """Return the runs, newest first."""
        return [*islice(self, limit)]

    def __iter__(self) -> Iterator[Run]:
        """Yield the runs, newest first, read when they are asked for; a damaged record costs only its own row."""
        for _, ids in groupby(self.ids(), key=lambda run_id: run_id.partition("-")[0]):
            of_one_second = [run for run_id in ids if (run := self._read(run_id)) is not None]
            yield from sorted(of_one_second, key=lambda run: str(run.started), reverse=True)  # the ids are random there

    def ids(self) -> tuple[str, ...]:
        """Return the name of every run's folder, newest first."""
        return tuple(sorted(_folder_names(self.project.runs), reverse=True))

    def _read(self, run_id: str) -> Run | None:
        folder, run = self.folder(run_id), self.record(run_id)
        if run is None or run.status != RUNNING:
            return run
        alive = run_id in self._locks or is_locked(folder / "alive")
        if not alive and (ended := self.record(run_id)) is not None and ended.status != RUNNING:
            return ended  # it finished between the two looks
        steps = tuple(Run.from_dict({"id": "", "steps": list(_lines(folder / "steps.jsonl"))}).steps)
        status, error = (RUNNING, "") if alive else (INTERRUPTED, "the process died")
        return replace(run, steps=steps, status=status, error=error)

    def record(self, run_id: str) -> Run | None:
        """Return what ``run.json`` says; None when it is damaged or foreign: listed runs must not depend on it."""
        run = self._own(run_id)
        return run if run is not None and run.id == run_id else None

    def _own(self, run_id: str) -> Run | None:
        """Return what the record in a folder says, whichever run it is of."""
        folder = self.folder(run_id)
        try:
            run = Run.from_dict(json.loads((folder / "run.json").read_bytes()))
            return replace(run, folder=str(folder), plan_path=self.project.placed(run.plan_path))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def trouble(self, run_id: str) -> str:
        """Return what is wrong with the record of a run that began; empty when nothing is."""
        run = self._own(run_id)
        if run is None:
            is_there = os.path.lexists(self.folder(run_id) / "run.json")
            return f"the record of run {run_id} is damaged" if is_there else ""
        if run.id != run_id:
            return f"the record of run {run_id} is damaged: it says that it is run {run.id}, so the folder is a copy"
        return ""


def _folder_names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if entry.is_dir())
    except FileNotFoundError:
        return


def _lines(path: Path) -> Iterator[object]:
    """Yield the complete lines of a file that a dying process may have cut off."""
    if path.exists():
        for line in path.read_bytes().split(b"\n"):
            try:
                yield json.loads(line)
            except ValueError:
                return


def upstream_record(project: Project, run: Run, record: StepRecord) -> StepRecord | None:
    """Return the step whose outputs a step of `run` was given; None when there is none, or its record is gone."""
    source = find_run(project, record.inputs_from) if record.inputs_from else run
    wanted = (record.pipeline, record.upstream)
    steps = source.steps if source is not None else ()
    return next((each for each in steps if (each.pipeline, each.step) == wanted), None)


def find_run(project: Project, run_id: str) -> Run | None:
    """Return a run by its whole id; None when its record is gone or damaged."""
    return RunStore(project)._read(run_id) if run_id else None
