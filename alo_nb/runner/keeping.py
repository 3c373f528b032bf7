"""What an execution of a step leaves so that it can be taken over: it is watched, its trace and its values are kept."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.cache.decision import Now
from alo_nb.cache.imports import module_digest, versions_of
from alo_nb.cache.modules import late_modules, old_modules, own_modules
from alo_nb.cache.opened import Opened, opened
from alo_nb.cache.paths import files_named, texts_in, texts_of
from alo_nb.cache.trace import MadeFile, Output, Trace, Traces
from alo_nb.cache.variables import sets_variables
from alo_nb.cache.watch import Watch, watching
from alo_nb.handover import Channel
from alo_nb.handover.interface import KINDS, Kind
from alo_nb.handover.values import Values
from alo_nb.plan.policies import OFF
from alo_nb.runner.setup import Setup
from alo_nb.runner.workspace import Snapshot, Workspace
from alo_nb.step_api import LogRecord
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.module import start_afresh
from alo_nb.store.objects import digest_of_own
from alo_nb.store.records import plain


@dataclass
class Watched:
    """One execution that is watched: the step as it was, and what it asks for and opens."""

    now: Now
    started_ns: int
    before: Snapshot
    modules: frozenset[str]
    opened: Watch = field(default_factory=Watch)
    asked: dict[tuple[str, bool], None] = field(default_factory=dict)
    folders: dict[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Keeping:
    """What one run keeps of its executions. `mask` takes secrets out of texts."""

    setup: Setup
    workspace: Workspace
    mask: Callable[[str], str]

    @property
    def _values(self) -> Values:
        return Values(self.setup.request.project)

    @contextmanager
    def watching(self, now: Now) -> Iterator[Watched]:
        """Note what a step asks for and opens during the body."""
        start_afresh()  # also what helpers of cells keep
        watched = Watched(now, time.time_ns(), self.workspace.snapshot(), frozenset(own_modules()))

        def ask(folder: str, empty: bool | None) -> None:
            if empty is not None:
                watched.asked.setdefault((folder, empty))
            if not empty and folder not in watched.folders:
                watched.folders[folder] = self.workspace.digests(folder)

        self.workspace.on_ask = ask
        try:
            with watching() as watched.opened:
                yield watched
        finally:
            self.workspace.on_ask = None

    def keep(
        self,
        watched: Watched,
        definition: StepDefinition,
        channel: Channel,
        *,
        logs: list[LogRecord],
        shown: list[dict[str, Any]],
        seconds: float,
    ) -> None:
        """Keep what an execution depended on and what it has made, so that it can be taken over."""
        now, own = watched.now, channel.own
        old = old_modules(watched.opened.unpickled, watched.modules)
        late = late_modules(watched.modules, now.imports.files)
        found = self._opened(watched, definition, channel, late)
        made, beyond = self._made(watched)
        trace = Trace(
            run=own.run_id,
            pipeline=own.pipeline,
            step=own.step,
            parts={name: (part.digest, self.mask(part.text), part.label) for name, part in now.parts.items()},
            modules={**now.imports.files, **{path: module_digest(path) for path in late}},
            packages=versions_of(now.imports.packages),
            python=now.python,
            args=now.args,
            used=now.used,
            variables=now.variables,
            key=now.key,
            summary=now.summary if any("/score/" in each.path for each in made) else {},
            upstream=now.upstream,
            read={kind: tuple(sorted(channel.read[kind])) for kind in KINDS},
            folders=watched.folders,
            files=found.read,
            listed=found.listed,
            beyond=now.imports.beyond or found.beyond or beyond or _of_old(old) or _sets_variables(definition),
            data=self._outputs(channel, "data"),
            config=self._outputs(channel, "config"),
            made=made,
            wrote=found.wrote,
            asked=tuple(watched.asked),
            folders_made=self._folders_made(watched),
            place=self._place(watched, channel),
            logs=tuple(map(plain, logs)),
            shown=tuple(shown),
            seconds=seconds,
        )
        if self.setup.policy(own.pipeline, own.step) != OFF:
            Traces(self.setup.request.project).add(trace)

    def _opened(self, watched: Watched, definition: StepDefinition, channel: Channel, late: set[str]) -> Opened:
        project = self.setup.request.project
        arguments = self.setup.arguments_of(channel.own.pipeline, definition.name)
        texts = {*texts_in(definition), *texts_of(arguments), *channel.texts}
        texts = {each for each in texts if self.mask(each) == each}  # a secret is no path
        listed = {each for each in watched.opened.listed if not Path(each).is_relative_to(self.workspace.root)}
        found = opened(
            watched.opened,
            files_named(texts, listed, project),
            code={*watched.now.imports.files, *late, definition.body.file},
            project=project,
            root=self.workspace.root,
            started_ns=watched.started_ns,
        )
        return found.without(lambda path: self.mask(path) != path)

    def _outputs(self, channel: Channel, kind: Kind) -> tuple[Output, ...]:
        outputs = []
        for entry in channel.interface.entries(channel.own, kind):
            is_passed = entry.name in channel.handed_on[kind]
            marks = () if is_passed else self._values.put(channel.interface.read(channel.own, kind, entry.name))
            outputs.append(
                Output(entry.name, entry.summary, entry.size, entry.digest, marks, is_passed, entry.signature)
            )
        return tuple(outputs)

    def _made(self, watched: Watched) -> tuple[tuple[MadeFile, ...], str]:
        """Return the files of the run that are new or changed, and why taking them over would not be enough."""
        after, before = self.workspace.snapshot(), watched.before
        emptied = tuple(f"{folder}/" for folder, empty in watched.asked if empty)
        if any(path not in after and not path.startswith(emptied) for path in before):
            return (), "it deletes files of other steps"
        read, written = (
            {os.path.relpath(path, self.workspace.root) for path in paths}
            for paths in (watched.opened.read, watched.opened.written)
        )
        made = []
        for path in (path for path, marks in after.items() if before.get(path) != marks or path in written):
            full = self.workspace.root / path
            if full.is_symlink():
                return (), "it makes links"
            digest = digest_of_own(full)
            found = full.stat()
            marks = self._values.put_file(full, digest)
            is_program, is_blind = bool(found.st_mode & stat.S_IXUSR), path in written and path not in read
            made.append(MadeFile(path, digest, found.st_size, marks, is_program, is_blind))
        return tuple(made), ""

    def _folders_made(self, watched: Watched) -> tuple[str, ...]:
        root = self.workspace.root
        made = (Path(each) for each in sorted(watched.opened.made))
        return tuple(str(each.relative_to(root)) for each in made if each.is_relative_to(root) and each.is_dir())

    def _place(self, watched: Watched, channel: Channel) -> str:
        """Return the run's folder when a saved value may name it; only a step that asked for a folder knows it.

        A `Path` is pickled in parts, of which one is looked for.
        """
        part = self.setup.request.project.own.name.encode()
        for kind in KINDS if watched.asked or watched.folders else ():
            for entry in channel.interface.entries(channel.own, kind):
                value = channel.interface.read(channel.own, kind, entry.name)
                if any(content.find(part) >= 0 for content in value.contents()):
                    return str(self.workspace.root)
        return ""


def _sets_variables(definition: StepDefinition) -> str:
    return "it sets an environment variable, which steps after it may read" if sets_variables(definition) else ""


def _of_old(modules: set[str]) -> str:
    names = ", ".join(sorted(Path(each).name for each in modules))
    return f"an object that it loaded needs {names}, imported before it ran" if names else ""
