"""What a name means that a user types: a run, a step of a run, or a version of an artifact."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from alo_nb.errors import ArtifactNotFoundError, RunNotFoundError, nearest
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import use_version
from alo_nb.store.names import LATEST
from alo_nb.store.records import Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store

SMALL = ("cell", "init")  # what began runs that are no run of a whole pipeline
_RANDOM_PART = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True)
class StepOfRun:
    """One step of a run."""

    run: Run
    record: StepRecord


def named(project: Project, name: str) -> Run | StepOfRun | Artifact:
    """Return what a name means.

    Parameters
    ----------
    name : str
        A run's id, its beginning or its random part; ``RUN/STEP``; ``NAME``, ``NAME:v3`` or ``NAME:ALIAS`` of an
        artifact; a step, which means its newest run; the name that `alo_nb.init` gave a run, the newest of it; or
        ``latest``, the newest run.

    Raises
    ------
    AloNbError
        There is nothing of this name; the nearest is told.
    """
    runs, store = RunStore(project), recorded(project)
    head, slash, step = name.partition("/")
    if slash:
        run = run_named(project, head)
        pipeline, _, own = step.rpartition("/")
        return StepOfRun(run, run.step(own, pipeline or None))
    if ":" in name or store.index.artifact_type(name) is not None:
        return use_version(store, name)
    if name[:1].isdigit() or name == LATEST:
        return runs.get(name)
    if _RANDOM_PART.fullmatch(name):
        with suppress(RunNotFoundError):
            return runs.get(name)
    return _newest(runs, store, name)


def recorded(project: Project) -> Store:
    """Return the store of a project that has one; looking makes none.

    Raises
    ------
    ArtifactNotFoundError
        Nothing has been recorded there yet.
    """
    if not project.own.is_dir():
        raise ArtifactNotFoundError(
            f"nothing has been recorded in {project.root} yet", do="run a step, or begin a run: alo_nb.init()"
        )
    return Store.of(project)


def run_named(project: Project, name: str) -> Run:
    """Return the run of this id, the newest one that `alo_nb.init` called so, or of all for ``latest``."""
    if name[:1].isdigit() or name == LATEST or _RANDOM_PART.fullmatch(name):
        return RunStore(project).get(name)
    found = named(project, name)
    if isinstance(found, Run):
        return found
    raise RunNotFoundError(f"{name!r} is no run", do="`%alo_runs` lists the runs")


def pair_named(project: Project, *names: str) -> tuple[Run | StepOfRun | Artifact, Run | StepOfRun | Artifact]:
    """Return the two that are to be compared; those not named are the newest good runs of whole pipelines.

    Raises
    ------
    AloNbError
        There is nothing of a name, or there are no two such runs.
    """
    if len(names) == 2:
        return named(project, names[0]), named(project, names[1])
    whole = islice(
        (run for run in RunStore(project) if run.trigger not in SMALL and run.status == "success"), 2 - len(names)
    )
    pair = [*(named(project, each) for each in names), *reversed([*whole])]
    if len(pair) < 2:
        raise RunNotFoundError(
            "there are no two good runs of whole pipelines to compare", do="name them; `%alo_runs` lists all runs"
        )
    return pair[0], pair[1]


def _newest(runs: RunStore, store: Store, name: str) -> Run | StepOfRun:
    index = store.index
    for row in index.runs():
        if row["name"] == name:
            return runs.get(row["id"])
    known: set[str] = {each for each, _ in index.artifacts()}
    for run in runs:
        for record in reversed(run.steps):
            if record.step == name:
                return StepOfRun(run, record)
        known |= {each.step for each in run.steps} | ({run.name} if run.name else set())
    raise RunNotFoundError(
        f"there is no run, step or artifact {name!r}{nearest(name, known)}",
        where=str(runs.project.root),
        do="`%alo_runs` and `%alo_artifact ls` list them",
    )
