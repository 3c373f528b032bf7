"""How artifacts and work look in the drawing of a lineage: boxes are work, round ones artifacts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from alo_nb.store.lineage import Node
from alo_nb.views.boxes import Box, Lane, Link, Look, state_look
from alo_nb.views.dag import dag_svg

_TYPES = {
    "dataset": Look("", "#1e88e5", "#e3f2fd"),
    "model": Look("", "#43a047", "#e8f5e9"),
    "metrics": Look("", "#ffb300", "#fff8e1"),
    "output": Look("", "#8e24aa", "#f3e5f5"),
    "summary": Look("", "#ffb300", "#fff8e1"),
}


def node_look(node: Node, word: str) -> Look:
    """Return how a node looks: an artifact by its type, work by its state; plain where that is not known."""
    if node.kind == "artifact":
        return _TYPES.get(word, Look())
    return state_look(word) if word else Look()


def graph_svg(
    nodes: Mapping[Node, Box],
    edges: Sequence[tuple[Node, Node]],
    hidden: Mapping[tuple[Node, bool], int],
    *,
    title: str,
    description: str = "",
) -> str:
    """Return the drawing.

    Parameters
    ----------
    hidden : mapping of (Node, bool) to int
        How many neighbours of a node are not drawn: True for those behind it, False for those before it.
    """
    boxes: dict[Hashable, Box] = {
        node: box._replace(before=hidden.get((node, False), 0), after=hidden.get((node, True), 0))
        for node, box in nodes.items()
    }
    links: dict[tuple[Hashable, Hashable], Link] = dict.fromkeys(edges, Link())
    return dag_svg([Lane("", boxes)], links, title=title, description=description)
