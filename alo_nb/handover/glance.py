"""Any value as a short text, and small plain data as bytes, without running code of the value's own class.

A failed step may hold anything: an object whose `__repr__` raises or never ends, a list that holds itself, a gigabyte.
So nothing here calls a method that a class outside of Python, numpy and pandas could have defined; an object is shown
by the public values in its ``__dict__``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from types import GetSetDescriptorType, NoneType
from typing import Any

from alo_nb.handover.codec import encode
from alo_nb.plan.redact import is_secret
from alo_nb.step_api.loaded import WAITING

MAX_TEXT = 200
WINDOW = 16_384  # characters of a long text that are looked at; a private key that begins in sight ends in them
SMALL = 32_768  # bytes of a value that is kept whole

_ITEMS, _DEPTH, _LEAF = 6, 3, 60
_NODES, _NESTED = 2_000, 50
_INTEGER_BITS = 512
_CELLS, _COLUMNS = 4_096, 100
_PLAIN = (NoneType, bool, int, float, complex, str, bytes)
_CONTAINERS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("{", "}")}
_WITH_SHAPE = {"numpy", "pandas", "scipy", "torch", "polars", "pyarrow", "xarray", "tensorflow", "jax", "jaxlib"}
_HARMLESS = {"datetime", "decimal", "fractions", "pathlib", "uuid"}  # of Python itself, with a short repr
_MOMENTS = ("Timestamp", "Timedelta", "Period")  # of pandas, with a short text in ISO
_ZONES = {
    "builtins",
    "datetime",
    "dateutil",
    "pytz",
    "zoneinfo",
}  # of time zones; another runs its own code

# What a class says of itself when neither it nor its metaclass can answer in its place.
_name_of = type.__dict__["__name__"].__get__
_module_of = type.__dict__["__module__"].__get__
_bases_of = type.__dict__["__mro__"].__get__
_members_of = type.__dict__["__dict__"].__get__

Hide = Callable[[str], str]


def type_name(value: object) -> str:
    """Return the name of a value's real class, whatever its ``__class__`` says."""
    return str(_name_of(type(value)))


def is_really(value: object, kinds: tuple[type, ...]) -> bool:
    """Tell whether a value's real class is one of `kinds` or below it; unlike `isinstance`, it asks nobody."""
    return any(each in kinds for each in _bases_of(type(value)))


def short_text(value: object, hide: Hide) -> str:
    """Return a value in at most 200 characters; every text in it has gone through `hide`."""
    return cut(_text(value, hide, _DEPTH), MAX_TEXT)


def cut(text: str, width: int) -> str:
    """Return a text of at most `width` characters, its end marked."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def hidden_text(text: str, hide: Hide) -> str:
    """Return the beginning of a text without what `hide` masks, also where a secret would have been cut in two."""
    if len(text) <= WINDOW:
        return hide(text)
    return hide(text[:WINDOW])[: WINDOW // 2]


def dtype_of(value: object) -> str:
    """Return the dtype of an array; empty for what has none. Its shape is in its text."""
    base = _library_class(value)
    dtype = None if base is None else _of(base, value, "dtype")
    return "" if base is None or dtype is None or callable(dtype) or _of(base, value, "shape") == () else str(dtype)


def _text(value: Any, hide: Hide, depth: int) -> str:
    if value is WAITING:
        return "(not loaded)"
    kind = type(value)
    bases: tuple[Any, ...] = _bases_of(kind)
    if str in bases:
        return repr(cut(hidden_text(str.__str__(value), hide), _LEAF if depth < _DEPTH else MAX_TEXT))
    if kind in {NoneType, bool, float, complex}:
        return repr(value)
    if int in bases:
        bits = int.bit_length(value)
        return hide(int.__repr__(value)) if bits <= _INTEGER_BITS else f"int of {bits} bits"
    if (raw := next((each for each in (bytes, bytearray) if each in bases), None)) is not None:
        return f"{type_name(value)} {_of(raw, value, '__len__')()}"
    if dict in bases:
        return _braces(_pairs(dict.items(value), hide, depth), dict.__len__(value), "{", "}")
    base = next((each for each in _CONTAINERS if each in bases), None)
    if base is not None:
        return _braces(
            _inner(_of(base, value, "__iter__")(), hide, depth), _of(base, value, "__len__")(), *_CONTAINERS[base]
        )
    if is_moment(value):
        return cut(hide(str(value)), _LEAF)
    if (library := _library_class(value)) is not None:
        return _array_text(library, value, hide)
    if library_of(kind) in _HARMLESS and getattr(sys.modules[library_of(kind)], str(_name_of(kind)), None) is kind:
        return cut(hide(repr(value)), _LEAF)
    shown = {name: each for name, each in dict.items(attributes(value)) if type(name) is str and name[:1] != "_"}
    return f"{type_name(value)}{_braces(_pairs(shown.items(), hide, depth, '='), len(shown), '(', ')')}"


def is_moment(value: object) -> bool:
    """Tell whether a value is a moment or a duration of pandas itself, whose text runs no other code."""
    if "pandas" not in sys.modules:
        return False
    known = {type(_own("pandas", "NaT")), *(_own("pandas", name) for name in _MOMENTS)}
    return type(value) in known and library_of(type(getattr(value, "tzinfo", None))) in _ZONES


def _braces(parts: Iterator[str], length: int, opening: str, closing: str) -> str:
    shown = list(parts)
    more = [f"… {length - len(shown)} more"] if length > len(shown) else []
    return f"{opening}{', '.join([*shown, *more])}{closing}"


def _inner(values: Iterator[object], hide: Hide, depth: int) -> Iterator[str]:
    return (_text(each, hide, depth - 1) for each in islice(values, _ITEMS if depth > 0 else 0))


def _pairs(items: Any, hide: Hide, depth: int, mark: str = ": ") -> Iterator[str]:
    for key, value in islice(items, _ITEMS if depth > 0 else 0):
        name = key if mark == "=" else _text(key, hide, 0)
        yield f"{name}{mark}{repr('***') if is_secret(key, value) else _text(value, hide, depth - 1)}"


def attributes(value: object) -> dict[Any, object]:
    """Return what an object holds; nothing for a class that answers ``__dict__`` itself."""
    for base in _bases_of(type(value)):
        found = _members_of(base).get("__dict__")
        if found is not None:
            held = found.__get__(value) if type(found) is GetSetDescriptorType else {}
            return held if isinstance(held, dict) else {}
    return {}


def library_of(kind: type) -> str:
    """Return the first part of the module that a class says it is of; empty when it says nothing."""
    module = _module_of(kind)
    return module.partition(".")[0] if isinstance(module, str) else ""


def _library_class(value: object) -> type | None:
    return next((each for each in _bases_of(type(value)) if library_of(each) in _WITH_SHAPE), None)


def _of(base: type, value: object, name: str) -> Any:
    """Return an attribute as the library's own class gives it, also for a subclass that has its own."""
    found = getattr(base, name, None)
    return None if found is None else found.__get__(value, base)


