"""What was made of what: a graph of artifact versions and of the work that read and made them, without circles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alo_nb.store.index import Index, VersionRow
from alo_nb.store.names import parse_reference
from alo_nb.store.store import Store

Direction = Literal["up", "down", "both"]


class Node(NamedTuple):
    """A version (``artifact``, key ``name:v3``), or a run or one step of it (``work``, key ``<run id>/<step>``)."""

    kind: Literal["artifact", "work"]
    key: str


@dataclass(frozen=True)
class Lineage:
    """A part of the graph: `edges` lead from what was there before to what came of it.

    Attributes
    ----------
    start : Node
        Where one looked from.
    nodes : mapping of Node to dict
        What is known of each: ``type``, ``aliases``, ``size``, ``created`` of an artifact; ``run``, ``step``, ``name``,
        ``status``, ``started`` of work.
    edges : tuple of (Node, Node)
    is_cut : bool
        Whether there is more, behind `depth` or `limit`.
    """

    start: Node
    nodes: dict[Node, dict[str, Any]]
    edges: tuple[tuple[Node, Node], ...]
    is_cut: bool = False

    def before(self, node: Node) -> list[Node]:
        """Return what a node comes from directly."""
        return [source for source, target in self.edges if target == node]

    def after(self, node: Node) -> list[Node]:
        """Return what came of a node directly."""
        return [target for source, target in self.edges if source == node]

    def edge_list(self) -> list[tuple[str, str]]:
        """Return the edges as pairs of keys, e.g. for networkx."""
        return [(source.key, target.key) for source, target in self.edges]


def lineage(
    store: Store, name: str, *, direction: Direction = "both", depth: int | None = None, limit: int = 2000
) -> Lineage:
    """Return the graph around an artifact's version (``name:alias``) or a run (its id).

    Parameters
    ----------
    direction : str
        ``up`` is what it was made of, ``down`` what came of it.
    depth : int, optional
        How many edges away; all when absent.
    limit : int
        At most so many nodes.

    Raises
    ------
    ArtifactNotFoundError, RunNotFoundError
        There is nothing of this name.
    """
    index = store.index
    walk = _Walk(index, limit)
    starts = _start(store, name)
    for way in ("up", "down"):
        if direction in (way, "both"):
            walk.follow(starts, way, depth)
    for node in starts:
        walk.add(node)
    return Lineage(starts[0], walk.nodes, tuple(dict.fromkeys(walk.edges)), walk.is_cut)


def _start(store: Store, name: str) -> list[Node]:
    from alo_nb.store.runs import RunStore

    if ":" not in name and store.index.artifact_type(name) is None and name[:1].isdigit():
        run = RunStore(store.project).get(name)
        steps = dict.fromkeys(step for _, _, step in store.index.edges_of_run(run.id))
        return [_work(run.id, step) for step in steps] or [_work(run.id, "")]
    row = store.version(parse_reference(name))
    return [_version(row)]


def _work(run: str, step: str) -> Node:
    return Node("work", f"{run}/{step}" if step else run)


def _version(row: VersionRow) -> Node:
    return Node("artifact", f"{row.name}:v{row.number}")


class _Walk:
    """Follows edges from node to node and keeps what it met."""

    def __init__(self, index: Index, limit: int) -> None:
        self._index, self._limit = index, limit
        self.nodes: dict[Node, dict[str, Any]] = {}
        self.edges: list[tuple[Node, Node]] = []
        self.is_cut = False
        self._ids: dict[Node, int] = {}
        self._rows: dict[int, VersionRow] = {}

    def follow(self, starts: list[Node], way: str, depth: int | None) -> None:
        waiting = deque((node, 0) for node in starts)
        done = set(starts)
        while waiting:
            node, far = waiting.popleft()
            self.add(node)
            for other in self._next(node, way):
                if (depth is not None and far >= depth) or (other not in self.nodes and len(self.nodes) >= self._limit):
                    self.is_cut = True
                    continue
                self.edges.append((other, node) if way == "up" else (node, other))
                self.add(other)
                if other not in done:
                    done.add(other)
                    waiting.append((other, far + 1))

    def _next(self, node: Node, way: str) -> Iterator[Node]:
        if node.kind == "work":
            run, _, step = node.key.partition("/")
            wanted = "in" if way == "up" else "out"
            for version, direction, own in self._index.edges_of_run(run):
                if direction == wanted and own == step:
                    yield self._version_node(version)
            return
        wanted = "out" if way == "up" else "in"
        edges = self._index.edges_of_version(self._id(node))
        maker = self._rows[self._id(node)].run  # others that made equal content later are not where this came from
        for run, direction, step in edges:
            if direction == wanted and (way == "down" or run == maker):
                yield _work(run, step)

    def _version_node(self, version: int) -> Node:
        if version not in self._rows:
            self._rows[version] = self._index.version_by_id(version)
        node = _version(self._rows[version])
        self._ids[node] = version
        return node

    def _id(self, node: Node) -> int:
        if node not in self._ids:
            name, _, number = node.key.rpartition(":v")
            row = self._index.version(name, int(number))
            assert row is not None  # nodes come from the index
            self._rows[row.id], self._ids[node] = row, row.id
        return self._ids[node]

    def add(self, node: Node) -> None:
        if node in self.nodes:
            return
        if node.kind == "artifact":
            row = self._rows[self._id(node)]
            about = {"type": row.type, "aliases": row.aliases, "size": row.size, "created": row.created}
            self.nodes[node] = {**about, "deleted": row.deleted}
        else:
            run, _, step = node.key.partition("/")
            self.nodes[node] = {"run": run, "step": step, **(self._index.run(run) or {})}


def origins(graph: Lineage) -> list[Node]:
    """Return the artifacts in a graph that nothing in it has made: where everything comes from."""
    made = {target for _, target in graph.edges}
    return [node for node in graph.nodes if node.kind == "artifact" and node not in made]


def open_lineage(graph: Lineage, *, namespace: str) -> list[dict[str, Any]]:
    """Return the work in a graph as OpenLineage run events (version 2-0-2 of its specification), one for each.

    Parameters
    ----------
    namespace : str
        Whose jobs and data sets these are, e.g. ``alo://titanic``.
    """
    events = []
    for node, about in graph.nodes.items():
        if node.kind != "work":
            continue
        failed = about.get("status") not in ("success", "running", "")
        events.append(
            {
                "eventType": "FAIL" if failed else "COMPLETE",
                "eventTime": about.get("finished") or about.get("started") or "",
                "producer": "https://pypi.org/project/alo-nb/",
                "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
                "run": {"runId": _uuid(node.key)},
                "job": {"namespace": namespace, "name": about.get("step") or about.get("job_type") or about["run"]},
                "inputs": [_dataset(each, graph, namespace) for each in graph.before(node)],
                "outputs": [_dataset(each, graph, namespace) for each in graph.after(node)],
            }
        )
    return events


def _uuid(key: str) -> str:
    from uuid import NAMESPACE_URL, uuid5

    return str(uuid5(NAMESPACE_URL, f"alo-nb:{key}"))  # the specification wants UUIDs; equal work has an equal one


def _dataset(node: Node, graph: Lineage, namespace: str) -> dict[str, Any]:
    name, _, version = node.key.rpartition(":")
    schema = "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json"
    facet = {"_producer": "https://pypi.org/project/alo-nb/", "_schemaURL": schema, "datasetVersion": version}
    return {"namespace": namespace, "name": name, "facets": {"version": facet}}
