"""Whether a step runs, and why: the one place where that is decided.

A step is taken from an earlier execution when everything that one depended on is the same now: code, helpers, modules,
arguments, the keys and files that it read, versions of packages. What is not known counts as changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alo_nb.cache.imports import Imports, module_digest, version_now
from alo_nb.cache.parts import BODY, Part
from alo_nb.cache.state import FileState, names_digest
from alo_nb.cache.texts import diff
from alo_nb.cache.trace import Trace
from alo_nb.handover.values import Values

KINDS = ("data", "config")


@dataclass(frozen=True)
class Cause:
    """One reason for running a step. `kind` is a word of this module's vocabulary, `text` what people read.

    `detail` has more lines: of a changed text those that differ. `key` is the data key, file or argument concerned.
    """

    kind: str
    text: str
    detail: str = ""
    key: str = ""


@dataclass(frozen=True)
class Decision:
    """What to do with a step: `trace` is the earlier execution that is taken, or None when it runs for `causes`."""

    trace: Trace | None = None
    causes: tuple[Cause, ...] = ()
    warning: str = ""

    @property
    def text(self) -> str:
        """``"never run"``, ``"argument lr changed: 0.1 -> 0.01 (and 1 more)"``, ``"nothing changed since run ..."``."""
        if self.trace is not None:
            return f"nothing changed since run {self.trace.run}"
        more = f" (and {len(self.causes) - 1} more)" if len(self.causes) > 1 else ""
        return f"{self.causes[0].text}{more}" if self.causes else ""


NEVER = Cause("never run", "never run")
OTHER_KEY = Cause("key", "the key of the cache is another one")


@dataclass(frozen=True)
class Now:
    """A step as it would run now.

    Attributes
    ----------
    parts, imports, args, used
        As in `Trace`; `args` maps an argument to the digest of its value and the value as shown.
    upstream : mapping
        Kind to key to digest, of what comes in; None while that is not known yet.
    upstream_step : str
        The step it comes from.
    files : FileState
        Says what files are like now.
    ignored : frozenset of str
        The steps whose policy is ``ignore``.
    summary : mapping
        What of the plan goes into a summary: key to value as shown.
    variables : mapping
        Environment variables that its code names to the digests of their values.
    key : str
        As in `Trace`.
    """

    parts: Mapping[str, Part]
    imports: Imports
    python: str
    args: Mapping[str, tuple[str, str]]
    used: Mapping[str, str]
    upstream: Mapping[str, Mapping[str, str]]
    upstream_step: str
    files: FileState
    ignored: frozenset[str] = frozenset()
    summary: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


def decide(now: Now, traces: list[Trace], values: Values, *, trouble: str = "") -> Decision:
    """Return the newest trace that still holds, or why none does: what differs from the one that comes closest."""
    closest: tuple[Cause, ...] = ()
    for trace in traces:
        causes = all_causes(trace, now, values)
        if not causes:
            return Decision(trace)
        if not closest or len(causes) < len(closest):
            closest = causes
    if trouble:
        warning = f"what is kept of its last run cannot be used: {trouble}"
        return Decision(None, (Cause("damaged", warning),), warning)
    damage = next((each for each in closest if each.kind == "damaged"), None)
    return Decision(None, closest or (NEVER,), damage.text if damage else "")


def all_causes(trace: Trace, now: Now, values: Values) -> tuple[Cause, ...]:
    """Return the `causes_to_run`, each once: a file may have been read in more ways than one."""
    return tuple({each.text: each for each in causes_to_run(trace, now, values)}.values())


def causes_to_run(trace: Trace, now: Now, values: Values) -> Iterator[Cause]:
    """Yield every difference between a step as it was executed and as it would run now."""
    yield from _code(trace, now)
    yield from _modules(trace, now)
    yield from _arguments(trace, now)
    yield from _inputs(trace, now)
    yield from _files(trace, now)
    yield from _environment(trace, now)
    if trace.place and now.files.root not in {None, Path(trace.place)}:
        yield Cause("unknown", "what it saved names the folder of a run that goes on at the same time")
    if trace.beyond:
        yield Cause("unknown", f"not cached: {trace.beyond}")
    elif now.imports.beyond:
        yield Cause("unknown", f"not cached: {now.imports.beyond}")
    yield from _kept(trace, now, values)


def _code(trace: Trace, now: Now) -> Iterator[Cause]:
    for name in dict.fromkeys([*now.parts, *trace.parts]):
        part, before = now.parts.get(name), trace.parts.get(name)
        if part is not None and before is not None and part.digest == before[0]:
            continue
        kind = "code" if name == BODY else name.partition(" ")[0]
        lines = diff(before[1] if before else "", part.text if part else "")
        label = f" in {part.label}" if part is not None and part.label and name != BODY else ""
        what = "changed" if part and before else "is new" if part else "is gone"
        yield Cause(kind, f"{'code' if name == BODY else name}{label} {what}", lines, name)


def _modules(trace: Trace, now: Now) -> Iterator[Cause]:
    for path in dict.fromkeys([*now.imports.files, *trace.modules]):
        new, old = now.imports.files.get(path), trace.modules.get(path)
        if old is not None and new is None:
            new = module_digest(path)  # imported when it ran, in a way that cannot be read from the code
        if new != old:
            what = "is new" if old is None else "changed" if new else "is gone"
            yield Cause("module", f"module {_shown(path)} {what}", key=path)


def _arguments(trace: Trace, now: Now) -> Iterator[Cause]:
    is_same_key = now.key == trace.key  # else no digest says anything, and only what is shown can be compared
    for name in dict.fromkeys([*now.args, *trace.args]):
        new, old = now.args.get(name), trace.args.get(name)
        part = 0 if is_same_key else 1
        if new is None or old is None or new[part] != old[part]:
            change = f"{old[1] if old else '(none)'} -> {new[1] if new else '(none)'}"
            yield Cause("argument", f"argument {name} changed: {change}", key=name)
    for name in dict.fromkeys([*now.variables, *trace.variables]):
        value, was = now.variables.get(name), trace.variables.get(name)
        if value != was if is_same_key else bool(value) != bool(was):
            yield Cause("environment", f"environment variable {name} changed", key=name)
    if not is_same_key and (trace.args or any(trace.variables.values())):
        yield OTHER_KEY
    for name, was in trace.summary.items():
        if (value := now.summary.get(name, "")) != was:
            yield Cause("argument", f"{name} of the plan changed: {was!r} -> {value!r}", key=name)
    for name in dict.fromkeys([*now.used, *trace.used]):
        if now.used.get(name) != trace.used.get(name):
            yield Cause("variable", f"notebook variable {name} changed", key=name)


def _inputs(trace: Trace, now: Now) -> Iterator[Cause]:
    if now.upstream_step in now.ignored:
        return
    for kind in KINDS:
        new, old = now.upstream.get(kind, {}), trace.upstream.get(kind, {})
        source = f" from {now.upstream_step}" if now.upstream_step else ""
        label = "" if kind == "data" else "config "
        for name in dict.fromkeys([*new, *old]):
            if name not in new or name not in old:
                yield Cause("input", f"input {label}{name}{source} is {'new' if name in new else 'gone'}", key=name)
            elif name in trace.read.get(kind, ()) and new[name] != old[name]:
                yield Cause("input", f"input {label}{name}{source} changed", key=f"{kind}.{name}")
        if [*new] != [*old] and {*new} == {*old}:
            yield Cause("input", f"the keys of {kind}{source} come in another order", key=kind)


def _files(trace: Trace, now: Now) -> Iterator[Cause]:
    own = {each.path: each.digest for each in trace.made}
    blind = {each.path for each in trace.made if each.blind}  # whatever was there before, it is written over
    for folder, before in trace.folders.items() if now.files.has_run else ():
        found = now.files.folder(folder)
        for name in sorted({*before, *found}):
            then, here, made = before.get(name), found.get(name), own.get(f"{folder}/{name}")
            if (
                then != here and {then, here} != {None, made} and f"{folder}/{name}" not in blind
            ):  # else it is the step's own, which an execution has left
                yield Cause("file", f"file {folder}/{name} {_what(then, here)}", key=name)
    for name, (digest, marks) in {**trace.files, **trace.wrote}.items():
        new = now.files.digest(name, digest, marks)
        if new != digest:
            by = ", which it wrote," if name in trace.wrote else ""
            yield Cause("file", f"file {_shown(name)}{by} {_what(digest, new)}", key=name)
    for name, digest in trace.listed.items():
        if names_digest(Path(name)) != digest:
            yield Cause("file", f"the files in {_shown(name)} are others", key=name)


def _what(before: str | None, now: str | None) -> str:
    return "is new" if not before else "changed" if now else "is gone"


def _environment(trace: Trace, now: Now) -> Iterator[Cause]:
    if trace.python != now.python:
        yield Cause("environment", f"environment changed: Python {trace.python} -> {now.python}")
    for name, (was, folder) in trace.packages.items():
        version = version_now(name, was, folder)
        if version != was:
            yield Cause("environment", f"environment changed: {name} {was} -> {version or '(gone)'}", key=name)


def _kept(trace: Trace, now: Now, values: Values) -> Iterator[Cause]:
    """Yield what is not there any more of that which the step made."""
    for digest, marks in trace.digests():
        if not values.is_whole(digest, marks):
            what = "is damaged" if values.path(digest).exists() else "was deleted"
            yield Cause("damaged", f"what is kept of its last run {what}")
            return


def _shown(path: str) -> str:
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return path if relative.startswith("..") else relative
