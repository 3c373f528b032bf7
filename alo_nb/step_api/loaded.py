"""`Loaded`: the dict that `load_data` and `load_config` return. It loads a value when it is first asked for.

So a step loads only what it uses, what it used is known, and a key that it hands on untouched costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any

from alo_nb.errors import nearest


class _Waiting:
    """Stands in a `Loaded` for a value that nobody has asked for; seen by C code that bypasses its methods."""

    def __repr__(self) -> str:
        return "<not loaded: read the value as data['key'], or copy the whole by dict(data)>"


WAITING = _Waiting()
_NOTHING = object()


class Loaded(dict[str, Any]):
    """A dict whose values are loaded one by one. Everything that reads a value loads it; copies are plain dicts.

    Parameters
    ----------
    names : iterable of str
        The keys, in order.
    load : callable
        Gives the value of a key.
    """

    def __init__(self, names: Iterable[str], load: Callable[[str], Any]) -> None:
        super().__init__(dict.fromkeys(names, WAITING))
        self._load = load

    def unread(self) -> frozenset[str]:
        """Return the keys whose values nobody has asked for or replaced."""
        return frozenset(name for name, value in super().items() if value is WAITING)

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value is WAITING:
            value = self._load(name)
            super().__setitem__(name, value)
        return value

    def __missing__(self, name: str) -> Any:
        error = KeyError(name)
        none = ": no step that is defined here, before this one, has saved anything"
        error.add_note(f"nothing is loaded as {name!r}{nearest(name, self) if self else none}")
        raise error

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()  # being there, it keeps `{**data}` and `dict(data)` from copying what is not loaded

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401  # it would call itself

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return ValuesView(self)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return ItemsView(self)

    def pop(self, name: str, default: Any = _NOTHING) -> Any:
        if name not in self and default is not _NOTHING:
            return default
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        name = next(reversed(self), None)
        return super().popitem() if name is None else (name, self.pop(name))

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def copy(self) -> dict[str, Any]:
        return dict(self)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return dict(self) | other if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return other | dict(self) if isinstance(other, dict) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return dict(self) == (dict(other) if isinstance(other, Loaded) else other)

    __hash__ = None

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return dict, (dict(self),)
