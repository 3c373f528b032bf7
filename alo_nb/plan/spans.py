"""Where each value of a plan stands in its text, from the first character to the last: what an edit has to know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

_TRIVIA = re.compile(r"(?:\s+|#[^\r\n\x85\u2028\u2029]*)*")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_LINE_ENDS = "\n\r\x85\u2028\u2029"


@dataclass(frozen=True)
class Span:
    """One node: ``text[start:end]`` without comments and blanks around it; nothing written has no characters.

    `items` are the nodes of a list, `pairs` those of a mapping. `dashes` are the places of a block list's dashes.
    `anchor` is the name behind ``&``, or behind ``*`` when `kind` is ``"alias"``.
    """

    kind: Literal["scalar", "list", "mapping", "alias"]
    start: int
    end: int
    text: str = ""
    style: str = ""
    is_flow: bool = False
    anchor: str = ""
    tag: str = ""
    items: tuple[Span, ...] = ()
    pairs: tuple[tuple[Span, Span], ...] = ()
    dashes: tuple[int, ...] = ()

    @property
    def is_block(self) -> bool:
        """Whether this is a list or mapping whose parts stand in lines of their own."""
        return self.kind in ("list", "mapping") and not self.is_flow

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written here."""
        return self.start == self.end

    def index(self, key: str) -> int | None:
        """Return the number of the pair with this key, the last one when there are two: it is the one that counts."""
        found = [at for at, (name, _) in enumerate(self.pairs) if name.text == key]
        return found[-1] if found else None

    def walk(self) -> Iterator[Span]:
        """Yield this node and all below it, keys included, in the order of the text."""
        yield self
        for each in self.items:
            yield from each.walk()
        for key, value in self.pairs:
            yield key
            yield from value.walk()


def read_spans(text: str) -> Span:
    """Return the root of a text that `read_tree` has accepted: it refuses what is too deep or too large to walk."""
    import yaml

    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(text).run(yaml.parse(text, Loader=fast))
    except yaml.YAMLError:  # libyaml refuses what the parser that ALO uses accepts
        return _Reader(text).run(yaml.parse(text, Loader=yaml.SafeLoader))


class _Reader:
    """Parser events to spans. Comments are no events, so that the end of a block is that of its last value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[tuple[Any, list[Span]]] = []

    def run(self, events: Any) -> Span:
        for event in events:
            kind = type(event).__name__
            if kind in ("MappingStartEvent", "SequenceStartEvent"):
                self.open.append((event, []))
                continue
            span: Span | None = None
            if kind == "ScalarEvent":
                span = self.scalar(event)
            elif kind == "AliasEvent":
                span = Span("alias", event.start_mark.index, event.end_mark.index, anchor=event.anchor)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                span = self.collection(event, *self.open.pop())
            if span is None:
                continue
            if not self.open:
                return span
            self.open[-1][1].append(span)
        raise AssertionError("a document without a node")  # `read_tree` has refused it

    def scalar(self, event: Any) -> Span:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in ("|", ">"):
            end = start + len(self.text[start:end].rstrip())
        return Span(
            "scalar", start, end, event.value, event.style or "", anchor=event.anchor or "", tag=event.tag or ""
        )

    def collection(self, end_event: Any, event: Any, parts: list[Span]) -> Span:
        start, is_flow = event.start_mark.index, bool(event.flow_style)
        end = end_event.end_mark.index if is_flow or not parts else parts[-1].end
        anchor, tag = event.anchor or "", event.tag or ""
        if type(event).__name__ == "MappingStartEvent":
            pairs = tuple(zip(parts[::2], parts[1::2], strict=True))
            return Span("mapping", start, end, is_flow=is_flow, anchor=anchor, tag=tag, pairs=pairs)
        dashes = () if is_flow else tuple(self.dashes(start, parts, has_properties=bool(anchor or tag)))
        return Span("list", start, end, is_flow=is_flow, anchor=anchor, tag=tag, items=tuple(parts), dashes=dashes)

    def dashes(self, start: int, items: list[Span], *, has_properties: bool) -> Iterator[int]:
        at = next_line(self.text, start) if has_properties else start
        for item in items:
            at = after_trivia(self.text, at)
            yield at
            at = max(item.end, at + 1)


def after_trivia(text: str, at: int) -> int:
    """Return the place of the next character that is no blank, line end or comment."""
    found = _TRIVIA.match(text, at)
    return found.end() if found else at


def line_start(text: str, at: int) -> int:
    """Return where the line of the character at `at` begins."""
    if text[at - 1 : at + 1] == "\r\n":
        at -= 1  # its line end begins there
    return max(text.rfind(each, 0, at) for each in _LINE_ENDS) + 1


def line_end(text: str, at: int) -> int:
    """Return where the line of the character at `at` ends, before its line end."""
    found = _LINE_END.search(text, at)
    return found.start() if found else len(text)


def next_line(text: str, at: int) -> int:
    """Return where the line after that of the character at `at` begins, or the end of the text."""
    found = _LINE_END.search(text, at)
    return found.end() if found else len(text)


def column(text: str, at: int) -> int:
    """Return how many characters stand before this one in its line."""
    return at - line_start(text, at)


def line_number(text: str, at: int) -> int:
    """Return the number of the line, from 1."""
    return 1 + sum(1 for _ in _LINE_END.finditer(text, 0, at))


def newline_of(text: str) -> str:
    """Return the line end that the text uses, a line feed when it has none."""
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
