"""The end of a run: its results are signed, saved elsewhere, backed up, and put into the project's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.external.artifacts import reach_target, save_artifacts
from alo_nb.plan import Pipeline
from alo_nb.plan.redact import shown
from alo_nb.runner.artifacts import log_artifacts
from alo_nb.runner.backups import ERROR, back_up
from alo_nb.runner.events import Event, Warned
from alo_nb.runner.eviction import evict
from alo_nb.runner.full_disk import is_full
from alo_nb.runner.log_file import LogFile
from alo_nb.runner.marks import mark_run
from alo_nb.runner.setup import Setup
from alo_nb.runner.workspace import Workspace
from alo_nb.store import Run


@dataclass(frozen=True)
class Saving:
    """What to do with the artifacts of a run's pipelines; `tell` takes events."""

    setup: Setup
    workspace: Workspace
    log: LogFile
    tell: Callable[[Event], None]

    def reach(self) -> None:
        """Check that results can be saved where the plan says, before hours of work are done for them.

        Raises
        ------
        SourceError
            One does not.
        """
        external = self.setup.request.plan.external_path
        for pipeline in self.setup.pipelines:
            path = external.saves(pipeline.mode)
            if path and self.setup.is_whole:
                place = str(external.places.get(f"save_{pipeline.mode}_artifacts_path", ""))
                reach_target(path, self.setup.request.project, where=place, credentials=self.setup.credentials)

    def sign(self, run: Run, pipeline: Pipeline) -> None:
        """Put the logs so far, and the note which run this is, beside a pipeline's artifacts."""
        log = self.workspace.writable(f"{pipeline.artifacts}/log")
        mark_run(self.workspace.root / pipeline.artifacts, run, pipeline.name)
        if self.setup.is_whole:
            self.log.copy_to(log, pipeline.name)

    def publish(self, run: Run, pipelines: Sequence[Pipeline]) -> dict[str, str]:
        """Back up what the pipelines made and rename it into the project: all of the run, or nothing.

        Returns
        -------
        dict
            Name to version of what is in the store then.
        """
        for pipeline in pipelines:
            self._save_elsewhere(pipeline)
        kept = [self._back_up(run, pipeline) for pipeline in pipelines if self._is_backed_up]
        artifacts = self._log_artifacts(run, pipelines)
        for pipeline in pipelines:
            if self.workspace.is_staged(f"input/{pipeline.mode}"):
                self.workspace.publish(f"input/{pipeline.mode}", whole=True)
            self.workspace.publish(pipeline.artifacts, whole=self.setup.is_whole)
        self._evict(kept[-1] if kept else None)
        return artifacts

    def _log_artifacts(self, run: Run, pipelines: Sequence[Pipeline]) -> dict[str, str]:
        try:
            return log_artifacts(self.setup, run, self.workspace, pipelines)
        except (StoreError, OSError) as error:  # the run is good all the same
            self.tell(Warned(f"what the run has made is not in the store: {error}"))
            return {}

    def keep_unpublished(self, run: Run, pipeline: Pipeline, folder: Path) -> Path:
        """Keep what a run that failed had made, in the history, else in `folder`; return where it is then."""
        if self._is_backed_up:
            try:
                if pipeline.name not in run.complete:
                    self.sign(run, pipeline)
                kept = self._back_up(run, pipeline)
                self._evict(kept)
                return kept
            except OSError as error:  # a full disk, say; what ended the run must still be what is reported
                reason = "no space is left" if is_full(error) else error.strerror or shown(str(error), 120)
                self.tell(Warned(f"what {pipeline.name} had made is not in the history: {reason}"))
        self.workspace.abandon(pipeline.artifacts, folder)
        return folder / pipeline.artifacts

    @property
    def _is_backed_up(self) -> bool:
        return self.setup.is_whole and self.setup.request.plan.control.backup_artifacts

    def _back_up(self, run: Run, pipeline: Pipeline) -> Path:
        plan, project = self.setup.request.plan, self.setup.request.project
        return back_up(
            project,
            pipeline.mode,
            run.id if pipeline.name in run.complete else f"{run.id}{ERROR}",
            self.workspace.root / pipeline.artifacts,
            plan=plan,
            steps=self.setup.steps(pipeline),
            with_log=plan.control.backup_log,
        )

    def _evict(self, keep: Path | None) -> None:
        """Make room for what the run has kept; one that has no backup is not told when there is too little of it."""
        request = self.setup.request
        try:
            warnings = evict(request.project, limit_mb=request.plan.control.backup_size, keep=keep)
        except (StoreError, OSError) as error:  # the run is what it is all the same
            warnings = [f"old backups could not be deleted: {getattr(error, 'strerror', None) or error}"]
        for warning in warnings if keep else ():
            self.tell(Warned(warning))

    def _save_elsewhere(self, pipeline: Pipeline) -> None:
        """Write archives of the results to the plan's save path."""
        plan, mode = self.setup.request.plan, pipeline.mode
        path = plan.external_path.saves(mode)
        if path and self.setup.is_whole:
            place = str(plan.external_path.places.get(f"save_{mode}_artifacts_path", ""))
            staged, kind = self.workspace.root / pipeline.artifacts, plan.control.save_inference_format
            who, project = self.setup.credentials, self.setup.request.project
            save_artifacts(staged, path, project, mode=mode, kind=kind, where=place, credentials=who)
