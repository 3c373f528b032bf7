"""Two places for a step's outputs with one behaviour: this process's memory, or files below ``.alo/runs/``.

ALO calls the choice `interface_mode`. Both keep the bytes that `codec` made, so both give equal results, whatever a
step does to what it was handed (architecture decision 5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from alo_nb.errors import InterfaceError, message_of
from alo_nb.files import is_locked, remove, write_atomic
from alo_nb.handover.codec import Encoded, decode, encode
from alo_nb.handover.large import Keep, Large, in_memory
from alo_nb.handover.values import Values
from alo_nb.project import Project

Kind = Literal["data", "config"]
KINDS: tuple[Kind, ...] = ("data", "config")


class Key(NamedTuple):
    """Whose outputs: one step of one pipeline in one run."""

    run_id: str
    pipeline: str
    step: str


@dataclass(frozen=True)
class Entry:
    """What is known of one saved value without loading it."""

    name: str
    summary: str
    size: int
    digest: str
    signature: Mapping[str, Any] = field(default_factory=dict, hash=False)


class Interface(Protocol):
    """Where the outputs of steps are kept between a step and the next one."""

    def keep(self, buffer: memoryview) -> Large:
        """Keep a large buffer of a value, as it is at this moment; see `encode`."""

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        """Keep `values` as the step's data or config, in their order."""

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        """Return what the step saved, in its order.

        Raises
        ------
        InterfaceError
            The step's outputs are not there, or not as they were written.
        """

    def read(self, key: Key, kind: Kind, name: str) -> Encoded:
        """Return a value as it was encoded.

        Raises
        ------
        InterfaceError
            It is gone, or was changed on disk.
        """

    def latest(self, pipeline: str, step: str) -> Key | None:
        """Return the newest complete outputs of a step, from whichever run made them."""

    def promote(self, key: Key) -> None:
        """Make these outputs the newest of their step; older ones of that step are dropped."""


def encode_all(values: Mapping[str, object], keep: Keep = in_memory) -> dict[str, Encoded]:
    """Encode each value; an error names the key. `keep` is that of the interface that the values are for."""
    encoded = {}
    for name, value in values.items():
        try:
            encoded[name] = encode(value, keep)
        except InterfaceError as error:
            raise InterfaceError(f"key {name!r}: {error.what}", do=error.do) from error.__cause__
    return encoded


@dataclass
class MemoryInterface:
    """Outputs in this process; gone with it.

    Large buffers lie in `values`, from where each reader maps them; without it they are copied for each reader.
    """

    values: Values | None = None
    _kept: dict[tuple[Key, Kind], dict[str, Encoded]] = field(default_factory=dict)
    _latest: dict[tuple[str, str], Key] = field(default_factory=dict)

    def keep(self, buffer: memoryview) -> Large:
        return in_memory(buffer) if self.values is None else self.values.keep(buffer)

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        self._kept[key, kind] = dict(values)

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        return _entries(self._values(key, kind))

    def read(self, key: Key, kind: Kind, name: str) -> Encoded:
        return self._values(key, kind)[name]

    def _values(self, key: Key, kind: Kind) -> dict[str, Encoded]:
        try:
            return self._kept[key, kind]
        except KeyError:
            raise _gone(key) from None

    def latest(self, pipeline: str, step: str) -> Key | None:
        return self._latest.get((pipeline, step))

    def promote(self, key: Key) -> None:
        old = self._latest.get((key.pipeline, key.step))
        self._latest[key.pipeline, key.step] = key
        if old is not None and old != key:
            for kind in KINDS:
                self._kept.pop((old, kind), None)


@dataclass(frozen=True)
class FileInterface:
    """Outputs as files that other kernels and later days can read."""

    project: Project

    @property
    def _files(self) -> Values:
        return Values(self.project)

    def _folder(self, key: Key) -> Path:
        return self.project.runs / key.run_id / "interface" / key.pipeline / key.step

    def _manifest(self, key: Key, kind: Kind) -> Path:
        return self._folder(key) / f"{kind}.json"

    def _pointer(self, pipeline: str, step: str) -> Path:
        return self.project.own / "latest" / pipeline / step

    def keep(self, buffer: memoryview) -> Large:
        return self._files.keep(buffer)

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        for value in values.values():
            self._files.put(value)
        manifest = [asdict(each) for each in _entries(values)]
        self._folder(key).mkdir(parents=True, exist_ok=True)
        write_atomic(self._manifest(key, kind), json.dumps(manifest, ensure_ascii=False))

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        path = self._manifest(key, kind)
        try:
            return tuple(Entry(**each) for each in json.loads(path.read_bytes()))
        except OSError:
            raise _gone(key, where=str(path)) from None
        except (ValueError, TypeError):
            raise _changed(path) from None

    def read(self, key: Key, kind: Kind, name: str) -> Encoded:
        entry = next(each for each in self.entries(key, kind) if each.name == name)
        value = self._files.get(entry.digest, entry.summary, entry.signature)
        if value is None:
            path = self._files.first(entry.digest)
            raise _changed(path) if path.exists() else _gone(key, where=str(path))
        return value

    def latest(self, pipeline: str, step: str) -> Key | None:
        try:
            run_id = self._pointer(pipeline, step).read_bytes().decode(errors="replace")
        except OSError:
            return None
        if not re.fullmatch(r"[0-9A-Za-z-]+", run_id):
            return None
        key = Key(run_id, pipeline, step)
        return key if self._folder(key).is_dir() else None

    def promote(self, key: Key) -> None:
        old = self.latest(key.pipeline, key.step)
        write_atomic(self._pointer(key.pipeline, key.step), key.run_id)
        if old is not None and old != key and not is_locked(self.project.runs / old.run_id / "alive"):
            remove(self._folder(old), within=self.project.runs)  # a run in progress still hands them to its own steps


def _entries(values: Mapping[str, Encoded]) -> tuple[Entry, ...]:
    return tuple(Entry(name, each.summary, each.size, each.digest, each.signature) for name, each in values.items())


def decoded(name: str, value: Encoded) -> object:
    """Return a new object for a value called `name`.

    Raises
    ------
    InterfaceError
        Its class is gone by now, or refuses.
    """
    try:
        return decode(value.parts)
    except InterfaceError as error:
        raise InterfaceError(f"key {name!r}: {error.what}", where=error.where, do=error.do) from None
    except Exception as error:  # whatever a foreign __setstate__ raises
        raise InterfaceError(
            f"key {name!r} cannot be loaded: {type(error).__name__}: {message_of(error)}",
            do="run the step that saved it again",
        ) from error


def _gone(key: Key, *, where: str | None = None) -> InterfaceError:
    return InterfaceError(f"the output of step {key.step!r} is gone", where=where, do="run that step again")


def _changed(path: Path) -> InterfaceError:
    return InterfaceError("the output of a step was changed on disk", where=str(path), do="run that step again")
