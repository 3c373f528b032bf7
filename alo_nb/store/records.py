"""The records of a run: frozen values that turn into JSON and back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from alo_nb.plan.redact import redact_all
from alo_nb.store.breaks import Break

Record = TypeVar("Record")
SUCCESS, FAILED, INTERRUPTED, RUNNING = "success", "failed", "interrupted", "running"


def now() -> str:
    """Return the UTC time as ``2026-11-21T09:30:00.123Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id() -> str:
    """Return an id that sorts by time and is unique without coordination: UTC second and 6 random hex digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"


def plain(value: Any) -> Any:
    """Return what JSON can hold: records and mappings as dicts, sequences as lists, anything else as its text."""
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {name if isinstance(name, (str, int)) else str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def from_plain(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Return the record that `plain` made these values of; keys that it does not know are passed over.

    Raises
    ------
    TypeError, ValueError
        They are damaged, or of something else.
    """
    reader: Callable[[Any], Any] = _reader(kind)  # type: ignore[arg-type]  # mypy takes no class for hashable
    record: Record = reader(values)
    return record


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what turns JSON's values into a type: a record, or a tuple or mapping of some; others stay as they are."""
    inner, origin = get_args(kind), get_origin(kind)
    is_record: Callable[[Any], bool] = is_dataclass
    if kind is Summary:
        return Summary
    if is_record(kind):
        parts = {name: _reader(each) for name, each in get_type_hints(kind).items()}
        return lambda values: kind(**{name: read(values[name]) for name, read in parts.items() if name in values})
    if origin is tuple and inner[-1] is not ...:
        readers = [*map(_reader, inner)]
        return lambda values: tuple(read(each) for read, each in zip(readers, values, strict=True))
    if origin is tuple:
        read_each = _reader(inner[0])
        return lambda values: tuple(map(read_each, values))
    if origin is Mapping and (is_record(inner[1]) or inner[1] is Summary):
        read_value = _reader(inner[1])
        return lambda values: {name: read_value(each) for name, each in dict(values).items()}
    return lambda value: value


class Summary(dict[str, Any]):
    """What a pipeline gave to `save_summary`: result, score, note and probability. It shows itself."""

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)  # a step may hand it on: what reads it then need not know alo_nb


@dataclass(frozen=True)
class OutputRecord:
    """One value that a step saved: ``"DataFrame 891x12"``, its size in bytes, and the digest of its bytes.

    `signature` says what it is like, for comparisons with other runs: see `alo_nb.handover.signature`.
    """

    name: str
    summary: str
    size: int
    digest: str
    signature: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def kind(self) -> str:
        """``"DataFrame 891x12"``, ``"str 8"``, ``"int"``: the summary without the value itself, which may be secret."""
        name = str(self.signature.get("type", ""))
        if self.summary.startswith(name):
            return self.summary
        return f"{name} {self.signature['length']}" if "length" in self.signature else name


@dataclass(frozen=True)
class StepRecord:
    """One step of a run. `started` is as `now` writes it, `seconds` is wall time; `cell` says where its code stands.

    `reason` says why it ran, or why it did not have to: then `cached_from` is the run whose results it has.
    `inputs_from` is the run that its inputs come from, when that is another one, and `upstream` the step; `fetched`
    says that they were not at hand and were taken from what that run has kept.
    `breaks` is what it no longer hands on as it did.
    `position` is where it stands in its pipeline, ``"2/4"``; `origins` says where each of `args` comes from: ``plan``,
    ``magic line`` or ``this run``; `defaults` are what its code takes for arguments that it is not given.
    """

    pipeline: str
    step: str
    status: str
    seconds: float = 0.0
    fingerprint: str = ""
    cell: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    data: tuple[OutputRecord, ...] = ()
    config: tuple[OutputRecord, ...] = ()
    error: str = ""
    resources: Mapping[str, float] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    cached_from: str = ""
    inputs_from: str = ""
    fetched: bool = False
    upstream: str = ""
    breaks: tuple[Break, ...] = ()
    position: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    started: str = ""

    def outputs(self) -> dict[str, OutputRecord]:
        """Return ``"data.<key>"`` and ``"config.<key>"`` to what is known of the value that the step saved there."""
        kinds = (("data", self.data), ("config", self.config))
        return {f"{kind}.{each.name}": each for kind, records in kinds for each in records}

    def digests(self) -> dict[str, str]:
        """Return ``"data.<key>"`` and ``"config.<key>"`` to the digest of what the step saved there."""
        return {name: each.digest for name, each in self.outputs().items()}


