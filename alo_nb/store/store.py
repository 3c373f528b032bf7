"""`Store`: the runs, artifacts, versions and aliases of a project, for every process that works in it.

The truth is in files that are written once: the contents (`objects`), the folders of them (`trees`), what happened
(`journal`) and the records of runs (`runs`). The index answers questions and is made again from them when it is gone.
"""

from __future__ import annotations

import atexit
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from alo_nb.errors import ArtifactNotFoundError, StoreError, nearest
from alo_nb.files import locked, remove, write_atomic
from alo_nb.project import Project
from alo_nb.store.index import Index, NewerIndex, VersionRow
from alo_nb.store.journal import Change, Journal
from alo_nb.store.names import LATEST, Reference
from alo_nb.store.objects import Objects, Packed, Staging, damaged, digest_of, digest_of_file, lost, packed_in
from alo_nb.store.trees import Entry, walk

FORMAT = 1


class Store:
    """The store of one project.

    Parameters
    ----------
    project : Project
        Its ``.alo/`` holds the store.

    Raises
    ------
    StoreError
        The store is of a newer version of alo_nb, which is left as it is, or cannot be written.
    """

    def __init__(self, project: Project) -> None:
        self.project, root = project, project.own
        self.root = root
        self.objects = Objects(root)
        self.journal = Journal(root)
        self._index: Index | None = None
        self._owner = (0, 0)
        self._temporary: TemporaryDirectory[str] | None = None
        self._check_format()

    @classmethod
    def of(cls, project: Project) -> Self:
        """Return the store of a project, made if absent: one for each process, which stays open until its end."""
        known = _open.get(project.root)
        if known is None or not known.root.is_dir():
            project.prepare()
            known = _open[project.root] = cls(project)
        return known  # type: ignore[return-value]  # a subclass would have stores of its own

    @classmethod
    def in_memory(cls) -> Self:
        """Return a store of its own that is gone when it is closed; in memory where the system has a place there."""
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
        except FileNotFoundError:
            write_atomic(path, json.dumps({"format": FORMAT, "digest": "blake3"}) + "\n")
            return
        except (ValueError, KeyError, TypeError):
            found = FORMAT  # damaged: it says nothing that the contents do not say themselves
        if isinstance(found, int) and found > FORMAT:
            raise StoreError(
                f"the store is of format {found}, and this alo_nb knows {FORMAT}",
                where=str(path),
                do="update alo_nb: pip install --upgrade alo-nb",
            )

    def close(self) -> None:
        """Close the index; the store of `in_memory` is gone."""
        if self._index is not None and self._owner[0] == os.getpid():
            with locked(self.root / "write.lock"):  # the last connection to close folds the log into the database
                self._index.close()
            self._index = None
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The index ------------------------------------------------------------------------------------------------------

    @property
    def index(self) -> Index:
        """The index, up to date with what other processes have written."""
        index = self._connection()
        if self.journal.path(index.applied() + 1).exists():
            with self._writing():
                pass
        return index

    def _connection(self) -> Index:
        """Return this thread's connection: a forked child and another thread get their own."""
        owner = (os.getpid(), threading.get_ident())
        if self._index is not None and self._owner == owner:
            return self._index
        try:
            index = Index(self.root / "index.db")
            if not index.is_prepared:
                index = self._prepared(index)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise self._unusable(error) from error
            index = self._made_anew()  # damaged: it holds nothing that the files do not
        self._index, self._owner = index, owner
        return index

    def _prepared(self, index: Index) -> Index:
        with locked(self.root / "write.lock"):
            try:
                index.prepare()
            except NewerIndex:
                index.close()
                return self._empty_index()
            self._catch_up(index)
        return index

    def _made_anew(self) -> Index:
        with locked(self.root / "write.lock"):
            index = self._empty_index()
            self._catch_up(index)
        return index

    def _empty_index(self) -> Index:
        for name in ("index.db", "index.db-wal", "index.db-shm"):
            if (self.root / name).exists():
                remove(self.root / name, within=self.root)
        index = Index(self.root / "index.db")
        index.prepare()
        for pack in self.objects.packs():
            with index.writing():
                index.add_packed(packed_in(pack))
        self._apply(index, self.journal.all())
        return index

    def rebuild(self) -> None:
        """Throw the index away and make it again from the files."""
        if self._index is not None:
            self._index.close()
            self._index = None
        with locked(self.root / "write.lock"):
            self._empty_index().close()

    def _unusable(self, error: sqlite3.OperationalError) -> StoreError:
        return StoreError(
            f"the index of the store cannot be used: {error}",
            where=str(self.root / "index.db"),
            do="check the rights of the folder; on a network drive without locks, keep the project on a local disk",
        )

    # Writing --------------------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Index]:
        """Hold the store's lock for the body, with the index up to date."""
        index = self._connection()
        with locked(self.root / "write.lock"):
            self._catch_up(index)
            yield index
            index.checkpoint()

    def _catch_up(self, index: Index) -> None:
        self._apply(index, self.journal.since(index.applied()))

    def _apply(self, index: Index, changes: Iterator[Change]) -> None:
        first = next(changes, None)
        if first is None:
            return
        with index.writing():
            _apply(index, first)
            number = first.number
            for change in changes:
                _apply(index, change)
                number = change.number
            index.set_applied(number)

    def change(self, decide: Callable[[Index], tuple[str, Mapping[str, Any]] | None]) -> dict[str, Any] | None:
        """Write one change, durably. `decide` sees the index as it is and returns the change, or None for none.

        Returns
        -------
        dict or None
            The values of the change.
        """
        with self._writing() as index:
            decided = decide(index)
            if decided is None:
                return None
            kind, values = decided
            change = Change(index.applied() + 1, kind, dict(values))
            self.journal.write(change)
            with index.writing():
                _apply(index, change)
                index.set_applied(change.number)
            return change.values

    def change_many(self, decide: Callable[[Index], Iterable[tuple[str, Mapping[str, Any]]]]) -> None:
        """Write several changes as one, durably: all of them, or none. Each is decided with those before it applied."""
        with self._writing() as index, index.writing():
            number, changes = index.applied() + 1, []
            for kind, values in decide(index):
                _apply(index, Change(number, kind, dict(values)))
                changes.append([kind, dict(values)])
            if changes:
                self.journal.write(Change(number, "batch", {"changes": changes}))
                index.set_applied(number)

    def keep(self, staging: Staging, seen: Iterable[Sequence[Any]] = ()) -> None:
        """Make staged contents durable; `seen` are the files they came from, as rows for the index."""
        index = self.index
        packed = staging.commit([each for each in staging.small() if index.packed(each) is not None])
        rows = list(seen)
        if packed or rows:
            with self._writing() as index, index.writing():
                index.add_packed(packed)
                index.set_seen(rows)

    def has(self, digest: str) -> bool:
        """Tell whether a content is in the store; it is then safe from `gc` for a while."""
        path = self.objects.path(digest)
        if not path.exists():
            where = self.index.packed(digest)
            if where is None:
                return False
            path = self.objects.pack_path(where.pack)
        try:
            os.utime(path)
        except OSError:  # of another user, or gone
            return path.exists()
        return True

    # Reading --------------------------------------------------------------------------------------------------------

    def read(self, digest: str) -> bytes:
        """Return a content, checked.

        Raises
        ------
        StoreError
            It is not there, or was changed on disk.
        """
        path = self.objects.path(digest)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return self.objects.read_packed(self._packed(digest))
        if digest_of(content) != digest:
            raise StoreError(
                f"the content {digest[:15]}… was changed on disk", where=str(path), do="run `alo-nb doctor`"
            )
        return content

    def _packed(self, digest: str) -> Packed:
        where = self.index.packed(digest)
        if where is None:
            raise lost(digest, self.objects.path(digest))
        return where

    def write_out(self, digest: str, target: Path) -> None:
        """Write a content to a new file, checked.

        Raises
        ------
        StoreError
            It is not there, or was changed on disk; nothing is written then.
        """
        from alo_nb.files import copy_file

        path = self.objects.path(digest)
        if not path.exists():
            target.write_bytes(self.objects.read_packed(self._packed(digest)))
            return
        staged = target.with_name(f".{os.urandom(6).hex()}")
        try:
            copy_file(path, staged)
            if digest_of_file(staged) != digest:
                raise damaged(digest, path)
            staged.replace(target)
        finally:
            remove(staged, within=target.parent)

    def files(self, digest: str) -> Iterator[tuple[str, Entry]]:
        """Yield path and entry of every file of a stored folder."""
        return walk(digest, self.read)

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