def _array_text(base: type, value: object, hide: Hide) -> str:
    shape = _of(base, value, "shape")
    if shape == () and library_of(base) == "numpy" and not _of(base, value, "dtype").hasobject:
        return cut(hide(str(_of(base, value, "__str__")())), _LEAF)
    size = "x".join(map(str, shape)) if isinstance(shape, tuple) else ""
    head = f"{type_name(value)} {size}".rstrip()
    if _name_of(base) == "DataFrame" and library_of(base) == "pandas":
        types = _of(base, value, "dtypes")
        first = ", ".join(f"{_text(each, hide, 0)} {types.iloc[n]}" for n, each in enumerate(types.index[:8]))
        return f"{head}: {first}" + (f", … {len(types) - 8} more" if len(types) > 8 else "")
    if _name_of(base) == "Series" and library_of(base) == "pandas":
        return f"{head}: {_braces(_inner(iter(_of(base, value, 'iloc')[:_ITEMS]), hide, 1), shape[0], '[', ']')}"
    if _is_plain_index(value):
        return f"{head}: {_braces(_inner(iter(value[:_ITEMS]), hide, 1), len(value), '[', ']')}"  # type: ignore[index,arg-type]
    if _name_of(base) == "ndarray" and shape:
        first = _of(base, value, "flat")[:_ITEMS]
        first_values = [*first] if first.dtype.kind in "mM" else first.tolist()  # a list has no words for nanoseconds
        return f"{head}: {_braces(_inner(iter(first_values), hide, 1), _of(base, value, 'size'), '[', ']')}"
    return head


def _is_plain_index(value: Any) -> bool:
    """Tell whether a value is an index of pandas itself, of values that pandas knows."""
    name = type_name(value)
    is_index = name.endswith("Index") and type(value) is _own("pandas", name)
    return is_index and library_of(type(value.dtype)) in {"numpy", "pandas"}


# -- plain data ------------------------------------------------------------------------------------------------------


def is_plain(value: object, *, nodes: int = _NODES) -> bool:
    """Tell whether a value is made of numbers, texts and containers of Python only, of few of them and not deep."""
    level = [value]
    for _ in range(_NESTED):
        nodes -= len(level)
        if nodes < 0:
            return False
        below: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is dict:
                below += [*islice(each, nodes + 1), *islice(each.values(), nodes + 1)]  # type: ignore[call-overload,attr-defined]
            elif kind in _CONTAINERS:
                below += islice(each, nodes + 1)  # type: ignore[call-overload]
            elif kind not in _PLAIN:
                return False
        if not below:
            return True
        level = below
    return False


def small_bytes(value: object) -> tuple[bytes, ...] | None:
    """Return plain data, or a small array or table of it, encoded; None for all else and for more than 32 KB."""
    if not (_is_short(value) and is_plain(value)) and not _is_small_array(value):
        return None
    encoded = encode(value)
    return tuple(map(bytes, encoded.contents())) if encoded.size <= SMALL else None


def _is_short(value: object) -> bool:
    return type(value) not in {str, bytes} or len(value) <= SMALL  # type: ignore[arg-type]


def _is_small_array(value: object) -> bool:
    kind, home = type(value), library_of(type(value))
    if home == "numpy" and kind is _own(home, "ndarray"):
        return not value.dtype.hasobject and value.nbytes <= SMALL  # type: ignore[attr-defined]
    if home == "pandas" and kind in {_own(home, "DataFrame"), _own(home, "Series")}:
        found: Any = value
        if found.size > _CELLS or found.shape[1:] > (_COLUMNS,) or not is_plain(found.attrs):
            return False
        columns = [found] if kind is _own(home, "Series") else [found.iloc[:, n] for n in range(found.shape[1])]
        return all(_is_plain_column(each) for each in [*columns, found.index])
    return False


def _is_plain_column(column: Any) -> bool:
    if column.dtype == object:
        return is_plain(list(column), nodes=2 * _CELLS)
    return library_of(type(column.dtype)) in {"numpy", "pandas"}


def _own(module: str, name: str) -> object:
    return getattr(sys.modules.get(module), name, None)
