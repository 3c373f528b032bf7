"""`Trace`: what one execution of a step depended on, and what it made. Traces are kept as JSON, a few for each step."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, get_args, get_origin, get_type_hints

from alo_nb.files import remove, write_atomic
from alo_nb.project import Project
from alo_nb.store.records import plain

FORMAT = 4
_DIGEST = re.compile(r"b3:[0-9a-f]{64}")
KEPT = 10  # traces of a step; going back to an earlier argument or line of code finds one of them


@dataclass(frozen=True)
class Output:
    """One value that the step saved. `marks` are those of its file; `handed_on`: it was kept as it came."""

    name: str
    summary: str
    size: int
    digest: str
    marks: tuple[int, ...] = ()
    handed_on: bool = False
    signature: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MadeFile:
    """One file that the step wrote: its path in the run's folder. `blind`: whatever it held before was not read."""

    path: str
    digest: str
    size: int
    marks: tuple[int, ...] = ()
    executable: bool = False
    blind: bool = False


@dataclass(frozen=True)
class Trace:
    """One execution of a step.

    Attributes
    ----------
    run : str
        The run that executed it.
    parts : mapping
        Name of a part of its code to digest, text and label (`alo_nb.cache.parts`).
    modules, packages : mapping
        The files of the user's own modules to their digests; distributions to version and metadata folder.
    args : mapping
        Argument to the digest of its value, made with the project's key, and the value as shown.
    used : mapping
        Notebook variable to the digest of its value.
    summary : mapping
        What of the plan went into the summary that it saved, if it did.
    variables : mapping
        Environment variables that its code names to the digests of their values, made with the project's key.
    key : str
        Which key those digests were made with: see `alo_nb.cache.key.name_of`.
    upstream, read : mapping
        Kind (``data``, ``config``) to the keys that came in with their digests, and to the keys that were loaded.
    folders, files, listed : mapping
        What it read: folders of the run with the digests of their files; files elsewhere with digest and marks; folders
        elsewhere with the digest of their names.
    beyond : str
        Why nobody can tell whether it would make the same again; empty when everything it depends on is known.
    data, config, made, wrote
        What it made: values, files of the run, and files elsewhere with digest and marks.
    asked, folders_made : tuple
        The folders it asked for, and whether each began empty; folders of the run that it made itself.
    place : str
        The run's folder, when something that it saved names it.
    logs, shown : tuple
        What it logged, and what it displayed.
    """

    run: str
    pipeline: str
    step: str
    parts: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    python: str = ""
    args: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    summary: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    upstream: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)
    beyond: str = ""
    data: tuple[Output, ...] = ()
    config: tuple[Output, ...] = ()
    made: tuple[MadeFile, ...] = ()
    wrote: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    asked: tuple[tuple[str, bool], ...] = ()
    folders_made: tuple[str, ...] = ()
    place: str = ""
    logs: tuple[Mapping[str, Any], ...] = ()
    shown: tuple[Mapping[str, Any], ...] = ()
    seconds: float = 0.0
    format: int = FORMAT

    def digests(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield digest and marks of everything it made that is kept as a value; what was handed on is another's."""
        for each in (*self.data, *self.config):
            if not each.handed_on:
                yield each.digest, each.marks
        for file in self.made:
            yield file.digest, file.marks

    @classmethod
    def from_dict(cls, values: Any) -> Trace:
        """Return the trace that `plain` wrote.

        Raises
        ------
        ValueError
            It was written by another version of alo_nb.
        TypeError, KeyError
            It is damaged, or leads out of the run's folder.
        """
        if not isinstance(values, Mapping):
            raise TypeError("it is no mapping")
        if values.get("format") != FORMAT:
            raise ValueError("it was written by another version of alo_nb")
        known = {each.name: values[each.name] for each in fields(cls)}
        outputs = {kind: tuple(_output(each) for each in values[kind]) for kind in ("data", "config")}
        made = tuple(MadeFile(**{**each, "marks": tuple(each["marks"])}) for each in values["made"])
        return _checked(cls(**{**known, **outputs, "made": made}))


def _checked(trace: Trace) -> Trace:
    """Return a trace in which everything has its type, and which names no file outside of the run and the cache.

    Whoever takes a step over writes what its trace says, and the folder may have come from somebody else.
    """
    if not _fits(Trace)(trace):
        raise TypeError("a part of it has another type")
    places = (*(each.path for each in trace.made), *(folder for folder, _ in trace.asked), *trace.folders_made)
    digests = (
        *(each.digest for each in (*trace.data, *trace.config)),
        *(each.digest for each in trace.made),
    )
    if not (all(map(_is_inside, places)) and all(map(_DIGEST.fullmatch, digests))):
        raise TypeError("it names a file elsewhere")
    return trace


def _is_inside(path: str) -> bool:
    place = PurePosixPath(path)
    return not place.is_absolute() and ".." not in place.parts and bool(place.parts)


@cache
def _fits(kind: Any) -> Callable[[Any], bool]:
    """Return what tells whether a value has a type: that of a trace's field, whose tuples JSON gives as lists."""
    inner = get_args(kind)
    if get_origin(kind) is Mapping:
        each_fits = _fits(inner[1])
        return lambda value: isinstance(value, Mapping) and all(map(each_fits, value.values()))
    if get_origin(kind) is tuple and inner[-1] is ...:
        each_fits = _fits(inner[0])
        return lambda value: isinstance(value, (list, tuple)) and all(map(each_fits, value))
    if get_origin(kind) is tuple:
        fit = [*map(_fits, inner)]
        return lambda value: (
            isinstance(value, (list, tuple))
            and len(value) == len(fit)
            and all(fits(each) for fits, each in zip(fit, value, strict=True))
        )
    if is_dataclass(kind):
        parts = {name: _fits(each) for name, each in get_type_hints(kind).items()}
        return lambda value: all(fits(getattr(value, name)) for name, fits in parts.items())
    types = object if kind is Any else (int, float) if kind is float else kind
    return lambda value: isinstance(value, types)


def _output(values: Mapping[str, Any]) -> Output:
    return Output(**{**values, "marks": tuple(values["marks"])})


@dataclass(frozen=True)
class Traces:
    """The traces of one project: ``.alo/cache/steps/<pipeline>/<step>/<run id>.json``."""

    project: Project

    def _folder(self, pipeline: str, step: str) -> Path:
        return self.project.own / "cache" / "steps" / pipeline / step

    def add(self, trace: Trace) -> None:
        """Keep a trace; the oldest others of its step go."""
        folder = self._folder(trace.pipeline, trace.step)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{trace.run}.json"
        write_atomic(path, json.dumps(plain(trace), ensure_ascii=False))
        others = [
            each for each in newest_first(folder) if each != path
        ]  # a clock that was set back makes it the oldest
        for each in others[KEPT - 1 :]:
            remove(each, within=folder)

    def of(self, pipeline: str, step: str) -> tuple[list[Trace], str]:
        """Return the traces of a step, newest first, and what is wrong with the newest one when it cannot be read."""
        found, trouble = [], ""
        for number, path in enumerate(newest_first(self._folder(pipeline, step))):
            try:
                found.append(Trace.from_dict(json.loads(path.read_bytes())))
            except (OSError, ValueError, TypeError, KeyError) as error:
                if number == 0:
                    trouble = (
                        str(error) if isinstance(error, ValueError) and "version" in str(error) else "it is damaged"
                    )
        return found, trouble

    def of_run(self, run: str, pipeline: str, step: str) -> Trace | None:
        """Return the trace that a run left of a step; None when it left none that can be read."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            return Trace.from_dict(json.loads((self._folder(pipeline, step) / f"{run}.json").read_bytes()))
        return None


def newest_first(folder: Path) -> list[Path]:
    """Return the traces in a folder."""
    with suppress(OSError):
        return sorted(folder.glob("*.json"), key=made_at, reverse=True)
    return []


def made_at(path: Path) -> tuple[str, int]:
    """Return when a trace was made: the second in its run's id, and the file's time, since runs of one second tie."""
    with suppress(OSError):
        return path.name.partition("-")[0], path.stat().st_mtime_ns
    return "", 0
