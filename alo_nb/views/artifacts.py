"""Artifacts as rows, and one version as a card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from alo_nb.errors import ArtifactNotFoundError, nearest
from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.index import Index, VersionRow
from alo_nb.store.names import LATEST
from alo_nb.store.store import Store
from alo_nb.views.card import Card, bytes_text, facts_card, pairs_text, table_card
from alo_nb.views.text import GLYPHS, is_deterministic

COLUMNS = ("name", "version", "type", "aliases", "tags", "files", "size", "created", "run", "description")
IN_A_TERMINAL = ("name", "version", "type", "aliases", "files", "size", "created")
FILES = 20  # how many are listed on a card


def project_artifacts(project: Project, which: str | None = None) -> list[dict[str, Any]]:
    """Return a row for each artifact with its latest version, or for each version of one of them, newest first.

    Parameters
    ----------
    which : str, optional
        A type of artifacts, or the name of one.

    Raises
    ------
    ArtifactNotFoundError
        There is no type and no artifact of this name.
    """
    if not project.own.is_dir():
        return []
    index = Store.of(project).index
    known = index.artifacts()
    types = {type for _, type in known}
    if which is None or which in types:
        chosen = (_latest(index, name) for name, type in known if which in (None, type))
        return [_row(row) for row in chosen if row is not None]
    if which not in {name for name, _ in known}:
        hint = nearest(which, [*types, *(name for name, _ in known)])
        raise ArtifactNotFoundError(f"there is no type and no artifact {which!r}{hint}", where=str(project.root))
    return [_row(row) for row in index.versions(which)]


def _latest(index: Index, name: str) -> VersionRow | None:
    return index.version_of_alias(name, LATEST) or next(iter(index.versions(name)), None)


def _row(row: VersionRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in COLUMNS if name != "version"}
    return {**values, "version": f"v{row.number}", "aliases": [*row.aliases], "tags": [*row.tags]}


def shown_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as a terminal shows them."""
    return [{**row, "aliases": ", ".join(row["aliases"]), "size": bytes_text(row["size"])} for row in rows]


def reference_text(row: VersionRow) -> str:
    """Return ``"mnist-raw:v0 dataset (latest)"``."""
    aliases = f" ({', '.join(row.aliases)})" if row.aliases else ""
    return f"{row.name}:v{row.number} {row.type}{aliases}{tr(' deleted') if row.deleted else ''}"


def versions_of(index: Index, run: str, direction: Literal["in", "out"], step: str | None = None) -> list[VersionRow]:
    """Return the versions that a run, or one step of it, has read or made.

    What one step made for another is no input of the run.
    """
    edges = [each for each in index.edges_of_run(run) if step in (None, each[2])]
    found = {way: dict.fromkeys(version for version, each, _ in edges if each == way) for way in ("in", "out")}
    if direction == "in":
        return [index.version_by_id(each) for each in found["in"] if each not in found["out"]]
    return [index.version_by_id(each) for each in found["out"]]


def work_text(index: Index, run: str, step: str) -> str:
    """Return what made or used a version: ``"✔ train · 9db54d"``, without its id where ids are left out."""
    about = index.run(run) or {}
    name = step or about.get("job_type") or about.get("name") or tr("run")
    parts = (f"{GLYPHS.get(about.get('status', ''), '')} {name}".strip(), about.get("plan"))
    return " · ".join(str(each) for each in (*parts, "" if is_deterministic() else run.rpartition("-")[2]) if each)


def artifact_card(artifact: Artifact) -> Card:
    """Return a version with its first files, and the work that has made and used it."""
    row, index = artifact._logged, artifact._store.index
    size = "" if is_deterministic() else f" · {bytes_text(artifact.size)}"
    files = artifact.file_count
    count = tr("1 file") if files == 1 else tr("{count} files", count=files)
    head = (artifact.name, artifact.type, ", ".join(artifact.aliases), f"{count}{size}")
    facts = [
        *(
            (tr("about"), artifact.description),
            (tr("tags"), ", ".join(artifact.tags)),
            (tr("metadata"), pairs_text(artifact.metadata)),
        ),
        *((tr("logged by"), _work(index, row, "out")), (tr("used by"), _work(index, row, "in"))),
        *([] if is_deterministic() else [(tr("created"), artifact.created_at), (tr("digest"), artifact.digest)]),
        (tr("goes"), row.expires),
    ]
    return facts_card(" · ".join(each for each in head if each), facts, _files(artifact))


def _work(index: Index, row: VersionRow, direction: str) -> str:
    edges = index.edges_of_version(row.id)
    return "\n".join(work_text(index, run, step) for run, way, step in edges if way == direction)


def _files(artifact: Artifact) -> Card:
    files = artifact.files()
    rows = [{"file": each.path, "size": _size(each), "at": each.ref or ""} for each in files[:FILES]]
    if files[FILES:]:
        rows.append({"file": tr("+{count} more", count=len(files) - FILES), "size": "", "at": ""})
    heads = {"file": tr("file"), "size": tr("size"), "at": tr("at")}
    columns = [name for name in heads if name != "at" or any(row["at"] for row in rows)]
    return table_card(rows, columns, [heads[name] for name in columns])


def _size(file: Any) -> str:
    return bytes_text(file.size)


def version_dict(artifact: Artifact) -> dict[str, Any]:
    """Return all that is known of a version as plain values for JSON."""
    row = artifact._logged
    files = [
        {"path": each.path, "size": each.size, "digest": each.digest, "ref": each.ref} for each in artifact.files()
    ]
    return {**_row(row), "digest": row.digest, "metadata": dict(row.metadata), "expires": row.expires, "files": files}
