"""Values to bytes and back, so that no reader shares a writer's objects and both interface modes hold the same.

The bytes are a pickle (protocol 5) whose buffers stand apart from it; large ones are contents of their own, each kept
once. What plain pickle cannot name (lambdas, local classes) goes through cloudpickle. The same code on the same input
gives the same bytes; a set of texts does not, since Python orders it anew in each process.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import mmap
from numbers import Integral, Real
from pathlib import Path
from types import FunctionType
from typing import Any

from alo_nb.errors import InterfaceError, message_of
from alo_nb.handover.large import LARGE, Keep, Large, digest_of_memory, in_memory
from alo_nb.handover.reduce import reduced
from alo_nb.handover.signature import signature_of

_NOT_BY_NAME = (pickle.PicklingError, AttributeError, TypeError)

Part = bytes | Large

_MAGIC = b"ALOVAL1\n"
_LENGTH, _DIGEST = 8, 32  # bytes of a part's length and of its digest, which a small part has not: it stands there
_ALIGNED = 64  # where a part begins, so that whatever its elements are they can be used in place
SHORT_TEXT = 24
LONG_NUMBER = 10**100  # Python refuses to print an integer of some thousand digits


@dataclass(frozen=True)
class Encoded:
    """One value as it was: `digest` (``b3:<hex>``) is of exactly these bytes; `summary` is ``"DataFrame 891x12"``.

    `parts` are the pickle and then its buffers. `signature` says more of what the value is like: see `signature_of`.
    """

    parts: tuple[Part, ...]
    digest: str
    summary: str
    signature: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def size(self) -> int:
        """Bytes in all parts."""
        return sum(map(len, self.parts))

    def contents(self) -> Iterator[bytes | mmap]:
        """Yield the bytes of each part, to be read."""
        return (part.content() if isinstance(part, Large) else part for part in self.parts)


def encode(value: object, keep: Keep = in_memory) -> Encoded:
    """Return `value` as bytes of its own, which nobody can change any more.

    Parameters
    ----------
    keep : callable
        Keeps a large buffer of the value as it is at this moment, e.g. `Values.keep`.

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
            f"a value of type {type(value).__name__} cannot be handed to the next step: {message_of(error)}",
            do="save what it is made of (a path, an address, plain data) and build it again in the next step",
        ) from error
    raw = (memoryview(head), *(buffer.raw() for buffer in buffers))
    parts = tuple(keep(each) if each.nbytes >= LARGE else bytes(each) for each in raw)
    return Encoded(parts, digest(parts), summarise(value), signature_of(value))


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

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
        def reducer_override(self, obj: Any) -> Any:
            plain = reduced(obj)
            return super().reducer_override(obj) if plain is NotImplemented else plain

    file, modules = io.BytesIO(), [sys.modules[name] for name in _local_modules()]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        Pickler(file, protocol=5, buffer_callback=buffers.append).dump(value)
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
    return file.getvalue()


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
    def __init__(self, file: io.BytesIO, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self._local = frozenset(_local_modules())

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (type, FunctionType)) and obj.__module__ in self._local:
            raise _OnlyByValue(obj.__module__)
        return reduced(obj)


def decode(parts: Sequence[Part]) -> object:
    """Return a new value from `encode`'s parts; nothing in it is shared with another reader.

    Raises
    ------
    InterfaceError
        A large part is gone or damaged.
    Exception
        Whatever a class raises that is gone by now, or refuses.
    """
    head, *buffers = parts
    own = [each.memory() if isinstance(each, Large) else bytearray(each) for each in buffers]
    return pickle.loads(head.content() if isinstance(head, Large) else head, buffers=own)


# Bytes in files -----------------------------------------------------------------------------------------------------


def digest(parts: Sequence[Part]) -> str:
    """Return ``b3:<hex>`` of the parts as `head_file` writes them."""
    from blake3 import blake3

    hasher = blake3()
    for piece in head_file(parts):
        hasher.update(piece)
    return f"b3:{hasher.hexdigest()}"


def head_file(parts: Sequence[Part]) -> Iterator[bytes]:
    """Yield a file with the small parts, aligned, after a table of all: length, and digest of a large one."""
    table = b"".join(len(part).to_bytes(_LENGTH, "little") + _raw_digest(part) for part in parts)
    yield from _aligned(_MAGIC + len(parts).to_bytes(_LENGTH, "little") + table)
    for part in parts:
        if not isinstance(part, Large) and not _is_large(part):
            yield from _aligned(part)


def to_file(parts: Sequence[Part]) -> Iterator[bytes | mmap]:
    """Yield a file with all parts: that of `head_file`, and then the large ones."""
    yield from head_file(parts)
    for part in parts:
        if _is_large(part):
            yield from _aligned(part.content() if isinstance(part, Large) else part)


def from_file(content: bytes | memoryview, large: Callable[[str, int], Part] | None = None) -> tuple[Part, ...]:
    """Return the parts in a file; one that was cut short or never was one gives other parts.

    Parameters
    ----------
    large : callable, optional
        Gives a large part by its digest and length. Without it the file has all parts.
    """
    view = memoryview(content)
    table = len(_MAGIC) + _LENGTH
    count = int.from_bytes(view[len(_MAGIC) : table], "little")
    row = _LENGTH + _DIGEST
    if view[: len(_MAGIC)] != _MAGIC or table + count * row > len(view):
        return ()
    starts = range(table, table + count * row, row)
    rows = [(int.from_bytes(view[at : at + _LENGTH], "little"), bytes(view[at + _LENGTH : at + row])) for at in starts]
    parts: list[Part] = [b""] * count
    end = table + count * row
    for number in sorted(range(count), key=lambda each: any(rows[each][1])):  # the small ones stand first
        size, name = rows[number]
        if any(name) and large is not None:
            parts[number] = large(f"b3:{name.hex()}", size)
        else:
            start = end + -end % _ALIGNED
            end = start + size
            parts[number] = bytes(view[start:end])
    return tuple(parts)


def _aligned(piece: Any) -> Iterator[Any]:
    yield piece
    yield bytes(-len(piece) % _ALIGNED)


def _is_large(part: Part) -> bool:
    return isinstance(part, Large) or len(part) >= LARGE


def _raw_digest(part: Part) -> bytes:
    if not _is_large(part):
        return bytes(_DIGEST)
    return bytes.fromhex((part.digest if isinstance(part, Large) else digest_of_memory(part)).removeprefix("b3:"))


# Words --------------------------------------------------------------------------------------------------------------


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
