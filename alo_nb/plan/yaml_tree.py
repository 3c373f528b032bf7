"""YAML text to a tree of placed values. The only module that knows the YAML library.

Hostile input is stopped by a scan over parser events, before anything is composed: PyYAML's composer recurses, and
its C form crashes the process on deep input. Nothing is ever constructed from a Python tag.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from alo_nb.errors import PlanReadError
from alo_nb.plan.model import Place
from alo_nb.plan.redact import shown
from alo_nb.plan.refusal import read_error, refuse
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, path_of

MAX_DEPTH = 50
MAX_NODES = 30_000  # a plan of a thousand steps has about 15,000; more would not be read within a second
MAX_ALIASES = 100
MAX_SLOW = 32 << 10
MAX_VALUE = 1000

_YAML = "tag:yaml.org,2002:"
_MERGE = f"{_YAML}merge"
_SCALAR_TAGS = frozenset({f"{_YAML}{name}" for name in ("null", "bool", "int", "float", "str", "timestamp")})
_ALO3_TAGS = frozenset({"!Env", "!Python"})


def read_tree(text: str, file: str, findings: Findings) -> Table:
    """Return the root mapping of `text`.

    Raises
    ------
    PlanReadError
        The text is no YAML, or reading on would be dangerous: more than 50 levels, 30,000 nodes (aliases counted as
        what they stand for) or 100 aliases, an alias of itself, a tag outside YAML's own simple types.
    """
    import yaml

    try:
        root = _composed(text, file)
        tree = _Builder(file, findings, yaml.constructor.SafeConstructor()).build(root, ())
    except yaml.YAMLError as exc:
        _refuse_syntax(exc, text, file)
    except (ValueError, AttributeError, TypeError, OverflowError, RecursionError, MemoryError) as exc:
        # PyYAML lets these through for odd scalars, surrogates and sizes; they are translated here, once.
        what = f"the plan cannot be read: {type(exc).__name__} [YAML_SYNTAX]"
        raise read_error("YAML_SYNTAX", what, where=file, do="check it with a YAML tool") from exc
    if not isinstance(tree, Table):
        refuse(
            "PLAN_NOT_MAPPING",
            f"a plan is a mapping of sections, and this file holds {'a list' if isinstance(tree, Listing) else 'text'}",
            text=text,
            place=tree.place,
            do="start the file with `name: <name of the plan>` at the left edge",
        )
    return tree


def _composed(text: str, file: str) -> Any:
    """Return the root node, by libyaml, else by PyYAML's own parser.

    libyaml refuses what the parser that ALO uses accepts, e.g. ``{max_depth:[5, 9]}``; the slow one has the last word
    on files of a plan's usual size.
    """
    import yaml

    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _Scan(text, file).run(yaml.parse(text, Loader=fast))
        return yaml.compose(text, Loader=fast)
    except yaml.YAMLError:
        if fast is yaml.SafeLoader or len(text) > MAX_SLOW:
            raise
        _Scan(text, file).run(yaml.parse(text, Loader=yaml.SafeLoader))
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _refuse_syntax(exc: Exception, text: str, file: str) -> NoReturn:
    mark = getattr(exc, "problem_mark", None) or getattr(exc, "context_mark", None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    problem = getattr(exc, "problem", None) or str(exc).splitlines()[0]
    context = getattr(exc, "context", None)
    lines = text.splitlines()
    do = "look at this line and the ones just above it: indentation, a missing colon, quote or bracket"
    if 0 < place.line <= len(lines) and "\t" in lines[place.line - 1]:
        do = "indent with spaces: this line holds a tab, which YAML does not allow there"
    message = f"the plan is no readable YAML: {problem}{f' ({context})' if context else ''}"
    try:
        refuse("YAML_SYNTAX", message, text=text, place=place, do=do)
    except PlanReadError as error:
        raise error from exc


@dataclass
class _Open:
    """A collection the scan is in: its anchor, its nodes so far and its height below itself."""

    anchor: str | None
    nodes: int = 1
    height: int = 0


class _Scan:
    """Count what the composer and every later walk will meet; recursion-free."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.open: list[_Open] = [_Open(None, 0)]
        self.done: dict[str, _Open] = {}
        self.documents = self.aliases = self.seen = 0

    def run(self, events: Iterable[Any]) -> None:
        for event in events:
            handler = getattr(self, f"on_{type(event).__name__}", None)
            if handler is not None:
                handler(event, Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1))
        if not self.documents:
            self.refuse_empty(Place(self.file))

    def refuse_empty(self, place: Place) -> NoReturn:
        refuse("PLAN_EMPTY", "the plan is empty", text=self.text, place=place, do="write at least a pipeline into it")

    def on_DocumentStartEvent(self, _: Any, place: Place) -> None:
        self.documents += 1
        if self.documents > 1:
            what = "the file holds more than one YAML document"
            refuse("YAML_MULTIDOC", what, text=self.text, place=place, do="keep one plan a file; remove this `---`")

    def on_ScalarEvent(self, event: Any, place: Place) -> None:
        if event.tag not in _SCALAR_TAGS and event.tag not in _ALO3_TAGS and event.tag not in (None, "!"):
            self.refuse_tag(event.tag, place)
        if len(self.open) == 1 and event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL"):
            self.refuse_empty(place)
        self.add(_Open(event.anchor), place)

    def on_AliasEvent(self, event: Any, place: Place) -> None:
        self.aliases += 1
        target = self.done.get(event.anchor)
        if any(each.anchor == event.anchor for each in self.open):
            what = f"the alias *{event.anchor} stands inside what it names, so it would never end"
            refuse("YAML_ALIAS_LIMIT", what, text=self.text, place=place, do="write the value out")
        if self.aliases > MAX_ALIASES:
            what = f"the plan holds more than {MAX_ALIASES} aliases"
            refuse("YAML_ALIAS_LIMIT", what, text=self.text, place=place, do="write the values out")
        if target is not None:  # an undefined alias is a syntax error, which the composer words better
            self.add(_Open(None, target.nodes, target.height), place)

    def start(self, event: Any, place: Place, tag: str) -> None:
        if event.tag not in (None, "!", tag):
            self.refuse_tag(event.tag, place)
        self.open.append(_Open(event.anchor))
        self.check(place, len(self.open) - 1, 0)

    def on_MappingStartEvent(self, event: Any, place: Place) -> None:
        self.start(event, place, f"{_YAML}map")

    def on_SequenceStartEvent(self, event: Any, place: Place) -> None:
        self.start(event, place, f"{_YAML}seq")

    def on_MappingEndEvent(self, _: Any, place: Place) -> None:
        self.add(self.open.pop(), place)

    on_SequenceEndEvent = on_MappingEndEvent

    def add(self, child: _Open, place: Place) -> None:
        """Count a finished node into the collection around it."""
        if child.anchor is not None:
            self.done[child.anchor] = replace(child, anchor=None)
        around = self.open[-1]
        around.nodes += child.nodes
        around.height = max(around.height, child.height + 1)
        self.seen += 1
        self.check(place, len(self.open) - 1 + child.height, max(around.nodes, self.seen))

    def check(self, place: Place, depth: int, nodes: int) -> None:
        if depth > MAX_DEPTH:
            what = f"the plan is nested deeper than {MAX_DEPTH} levels"
            refuse("YAML_DEPTH", what, text=self.text, place=place, do="a plan needs about 8; check the brackets")
        if nodes > MAX_NODES:
            code = "YAML_ALIAS_LIMIT" if self.aliases else "YAML_SIZE"
            what = f"the plan holds more than {MAX_NODES} values, counting what its aliases stand for"
            refuse(code, what, text=self.text, place=place, do="move the data into a file and name its path")

    def refuse_tag(self, tag: str, place: Place) -> NoReturn:
        shown = tag.replace(_YAML, "!!")
        what = f"the YAML tag {shown} is not allowed in a plan: a plan is data and builds no objects"
        refuse("YAML_TAG", what, text=self.text, place=place, do="remove the tag and write the value")


