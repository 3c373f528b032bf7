"""`Api`: looking at what is in the store, without being a run. The names are those of W&B."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alo_nb.errors import ArtifactNotFoundError, nearest
from alo_nb.project import find_project
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import use_version
from alo_nb.store.records import Run
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store


class Api:
    """The artifacts and runs of a project.

    Parameters
    ----------
    folder : str or Path, optional
        The project folder; found from the current folder when absent.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._store = Store.of(find_project(folder))

    def artifact(self, name: str, type: str | None = None) -> Artifact:
        """Return a version: ``name``, ``name:v3`` or ``name:ALIAS``; what stands before a ``/`` does not count.

        Raises
        ------
        ArtifactNotFoundError
            There is none; the nearest name is told.
        StoreError
            It is of another type than `type`.
        """
        return use_version(self._store, name.rpartition("/")[2], type=type)

    def artifacts(self, type_name: str, name: str) -> list[Artifact]:
        """Return all versions of an artifact, newest first.

        Raises
        ------
        ArtifactNotFoundError
            There is none of this type and name.
        """
        name = name.rpartition("/")[2]
        known = dict(self._store.index.artifacts(type_name))
        if name not in known:
            raise ArtifactNotFoundError(f"there is no {type_name} {name!r}{nearest(name, known)}")
        return [Artifact._of(self._store, row) for row in self._store.index.versions(name)]

    def artifact_types(self) -> list[str]:
        """Return the types that artifacts have."""
        return sorted({type for _, type in self._store.index.artifacts()})

    def artifact_names(self, type_name: str | None = None) -> list[str]:
        """Return the names of the artifacts, of one type when it is named."""
        return [name for name, _ in self._store.index.artifacts(type_name)]

    def run(self, path: str) -> Run:
        """Return a run by its id, the beginning or the random part of it; what stands before a ``/`` does not count.

        Raises
        ------
        RunNotFoundError
            There is none, or several.
        """
        return RunStore(self._store.project).get(path.rpartition("/")[2])

    def runs(self, filters: Mapping[str, Any] | None = None) -> list[Run]:
        """Return the runs, newest first; with `filters`, those whose fields have these values."""
        wanted = (filters or {}).items()
        return [
            run
            for run in RunStore(self._store.project)
            if all(getattr(run, name, None) == value for name, value in wanted)
        ]
