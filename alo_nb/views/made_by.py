"""Which data and code made this file? The file is known by its content, wherever it lies and whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alo_nb.errors import ArtifactNotFoundError, StoreError
from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.holders import holders
from alo_nb.store.index import VersionRow
from alo_nb.store.lineage import Lineage, Node, lineage, origins
from alo_nb.store.objects import digest_of_file
from alo_nb.store.records import plain
from alo_nb.store.runs import find_run
from alo_nb.store.store import Store
from alo_nb.views.artifacts import reference_text, work_text
from alo_nb.views.card import Card, facts_card, table_card
from alo_nb.views.cards import commit_text

COLUMNS = ("work", "code", "fingerprint", "commit", "run")


@dataclass(frozen=True, repr=False)
class MadeBy:
    """What a file is, and what made it; it shows itself.

    Attributes
    ----------
    path : str
        The file that was asked for.
    versions : tuple of str
        Every version that holds its content, e.g. ``output:v3/output.csv``; those that call it so first, then newest
        first.
    work : tuple of dict
        What made the first of them, the last work first: ``run``, ``step``, ``work``, ``code`` (where its code
        stands), ``fingerprint`` and ``commit``.
    origins : tuple of str
        The versions that all of it comes from, which nothing in the store has made.
    """

    path: str
    versions: tuple[str, ...]
    work: tuple[Mapping[str, Any], ...]
    origins: tuple[str, ...]
    _card: Card

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain values for JSON."""
        names = ("path", "versions", "work", "origins")
        return {name: plain(getattr(self, name)) for name in names}

    def __repr__(self) -> str:
        return repr(self._card)

    def _repr_html_(self) -> str:
        return self._card.html


def made_by(project: Project, path: str | Path) -> MadeBy:
    """Return which data and code made a file.

    Raises
    ------
    StoreError
        There is no such file.
    ArtifactNotFoundError
        No version holds what is in it now.

    Notes
    -----
    The first call after versions were logged reads the folders of those versions; all others only ask the index.
    """
    file = Path(path)
    if not file.is_file():
        raise StoreError(f"{path} is no file", where=str(file.absolute()), do="name one that exists")
    held = sorted(_holders(project, file), key=lambda each: Path(each[1]).name != file.name)  # stable: newest first
    if not held:
        raise ArtifactNotFoundError(
            f"no version holds what is in {path}",
            where=str(project.root),
            do="it was changed after it was made, or made outside of runs; log it: `%alo_artifact log NAME PATH`",
        )
    store = Store.of(project)
    row = held[0][0]
    graph = lineage(store, f"{row.name}:v{row.number}", direction="up")
    work = tuple(_work(store, node) for node in _upwards(graph))
    begins = [node.key for node in origins(graph) if node != graph.start]
    shown = [name for name in COLUMNS if any(row[name] for row in work)]
    card = facts_card(
        f"{path} · {reference_text(row)}",
        [
            (tr("file"), held[0][1]),
            (tr("also in"), ", ".join(f"{other.name}:v{other.number}" for other, _ in held[1:])),
            (tr("made by"), work[0]["work"] if work else tr("a run that is not known: the version was imported")),
            (tr("comes from"), ", ".join(begins)),
        ],
        table_card(work, shown, [_heads()[name] for name in shown]),
    )
    versions = tuple(f"{each.name}:v{each.number}/{inner}" for each, inner in held)
    return MadeBy(str(path), versions, work, tuple(begins), card)


def _heads() -> dict[str, str]:
    return {
        **{"work": tr("work"), "code": tr("code"), "fingerprint": tr("fingerprint"), "commit": tr("commit")},
        "run": tr("run"),
    }


def _holders(project: Project, file: Path) -> list[tuple[VersionRow, str]]:
    """Return every version that holds the content of a file, newest first, with its path in it."""
    return holders(Store.of(project), digest_of_file(file)) if project.own.is_dir() else []


def _upwards(graph: Lineage) -> list[Node]:
    """Return the work in a graph, what was done last first."""
    found = [node for node in graph.nodes if node.kind == "work"]
    far = {graph.start: 0}
    waiting = [graph.start]
    for node in waiting:  # grows while it is walked
        for each in graph.before(node):
            if each not in far:
                far[each] = far[node] + 1
                waiting.append(each)
    found.sort(key=lambda node: (far[node], node.key))
    return sorted(found, key=lambda node: str(graph.nodes[node].get("started", "")), reverse=True)


def _work(store: Store, node: Node) -> dict[str, Any]:
    run_id, _, step = node.key.partition("/")
    run = find_run(store.project, run_id)
    record = next((each for each in run.steps if each.step == step), None) if run is not None else None
    return {
        "run": run_id,
        "step": step,
        "work": work_text(store.index, run_id, step),
        "code": record.cell if record is not None else "",
        "fingerprint": record.fingerprint[:12] if record is not None else "",
        "commit": commit_text(run.made_in) if run is not None else "",
    }
