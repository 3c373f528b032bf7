"""Steps that need not run: what one would run as, what an execution leaves, and how an earlier one is taken over."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.cache.decision import Cause, Decision, Now, causes_to_run, decide
from alo_nb.cache.imports import module_digest, versions_of
from alo_nb.cache.modules import late_modules, old_modules, own_modules
from alo_nb.cache.opened import Opened, opened
from alo_nb.cache.parts import BODY
from alo_nb.cache.paths import files_named, texts_in, texts_of
from alo_nb.cache.state import FileState
from alo_nb.cache.trace import MadeFile, Output, Trace, Traces
from alo_nb.cache.variables import sets_variables
from alo_nb.cache.watch import Watch, watching
from alo_nb.errors import InterfaceError, ResumeError
from alo_nb.external.digests import file_digests
from alo_nb.files import copy_file, remove
from alo_nb.handover import Channel
from alo_nb.handover.codec import Encoded
from alo_nb.handover.interface import KINDS, Kind
from alo_nb.handover.values import Values
from alo_nb.plan.policies import OFF
from alo_nb.runner.earlier import trace_of_run
from alo_nb.runner.now import FORCED, asked_for, step_now
from alo_nb.runner.setup import Setup
from alo_nb.runner.workspace import Snapshot, Workspace
from alo_nb.step_api import LogRecord
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.module import start_afresh
from alo_nb.store import Run
from alo_nb.store.objects import digest_of_own
from alo_nb.store.records import SUCCESS, plain

_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


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
class Reuse:
    """The cache as one run sees it. `mask` takes secrets out of texts that are kept."""

    setup: Setup
    workspace: Workspace
    mask: Callable[[str], str]

    @property
    def _traces(self) -> Traces:
        return Traces(self.setup.request.project)

    @property
    def _values(self) -> Values:
        return Values(self.setup.request.project)

    # Deciding -------------------------------------------------------------------------------------------------------

    def now(self, channel: Channel, used: Mapping[str, str]) -> Now:
        """Return a step as it would run now; `used` has the digests of its notebook variables."""
        upstream, own = channel.upstream, channel.own
        entries = {kind: channel.interface.entries(upstream, kind) if upstream else () for kind in KINDS}
        return step_now(
            self.setup,
            own.pipeline,
            own.step,
            upstream={kind: {each.name: each.digest for each in entries[kind]} for kind in KINDS},
            upstream_step=upstream.step if upstream else "",
            used=used,
            files=FileState(self.workspace.root, self._folder),
            mask=self.mask,
        )

    def decide(self, now: Now, pipeline: str, step: str) -> Decision:
        """Return the earlier execution that is taken, or why the step runs."""
        if self.setup.resumed is not None:
            return self._go_on(self.setup.resumed, now, pipeline, step)
        if (asked := asked_for(self.setup, pipeline, step)) is not None:
            return asked
        found, trouble = self._traces.of(pipeline, step)
        return decide(now, found, self._values, trouble=trouble)

    def _go_on(self, run: Run, now: Now, pipeline: str, step: str) -> Decision:
        """Return what the run that this one goes on with has left of the step, or why it runs.

        Raises
        ------
        ResumeError
            The step is another by now than it was in that run.
        """
        if all((each.pipeline, each.step, each.status) != (pipeline, step, SUCCESS) for each in run.steps):
            return Decision(causes=(Cause("missing", f"run {run.id} did not complete it"),))
        trace = trace_of_run(self.setup.request.project, run, pipeline, step)
        if trace is None:
            return Decision(causes=(Cause("damaged", f"nothing is kept of it from run {run.id}"),))
        causes = tuple(each for each in causes_to_run(trace, now, self._values) if each.kind != "unknown")
        if not causes:
            return Decision(causes=(FORCED,)) if self.setup.is_forced(step) else Decision(trace)
        found = Decision(causes=causes)
        if causes[0].kind == "damaged" or self.setup.is_forced(step):
            return found
        raise ResumeError(
            f"step {step!r} is not what it was in run {run.id}: {found.text}",
            where=now.parts[BODY].label or None,
            do=f"add --force={step} to run it and what follows from it again, or undo the change",
        )

    def _folder(self, folder: str) -> Mapping[str, str]:
        """Return the digests of the files that the run has in a folder."""
        is_as_loaded = folder not in self.workspace.made_by  # else a step may have written to it
        known = self.workspace.inputs.get(folder.removeprefix("input/")) if is_as_loaded else None
        place = self.workspace.root / folder
        found = known if known is not None else file_digests(place) if place.is_dir() else {}
        return {name: digest for name, (digest, _) in found.items()}

    # Keeping --------------------------------------------------------------------------------------------------------

    @contextmanager
    def watching(self, now: Now) -> Iterator[Watched]:
        """Note what a step asks for and opens during the body."""
        start_afresh()  # also what helpers of cells keep
        watched = Watched(now, time.time_ns(), self.workspace.snapshot(), frozenset(own_modules()))

        def ask(folder: str, empty: bool | None) -> None:
            if empty is not None:
                watched.asked.setdefault((folder, empty))
            if not empty and folder not in watched.folders:
                watched.folders[folder] = self._folder(folder)

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
            logs=tuple({**plain(each), "message": self.mask(each.message)} for each in logs),
            shown=tuple(shown),
            seconds=seconds,
        )
        if self.setup.policy(own.pipeline, own.step) != OFF:
            self._traces.add(trace)

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

    # Taking over ----------------------------------------------------------------------------------------------------

    def take(self, trace: Trace, channel: Channel) -> None:
        """Put what an earlier execution has made where this run's step would make it.

        Raises
        ------
        InterfaceError
            Some of it is gone or damaged.
        """
        for kind in KINDS:
            outputs: tuple[Output, ...] = getattr(trace, kind)
            channel.interface.write(
                channel.own, kind, {each.name: self._value(each, kind, channel) for each in outputs}
            )
        for folder, empty in trace.asked:
            self.workspace.writable(folder, empty=empty)
        for made in trace.folders_made:
            (self.workspace.root / made).mkdir(parents=True, exist_ok=True)
        for file in trace.made:
            target = self.workspace.root / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            remove(target, within=self.workspace.root)
            copy_file(self._values.path(file.digest), target)
            if file.executable:
                target.chmod(target.stat().st_mode | _EXECUTABLE)

    def _value(self, output: Output, kind: Kind, channel: Channel) -> Encoded:
        if output.handed_on and channel.upstream is not None:
            return channel.interface.read(channel.upstream, kind, output.name)
        value = self._values.get(output.digest, output.summary, output.signature)
        if value is None:
            raise InterfaceError(
                f"what is kept of {output.name!r} from step {channel.own.step!r} is gone or damaged",
                where=str(self._values.path(output.digest)),
                do=f"run it again with --force={channel.own.step}",
            )
        return value


def _sets_variables(definition: StepDefinition) -> str:
    return "it sets an environment variable, which steps after it may read" if sets_variables(definition) else ""


def _of_old(modules: set[str]) -> str:
    names = ", ".join(sorted(Path(each).name for each in modules))
    return f"an object that it loaded needs {names}, imported before it ran" if names else ""
