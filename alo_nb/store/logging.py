"""Making a draft a version, and noting who uses one: what `log_artifact` and `use_artifact` do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from alo_nb.errors import StoreError
from alo_nb.store.editing import expires_at
from alo_nb.store.index import Index, VersionRow
from alo_nb.store.names import alias_name, parse_reference
from alo_nb.store.records import now
from alo_nb.store.store import Store

if TYPE_CHECKING:
    from alo_nb.store.artifact import Artifact


def log_version(
    artifact: Artifact,
    *,
    run: str = "",
    step: str = "",
    aliases: Iterable[str] = (),
    tags: Iterable[str] = (),
    digest: str | None = None,
    origin: Mapping[str, str] | None = None,
) -> bool:
    """Make a draft a version, or find that the same content is one already; tell whether it is new.

    A version of equal content is taken again and becomes ``latest``. When this run depends on that very version, a new
    one with the same content is made, so that the lineage never runs in a circle.

    Parameters
    ----------
    digest : str, optional
        What the content must have, for one that comes from elsewhere.
    origin : mapping, optional
        Where that is: its version, time and run there; kept in the journal.

    Raises
    ------
    StoreError
        Another artifact has this name with another type, or in other letters; or the digest is another one.
    """
    from alo_nb.store.artifact import checked_metadata  # a run of a plan logs without it

    draft, store = artifact._open(), artifact._store
    _check_name(store.index, artifact.name, artifact.type)  # before much is copied
    names = [alias_name(each) for each in dict.fromkeys(aliases) if each != "latest"]
    metadata = checked_metadata(artifact.metadata)
    tree = draft.commit()
    if digest is not None and tree.digest != digest:
        raise StoreError(f"{artifact.name} is not what it was elsewhere", do="export it there anew")
    created = now()
    values: dict[str, Any] = {
        **{"name": artifact.name, "type": artifact.type, "digest": tree.digest, "files": tree.files, "size": tree.size},
        **{"created": created, "run": run, "step": step, "aliases": names, "metadata": metadata},
        **{"description": artifact.description or "", "tags": [*dict.fromkeys([*artifact.tags, *tags])]},
        **{"expires": expires_at(created, artifact.ttl), **({"origin": dict(origin)} if origin else {})},
    }

    def decide(index: Index) -> tuple[str, Mapping[str, Any]]:
        draft.check_still_there(index)
        return decide_version(index, values)

    done = store.change(decide)
    assert done is not None  # one of the two kinds
    row = store.index.version(done["name"], done["number"])
    assert row is not None  # written a moment ago
    artifact._become(row)
    return "digest" in done


def decide_version(index: Index, values: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the change that logs a content: a new ``version``, or an old one ``again``; see `log_version`."""
    name = values["name"]
    _check_name(index, name, values["type"])
    known = next(
        (each for each in index.versions_with(name, values["digest"]) if not _depends(index, values, each)), None
    )
    if known is None:
        return "version", {**values, "number": index.next_number(name)}
    again = {key: values[key] for key in ("name", "run", "step", "aliases", "tags")}
    return "again", {**again, "number": known.number}


def _depends(index: Index, values: Mapping[str, Any], row: VersionRow) -> bool:
    return bool(values["run"]) and index.is_upstream(row.id, values["run"], values["step"])


def _check_name(index: Index, name: str, type: str) -> None:
    known = index.artifact_type(name)
    if known is not None and known != type:
        raise StoreError(
            f"artifact {name!r} is a {known}, and this one a {type}", do="choose another name, or the type it has"
        )
    other = index.name_in_other_case(name)
    if other is not None:
        raise StoreError(
            f"there is an artifact {other!r}, which differs only in the case of letters", do=f"write {other!r}"
        )


def use_version(store: Store, reference: str, *, run: str = "", step: str = "", type: str | None = None) -> Artifact:
    """Return the version that ``name:alias`` names, and note that the run used it.

    Raises
    ------
    ArtifactNotFoundError
        There is none.
    StoreError
        It is of another type than `type`.
    """
    from alo_nb.store.artifact import Artifact

    row = store.version(parse_reference(reference))
    if type is not None and row.type != type:
        raise StoreError(f"{row.name}:v{row.number} is a {row.type}, no {type}", do=f"ask for the type {row.type}")
    if run:
        values = {"run": run, "name": row.name, "number": row.number, "step": step}
        store.change(lambda index: ("use", values) if _is_news(index, row, run, step) else None)
    return Artifact._of(store, row)


def _is_news(index: Index, row: VersionRow, run: str, step: str) -> bool:
    """Tell whether a use is to be noted: not twice, and not of what the run itself has led to."""
    return not index.has_edge(row.id, run, "in", step) and not index.is_downstream(row.id, run, step)
