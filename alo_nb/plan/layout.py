"""How a change of a value looks in the text of a plan: which characters go, and which come in their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from alo_nb.errors import PlanEditError
from alo_nb.plan.spans import Span, column, line_end, line_start, newline_of, next_line
from alo_nb.plan.writer import flow_text

_COLON = re.compile(r"\s*:")
_PROSE = re.compile(r"#+ ?[^\s#-]")  # a comment in words; what is indented more is YAML that was put out of use
_INDENT = 2  # columns, of a list below its key where the text has no example


@dataclass(frozen=True)
class Splice:
    """``text[start:end]`` becomes `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Layout:
    """Makes the splices for changes of one text; `error` makes the error for what cannot be changed in place."""

    text: str
    root: Span
    error: Callable[[str, Span], PlanEditError]

    # -- values ------------------------------------------------------------------------------------------------------

    def changed(self, parent: Span, span: Span, old: Any, new: Any) -> Iterator[Splice]:
        """Yield what makes `span`, which means `old`, mean `new`: of a list or mapping only the parts that differ."""
        if repr(old) == repr(new):
            return
        if span.items and isinstance(new, list) and new:
            yield from self._list_changed(span, old, new)
        elif isinstance(new, dict) and _is_plain(span, old) and old.keys() & new.keys():
            yield from self._mapping_changed(span, old, new)
        else:
            yield from self._replaced(parent, span, new)

    def _list_changed(self, span: Span, old: list[Any], new: list[Any]) -> Iterator[Splice]:
        matcher = SequenceMatcher(None, [repr(each) for each in old], [repr(each) for each in new], autojunk=False)
        for kind, first, end, start, stop in matcher.get_opcodes():
            if kind == "equal":
                continue
            for at, number in zip(range(first, end), range(start, stop), strict=False):
                yield from self.changed(span, span.items[at], old[at], new[number])
            both = min(end - first, stop - start)
            if first + both < end:
                yield from self.removed(span, first + both, end)
            elif start + both < stop:
                yield self._items(span, end, new[start + both : stop])

    def _mapping_changed(self, span: Span, old: dict[str, Any], new: dict[Any, Any]) -> Iterator[Splice]:
        gone = [at for at, (key, _) in enumerate(span.pairs) if key.text not in new]
        for first, after in _runs(gone):
            yield from self.removed(span, first, after)
        for key, value in span.pairs:
            if key.text in new:
                yield from self.changed(span, value, old[key.text], new[key.text])
        added = {key: value for key, value in new.items() if key not in old}
        if added:
            yield self._keys(span, added)

    def _replaced(self, parent: Span, span: Span, new: Any) -> Iterator[Splice]:
        self._refuse_shared(span)
        text = self._value_text(new, beside=span, within=parent.is_flow)
        key = _key_of(parent, span)
        if parent.is_flow or key is None:
            self._refuse_comments(span, span.start, span.end)
            yield Splice(span.start, span.end, f" {text or 'null'}" if span.is_empty else text or "null")
            return
        after = self._colon(key)
        if span.start > line_end(self.text, after):  # it stands below its key
            end = line_end(self.text, span.end)
            self._refuse_comments(span, line_end(self.text, after), end)
            yield Splice(line_end(self.text, after), end, "")
            yield Splice(after, after, f" {text}" if text else "")
        elif text:
            self._refuse_comments(span, span.start, span.end)
            yield Splice(span.start, span.end, f" {text}" if span.is_empty else text)
        else:
            self._refuse_comments(span, span.start, span.end)
            yield Splice(after, span.end, "")

    def _value_text(self, value: Any, *, beside: Span | None, within: bool) -> str:
        """Return a value in one line, text in the quotes that were there; nothing for None."""
        if value is None:
            return ""
        style = beside.style if beside is not None and beside.kind == "scalar" else ""
        if isinstance(value, str) and style == "'" and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        if isinstance(value, str) and style == '"' and value.isprintable():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return flow_text(value, within=within)

    # -- parts of lists and mappings ---------------------------------------------------------------------------------

    def removed(self, parent: Span, first: int, after: int) -> Iterator[Splice]:
        """Yield what takes away the parts `first` to `after` - 1, and not all of them."""
        for each in parent.items[first:after] or [node for pair in parent.pairs[first:after] for node in pair]:
            self._refuse_shared(each)
        parts = self._parts(parent)
        (start, _), (_, end) = parts[first], parts[after - 1]
        following = parts[after][0] if after < len(parts) else None
        before = parts[first - 1][1] if first else None
        if following is not None and (parent.is_flow or self._is_blank(end, following)):
            yield Splice(start, following, "")
        elif before is not None and following is None and (parent.is_flow or self._is_blank(before, start)):
            yield Splice(before, end, "")
        elif self._is_blank(line_start(self.text, start), start):
            yield Splice(line_start(self.text, start), next_line(self.text, end), "")
        else:  # behind a dash, and with comments below that are not its own
            yield Splice(start, end, "")

    def emptied(self, parent: Span, span: Span) -> Iterator[Splice]:
        """Yield what takes away all parts of a list or mapping; comments around them stay."""
        key = _key_of(parent, span)
        if span.is_flow or key is None or span.start <= line_end(self.text, self._colon(key)):
            yield from self._replaced(parent, span, None)
            return
        self._refuse_shared(span)
        for start, end in self._parts(span):
            yield Splice(line_start(self.text, start), next_line(self.text, end), "")

    def inserted(self, parent: Span, span: Span, at: int, value: Any, lines: Sequence[str]) -> Iterator[Splice]:
        """Yield what puts an item into a list, which may be empty; `lines` say it, the first from its dash on."""
        if span.items:
            yield self._items(span, at, [value], lines)
            return
        key = _key_of(parent, span)
        if parent.is_flow or key is None or not lines:
            yield from self._replaced(parent, span, [value])
            return
        after = self._colon(key)
        self._refuse_comments(span, span.start, span.end)
        if not span.is_empty:  # `[]` or `null`
            yield Splice(after, span.end, "")
        indent = " " * self.list_column(parent, span)
        yield _put_in(line_end(self.text, max(after, span.end)), self._indented(["", *lines], indent))

    def key_added(self, span: Span, key: str, value: Any, lines: Sequence[str]) -> Iterator[Splice]:
        """Yield what adds a key at the end of a mapping."""
        yield self._keys(span, {key: value}, lines)

    def reordered(self, span: Span, order: Sequence[int]) -> Iterator[Splice]:
        """Yield what gives the items another order; what stands between them stays."""
        self._refuse_shared(span)
        parts = self._parts(span)
        bodies = [self.text[start:end] for start, end in parts]
        for (start, end), at in zip(parts, order, strict=True):
            yield Splice(start, end, bodies[at])

    def body(self, span: Span, at: int) -> str:
        """Return the text of an item of a list: from its dash, or the comment right above, to the end of its line."""
        start, end = self._parts(span)[at]
        return self.text[start:end]

    def _items(self, span: Span, at: int, values: Sequence[Any], lines: Sequence[str] = ()) -> Splice:
        parts = self._parts(span)
        near = span.items[max(at - 1, 0)]
        if span.is_flow:
            words = ", ".join(self._value_text(each, beside=near, within=True) or "null" for each in values)
            return _put_in(parts[at - 1][1], f", {words}") if at else _put_in(parts[0][0], f"{words}, ")
        indent = " " * column(self.text, parts[0][0])
        gap = self._indented(["", ""], indent)
        if len(parts) > 1 and self._is_blank(parts[0][1], parts[1][0]):
            gap = self.text[parts[0][1] : parts[1][0]]
        dashed = lines or [f"- {self._value_text(each, beside=near, within=False)}".rstrip() for each in values]
        body = self._indented(dashed, indent)
        return _put_in(parts[at - 1][1], gap + body) if at else _put_in(parts[0][0], body + gap)

    def _keys(self, span: Span, added: dict[str, Any], lines: Sequence[str] = ()) -> Splice:
        within = span.is_flow
        pairs = [(key, self._value_text(each, beside=None, within=within)) for key, each in added.items()]
        words = [f"{flow_text(key, within=within)}: {text}".rstrip() for key, text in pairs]
        if span.is_flow:
            place = self._parts(span)[-1][1] if span.pairs else span.start + 1
            return _put_in(place, f"{', ' if span.pairs else ''}{', '.join(words)}")
        (first, _), (_, end) = self._parts(span)[0], self._parts(span)[-1]
        return _put_in(end, self._indented(["", *(lines or words)], " " * column(self.text, first)))

    # -- places ------------------------------------------------------------------------------------------------------

    def _parts(self, span: Span) -> list[tuple[int, int]]:
        """Return where each item or pair begins and ends; in block style with the rest of its last line."""
        if span.is_flow:
            items = [(each.start, each.end) for each in span.items]
            return items or [(key.start, max(key.end, value.end)) for key, value in span.pairs]
        if span.pairs:
            return [(key.start, line_end(self.text, value.end)) for key, value in span.pairs]
        items_at = zip(span.dashes, span.items, strict=True)
        return [(self._with_comments(dash), line_end(self.text, max(dash + 1, each.end))) for dash, each in items_at]

    def _with_comments(self, dash: int) -> int:
        """Return where the comments in words begin that stand right above a dash, in its column."""
        start, width = dash, column(self.text, dash)
        while (above := line_start(self.text, start)) > 0:
            begin = line_start(self.text, above - 1)
            line = self.text[begin : line_end(self.text, begin)]
            if line[:width].strip() or not _PROSE.match(line[width:]):
                break
            start = begin + width
        return start

    def list_column(self, parent: Span, span: Span) -> int:
        """Return the column of the dashes of a list that has no items yet."""
        key = _key_of(parent, span)
        return 0 if key is None else column(self.text, key.start) + self._indent_below(key.text)

    def _indented(self, lines: Sequence[str], indent: str) -> str:
        return (newline_of(self.text) + indent).join(lines)

    def _indent_below(self, key: str) -> int:
        """Return by how much a list below this key is indented, as elsewhere in the text."""
        found = [
            (name.text != key, column(self.text, value.dashes[0]) - column(self.text, name.start))
            for each in self.root.walk()
            for name, value in each.pairs
            if value.dashes
        ]
        return min(found)[1] if found else _INDENT

    def _colon(self, key: Span) -> int:
        found = _COLON.match(self.text, key.end)
        if found is None:
            raise self.error("the key is written in a way that cannot be edited", key)
        return found.end()

    def _is_blank(self, start: int, end: int) -> bool:
        return not self.text[start:end].strip()

    # -- what is never lost ------------------------------------------------------------------------------------------

    def _refuse_shared(self, span: Span) -> None:
        shared = next((each for each in span.walk() if each.anchor), None)
        if shared is not None:
            mark = "*" if shared.kind == "alias" else "&"
            raise self.error(f"`{mark}{shared.anchor}` ties this to other places", shared)

    def _refuse_comments(self, span: Span, start: int, end: int) -> None:
        """Refuse to take away a value with comments between its lines."""
        at = start
        for leaf in (each for each in span.walk() if each.kind == "scalar"):
            head = self.text[leaf.start : line_end(self.text, leaf.start)] if leaf.style in ("|", ">") else ""
            if "#" in self.text[at : max(leaf.start, at)] or "#" in head:
                raise self.error("the value has comments of its own, which would be lost", span)
            at = max(at, leaf.end)
        if "#" in self.text[at:end]:
            raise self.error("the value has comments of its own, which would be lost", span)


def _put_in(at: int, text: str) -> Splice:
    return Splice(at, at, text)


def _key_of(parent: Span, span: Span) -> Span | None:
    return next((key for key, value in parent.pairs if value is span), None)


def _is_plain(span: Span, data: Any) -> bool:
    """Return whether each key of a mapping is one text that stands there once, and none is merged in."""
    return isinstance(data, dict) and [key.text for key, _ in span.pairs] == [*data]


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the one behind the last of each row of numbers without a gap."""
    first = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[first], numbers[at - 1] + 1
            first = at
