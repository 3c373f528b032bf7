"""The calls in a step's own code at the moment it failed, with bounded values of their variables."""

from __future__ import annotations

import base64
import linecache
import os
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, FunctionType, ModuleType

import alo_nb
from alo_nb.handover.glance import (
    WINDOW,
    dtype_of,
    hidden_text,
    is_plain,
    is_really,
    short_text,
    small_bytes,
    type_name,
)
from alo_nb.plan.redact import is_secret, is_secret_name
from alo_nb.plan.secrets import Mask, secrets_in
from alo_nb.project import Project
from alo_nb.step_api import Asset
from alo_nb.steps.definition import StepDefinition, blocks_of
from alo_nb.store.failures import KeptFrame, KeptLocal

MAX_FRAMES, MAX_NAMES, MAX_BYTES, MAX_SECONDS = 20, 50, 256_000, 0.1
AROUND = 3  # lines above and below the one that failed
_OUTER = 5  # of too many frames, so many of the first ones and the rest of the last
_PACKAGE = str(Path(alo_nb.__file__).parent)
_CODE = (ModuleType, type, FunctionType)  # what a variable names that is no value


@dataclass(frozen=True)
class OwnFrame:
    """A frame whose code the user wrote, and the line that was running."""

    frame: FrameType
    line: int

    @property
    def file(self) -> str:
        """The name that its code was compiled under."""
        return self.frame.f_code.co_filename

    def variables(self) -> Iterator[tuple[str, object]]:
        """Yield the variables that hold values, at most 50."""
        found = (
            (name, value)
            for name, value in self.frame.f_locals.items()
            if isinstance(name, str) and not name.startswith("__") and not is_really(value, (*_CODE, Asset))
        )
        for (name, value), _ in zip(found, range(MAX_NAMES), strict=False):
            yield name, value


def own_frames(error: BaseException, definition: StepDefinition, project: Project) -> list[OwnFrame]:
    """Return the frames of a step's own code, innermost last, at most 20.

    An exception that none of them raised, e.g. the one that stands for `sys.exit`, has those of its cause.
    """
    files = {block.file for block in blocks_of(definition)}
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        found = [
            OwnFrame(frame, line)
            for frame, line in traceback.walk_tb(each.__traceback__)
            if frame.f_code.co_filename in files or _is_own_file(frame.f_code.co_filename, definition, project)
        ]
        if found:
            return found if len(found) <= MAX_FRAMES else [*found[:_OUTER], *found[_OUTER - MAX_FRAMES :]]
        each = each.__cause__ or each.__context__
    return []


def _is_own_file(file: str, definition: StepDefinition, project: Project) -> bool:
    """Tell whether a file is a module of the user's: beside an asset or in the project, and not an installed one."""
    folders = [each for each in (definition.folder, *definition.import_from, str(project.root)) if each]
    installed = f"{os.sep}site-packages{os.sep}" in file or file.startswith((sys.prefix + os.sep, _PACKAGE + os.sep))
    return not installed and any(file.startswith(each.rstrip(os.sep) + os.sep) for each in folders)


def secrets_of(frames: list[OwnFrame]) -> frozenset[str]:
    """Return the texts that stand below names of secrets in the frames' variables.

    A plain word in a variable `token` is no secret: programs that read texts have such variables.
    """
    variables = (each for frame in frames for each in frame.variables() if is_plain(each[1]))
    told = (each for each in variables if not (each[0] == "token" and str(each[1]).isalpha()))
    found = frozenset().union(*(secrets_in({name: value}) for name, value in told))
    return frozenset(text for text in found if len(text) <= WINDOW)


@dataclass
class _Room:
    """What is left of the bytes and of the time for all variables together."""

    bytes: int = MAX_BYTES
    until: float = field(default_factory=lambda: time.perf_counter() + MAX_SECONDS)

    def take(self, size: int) -> bool:
        if self.bytes < size or time.perf_counter() > self.until:
            return False
        self.bytes -= size
        return True


def keep_frames(
    frames: list[OwnFrame], definition: StepDefinition, project: Project, mask: Mask
) -> tuple[KeptFrame, ...]:
    """Return frames as values. Innermost ones get their variables first: 50 names each, 256 kB, 0.1 s for all."""
    room, labels = _Room(), {block.file: block.label for block in blocks_of(definition)}
    kept = [_kept_frame(each, labels, project, mask, room) for each in reversed(frames)]
    return tuple(reversed(kept))


def _kept_frame(own: OwnFrame, labels: Mapping[str, str], project: Project, mask: Mask, room: _Room) -> KeptFrame:
    label = labels.get(own.file) or os.path.relpath(own.file, project.root)
    name = own.frame.f_code.co_name
    numbers = range(max(1, own.line - AROUND), own.line + AROUND + 1)
    lines = [(number, linecache.getline(own.file, number).rstrip("\n")) for number in numbers]
    last = max((number for number, text in lines if text), default=0)
    around = tuple((number, hidden_text(text, mask)) for number, text in lines if number <= last)
    variables = tuple(_kept_locals(own, mask, room))
    return KeptFrame(mask(label), own.line, "" if name == "<module>" else name, around, variables)


def _kept_locals(own: OwnFrame, mask: Mask, room: _Room) -> Iterator[KeptLocal]:
    for name, value in own.variables():
        if not room.take(len(name)):
            return
        yield _kept_local(name, value, mask, room)


def _kept_local(name: str, value: object, mask: Mask, room: _Room) -> KeptLocal:
    kind = type_name(value)
    if is_secret_name(name) and (is_secret(name, value) or not is_plain(value)):
        return KeptLocal(name, kind, "***")
    try:
        text, dtype = short_text(value, mask), dtype_of(value)
        parts = _kept_parts(name, value, mask)
    except Exception as error:  # noqa: BLE001  # a foreign class in disguise: the user's exception matters, this does not
        return KeptLocal(name, kind, f"<{kind}: cannot be shown, {type(error).__name__}>")
    encoded = tuple(base64.b64encode(part).decode() for part in parts)
    if not room.take(len(text)):
        return KeptLocal(name, kind, "…")
    return KeptLocal(name, kind, text, dtype, encoded if room.take(sum(map(len, encoded))) else ())


def _kept_parts(name: str, value: object, mask: Mask) -> tuple[bytes, ...]:
    """Return a small value encoded; nothing for what is large, no plain data, or holds a secret."""
    parts = small_bytes(value)
    if parts is None or mask.is_in(b"".join(parts)):
        return ()
    masked = mask.plain(name, value) if is_plain(value) else value
    return parts if masked is value or masked == value else ()
