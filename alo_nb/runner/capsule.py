"""`Capsule`: a step that failed, as it can be looked at on another day. `alo_nb.runner.failed_step` keeps it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from alo_nb.errors import InterfaceError
from alo_nb.handover.codec import Encoded, decode, digest, from_file
from alo_nb.handover.interface import KINDS, Kind, decoded
from alo_nb.handover.large import Large
from alo_nb.project import Project
from alo_nb.step_api.loaded import Loaded
from alo_nb.store.failures import (
    Failure,
    KeptFrame,
    KeptLocal,
    KeptValue,
    find_failure,
    read_failure,
    value_file,
)


def load_capsule(project: Project, run_id: str | None = None, step: str | None = None) -> Capsule:
    """Return what was kept of a step that failed.

    Parameters
    ----------
    project : Project
    run_id : str, optional
        The run's id, its beginning or its random part; the newest failure that is not mended when absent.
    step : str, optional
        The step that failed.

    Raises
    ------
    RunNotFoundError, UnknownStepError
        There is no such run, it has kept nothing, or another step of it failed; the nearest is named.
    StoreError
        The capsule is damaged, or of a newer alo_nb.
    """
    folder = find_failure(project, run_id, step)
    return Capsule(read_failure(folder), folder)


@dataclass(frozen=True)
class Capsule:
    """A step that failed: its record, its inputs, which are loaded when they are asked for, and its frames."""

    record: Failure
    folder: Path

    @cached_property
    def data(self) -> dict[str, Any]:
        """What `load_data` gave the step."""
        return self._values("data")

    @cached_property
    def config(self) -> dict[str, Any]:
        """What `load_config` gave it, without ``meta``."""
        return self._values("config")

    @cached_property
    def args(self) -> dict[str, Any]:
        """Its arguments, secrets masked."""
        others = self._values("args")
        return Loaded(self.record.args, lambda name: others.get(name, self.record.args[name]))

    @cached_property
    def used(self) -> dict[str, Any]:
        """The values of its ``use=`` variables."""
        return self._values("use")

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """The calls in the step's own code, innermost last."""
        return tuple(map(Frame, self.record.frames))

    def _values(self, kind: str) -> dict[str, Any]:
        kept = {each.name: each for each in self.record.inputs if each.kind == kind and each.digest}
        return Loaded(kept, lambda name: decoded(name, self._read(kept[name])))

    def encoded(self) -> dict[Kind, dict[str, Encoded]]:
        """Return the data and config that the step was given as they were encoded.

        Raises
        ------
        InterfaceError
            The bytes of an input are gone or damaged.
        """
        inputs = [each for each in self.record.inputs if each.digest]
        return {kind: {each.name: self._read(each) for each in inputs if each.kind == kind} for kind in KINDS}

    def _read(self, value: KeptValue) -> Encoded:
        path = value_file(self.folder, value.digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            what = f"the input {value.name!r} of the failed step is gone: only those of the newest failures are kept"
            raise InterfaceError(what, where=str(path), do="run the step again") from error
        parts = from_file(content, lambda part, size: Large(part, size, value_file(self.folder, part)))
        if not parts or digest(parts) != value.digest:
            what = f"the input {value.name!r} of the failed step was changed on disk"
            raise InterfaceError(what, where=str(path), do="run the step again")
        return Encoded(parts, value.digest, value.summary)


@dataclass(frozen=True, repr=False)
class NotKept:
    """Stands for the value of a variable of which only the text was kept."""

    text: str

    def __repr__(self) -> str:
        return f"<not kept: {self.text}>"


@dataclass(frozen=True, repr=False)
class Frame:
    """A call in the step's own code at the moment it failed; ``frame.locals["x"]`` is a value."""

    record: KeptFrame

    @cached_property
    def locals(self) -> Mapping[str, Any]:
        """Name to value: the value itself when it is small plain data, else its text in a `NotKept`."""
        kept = {each.name: each for each in self.record.locals}
        return Loaded(kept, lambda name: _value(kept[name]))

    def __repr__(self) -> str:
        calls = f", in {self.record.function}" if self.record.function else ""
        head = f"{self.record.label}, line {self.record.line}{calls}: {self.record.text}"
        width = max((len(each.name) for each in self.record.locals), default=0)
        return "\n".join([head, *(f"  {each.name:<{width}}  {each.text}" for each in self.record.locals)])


def _value(kept: KeptLocal) -> Any:
    return decode([base64.b64decode(part) for part in kept.parts]) if kept.parts else NotKept(kept.text)
