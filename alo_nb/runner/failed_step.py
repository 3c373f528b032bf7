"""The failure capsule: what a step was given and held when it raised, kept so that it can be looked at on another day.

It lies in the folder of its run (`alo_nb.store.failures`). Only an exception keeps one: after Ctrl-C nobody has asked
for it, and a kernel that died cannot write it. The inputs of the newest 10 failures stay; equal ones are one file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from mmap import mmap
from pathlib import Path
from typing import Any

from alo_nb.errors import AloNbError, ResumeError, add_note, message_of
from alo_nb.files import copy_file, remove
from alo_nb.handover.codec import Encoded, decode, encode, head_file
from alo_nb.handover.glance import hidden_text, is_plain
from alo_nb.handover.interface import KINDS, Entry, Interface, Key
from alo_nb.handover.large import Large
from alo_nb.handover.values import Values
from alo_nb.plan.redact import is_secret_name
from alo_nb.plan.secrets import Mask, secrets_in
from alo_nb.project import Project
from alo_nb.runner.explain import user_traceback
from alo_nb.runner.frames import OwnFrame, keep_frames, own_frames, secrets_of
from alo_nb.steps.asset_line import asset_line_text
from alo_nb.steps.definition import StepDefinition, source_text
from alo_nb.store.failures import (
    VALUES,
    Failure,
    KeptValue,
    failure_folder,
    failure_folders,
    value_file,
    write_failure,
)
from alo_nb.store.records import Run, StepRecord, now, plain

KEPT = 10  # failures whose inputs stay
LOOKED_INTO = 1_000_000  # bytes of an input that is decoded to find secrets by their names
_NODES = 200_000
_MAX_TRACEBACK = 50_000  # characters, of its end
_UNKNOWN = object()


@dataclass(frozen=True)
class Input:
    """One value that a step was given; `read` gives its bytes. `kind` is ``data``, ``config``, ``args`` or ``use``."""

    kind: str
    entry: Entry
    read: Callable[[], Encoded]

    @cached_property
    def plain(self) -> object:
        """The value when it is small plain data, which can be searched; else a mark that equals nothing."""
        if self.entry.size > LOOKED_INTO:
            return _UNKNOWN
        try:
            value = decode(self.read().parts)
        except Exception:  # noqa: BLE001  # whatever a foreign __setstate__ raises; it is no plain data
            return _UNKNOWN
        return value if is_plain(value, nodes=_NODES) else _UNKNOWN


@dataclass(frozen=True)
class FailedStep:
    """A step that has just failed, with all that it was given.

    Attributes
    ----------
    record : StepRecord
        Its record; its arguments are those that may be written.
    upstream : Key, optional
        Whose outputs it was given; None for the first step.
    used : mapping
        The values of its ``use=`` variables.
    given : mapping
        The arguments of this run alone, e.g. of ``--set``.
    """

    error: BaseException
    definition: StepDefinition
    record: StepRecord
    run: Run
    project: Project
    interface: Interface
    upstream: Key | None
    used: Mapping[str, Encoded] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def _is_kept(self) -> bool:
        """Whether the step itself raised: neither did Ctrl-C stop it, nor was it refused before it began."""
        return isinstance(self.error, Exception) and not isinstance(self.error, ResumeError)

    @cached_property
    def frames(self) -> list[OwnFrame]:
        """The frames of the step's own code."""
        return own_frames(self.error, self.definition, self.project)

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """All that the step was given, but for arguments that JSON can hold: those are in the record."""
        return (*self._upstream_inputs(), *_inputs("args", self._encoded_args()), *_inputs("use", self.used.items()))

    def _upstream_inputs(self) -> Iterator[Input]:
        if self.upstream is None:
            return
        for kind in KINDS:
            for entry in self.interface.entries(self.upstream, kind):
                yield Input(kind, entry, partial(self.interface.read, self.upstream, kind, entry.name))

    def _encoded_args(self) -> Iterator[tuple[str, Encoded]]:
        for name, value in self.record.args.items():
            if not (is_plain(value) and json.loads(json.dumps(plain(value))) == value):
                with suppress(AloNbError):  # what cannot be pickled is in the record as text
                    yield name, encode(value)

    def secrets(self) -> frozenset[str]:
        """Return the texts that stand below names of secrets in what the step was given and in its variables.

        None when its inputs cannot be read, or nothing is kept: after Ctrl-C, and of a step that did not begin.
        """
        if not self._is_kept:
            return frozenset()
        try:
            known = [secrets_in({each.entry.name: each.plain}) for each in self.inputs if each.plain is not _UNKNOWN]
            return frozenset().union(*known, secrets_of(self.frames))
        except Exception:  # noqa: BLE001  # the exception of the step is what its user must see
            return frozenset()

    def keep(self, hidden: Mapping[str, str]) -> str:
        """Keep what the step was given and held, and add a note to its exception that says how to see it.

        Parameters
        ----------
        hidden : mapping
            Texts that must not be written, and what stands for them.

        Returns
        -------
        str
            What to warn about: it could not be kept. The step's exception stays what it is, whatever goes wrong here.
        """
        if not self._is_kept:
            return ""
        folder = failure_folder(self.project, self.run.id, self.record.pipeline, self.record.step)
        try:
            _keep(self, folder, Mask(hidden))
            _drop_old_inputs(self.project)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # Ctrl-C gives up the keeping: the run has ended
            with suppress(OSError):
                remove(folder, within=self.project.runs)
            return f"what step {self.record.step!r} was given could not be kept: {type(error).__name__}: {error}"
        name = f"{self.run.id.rpartition('-')[2]}/{self.record.step}"
        command = "%alo_debug" if self.run.trigger in {"cell", "notebook"} else "alo-nb debug"
        add_note(self.error, f"inputs kept: {command} {name}")
        return ""


