"""Values to bytes and back, so that equal values give equal bytes and a reader never shares a writer's objects.

The bytes are a pickle (protocol 5) whose large buffers stand apart from it. The pickler's memo is off, since it
makes the bytes depend on which equal strings happen to be one object; a value that refers to itself needs the memo
and is pickled with it. What plain pickle cannot name (lambdas, local classes) goes through cloudpickle.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from alo_nb.errors import InterfaceError

_NOT_BY_NAME = (pickle.PicklingError, AttributeError, TypeError)

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
    try:
        return _pickled(value, buffers, memo=False)
    except (ValueError, RecursionError):  # refers to itself
        buffers.clear()
    except _NOT_BY_NAME:
        import cloudpickle

        buffers.clear()
        return bytes(cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append))
    return _pickled(value, buffers, memo=True)


class _Pickler(pickle.Pickler):
    """Writes an array as what it holds: a view with gaps, or a read-only array, as the plain copy that it equals."""

    def reducer_override(self, obj: Any) -> Any:
        is_array = type(obj).__module__ == "numpy" and type(obj).__qualname__ == "ndarray"
        if is_array and not (obj.flags.forc and obj.flags.writeable):
            return obj.copy(order="A").__reduce_ex__(5)
        if hasattr(type(obj), "_from_sequence") and "_cache" in getattr(obj, "__dict__", ()):
            del obj._cache  # what pandas has looked up about an extension array and finds again; not its value
        return NotImplemented


def _pickled(value: object, buffers: list[pickle.PickleBuffer], *, memo: bool) -> bytes:
    file = io.BytesIO()
    pickler = _Pickler(file, protocol=5, buffer_callback=buffers.append)
    pickler.fast = not memo
    pickler.dump(value)
    return file.getvalue()


def decode(parts: Sequence[bytes]) -> object:
    """Return a new value from `encode`'s bytes; nothing in it is shared with another reader."""
    return pickle.loads(parts[0], buffers=[bytearray(part) for part in parts[1:]])


def digest(parts: Sequence[bytes]) -> str:
    """Return ``b3:<hex>`` of the parts, each with its length before it."""
    from blake3 import blake3

    hasher = blake3()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "little"))
        hasher.update(part)
    return f"b3:{hasher.hexdigest()}"


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
