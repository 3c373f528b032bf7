"""Steps that need not run: what one would run as, and how an earlier execution is taken over."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alo_nb.cache.decision import Cause, Decision, Now, causes_to_run, decide
from alo_nb.cache.parts import BODY
from alo_nb.cache.state import FileState
from alo_nb.cache.trace import Output, Trace, Traces
from alo_nb.errors import InterfaceError, ResumeError
from alo_nb.files import copy_file, remove
from alo_nb.handover import Channel
from alo_nb.handover.codec import Encoded
from alo_nb.handover.interface import KINDS, Kind
from alo_nb.handover.values import Values
from alo_nb.runner.earlier import trace_of_run
from alo_nb.runner.now import FORCED, asked_for, step_now
from alo_nb.runner.setup import Setup
from alo_nb.runner.workspace import Workspace
from alo_nb.store import Run
from alo_nb.store.records import SUCCESS

_NO_CHANGE = frozenset({"damaged", "key"})  # why a step runs once more though nobody has changed it
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


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
            files=FileState(self.workspace.root, self.workspace.digests),
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
        if {each.kind for each in causes} <= _NO_CHANGE or self.setup.is_forced(step):
            return found
        raise ResumeError(
            f"step {step!r} is not what it was in run {run.id}: {found.text}",
            where=now.parts[BODY].label or None,
            do=f"add --force={step} to run it and what follows from it again, or undo the change",
        )

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