def _inputs(kind: str, values: Iterable[tuple[str, Encoded]]) -> Iterator[Input]:
    for name, value in values:
        yield Input(kind, Entry(name, value.summary, value.size, value.digest), partial(_same, value))


def _same(value: Encoded) -> Encoded:
    return value


def _keep(failed: FailedStep, folder: Path, mask: Mask) -> None:
    definition, record, run = failed.definition, failed.record, failed.run
    recent = tuple(islice(failure_folders(failed.project), KEPT))
    (folder / VALUES).mkdir(parents=True)
    files = _Files(folder, Values(failed.project), recent)
    in_code = Mask(_as_literals(mask.hidden))
    is_cell = not definition.folder and definition.kind != "pipeline_function"
    line = asset_line_text(
        definition.name,
        mask.plain("", dict(definition.args)),
        pipelines=definition.pipelines,
        use=definition.use,
        cache=definition.cache,
    )
    frames = keep_frames(failed.frames, definition, failed.project, mask)
    write_failure(
        folder,
        Failure(
            run_id=run.id,
            pipeline=record.pipeline,
            step=record.step,
            upstream=failed.upstream.step if failed.upstream is not None else "",
            inputs_from=failed.upstream.run_id if failed.upstream is not None else "",
            when=now(),
            plan_path=failed.project.recorded(run.plan_path),
            error=type(failed.error).__name__,
            message=hidden_text(message_of(failed.error), mask),
            traceback=mask(user_traceback(failed.error))[-_MAX_TRACEBACK:],
            label=mask(definition.body.label),
            head=line if is_cell else "",
            body=in_code(definition.body.source),
            source=in_code(_as_one_cell(definition)),
            args=plain(record.args),
            given=plain(mask.plain("", dict(failed.given))),
            inputs=tuple(_kept(each, files, mask) for each in failed.inputs),
            frames=frames,
        ),
    )


def _as_one_cell(definition: StepDefinition) -> str:
    """Return the step's code with all it takes along, so that a cell of it is the same step."""
    adapter = f"\n\ndef run(asset):\n    {definition.entry}(asset)\n"
    is_found = definition.kind != "function" or definition.entry in {"run", definition.name}
    return source_text(definition) + ("" if is_found else adapter)


def _as_literals(hidden: Mapping[str, str]) -> dict[str, str]:
    """Return what to hide in code: secrets that stand there as a whole literal. Other code would not run any more."""
    secrets = [text for text, stand_in in hidden.items() if stand_in == "***"]
    return {f"{quote}{text}{quote}": f"{quote}***{quote}" for text in secrets for quote in "'\""}


def _kept(given: Input, files: _Files, mask: Mask) -> KeptValue:
    """Keep the bytes of an input, with the secrets in it masked; what cannot be searched and has one is left out."""
    entry = given.entry
    value = KeptValue(given.kind, mask(entry.name), mask(entry.summary), entry.size, entry.digest)
    if given.plain is not _UNKNOWN:
        masked = mask.plain(entry.name, given.plain)
        if masked is not given.plain and masked != given.plain:
            without = encode(masked)
            files.write(without)
            note = "a secret in it is masked"
            return replace(value, size=without.size, digest=without.digest, summary=mask(without.summary), note=note)
    elif is_secret_name(entry.name):
        return replace(value, digest="", note="not kept: it has the name of a secret")
    if any(map(mask.is_in, given.read().contents())):
        return replace(value, digest="", note="not kept: there is a secret in it")
    if not files.link(entry.digest):
        files.write(given.read())
    return value


@dataclass(frozen=True)
class _Files:
    """The files of a failure's inputs, each named by its digest; `recent` are failures that may have equal ones."""

    folder: Path
    values: Values
    recent: tuple[Path, ...]

    def link(self, digest: str) -> bool:
        """Give the files of a value that steps hand on a second name; False when it is not there."""
        if not self.values.first(digest).is_file():
            return False
        self.values.link(digest, lambda path, each: _link(path, value_file(self.folder, each)))
        return True

    def write(self, value: Encoded) -> None:
        """Write a value, and each of its large parts to a file of its own."""
        self._put(value.digest, head_file(value.parts))
        for part in value.parts:
            if isinstance(part, Large):
                self._put(part.digest, [part.content()])

    def _put(self, digest: str, pieces: Iterable[bytes | mmap]) -> None:
        target = value_file(self.folder, digest)
        equal = next((path for each in self.recent if (path := value_file(each, digest)).is_file()), None)
        if equal is not None:
            _link(equal, target)
        elif not target.exists():
            with target.open("xb") as file:
                file.writelines(pieces)


def _link(place: Path, target: Path) -> None:
    """Give a file a second name; contents are never changed in place."""
    if target.exists():
        return
    try:
        os.link(place, target)
    except OSError:  # a file system without such links
        copy_file(place, target)


def _drop_old_inputs(project: Project) -> None:
    for folder in islice(failure_folders(project), KEPT, None):
        if (folder / VALUES).is_dir():
            with suppress(FileNotFoundError):  # another process does the same
                remove(folder / VALUES, within=project.runs)