class _Builder:
    """Composed nodes to the tree. An aliased node is built once and shared."""

    def __init__(self, file: str, findings: Findings, constructor: Any) -> None:
        self.file, self.findings, self.constructor = file, findings, constructor
        self.built: dict[int, Node] = {}

    def build(self, node: Any, path: tuple[str, ...]) -> Node:
        known = self.built.get(id(node))
        if known is None:
            if node.id == "mapping":
                known = self.table(node, path)
            else:
                known = self.listing(node, path) if node.id == "sequence" else self.scalar(node, path)
            self.built[id(node)] = known
        return known

    def place(self, node: Any) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def listing(self, node: Any, path: tuple[str, ...]) -> Listing:
        return Listing(tuple(self.build(item, path) for item in node.value), self.place(node))

    def table(self, node: Any, path: tuple[str, ...]) -> Table:
        """Return the mapping with its merge keys resolved; own keys win over merged ones (YAML 1.1 merge)."""
        path = path + tuple(value.value for key, value in node.value if key.value == "step" and value.id == "scalar")
        own: dict[Any, Entry] = {}
        merged: dict[Any, Entry] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                for entry in self.merged(value_node, path):
                    merged.setdefault(entry.key.value, entry)
                continue
            key = self.build(key_node, path)
            if not isinstance(key, Scalar):
                message = "a key must be a single value, not a list or a mapping"
                self.findings.problem("PLAN_KEY_TYPE", message, path_of(*path), key.place, do="write it as text")
                continue
            if key.value in own:
                self.duplicate(own[key.value].key, key, path)
            if key.tag:
                self.findings.tagged.pop()
                message = f"a key takes no tag: {key.tag} {shown(key.text)}"
                self.findings.problem(
                    "YAML_TAG", message, path_of(*path, key.text), key.place, do="write the key itself"
                )
            own[key.value] = Entry(key, self.build(value_node, (*path, key.text)))
        return Table(tuple((merged | own).values()), self.place(node))

    def merged(self, node: Any, path: tuple[str, ...]) -> list[Entry]:
        built = self.build(node, path)
        tables = built.items if isinstance(built, Listing) else (built,)
        for each in tables:
            if not isinstance(each, Table):
                message = "`<<` merges mappings only"
                self.findings.problem("PLAN_VALUE", message, path_of(*path), each.place, do="name a mapping's anchor")
        return [entry for each in tables if isinstance(each, Table) for entry in each.entries]

    def duplicate(self, first: Scalar, second: Scalar, path: tuple[str, ...]) -> None:
        self.findings.problem(
            "YAML_DUPLICATE_KEY",
            f"the key {shown(second.text)} is written twice, in line {first.place.line} and line {second.place.line}; "
            "the last one would count",
            path_of(*path, second.text),
            second.place,
            do="keep one of the two lines",
        )

    def scalar(self, node: Any, path: tuple[str, ...]) -> Scalar:
        place, bare, key = self.place(node), not node.style, path_of(*path)
        value: Any = node.value
        if node.tag in _ALO3_TAGS:
            found = Scalar(node.value, node.value, False, place, node.tag)
            self.findings.tagged.append((key, found))
            return found
        if node.tag in _SCALAR_TAGS and node.tag != f"{_YAML}str" and len(node.value) > MAX_VALUE:
            message = f"{shown(node.value, 20)} and more, {len(node.value)} characters, are no number and no date"
            self.findings.problem("PLAN_VALUE", message, key, place, do="put it in quotes if it is text")
        elif node.tag in _SCALAR_TAGS and node.tag != f"{_YAML}str":
            try:
                value = self.constructor.construct_object(node)
            except Exception as exc:  # noqa: BLE001  PyYAML raises many kinds for a value that only looks like one
                kind = node.tag.removeprefix(_YAML).replace("timestamp", "date")
                message = f"{shown(node.value)} looks like a YAML {kind} and is none ({type(exc).__name__})"
                self.findings.problem("PLAN_VALUE", message, key, place, do="put it in quotes if it is text")
        if isinstance(value, str) and "\0" in value:
            message = "a text holds a NUL character"
            self.findings.problem("PLAN_VALUE", message, key, place, do="remove the `\\0`")
        return Scalar(value, node.value, bare, place)
