"""Two places for a step's outputs with one behaviour: this process's memory, or files below ``.alo/runs/``.

ALO calls the choice `interface_mode`. Both keep the bytes that `codec` made, so both give equal results, whatever a
step does to what it was handed (architecture decision 5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from alo_nb.errors import InterfaceError
from alo_nb.files import is_locked, remove, write_atomic
from alo_nb.handover.codec import Encoded, decode, digest, encode
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


class Interface(Protocol):
    """Where the outputs of steps are kept between a step and the next one."""

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        """Keep `values` as the step's data or config, in their order."""

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        """Return what the step saved, in its order.

        Raises
        ------
        InterfaceError
            The step's outputs are not there, or not as they were written.
        """

    def read(self, key: Key, kind: Kind, names: Iterable[str]) -> dict[str, object]:
        """Return new objects for the values called `names`."""

    def stored(self, key: Key, kind: Kind) -> list[tuple[Entry, Sequence[bytes] | Path]]:
        """Return each value that the step saved as it is kept: its bytes in parts, or the file that holds them."""

    def latest(self, pipeline: str, step: str) -> Key | None:
        """Return the newest complete outputs of a step, from whichever run made them."""

    def promote(self, key: Key) -> None:
        """Make these outputs the newest of their step; older ones of that step are dropped."""


def encode_all(values: Mapping[str, object]) -> dict[str, Encoded]:
    """Encode each value; an error names the key."""
    encoded = {}
    for name, value in values.items():
        try:
            encoded[name] = encode(value)
        except InterfaceError as error:
            raise InterfaceError(f"key {name!r}: {error.what}", do=error.do) from error.__cause__
    return encoded


@dataclass
class MemoryInterface:
    """Outputs in this process; gone with it."""

    _kept: dict[tuple[Key, Kind], dict[str, Encoded]] = field(default_factory=dict)
    _latest: dict[tuple[str, str], Key] = field(default_factory=dict)

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        self._kept[key, kind] = dict(values)

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        return _entries(self._values(key, kind))

    def read(self, key: Key, kind: Kind, names: Iterable[str]) -> dict[str, object]:
        kept = self._values(key, kind)
        return {name: _decoded(name, kept[name].parts) for name in names}

    def stored(self, key: Key, kind: Kind) -> list[tuple[Entry, Sequence[bytes] | Path]]:
        values = self._values(key, kind)
        return [(entry, values[entry.name].parts) for entry in _entries(values)]

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

    def _folder(self, key: Key) -> Path:
        return self.project.runs / key.run_id / "interface" / key.pipeline / key.step

    def _pointer(self, pipeline: str, step: str) -> Path:
        return self.project.own / "latest" / pipeline / step

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        folder = self._folder(key) / kind
        folder.mkdir(parents=True, exist_ok=True)
        for number, value in enumerate(values.values()):
            with (folder / f"{number}.bin").open("wb") as file:
                file.writelines(value.parts)
        manifest = [
            {"name": each.name, "summary": each.summary, "digest": each.digest, "parts": [len(p) for p in value.parts]}
            for each, value in zip(_entries(values), values.values(), strict=True)
        ]
        write_atomic(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False))

    def _manifest(self, key: Key, kind: Kind) -> list[dict[str, object]]:
        path = self._folder(key) / kind / "manifest.json"
        try:
            return list(json.loads(path.read_bytes()))
        except OSError:
            raise _gone(key, where=str(path)) from None
        except ValueError:
            raise _changed(path) from None

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        return tuple(
            Entry(each["name"], each["summary"], sum(each["parts"]), each["digest"])  # type: ignore[arg-type,call-overload]
            for each in self._manifest(key, kind)
        )

    def read(self, key: Key, kind: Kind, names: Iterable[str]) -> dict[str, object]:
        wanted = {each["name"]: (number, each) for number, each in enumerate(self._manifest(key, kind))}
        values = {}
        for name in names:
            number, each = wanted[name]
            path = self._folder(key) / kind / f"{number}.bin"
            values[name] = _decoded(name, _split(path, each["parts"], each["digest"]))  # type: ignore[arg-type]
        return values

    def stored(self, key: Key, kind: Kind) -> list[tuple[Entry, Sequence[bytes] | Path]]:
        folder = self._folder(key) / kind
        return [(entry, folder / f"{number}.bin") for number, entry in enumerate(self.entries(key, kind))]

    def latest(self, pipeline: str, step: str) -> Key | None:
        pointer = self._pointer(pipeline, step)
        run_id = pointer.read_text() if pointer.exists() else ""
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
    return tuple(Entry(name, each.summary, each.size, each.digest) for name, each in values.items())


def _split(path: Path, sizes: list[int], expected: str) -> list[bytes]:
    """Return the parts of a file, checked against the digest that was recorded when they were written."""
    try:
        raw = memoryview(path.read_bytes())
    except OSError as error:
        raise InterfaceError(
            f"the output of a step is gone: {error.strerror}", where=str(path), do="run that step again"
        ) from error
    parts, start = [], 0
    for size in sizes:
        parts.append(bytes(raw[start : start + size]))
        start += size
    if digest(parts) != expected:
        raise _changed(path)
    return parts


def _decoded(name: str, parts: Sequence[bytes]) -> object:
    try:
        return decode(parts)
    except Exception as error:  # a class that is gone by now, or whatever a foreign __setstate__ raises
        raise InterfaceError(
            f"key {name!r} cannot be loaded: {type(error).__name__}: {error}", do="run the step that saved it again"
        ) from error


def _gone(key: Key, *, where: str | None = None) -> InterfaceError:
    return InterfaceError(f"the output of step {key.step!r} is gone", where=where, do="run that step again")


def _changed(path: Path) -> InterfaceError:
    return InterfaceError("the output of a step was changed on disk", where=str(path), do="run that step again")


@dataclass(frozen=True)
class Channel:
    """What one step may read and write: the outputs of the step before it, and its own."""

    interface: Interface
    upstream: Key | None
    own: Key

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the keys that the previous step saved; none for the first step."""
        return tuple(each.name for each in self.interface.entries(self.upstream, kind)) if self.upstream else ()

    def load(self, kind: Kind, names: Iterable[str]) -> dict[str, object]:
        """Return new objects for those keys."""
        return self.interface.read(self.upstream, kind, names) if self.upstream else {}

    def save(self, kind: Kind, values: Mapping[str, object]) -> None:
        """Keep the step's own data or config."""
        self.interface.write(self.own, kind, encode_all(values))