_open: dict[Path, Store] = {}


@atexit.register
def _close_all() -> None:
    for store in _open.values():
        if store.root.is_dir():
            store.close()


def _apply(index: Index, change: Change) -> None:
    """Bring one change into the index. Kinds of a newer alo_nb are passed over: its index will know them."""
    values = change.values
    match change.kind:
        case "version":
            index.add_version(change.number, values)
            _logged(index, values)
        case "again":
            _logged(index, values)
        case "use":
            index.add_edge(values["run"], values["name"], values["number"], "in", values["step"])
        case "alias":
            index.set_alias(values["name"], values["alias"], values["number"])
        case "edit":
            edits = {key: value for key, value in values.items() if key not in {"name", "number"}}
            index.change_version(values["name"], values["number"], edits)
        case "delete":
            index.change_version(values["name"], values["number"], {"deleted": 1})
            for alias, number in index.aliases(values["name"]).items():
                if number == values["number"]:
                    index.set_alias(values["name"], alias, None)
        case "run":
            index.put_run(change.number, values)
        case "batch":
            for kind, inner in values["changes"]:
                _apply(index, Change(change.number, kind, inner))


def _logged(index: Index, values: Mapping[str, Any]) -> None:
    for alias in (LATEST, *values["aliases"]):
        index.set_alias(values["name"], alias, values["number"])
    if values["run"]:
        index.add_edge(values["run"], values["name"], values["number"], "out", values["step"])
