"""What was made of what, as text, as a drawing, and for other programs."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from alo_nb.errors import MagicUsageError, nearest
from alo_nb.files import write_atomic
from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.lineage import Direction, Lineage, Node, lineage, open_lineage, origins
from alo_nb.store.records import Run
from alo_nb.store.store import Store
from alo_nb.views.boxes import Box
from alo_nb.views.card import shortened
from alo_nb.views.html import frame, grey
from alo_nb.views.lineage_svg import graph_svg, node_look
from alo_nb.views.named import named
from alo_nb.views.picture import pictured
from alo_nb.views.printable import bounded
from alo_nb.views.text import GLYPHS, is_deterministic, state_text

Beside = dict[Node, list[Node]]
NODES, FAN, LEVELS = 100, 12, 60  # what is drawn at most, at most of one node's neighbours, and how deep a tree gets
TWIN = 8_000  # letters of the tree that stands below the drawing
FORMATS = ("text", "svg", "edges", "openlineage")
_ENDINGS = {".svg": "svg", ".json": "openlineage", ".tsv": "edges"}


def project_lineage(
    project: Project, name: str, *, up: bool = False, down: bool = False, depth: int | None = None
) -> LineageView:
    """Return the lineage of a version or a run; in both directions unless one of them is asked for.

    Raises
    ------
    AloNbError
        There is nothing of this name; or `depth` is no number of arrows.
    """
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool) or depth < 1):
        raise MagicUsageError(f"lineage: depth is a number of arrows, got {depth!r}", do="leave it out for all of them")
    found = named(project, name)
    run = found if isinstance(found, Run) else getattr(found, "run", None)
    key = found.name if isinstance(found, Artifact) else run.id if run is not None else name
    direction: Direction = "both" if up == down else "up" if up else "down"
    graph = lineage(Store.of(project), key, direction=direction, depth=depth)
    return LineageView(graph, f"alo://{project.root.name}")


@dataclass(frozen=True, repr=False)
class LineageView:
    """The lineage around an artifact or a run, which shows itself.

    Attributes
    ----------
    graph : Lineage
        All of it; what is drawn may be less, and says so.
    namespace : str
        Whose it is in OpenLineage, e.g. ``alo://titanic``.
    """

    graph: Lineage
    namespace: str

    def edges(self) -> list[tuple[str, str]]:
        """Return (from, to) of every arrow: ``name:v3`` for a version, ``<run id>/<step>`` for work."""
        return self.graph.edge_list()

    def origins(self) -> list[str]:
        """Return the versions that nothing in the graph has made: where everything comes from."""
        return sorted(node.key for node in origins(self.graph))

    def to_openlineage(self) -> list[dict[str, Any]]:
        """Return the work as OpenLineage run events, for programs that read those."""
        return open_lineage(self.graph, namespace=self.namespace)

    def svg(self) -> str:
        """Return the drawing: boxes are work, round ones artifacts, and arrows lead from what was there before."""
        shown, hidden = nearest_part(self.graph)
        nodes = {node: self._box(node) for node in shown}
        edges = [edge for edge in _in_order(self.graph) if {*edge} <= nodes.keys()]
        return graph_svg(nodes, edges, hidden, title=self._title(), description=self.text())

    def text(self) -> str:
        """Return the same as a tree in two directions."""
        is_version = self.graph.start.kind == "artifact"
        lines = [self._line(self.graph.start) if is_version else tr("run {run}", run=self._run())]
        for way, beside in zip((tr("made of"), tr("used for")), _neighbours(self.graph), strict=True):
            follow = partial(_of, beside)
            tree = [*_tree(_outermost(self._starts(), follow), follow, self._line)]
            lines += [way, *tree] if tree else []
        if self.graph.is_cut:
            lines.append(tr("… there is more, further away"))
        return "\n".join(lines)

    def as_format(self, name: str) -> str:
        """Return one of the formats ``text``, ``svg``, ``edges`` (tab between the two) and ``openlineage`` (JSON).

        Raises
        ------
        MagicUsageError
            There is no such format.
        """
        if name not in FORMATS:
            raise MagicUsageError(f"lineage: {name!r} is no format{nearest(name, FORMATS)}")
        if name == "edges":
            return "\n".join(f"{source}\t{target}" for source, target in self.edges())
        if name == "openlineage":
            return json.dumps(self.to_openlineage(), indent=1, ensure_ascii=False)
        return self.svg() if name == "svg" else self.text()

    def write(self, path: Path, format: str | None = None) -> Path:
        """Write one of the formats to a file; which one, its ending says when `format` does not."""
        write_atomic(path, self.as_format(format or _ENDINGS.get(path.suffix, "text")) + "\n")
        return path

    def __repr__(self) -> str:
        return bounded(self.text())

    def _repr_html_(self) -> str:
        begins = ", ".join(self.origins())
        found = f"<div>{grey(tr('comes from {names}', names=begins))}</div>" if begins else ""
        return frame(pictured(self.svg(), shortened(self.text(), TWIN)).html, found)

    # ----------------------------------------------------------------------------------------------------------------

    def _title(self) -> str:
        start = self.graph.start
        return tr("lineage of {name}", name=start.key if start.kind == "artifact" else tr("run {run}", run=self._run()))

    def _run(self) -> str:
        return "<run id>" if is_deterministic() else str(self.graph.nodes[self.graph.start]["run"])

    def _starts(self) -> list[Node]:
        """Return where the tree begins: the version, or every step of the run."""
        start = self.graph.start
        if start.kind == "artifact":
            return [start]
        run = self.graph.nodes[start]["run"]
        return [node for node, about in self.graph.nodes.items() if about.get("run") == run]

    def _box(self, node: Node) -> Box:
        about = self.graph.nodes[node]
        word = str(about.get("type" if node.kind == "artifact" else "status") or "")
        look, (title, facts) = node_look(node, word), node_texts(node, about)
        title = title.removeprefix(f"{look.glyph} ") if look.glyph else title
        shape: Literal["artifact", "step"] = "artifact" if node.kind == "artifact" else "step"
        return Box(title, facts, look, state_text(word), shape, stands_out=node in self._starts())

    def _line(self, node: Node) -> str:
        title, facts = node_texts(node, self.graph.nodes[node])
        return f"{title}  {facts}".rstrip()


def node_texts(node: Node, about: dict[str, Any]) -> tuple[str, str]:
    """Return what a node is called, and one line about it."""
    if node.kind == "artifact":
        others = [each for each in about["aliases"] if not about["deleted"]]
        facts = [about["type"], *([tr("deleted")] if about["deleted"] else []), ", ".join(others)]
        return node.key, " · ".join(each for each in facts if each)
    status = about.get("status") or ""
    name = about["step"] or about.get("job_type") or about.get("name") or tr("run")
    title = f"{GLYPHS[status]} {name}" if status in GLYPHS else name
    label = about.get("name") if about.get("name") != name else ""
    known = (label, about.get("plan"), "" if is_deterministic() else about["run"].rpartition("-")[2])
    return title, " · ".join(str(each) for each in known if each)


def nearest_part(graph: Lineage) -> tuple[list[Node], dict[tuple[Node, bool], int]]:
    """Return the nodes near the start that can be drawn, in order of time.

    Returns
    -------
    nodes : list of Node
    hidden : mapping of (Node, bool) to int
        How many neighbours of a node are left out; True for those that came of it, False for what it was made of.
    """
    before, after = _neighbours(graph)
    kept, waiting = {graph.start: None}, deque([graph.start])
    while waiting:
        node = waiting.popleft()
        for beside in (before.get(node, []), after.get(node, [])):
            new = [each for each in beside if each not in kept]
            for each in new[: min(FAN, NODES - len(kept))]:
                kept[each] = None
                waiting.append(each)
        if not waiting and len(kept) < NODES:  # a run whose steps share nothing
            waiting.extend(
                each for each in graph.nodes if each not in kept and not (before.get(each) or after.get(each))
            )
            kept |= dict.fromkeys(waiting)
    hidden = {
        (node, ahead): count
        for node in kept
        for ahead, beside in ((False, before), (True, after))
        if (count := sum(each not in kept for each in beside.get(node, [])))
    }
    return sorted(kept, key=lambda node: _moment(graph, node)), hidden


def _moment(graph: Lineage, node: Node) -> tuple[str, str]:
    about = graph.nodes[node]
    return str(about.get("created") or about.get("started") or ""), node.key


def _neighbours(graph: Lineage) -> tuple[Beside, Beside]:
    """Return what each node comes from, and what came of it, in order of time."""
    before: Beside = {}
    after: Beside = {}
    for source, target in _in_order(graph):
        after.setdefault(source, []).append(target)
        before.setdefault(target, []).append(source)
    return before, after


def _of(beside: Beside, node: Node) -> list[Node]:
    return beside.get(node, [])


def _in_order(graph: Lineage) -> list[tuple[Node, Node]]:
    """Return the edges in the order of time, so that equal work gives equal drawings."""
    return sorted(graph.edges, key=lambda edge: (_moment(graph, edge[0]), _moment(graph, edge[1])))


def _outermost(starts: list[Node], follow: Callable[[Node], list[Node]]) -> list[Node]:
    """Return the starts that no other one leads to."""
    reached: set[Node] = set()
    waiting = [each for start in starts for each in follow(start)]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += follow(node)
    return [start for start in starts if start not in reached]


def _tree(starts: list[Node], follow: Callable[[Node], list[Node]], line: Callable[[Node], str]) -> Iterator[str]:
    """Yield the lines of a tree; what has stood there already is only named."""
    seen: set[Node] = set()

    def below(node: Node, indent: str, level: int = 1) -> Iterator[str]:
        children = follow(node)
        if level > LEVELS and children:
            yield f"{indent}└─ …"
            return
        for child in children[:FAN]:
            last = child is children[-1]
            again = child in seen
            yield f"{indent}{'└─' if last else '├─'} {line(child)}{tr(' (see above)') if again else ''}"
            if not again:
                seen.add(child)
                yield from below(child, f"{indent}{'   ' if last else '│  '}", level + 1)
        if children[FAN:]:
            yield f"{indent}└─ {tr('+{count} more', count=len(children) - FAN)}"

    for node in (each for each in starts if follow(each)):
        if node.kind == "work":
            yield line(node)
        yield from below(node, "")
