"""The files that a step would find in its run's folders if the run began now. Nothing is copied or written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from alo_nb.cache.state import FileState
from alo_nb.cache.trace import Trace
from alo_nb.external.data import already_there, data_files, local_folder
from alo_nb.handover.values import marks_of
from alo_nb.plan import Pipeline
from alo_nb.plan.keys import ALO_3_ERA
from alo_nb.runner.request import RunRequest
from alo_nb.store.objects import digest_of_own

MODELS = "train_artifacts"


@dataclass
class Expected:
    """The files that one pipeline's steps would find. `made` are those of the steps before, path to digest."""

    request: RunRequest
    pipeline: Pipeline
    made: dict[str, str] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What is taken for granted, because only a run looks there."""
        return f"what {' and '.join(self._unseen)} is loaded from is taken to be as it was" if self._unseen else ""

    @property
    def _unseen(self) -> tuple[str, ...]:
        external, mode = self.request.plan.external_path, self.pipeline.mode
        data = (f"input/{mode}",) if data_files(external.loads(mode), self.request.project) is None else ()
        return (*data, MODELS) if mode == "inference" and external.load_model_path else data

    def seen(self, trace: Trace) -> Trace:
        """Return a trace without what it read where only a run looks."""
        unseen = tuple(f"{each}/" for each in self._unseen)
        folders = {name: files for name, files in trace.folders.items() if not f"{name}/".startswith(unseen)}
        files = {name: state for name, state in trace.files.items() if not name.startswith(unseen)}
        return replace(trace, folders=folders, files=files)

    def take(self, trace: Trace) -> None:
        """Add what a step has made that is taken over."""
        emptied = tuple(f"{folder}/" for folder, empty in trace.asked if empty)
        kept = {path: digest for path, digest in self.made.items() if not path.startswith(emptied)}
        self.made = {**kept, **{each.path: each.digest for each in trace.made}}

    def state(self) -> FileState:
        """Return the files as a decision asks for them."""
        return _State(None, self.folder, self)

    def folder(self, name: str) -> Mapping[str, str]:
        """Return the digests of the files in a folder of the run, by their path from there."""
        inside = f"{name.rstrip('/')}/"
        return {path.removeprefix(inside): digest for path, digest in self._files(name) if path.startswith(inside)}

    def _files(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield path and digest of each file in the part of the run's folder that `name` lies in."""
        if name.startswith("input/"):
            found = self._inputs()
        elif name.startswith(MODELS) and self.pipeline.mode == "inference" and not self.made:
            found = self._published(MODELS)
        else:
            yield from self.made.items()
            return
        yield from ((path, _digest(str(file), marks_of(file))) for path, file in found)

    def _inputs(self) -> Iterator[tuple[str, Path]]:
        """Yield where each file of external data would lie, and where it lies now."""
        plan, project = self.request.plan, self.request.project
        paths, place = plan.external_path.loads(self.pipeline.mode), f"input/{self.pipeline.mode}"
        is_kept = plan.control.get_external_data == "once" and already_there(paths, project.published(place))
        if not paths or is_kept:
            yield from self._published(place)
            return
        for path in paths:
            source = local_folder(path, project, "")
            target = place if plan.era == ALO_3_ERA else f"{place}/{source.name}"
            for file in data_files((path,), project) or ():
                yield f"{target}/{file.relative_to(source).as_posix()}", file

    def _published(self, folder: str) -> Iterator[tuple[str, Path]]:
        root = self.request.project.root
        for parent, _, names in os.walk(root / folder):
            for path in (Path(parent) / name for name in names):
                yield path.relative_to(root).as_posix(), path


@dataclass(frozen=True)
class _State(FileState):
    expected: Expected

    @property
    def has_run(self) -> bool:
        return True

    def digest(self, name: str, was: str, marks: tuple[int, ...]) -> str:
        path = Path(name)
        if path.is_absolute():
            return super().digest(name, was, marks)
        return self.expected.folder(path.parent.as_posix()).get(path.name, "")


@lru_cache(maxsize=100_000)
def _digest(path: str, marks: tuple[int, ...]) -> str:
    """Return the digest of a file, whose `marks` change whenever it does."""
    return digest_of_own(Path(path))
