"""The text of a plan as it may be kept elsewhere: the same YAML, with secrets masked where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from alo_nb.plan.redact import MIN_DIGITS, is_secret_name, redact, redact_comments, redact_lines
from alo_nb.plan.yaml_tree import MAX_SLOW

MASK = "'***'"
_FROM_ENV = re.compile(r"\$\{\w+\}")
_NO_SECRET = re.compile(rf"|~|null|true|false|yes|no|on|off|[-+]?\d{{1,{MIN_DIGITS - 1}}}", re.IGNORECASE)


@dataclass
class _Node:
    """A node of the text: where it stands, and what it is."""

    event: Any
    start: int
    end: int
    items: list[_Node] = field(default_factory=list)  # of a mapping: a key, its value, the next key, ...

    @property
    def kind(self) -> str:
        """``Scalar``, ``Alias``, ``MappingStart`` or ``SequenceStart``."""
        return type(self.event).__name__.removesuffix("Event")

    def pairs(self) -> Iterator[tuple[_Node, _Node]]:
        """Yield keys with their values."""
        if self.kind == "MappingStart":
            yield from zip(self.items[::2], self.items[1::2], strict=True)

    def walk(self) -> Iterator[_Node]:
        """Yield this node and all below it, without recursion."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.items)


def masked_plan_text(text: str) -> str:
    """Return the text of a plan with secrets masked; comments and all else stay as they are.

    The whole value of a key that is named for a secret becomes ``'***'``, a list or a mapping too, and wherever an
    alias repeats it. Credentials in other values and in comments are masked as `redact` does. Text that is no YAML is
    masked by its lines.
    """
    import yaml

    text = text.removeprefix("\ufeff")
    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for loader in (fast, yaml.SafeLoader) if len(text) <= MAX_SLOW else (fast,):
        try:
            root = _tree(yaml.parse(text, Loader=loader))
        except (yaml.YAMLError, ValueError):  # ValueError: a lone surrogate
            continue
        return _edited(text, root)
    return redact_lines(text)


def _tree(events: Iterable[Any]) -> _Node:
    """Return the documents of a text as the items of one node."""
    root = _Node(None, 0, 0)
    opened = [root]
    for event in events:
        kind, start, end = type(event).__name__, event.start_mark.index, event.end_mark.index
        if kind in {"ScalarEvent", "AliasEvent"}:
            opened[-1].items.append(_Node(event, start, end))
            opened[-1].end = max(opened[-1].end, end)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            node = _Node(event, start, end)
            opened[-1].items.append(node)
            opened.append(node)
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            node = opened.pop()
            if node.event.flow_style:  # a block ends with its last item; its event stands behind the comments after it
                node.end = end
            opened[-1].end = max(opened[-1].end, node.end)
    return root


def _edited(text: str, root: _Node) -> str:
    secret = _secret_nodes(root)
    lost = {each.event.anchor for node in secret.values() for each in node.walk() if each.kind != "Alias"}
    parts, at = [], 0
    for start, end, new in sorted(_edits(text, root, secret, lost - {None}), key=_outer_first):
        if start >= at:  # else it stands inside a value that is masked whole
            parts += [_between(text[at:start]), new]
            at = end
    return "".join([*parts, _between(text[at:])])


def _outer_first(edit: tuple[int, int, str]) -> tuple[int, int]:
    return edit[0], -edit[1]


def _between(text: str) -> str:
    return redact_comments(text) if "#" in text else text


def _secret_nodes(root: _Node) -> dict[int, _Node]:
    """Return the values of keys that are named for a secret, and those that such a key takes by an alias."""
    nodes = list(root.walk())
    pairs = [pair for node in nodes for pair in node.pairs()]
    found = {id(value): value for key, value in pairs if _names_secret(key) and _holds_secret(value)}
    waiting = list(found.values())
    while waiting:
        wanted = {each.event.anchor for node in waiting for each in node.walk() if each.kind == "Alias"}
        waiting = [node for node in nodes if _anchor(node) in wanted and id(node) not in found and _holds_secret(node)]
        found.update({id(node): node for node in waiting})
    return found


def _anchor(node: _Node) -> str | None:
    return node.event.anchor if node.event is not None and node.kind != "Alias" else None


def _names_secret(key: _Node) -> bool:
    return key.kind == "Scalar" and is_secret_name(key.event.value)


def _holds_secret(value: _Node) -> bool:
    if value.kind != "Scalar":
        return value.kind == "Alias" or bool(value.items)
    if value.event.tag == "!Env" and _FROM_ENV.fullmatch(value.event.value):
        return False
    return value.event.value != "" and not (value.event.implicit[0] and _NO_SECRET.fullmatch(value.event.value))


def _edits(text: str, root: _Node, secret: dict[int, _Node], lost: set[str]) -> Iterator[tuple[int, int, str]]:
    """Yield each place in the text with what stands there from now on; also where that is what stood there."""
    pairs = (pair for node in root.walk() for pair in node.pairs()) if lost else ()
    merges = {id(value) for key, value in pairs if key.kind == "Scalar" and key.event.value == "<<"}
    for node in root.walk():
        if node is root:
            continue
        if id(node) in secret or (node.kind == "Alias" and node.event.anchor in lost):
            yield node.start, node.end, _mask(text, node, "{}" if id(node) in merges else MASK)
        elif node.kind == "Scalar":
            clean = redact(node.event.value)
            was = text[node.start : node.end]
            yield node.start, node.end, was if clean == node.event.value else _rewritten(text, node, clean)


def _mask(text: str, node: _Node, mask: str) -> str:
    """Return the mask in place of a node: apart from the colon, and deeper than a list that stands below its key."""
    was = text[node.start : node.end]
    space = " " if node.items or text[node.start - 1 : node.start] == ":" else ""
    return f"{space}{mask}{was[len(was.rstrip()) :]}"


def _rewritten(text: str, node: _Node, value: str) -> str:
    import yaml

    event, was = node.event, text[node.start : node.end]
    anchor = f"&{event.anchor} " if event.anchor else ""
    tag = f"{event.tag} " if event.tag and event.tag.startswith("!") and event.tag != "!" else ""
    quoted = yaml.safe_dump(value, default_style='"', width=float("inf"), allow_unicode=True).rstrip("\n")
    return f"{anchor}{tag}{quoted}{was[len(was.rstrip()) :]}"
