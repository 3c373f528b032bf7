"""Values to bytes and back, so that no reader shares a writer's objects and both interface modes hold the same.

The bytes are a pickle (protocol 5) whose large buffers stand apart from it. What plain pickle cannot name (lambdas,
local classes) goes through cloudpickle. The same code on the same input gives the same bytes; a set of texts does not,
since Python orders it anew in each process.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from types import FunctionType
from typing import Any

from alo_nb.errors import InterfaceError

_NOT_BY_NAME = (pickle.PicklingError, AttributeError, TypeError)

_LENGTH = 8  # bytes of a part's length
SHORT_TEXT = 24
LONG_NUMBER = 10**100  # Python refuses to print an integer of some thousand digits


@dataclass(frozen=True)
class Encoded:
    """One value as bytes: `digest` (``b3:<hex>``) is of exactly these bytes; `summary` is ``"DataFrame 891x12"``."""

    parts: tuple[bytes, ...]
    digest: str
    summary: str

    @property
    def size(self) -> int:
        """Bytes in all parts."""
        return sum(map(len, self.parts))


def encode(value: object) -> Encoded:
    """Return `value` as bytes of its own.

    Raises
    ------
    InterfaceError
        The value cannot be pickled, e.g. an open file or a database connection.
    """
    buffers: list[pickle.PickleBuffer] = []
    try:
        head = _dump(value, buffers)
    except Exception as error:  # whatever a foreign __reduce__ raises, the step must learn which value it was
        raise InterfaceError(
            f"a value of type {type(value).__name__} cannot be handed to the next step: {error}",
            do="save what it is made of (a path, an address, plain data) and build it again in the next step",
        ) from error
    parts = (head, *(bytes(buffer.raw()) for buffer in buffers))
    return Encoded(parts, digest(parts), summarise(value))


def _dump(value: object, buffers: list[pickle.PickleBuffer]) -> bytes:
    file = io.BytesIO()
    try:
        _Pickler(file, buffers).dump(value)
    except (*_NOT_BY_NAME, _OnlyByValue):
        buffers.clear()
        return _by_value(value, buffers)
    return file.getvalue()


def _by_value(value: object, buffers: list[pickle.PickleBuffer]) -> bytes:
    import cloudpickle

    modules = [sys.modules[name] for name in _local_modules()]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append))
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


class _OnlyByValue(Exception):
    """A class or function lies in a module that the next step cannot import."""


_local_folder: Path | None = None


@contextmanager
def by_value(folder: Path | None) -> Iterator[None]:
    """For the body, write classes and functions of modules in `folder` with their code: others cannot import them."""
    global _local_folder  # one step runs at a time
    before, _local_folder = _local_folder, folder
    try:
        yield
    finally:
        _local_folder = before


def _local_modules() -> list[str]:
    folder = _local_folder
    if folder is None:
        return []
    files = ((name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items()))
    return [name for name, file in files if isinstance(file, str) and Path(file).is_relative_to(folder)]


class _Pickler(pickle.Pickler):
    """Writes an array as what it holds: a view with gaps, or a read-only array, as the plain copy that it equals."""

    def __init__(self, file: io.BytesIO, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self._local = frozenset(_local_modules())

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (type, FunctionType)) and obj.__module__ in self._local:
            raise _OnlyByValue(obj.__module__)
        is_array = type(obj).__module__ == "numpy" and type(obj).__qualname__ == "ndarray"
        if is_array and not (obj.flags.forc and obj.flags.writeable):
            return obj.copy(order="A").__reduce_ex__(5)
        if hasattr(type(obj), "_from_sequence") and "_cache" in getattr(obj, "__dict__", ()):
            del obj._cache  # what pandas has looked up about an extension array and finds again; not its value
        return NotImplemented


def decode(parts: Sequence[bytes]) -> object:
    """Return a new value from `encode`'s bytes; nothing in it is shared with another reader."""
    return pickle.loads(parts[0], buffers=[bytearray(part) for part in parts[1:]])


def digest(parts: Sequence[bytes]) -> str:
    """Return ``b3:<hex>`` of the parts as they stand in a file."""
    from blake3 import blake3

    hasher = blake3()
    for piece in to_file(parts):
        hasher.update(piece)
    return f"b3:{hasher.hexdigest()}"


def to_file(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a file with these parts holds: each part with its length, 8 bytes, before it."""
    for part in parts:
        yield len(part).to_bytes(_LENGTH, "little")
        yield part


def from_file(content: bytes) -> tuple[bytes, ...]:
    """Return the parts in a file that `to_file` made; one that was cut short gives other parts."""
    parts, start, view = [], 0, memoryview(content)
    while start < len(view):
        size = int.from_bytes(view[start : start + _LENGTH], "little")
        start += _LENGTH
        parts.append(bytes(view[start : start + size]))
        start += size
    return tuple(parts)


def summarise(value: object) -> str:
    """Return a value in a few words: type and size (``"DataFrame 891x12"``), or a number or short text as it is."""
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(value, str) and len(value) <= SHORT_TEXT:
        return repr(value)
    if isinstance(value, Integral):
        return str(value) if abs(int(value)) < LONG_NUMBER else kind
    if isinstance(value, Real):
        return f"{float(value):.4g}"
    if isinstance(shape, tuple) and all(isinstance(each, int) for each in shape):
        return f"{kind} {'x'.join(map(str, shape))}".rstrip()
    return f"{kind} {len(value)}" if isinstance(value, (list, tuple, dict, set, str, bytes)) else kind
