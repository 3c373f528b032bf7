"""`Store`: the runs, artifacts, versions and aliases of a project, for every process that works in it.

The truth is in files that are written once: the contents (`objects`), the folders of them (`trees`), what happened
(`journal`) and the records of runs (`runs`). The index answers questions and is made again from them when it is gone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from alo_nb.errors import ArtifactNotFoundError, StoreError, nearest
from alo_nb.project import Project
from alo_nb.store.aside import Aside
from alo_nb.store.changes import carry_out
from alo_nb.store.contents import FORMAT, Contents
from alo_nb.store.index import Index, VersionRow
from alo_nb.store.indexes import Indexes
from alo_nb.store.journal import Change
from alo_nb.store.names import Reference
from alo_nb.store.trouble import in_words

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_SHARED: weakref.WeakValueDictionary[Path, Store] = weakref.WeakValueDictionary()
_recent: deque[Store] = deque(maxlen=4)  # so that the one in use is not opened for each call
_mutex = threading.Lock()


class Store(Contents):
    """The store of one project. Opening one to look at it writes nothing but an index.

    Parameters
    ----------
    project : Project
        Its ``.alo/`` holds the store.

    Raises
    ------
    StoreError
        The store is of a newer version of alo_nb, which is left as it is.
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project.own)
        self.project = project
        self._check_format()
        self._temporary: TemporaryDirectory[str] | None = None
        weakref.finalize(self, _let_go, self._indexes, self._aside)

    @classmethod
    def of(cls, project: Project) -> Store:
        """Return the store of a project, made if absent; a process has one for each project."""
        with _mutex:
            known = _SHARED.get(project.root)
            if known is None or not known.root.is_dir():
                project.prepare()
                known = _SHARED[project.root] = cls(project)
            if not _recent or _recent[-1] is not known:
                _recent.append(known)
        return known

    @classmethod
    def in_memory(cls) -> Self:
        """Return a store of its own that is gone when it is closed; in memory where the system has a place there."""
        from tempfile import TemporaryDirectory

        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        folder = TemporaryDirectory(prefix="alo-nb-store-", dir=place)
        project = Project(Path(folder.name).resolve())
        project.prepare()
        store = cls(project)
        store._temporary = folder
        return store

    def _check_format(self) -> None:
        path = self.root / "store.json"
        try:
            found = json.loads(path.read_bytes())["format"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # absent, or damaged: it says nothing that the files do not say themselves
        if isinstance(found, int) and found > FORMAT:
            raise StoreError(
                f"the store is of format {found}, and this alo_nb knows {FORMAT}",
                where=str(path),
                do="update alo_nb: pip install --upgrade alo-nb",
            )

    def close(self) -> None:
        """Let go of files and connections, which are opened again when needed; the store of `in_memory` is gone."""
        _let_go(self._indexes, self._aside)
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rebuild(self) -> None:
        """Throw the index away and make it again from the files."""
        with in_words("the index cannot be made", self.root):
            self._indexes.rebuild()

    def fresh_index(self) -> Index:
        """Return an index in memory, made of the files alone."""
        return self._indexes.fresh()

    # Writing --------------------------------------------------------------------------------------------------------

    def change(self, decide: Callable[[Index], tuple[str, Mapping[str, Any]] | None]) -> dict[str, Any] | None:
        """Write one change, durably. `decide` sees the index as it is and returns the change, or None for none.

        Returns
        -------
        dict or None
            The values of the change.
        """

        def one(index: Index) -> Iterator[tuple[str, Mapping[str, Any]]]:
            decided = decide(index)
            if decided is not None:
                yield decided

        done = self.change_many(one)
        return done[0] if done else None

    def change_many(self, decide: Callable[[Index], Iterable[tuple[str, Mapping[str, Any]]]]) -> list[dict[str, Any]]:
        """Write several changes as one, durably: all of them, or none. Each is decided with those before it applied.

        Returns
        -------
        list of dict
            The values of the changes.
        """
        with self.writing() as index:
            return self.write(index, decide)

    def write(
        self, index: Index, decide: Callable[[Index], Iterable[tuple[str, Mapping[str, Any]]]]
    ) -> list[dict[str, Any]]:
        """Do the same in the body of `writing`."""
        while True:
            done: list[Change] = []
            is_written = False
            try:
                with index.writing():
                    for kind, values in decide(index):
                        done.append(Change(index.applied() + 1, kind, dict(values)))
                        carry_out(index, done[-1])
                    if done:
                        change = _as_one(done)
                        index.add_changes([(change.number, change.kind, change.as_text())])
                        index.set_state("applied", change.number)
                        self.journal.write(change)
                        is_written = True
                index.checkpoint()
            except FileExistsError:  # a process that this file system's locks did not keep away
                index = self._indexes.catch_up_behind_gaps(index)
                continue
            except sqlite3.Error:
                if index.path is None:
                    raise
                index = self._indexes.in_memory()  # e.g. on a full disk; the journal counts
                if not is_written:
                    continue
            return [each.values for each in done]

    def version(self, reference: Reference) -> VersionRow:
        """Return the version that a reference names.

        Raises
        ------
        ArtifactNotFoundError
            There is no such artifact, alias or version; the nearest ones are named.
        """
        index, name = self.index, reference.name
        row = (
            index.version_of_alias(name, reference.alias)
            if reference.number is None
            else index.version(name, reference.number)
        )
        if row is not None and not row.deleted:
            return row
        if index.artifact_type(name) is None:
            known = [each for each, _ in index.artifacts()]
            raise ArtifactNotFoundError(
                f"there is no artifact {name!r}{nearest(name, known)}",
                where=str(self.root),
                do="`%alo_artifact ls` lists them",
            )
        which = reference.alias or f"v{reference.number}"
        if row is not None:
            raise ArtifactNotFoundError(f"{name}:{which} was deleted", do="use another version")
        names = [*index.aliases(name), *(f"v{each.number}" for each in index.versions(name)[:20])]
        raise ArtifactNotFoundError(f"{name!r} has no version {which!r}{nearest(which, names)}")


def _let_go(indexes: Indexes, aside: Aside) -> None:
    indexes.close()
    with suppress(OSError):  # what cannot be removed is left for `gc`
        aside.close()


def _as_one(changes: list[Change]) -> Change:
    if len(changes) == 1:
        return changes[0]
    return Change(changes[0].number, "batch", {"changes": [[each.kind, each.values] for each in changes]})