@dataclass(frozen=True)
class PipelineIds:
    """What went into a pipeline, as ALO's history names it: 12 hex digits each, zeros when there was nothing.

    `data_id` is of all input files, `code_id` of the steps' code, `param_id` of their arguments.
    """

    data_id: str = ""
    code_id: str = ""
    param_id: str = ""


@dataclass(frozen=True)
class Run:
    """One run of a pipeline, of both, or of one cell.

    Attributes
    ----------
    id : str
        ``"20261121T093000Z-1f3a9c"``.
    status : str
        ``success``, ``failed``, ``interrupted`` or ``running``.
    mode : str
        ``train``, ``inference`` or ``all``.
    trigger : str
        What started it: ``cell``, ``notebook``, ``terminal``, ``papermill`` or ``python``.
    train_id : str
        The run that made the model an inference pipeline read; empty when there was none.
    summaries : mapping
        Pipeline name to what its steps gave to ``save_summary``.
    ids : mapping
        Pipeline name to what went into it.
    complete : tuple of str
        The pipelines whose steps all ended well, also when the run failed after them.
    artifacts : mapping
        Name to version (``"v3"``) of what the run's steps have made.
    name, job_type, config, summary, tags, notes
        What `alo_nb.init` was told, and the last values of what the run logged.
    asked : mapping of str to str
        What was asked for besides the plan and the mode: options of the command line, ``"--from"``, and arguments,
        ``"train.max_depth"``.
    made_in : mapping
        Where it ran: Python, host, the project's git revision and whether there were changes on top of it.
    """

    id: str
    status: str = RUNNING
    mode: str = "all"
    trigger: str = "python"
    plan: str = ""
    plan_path: str = ""
    interface_mode: str = "memory"
    started: str = ""
    finished: str = ""
    steps: tuple[StepRecord, ...] = ()
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    ids: Mapping[str, PipelineIds] = field(default_factory=dict)
    complete: tuple[str, ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict)
    train_id: str = ""
    error: str = ""
    notebook: str = ""
    name: str = ""
    job_type: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    notes: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    made_in: Mapping[str, Any] = field(default_factory=dict)
    folder: str = field(default="", compare=False)

    @property
    def seconds(self) -> float:
        """Wall time from start to finish; 0 while running."""
        if not self.finished or not self.started:
            return 0.0
        parse = datetime.fromisoformat
        return (parse(self.finished) - parse(self.started)).total_seconds()

    def step(self, name: str, pipeline: str | None = None) -> StepRecord:
        """Return the record of a step; `pipeline` when both pipelines have it.

        Raises
        ------
        UnknownStepError
            The run has no such step.
        """
        from alo_nb.errors import UnknownStepError, nearest

        for each in self.steps:
            if each.step == name and pipeline in {None, each.pipeline, each.pipeline.removesuffix("_pipeline")}:
                return each
        raise UnknownStepError(f"run {self.id} has no step {name!r}{nearest(name, (s.step for s in self.steps))}")

    def digests(self) -> dict[str, str]:
        """Return ``"<pipeline>/<step>/data.<key>"`` to digest, for all that the run's steps saved."""
        return {
            f"{each.pipeline}/{each.step}/{name}": digest
            for each in self.steps
            for name, digest in each.digests().items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dict(plain(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Run:
        """Return the run that `to_dict` wrote; as for `from_plain`."""
        return from_plain(cls, values)


def index_row(run: Run) -> dict[str, Any]:
    """Return what lists of runs show, as the index keeps it.

    `config` has the arguments as ``<step>.<argument>``, `metrics` the last values as ``<pipeline>.score`` or as logged.
    """
    arguments = {f"{each.step}.{name}": value for each in run.steps for name, value in each.args.items()}
    scores = {
        f"{name.removesuffix('_pipeline')}.{key}": summary[key]
        for name, summary in run.summaries.items()
        for key in ("score", "result")
        if key in summary
    }
    about = {
        **{"mode": run.mode, "trigger": run.trigger, "plan": run.plan, "seconds": run.seconds, "steps": len(run.steps)},
        **{"error": run.error, "tags": run.tags, "config": {**run.config, **arguments}},
        **{"metrics": {**run.summary, **scores}, "train_id": run.train_id},
    }
    head = {"id": run.id, "status": run.status, "started": run.started, "finished": run.finished}
    row = plain({**head, "name": run.name, "job_type": run.job_type, "about": redact_all(about)})
    return dict(json.loads(json.dumps(row)))  # a key may be a number, and JSON's are texts
