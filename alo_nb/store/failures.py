"""What is kept of a step that failed, as frozen values: `Failure` turns into JSON and back.

A failure lies in ``.alo/runs/<run id>/failure/<mode>-<step>/``: ``failure.json``, which is written last, and the bytes
of the step's inputs in ``values/``, each file named by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from alo_nb.errors import RunNotFoundError, StoreError, UnknownStepError, nearest
from alo_nb.files import write_atomic
from alo_nb.project import Project
from alo_nb.store.records import INTERRUPTED, SUCCESS, Run, from_plain, plain
from alo_nb.store.runs import RunStore

FORMAT = 1
FILE, VALUES = "failure.json", "values"


@dataclass(frozen=True)
class KeptValue:
    """One input of the step. `kind` is ``data``, ``config``, ``args`` or ``use``; without a `digest` it was not kept.

    `note` says why it was not kept, or what was masked in it.
    """

    kind: str
    name: str
    summary: str
    size: int = 0
    digest: str = ""
    note: str = ""


@dataclass(frozen=True)
class KeptLocal:
    """A local variable as text; `parts` is the value itself, encoded and in base64, when it is small plain data."""

    name: str
    type: str
    text: str
    dtype: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptFrame:
    """A call in the step's own code. `around` are the numbers and texts of the lines about `line`."""

    label: str
    line: int
    function: str = ""
    around: tuple[tuple[int, str], ...] = ()
    locals: tuple[KeptLocal, ...] = ()

    @property
    def text(self) -> str:
        """The line that was running, without blanks around it."""
        return dict(self.around).get(self.line, "").strip()


@dataclass(frozen=True)
class Failure:
    """A step that failed.

    Attributes
    ----------
    upstream, inputs_from : str
        The step whose outputs it was given, and the run that made them; empty for the first step.
    body, source : str
        The step's own code, and the same below all that it takes along from other cells.
    head : str
        The magic line of its cell; empty when the code stands in a file.
    frames : tuple of KeptFrame
        The calls in the step's own code, innermost last.
    given : mapping
        The arguments that this run alone was given, which went before the plan's.
    """

    run_id: str
    pipeline: str
    step: str
    upstream: str = ""
    inputs_from: str = ""
    when: str = ""
    plan_path: str = ""
    error: str = ""
    message: str = ""
    traceback: str = ""
    label: str = ""
    head: str = ""
    body: str = ""
    source: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[KeptValue, ...] = ()
    frames: tuple[KeptFrame, ...] = ()
    notes: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def name(self) -> str:
        """``1f3a9c/train``: what ``%alo_debug`` takes."""
        return f"{self.run_id.rpartition('-')[2]}/{self.step}"

    @property
    def place(self) -> str:
        """``steps.ipynb, cell 3, line 4``: where it failed."""
        return f"{self.frames[-1].label}, line {self.frames[-1].line}" if self.frames else self.label


def failure_folder(project: Project, run_id: str, pipeline: str, step: str) -> Path:
    """Return where the failure of a step is kept, whether it is there or not."""
    return project.runs / run_id / "failure" / f"{pipeline.removesuffix('_pipeline')}-{step}"


def value_file(folder: Path, digest: str) -> Path:
    """Return where an input of a failure lies, whether it is there or not."""
    return folder / VALUES / digest.removeprefix("b3:")


def write_failure(folder: Path, failure: Failure) -> None:
    """Write the record of a failure, whose inputs lie in its folder already: from now on it can be found.

    Its `plan_path` is as `Project.recorded` names it.
    """
    write_atomic(folder / FILE, json.dumps(plain(failure), ensure_ascii=False, indent=1))


def failure_folders(project: Project) -> Iterator[Path]:
    """Yield the folders of all complete failures, those of the newest runs first."""
    for _, ids in groupby(RunStore(project).ids(), key=lambda run_id: run_id.partition("-")[0]):
        of_one_second = [folder for run_id in ids for folder in _of_run(project, run_id)]
        yield from sorted(of_one_second, key=_kept_at, reverse=True)  # the ids are random there


def _kept_at(folder: Path) -> int:
    with suppress(FileNotFoundError):  # another process has just deleted it
        return (folder / FILE).stat().st_mtime_ns
    return 0


def _of_run(project: Project, run_id: str) -> list[Path]:
    folder = project.runs / run_id / "failure"
    return sorted(each.parent for each in folder.glob(f"*/{FILE}")) if folder.is_dir() else []


