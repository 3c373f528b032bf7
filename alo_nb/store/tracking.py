"""`init`: a run of one's own, with a config, metrics and artifacts; the meaning and the names are those of W&B."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from alo_nb.errors import StoreError, nearest
from alo_nb.plan.redact import redact_all
from alo_nb.project import find_project
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version, use_version
from alo_nb.store.metrics import MetricsFile, flat
from alo_nb.store.records import FAILED, INTERRUPTED, SUCCESS, Run, new_run_id, plain
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.store.surroundings import where_it_runs
from alo_nb.store.trouble import in_words

METRICS = "metrics.jsonl"
_current: TrackedRun | None = None


class Settings(MutableMapping[str, Any]):
    """The config of a run: a mapping whose keys can be read and set as attributes, too."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__["_values"] = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[str(name)] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._values:
            raise AttributeError(f"the config has no {name!r}{nearest(name, self._values)}")
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def as_dict(self) -> dict[str, Any]:
        """Return the config as a plain dict."""
        return dict(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


class TrackedRun:
    """A run that `init` began. It ends with `finish`, with its ``with`` block, or with the process."""

    def __init__(self, store: Store, run: Run) -> None:
        self._store, self._runs = store, RunStore(store.project)
        self._record = self._runs.start(replace(run, config=plain(redact_all(dict(run.config)))))
        self._metrics = MetricsFile(Path(self._record.folder) / METRICS)
        self._step, self._pending = 0, dict[str, Any]()
        self._lock, self._owner = threading.Lock(), os.getpid()
        self._last = dict(run.summary)
        self.config, self.summary = Settings(dict(run.config)), Settings(self._last)

    @property
    def id(self) -> str:
        """The run's unique id."""
        return self._record.id

    @property
    def name(self) -> str:
        """What people call it; the id when nobody gave it a name."""
        return self._record.name or self._record.id

    @property
    def job_type(self) -> str:
        """What kind of work it is."""
        return self._record.job_type

    @property
    def dir(self) -> str:
        """The run's own folder."""
        return self._record.folder

    @property
    def step(self) -> int:
        """The step that the next `log` writes to."""
        return self._step

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended."""
        return bool(self._record.finished)

    # Metrics --------------------------------------------------------------------------------------------------------

    def log(self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Log metrics of one step: numbers and short texts; nested names are joined by ``.``.

        Parameters
        ----------
        data : mapping
            Name to value.
        step : int, optional
            Steps go up; metrics of an earlier one are refused. The next one when absent.
        commit : bool, optional
            False keeps the step open for more metrics; the default when `step` is given.

        Raises
        ------
        StoreError
            The run has ended, a value is no metric, or the step lies behind.
        """
        self._check_running()
        if type(data) is not dict and not isinstance(data, Mapping):
            raise StoreError(
                f"run.log takes a dict of name to value, got {type(data).__name__}", do="run.log({'loss': 0.1})"
            )
        values = flat(data)
        with self._lock:
            if step is not None and step != self._step:
                self._go_to(step)
            self._last |= values
            self._pending = self._pending | values if self._pending else values
            if commit or (commit is None and step is None):
                self._write_pending()
                self._step += 1

    def _go_to(self, step: int) -> None:
        if step < self._step:
            raise StoreError(
                f"step {step} lies behind step {self._step}, which is being logged", do="log steps in order"
            )
        self._write_pending()
        self._step = step

    def _write_pending(self) -> None:
        if self._pending:
            self._metrics.add(self._step, self._pending)
            self._pending = {}

    # Artifacts ------------------------------------------------------------------------------------------------------

    def log_artifact(
        self,
        artifact_or_path: Artifact | str | Path,
        name: str | None = None,
        type: str | None = None,
        aliases: Iterable[str] | None = None,
        tags: Iterable[str] | None = None,
    ) -> Artifact:
        """Log an artifact as an output of this run: it becomes a version, with the alias ``latest`` and `aliases`.

        A path is logged as an artifact of its own. When the content is that of a version already, no new version is
        made: that one becomes ``latest``, and a line says so.
        """
        self._check_running()
        artifact = (
            artifact_or_path
            if isinstance(artifact_or_path, Artifact)
            else self._from_path(artifact_or_path, name, type)
        )
        if log_version(artifact, run=self.id, aliases=aliases or (), tags=tags or ()):
            return artifact
        sys.stderr.write(f"{artifact._name}: unchanged, it is still {artifact.version}\n")
        return artifact

    def _from_path(self, path: str | Path, name: str | None, type: str | None) -> Artifact:
        place = Path(path)
        artifact = Artifact(name or f"run-{self.id}-{place.name}", type or "unspecified", store=self._store)
        if place.is_dir():
            artifact.add_dir(place)
        else:
            artifact.add_file(place)
        return artifact

    def use_artifact(self, artifact_or_name: Artifact | str, type: str | None = None) -> Artifact:
        """Return the version that ``name:latest``, ``name:v3`` or ``name:ALIAS`` names, as an input of this run."""
        self._check_running()
        if isinstance(artifact_or_name, Artifact):
            if artifact_or_name.is_draft():
                log_version(artifact_or_name)
            artifact_or_name = artifact_or_name.name
        return use_version(self._store, artifact_or_name.rpartition("/")[2], run=self.id, type=type)

    # End ------------------------------------------------------------------------------------------------------------

    def finish(self, exit_code: int | None = None) -> None:
        """End the run, as failed when the exit code is not 0; a second call does nothing."""
        self._end(FAILED if exit_code else SUCCESS, f"exit code {exit_code}" if exit_code else "")

    def _end(self, status: str, error: str = "") -> None:
        global _current
        if self.is_finished or os.getpid() != self._owner:  # a forked child's copy is not the run
            return
        with self._lock:
            self._write_pending()
        with in_words("the metrics cannot be written", Path(self.dir)):
            self._metrics.close()
        config, summary = (plain(redact_all(each.as_dict())) for each in (self.config, self.summary))
        self._record = self._runs.finish(replace(self._record, config=config, summary=summary), status, error=error)
        if _current is self:
            _current = None

    def _check_running(self) -> None:
        if self._record.finished:
            raise StoreError(f"run {self.name} has ended ({self._record.status})", do="begin a new one: alo_nb.init()")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self._end(INTERRUPTED, "interrupted")
        else:
            self._end(FAILED, f"{type(error).__name__}: {error}".splitlines()[0])

    def __repr__(self) -> str:
        return f"<run {self.name}{f' {self.job_type}' if self.job_type else ''}: {self._record.status}>"


def init(
    project: str | None = None,
    *,
    job_type: str | None = None,
    config: Mapping[str, Any] | None = None,
    name: str | None = None,
    tags: Iterable[str] | None = None,
    notes: str | None = None,
    folder: str | Path | None = None,
) -> TrackedRun:
    """Begin a run; the one before it in this process ends.

    Parameters
    ----------
    project : str, optional
        A name to tell runs apart by; all runs of a folder are in its one store.
    job_type : str, optional
        What kind of work it is, e.g. ``"train"``: a node of the lineage graph is called so.
    config : mapping, optional
        Hyperparameters; more can be set as ``run.config.name = value``.
    name, tags, notes : optional
        For people.
    folder : str or Path, optional
        The project folder; found from the current folder when absent.

    Returns
    -------
    TrackedRun
        Use it in a ``with`` block, or call its `finish`.
    """
    global _current
    if _current is not None:
        _current.finish()
    store = Store.of(find_project(folder))
    run = Run(
        id=new_run_id(),
        mode="",
        trigger="init",
        plan=project or "",
        name=name or "",
        job_type=job_type or "",
        config=dict(config or {}),
        tags=tuple(tags or ()),
        notes=notes or "",
        made_in=where_it_runs(store.project),
    )
    _current = TrackedRun(store, run)
    return _current


@atexit.register
def _finish_at_exit() -> None:
    if _current is not None:
        _current.finish()
