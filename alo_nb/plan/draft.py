"""The text of a plan while it is edited: one value at a time, every other character as it was.

Each change is made twice, to the text and to the data that the text means. The new text is read again, and must mean
exactly that data: what YAML makes of an odd layout is never guessed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.errors import PlanEditError, PlanReadError
from alo_nb.plan.layout import Layout, Splice
from alo_nb.plan.reader import decoded
from alo_nb.plan.redact import shown
from alo_nb.plan.spans import Span, column, line_number, read_spans
from alo_nb.plan.tree import Findings, Scalar, mapped, path_of, plain
from alo_nb.plan.writer import flow_text
from alo_nb.plan.yaml_tree import read_tree

_BY_HAND = "edit the file in a text editor"

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class _Tagged:
    """A value with a tag of ALO 3, as it is written."""

    tag: str
    text: str


class Draft:
    """A text, where its values stand, and what they mean.

    A path is the keys and numbers that lead to a node: ``("control", 3, "backup_size")``.

    Parameters
    ----------
    text : str
        The text without a byte order mark.
    file : str
        The name that messages show.

    Raises
    ------
    PlanReadError
        It is no readable YAML.
    """

    def __init__(self, text: str, file: str = "the plan") -> None:
        self.text, self.file = text, file
        self.data = read_data(text, file)
        self.root = read_spans(text)

    def span(self, path: Path) -> Span:
        """Return the node at `path`; the last of two keys with one name, as YAML takes it."""
        found = self.root
        for part in path:
            if isinstance(part, int):
                found = found.items[part]
            else:
                at = found.index(part)
                if at is None:
                    raise self.error(f"{_label(path)} stands elsewhere and is merged in by `<<`", found)
                found = found.pairs[at][1]
            if found.kind == "alias" or found.anchor:
                mark = f"*{found.anchor}" if found.kind == "alias" else f"&{found.anchor}"
                what = f"{_label(path)} is shared with other places by `{mark}`, and an edit would change them all"
                raise self.error(what, found, do="write the value out in each place, and edit then")
        return found

    def value(self, path: Path) -> Any:
        """Return what the node at `path` means."""
        found = self.data
        for part in path:
            found = found[part]
        return found

    def set(self, path: Path, value: Any) -> None:
        """Replace the value at `path`; of a list or mapping only the parts that differ."""
        value = as_plain(value)
        old = self.value(path)
        if meaning(old) == meaning(value):
            return
        splices = self.layout(path).changed(self._parent(path), self.span(path), old, value)
        self._apply(splices, lambda data: _put(data, path, value))

    def remove(self, path: Path) -> None:
        """Take away the key or item at `path`; of a list or mapping that would be empty, nothing stays but its key."""
        parent, last = self._parent(path), path[-1]
        at = last if isinstance(last, int) else parent.index(last)
        self.span(path)
        assert at is not None  # `span` has found it
        if len(parent.items or parent.pairs) > 1:
            self._apply(self.layout(path).removed(parent, at, at + 1), lambda data: _take(data, path))
        elif len(path) > 1:
            splices = self.layout(path).emptied(self._parent(path[:-1]), parent)
            self._apply(splices, lambda data: _put(data, path[:-1], None))

    def add_key(self, path: Path, key: str, value: Any, lines: Sequence[str] = ()) -> None:
        """Add a key at the end of the mapping at `path`; `lines` say it in more than one line."""
        value = as_plain(value)
        splices = self.layout(path).key_added(self.span(path), key, value, lines)
        self._apply(splices, lambda data: _put(data, (*path, key), value))

    def insert(self, path: Path, at: int, value: Any, lines: Sequence[str] = ()) -> None:
        """Put an item into the list at `path`, which may be empty; `lines` say it, the first from its dash on."""
        value = as_plain(value)
        splices = self.layout(path).inserted(self._parent(path), self.span(path), at, value, lines)
        self._apply(splices, lambda data: _insert(data, path, at, value))

    def rename_key(self, path: Path, name: str) -> None:
        """Give the key at `path` another name; it stays where it is."""
        parent = self._parent(path)
        at = parent.index(str(path[-1]))
        self.span(path)
        assert at is not None  # `span` has found it
        key = parent.pairs[at][0]
        splice = Splice(key.start, key.end, flow_text(name, within=parent.is_flow))
        value = {name if key == path[-1] else key: each for key, each in self.value(path[:-1]).items()}
        self._apply([splice], lambda data: _put(data, path[:-1], value))

    def lines_of(self, path: Path, at: int) -> list[str]:
        """Return the lines of an item of the list at `path`, without its indentation; none of one in a single line."""
        span = self.span(path)
        if span.is_flow:
            return []
        width = column(self.text, span.dashes[at])
        first, *rest = self.layout(path).body(span, at).splitlines()
        return [first, *(each[min(width, len(each) - len(each.lstrip(" "))) :] for each in rest)]

    def reorder(self, path: Path, order: Sequence[int]) -> None:
        """Give the items of the list at `path` another order; blank lines between them stay where they are."""
        splices = self.layout(path).reordered(self.span(path), order)
        old = self.value(path)
        self._apply(splices, lambda data: _put(data, path, [old[at] for at in order]))

    def data_with(self, path: Path, value: Any) -> Any:
        """Return the data with another value at `path`."""
        return _put(deepcopy(self.data), path, value)

    def replace_text(self, text: str, data: Any) -> None:
        """Take over a text that must mean `data`."""
        self._accept(text, data)

    def error(self, what: str, span: Span | None = None, *, do: str = _BY_HAND) -> PlanEditError:
        """Return the error of an edit that is not possible."""
        where = self.file if span is None else f"{self.file}, line {line_number(self.text, span.start)}"
        return PlanEditError(what, where=where, do=do)

    def _parent(self, path: Path) -> Span:
        return self.span(path[:-1]) if path else self.root

    def layout(self, path: Path) -> Layout:
        """Return what knows how changes at `path` look in the text."""
        return Layout(self.text, self.root, lambda what, span: self.error(f"{_label(path)}: {what}", span))

    def _apply(self, splices: Iterable[Splice], change: Callable[[Any], Any]) -> None:
        data = change(deepcopy(self.data))
        text = self.text
        for each in sorted(splices, key=lambda each: (each.start, each.end), reverse=True):
            text = text[: each.start] + each.text + text[each.end :]
        self._accept(text, data)

    def _accept(self, text: str, data: Any) -> None:
        """Keep the text, when it means the data.

        Raises
        ------
        PlanEditError
            It does not; the draft is as it was.
        """
        try:
            found = read_data(decoded(text, self.file), self.file)
        except PlanReadError as error:
            raise self.error(f"the edited plan could not be read any more: {error.what}") from error
        if meaning(found) != meaning(data):
            raise self.error("the lines here are written so that the edit would change more than this value")
        self.text, self.data, self.root = text, found, read_spans(text)


def meaning(value: Any) -> Any:
    """Return something that is equal for values that mean the same: 1, 1.0 and True do not; NaN and NaN do."""
    if isinstance(value, dict):
        return ("mapping", sorted((repr(key), repr(meaning(each))) for key, each in value.items()))
    if isinstance(value, (list, tuple)):
        return ("list", [meaning(each) for each in value])
    return repr(value)


def read_data(text: str, file: str) -> Any:
    """Return what a text means, as Python values; a value with a tag of ALO 3 equals only itself."""
    tree = read_tree(text, file, Findings())
    return plain(mapped(tree, _with_tag))


def _with_tag(scalar: Scalar) -> Scalar:
    return replace(scalar, value=_Tagged(scalar.tag, scalar.text)) if scalar.tag else scalar


def as_plain(value: Any) -> Any:
    """Return a value as a plan can hold it: tuples are lists.

    Raises
    ------
    PlanEditError
        It is of a kind that no plan holds.
    """
    if value is None or type(value) in (bool, int, float, str, datetime.date, datetime.datetime):
        return value
    if isinstance(value, (list, tuple)):
        return [as_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {as_plain(key): as_plain(each) for key, each in value.items()}
    what = f"a plan cannot hold a value of type {type(value).__name__}"
    raise PlanEditError(what, do="give text, a number, a truth value, a date, or a list or mapping of them")


def _put(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return data


def _take(data: Any, path: Path) -> Any:
    place = data
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return data


def _insert(data: Any, path: Path, at: int, value: Any) -> Any:
    place = data
    for part in path:
        place = place[part]
    if place is None:
        return _put(data, path, [value])
    place.insert(at, value)
    return data


def _label(path: Path) -> str:
    return shown(path_of(*(part for part in path if isinstance(part, str)))) or "the plan"