def find_failure(project: Project, run: str | None = None, step: str | None = None) -> Path:
    """Return the folder of a failure: of a run by its id, which may be cut short, or the newest that is not mended.

    Raises
    ------
    RunNotFoundError
        No such run, or it kept nothing; or all failures are mended, and no run is named.
    UnknownStepError
        Another step of it failed.
    """
    if run is None:
        found = _not_mended(project)
        if found is None:
            newest = next(iter(RunStore(project)), None)
            do = "`%alo_runs` (`alo-nb runs`) lists the runs and how they ended"
            if newest is not None and newest.status == INTERRUPTED:
                do = f"the newest run was interrupted: {how_to_go_on(newest)}"
            raise RunNotFoundError("no run of this project has kept a failure", where=str(project.runs), do=do)
        folders = [found]
    else:
        record = RunStore(project).get(run)
        folders = _of_run(project, record.id)
        if not folders:
            ended = f"it ended as {record.status}" + (f": {record.error}" if record.error else "")
            do = "only a step that raises an exception keeps one: no interrupt, no kernel that died"
            if record.status == INTERRUPTED:
                do = f"{do}; {how_to_go_on(record)}"
            raise RunNotFoundError(f"run {record.id} has kept no failure; {ended}", do=do)
    steps = {_step_of(each): each for each in folders}
    wanted = (step or "").rpartition("/")[2] or next(reversed(steps))
    if wanted not in steps:
        raise UnknownStepError(
            f"step {wanted!r} did not fail in that run{nearest(wanted, steps)}", where=str(folders[0])
        )
    return steps[wanted]


def _not_mended(project: Project) -> Path | None:
    """Return the folder of the newest failure that is not mended; None when no failure is kept.

    Raises
    ------
    RunNotFoundError
        All of them are mended.
    """
    newest: tuple[Path, str] | None = None
    for folder, mended in _with_success(project):
        if not mended:
            return folder
        newest = newest or (folder, mended)
    if newest is None:
        return None
    folder, mended = newest
    name = f"{folder.parents[1].name.rpartition('-')[2]}/{_step_of(folder)}"
    raise RunNotFoundError(
        f"all failures that are kept are mended: step {_step_of(folder)!r} has succeeded since, in run {mended}",
        do=f"`%alo_debug {name}` opens the newest of them (alo-nb debug {name})",
    )


def mended_in(project: Project, folder: Path) -> str:
    """Return the newest run in which the step of a failure has succeeded since; empty when there is none."""
    return next((mended for each, mended in _with_success(project) if each == folder), "")


def _with_success(project: Project) -> Iterator[tuple[Path, str]]:
    """Yield the folders of failures, newest first, each with the newest later run of its plan that has its step."""
    succeeded: dict[tuple[str, str, str], str] = {}
    for run in RunStore(project):
        for folder in _of_run(project, run.id):
            pipeline = f"{folder.name.partition('-')[0]}_pipeline"
            yield folder, succeeded.get((run.plan_path, pipeline, _step_of(folder)), "")
        for each in run.steps:
            if each.status == SUCCESS:
                succeeded.setdefault((run.plan_path, each.pipeline, each.step), run.id)


def _step_of(folder: Path) -> str:
    return folder.name.partition("-")[2]


def how_to_go_on(run: Run) -> str:
    """Return what to do after a run that was interrupted."""
    if run.trigger == "cell":
        return "run its cell again"
    return f"%alo_run --resume={run.id} executes what it lacks (alo-nb run PLAN --resume={run.id})"


def read_failure(folder: Path) -> Failure:
    """Return a failure that is kept in a folder.

    Raises
    ------
    StoreError
        It is damaged, or of a newer alo_nb.
    """
    path = folder / FILE
    try:
        values = json.loads(path.read_bytes())
        newer = int(values["format"]) > FORMAT
        if not newer:
            failure = from_plain(Failure, values)
            return replace(failure, plan_path=Project(folder.parents[4]).placed(failure.plan_path))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"the record of this failure is damaged: {type(error).__name__}"
        raise StoreError(
            what, where=str(path), do="run the step again; the log of the run has its traceback"
        ) from error
    what = f"this failure was kept by a newer alo_nb (format {values['format']}; this one reads up to {FORMAT})"
    raise StoreError(what, where=str(path), do="update alo_nb")
