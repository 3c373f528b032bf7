"""`Artifact`: files with a name, a type and versions; the meaning and the names are those of W&B Artifacts.

A new one is a draft: files are added, and `log_artifact` makes it a version, which never changes. Its aliases, tags,
description, metadata and time to live may change; `save` keeps that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote

from alo_nb.errors import ArtifactNotFoundError, StoreError, nearest
from alo_nb.plan.redact import redact, redact_all
from alo_nb.project import find_project
from alo_nb.store import download
from alo_nb.store.draft import Draft, files_below
from alo_nb.store.editing import delete_version, edit_version, expires_at
from alo_nb.store.index import VersionRow
from alo_nb.store.names import LATEST, alias_name, artifact_name
from alo_nb.store.objects import digest_of_file
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry

if TYPE_CHECKING:
    from alo_nb.store.records import Run

TYPE_LIMIT = 128
DOWNLOADS = "artifacts"  # as W&B, below the current folder


class ArtifactFile:
    """One file of an artifact: `path` in it, `size` in bytes, `digest`; `ref` is where a reference lies, else None."""

    def __init__(self, artifact: Artifact, path: str, entry: Entry) -> None:
        self._artifact, self._entry = artifact, entry
        self.path, self.size, self.digest = path, entry.size, entry.digest
        self.ref = entry.uri or None

    def download(self, root: str | Path | None = None) -> str:
        """Write the file, checked, below `root`, the artifact's own folder when absent; return its path."""
        self._artifact._logged  # noqa: B018  # a draft has nothing to download
        entries = {self.path: self._entry}
        download.write_files(self._artifact._store, entries, folder := self._artifact._folder(root))
        return str(folder / self.path)

    def ref_target(self) -> str:
        """Return where a reference lies.

        Raises
        ------
        StoreError
            It is a stored file.
        """
        if self.ref is None:
            raise StoreError(f"{self.path!r} is stored and no reference", do="read it with download()")
        return self.ref

    def __repr__(self) -> str:
        return f"<{self.path} {self.size} bytes{f' at {self.ref}' if self.ref else ''}>"


class Artifact:
    """Files that belong together, to be logged by a run or logged already.

    Parameters
    ----------
    name : str
        Letters of any language, digits, ``_ - .``; at most 128.
    type : str
        What it is: ``dataset``, ``model``, ``metrics``, or a word of your own. All versions of a name have one type.
    description : str, optional
    metadata : mapping, optional
        What JSON can hold.

    Raises
    ------
    ArtifactNameError
        The name is none.
    StoreError
        The type or the metadata cannot be kept.
    """

    def __init__(
        self,
        name: str,
        type: str,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        store: Store | None = None,
    ) -> None:
        if not isinstance(type, str) or not type.strip() or len(type) > TYPE_LIMIT:
            raise StoreError(f"{type!r} is no type of an artifact", do="write a word, e.g. dataset or model")
        self._store = store or Store.of(find_project())
        self._name, self.type = artifact_name(name), type
        self._draft: Draft | None = Draft(self._store)
        self._row: VersionRow | None = None
        self.description = description or ""
        self.metadata = checked_metadata(metadata)
        self.aliases: list[str] = []
        self.tags: list[str] = []
        self.ttl: timedelta | None = None

    @classmethod
    def _of(cls, store: Store, row: VersionRow) -> Artifact:
        artifact = cls.__new__(cls)
        artifact._store, artifact._draft = store, None
        artifact._become(row)
        return artifact

    def _become(self, row: VersionRow) -> None:
        self._row, self._draft = row, None
        self._name, self.type = row.name, row.type
        self.description, self.metadata = row.description, dict(row.metadata)
        self.aliases, self.tags = list(row.aliases), list(row.tags)
        self.ttl = _ttl(row)

    # What it is -----------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name, with the version once it is logged: ``mnist-raw:v0``."""
        return f"{self._name}:{self.version}" if self._row is not None else self._name

    @property
    def version(self) -> str:
        """``"v0"``, ``"v1"``, and so on."""
        return f"v{self._logged.number}"

    @property
    def digest(self) -> str:
        """``b3:<hex>`` of all files with their names."""
        return self._logged.digest

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self._logged.size if self._row is not None else sum(each.size for each in self._entries().values())

    @property
    def file_count(self) -> int:
        """How many files."""
        return self._logged.files if self._row is not None else len(self._entries())

    @property
    def created_at(self) -> str:
        """When this version was logged, in UTC."""
        return self._logged.created

    @property
    def state(self) -> str:
        """``PENDING`` for a draft, ``COMMITTED``, or ``DELETED``."""
        if self._row is None:
            return "PENDING"
        return "DELETED" if self._row.deleted else "COMMITTED"

    def is_draft(self) -> bool:
        """Tell whether it is not logged yet."""
        return self._row is None

    @property
    def _logged(self) -> VersionRow:
        if self._row is None:
            raise StoreError(
                f"artifact {self._name!r} is not logged yet", do="log it first: run.log_artifact(artifact)"
            )
        return self._row

    def _open(self) -> Draft:
        if self._draft is None:
            raise StoreError(
                f"{self.name} is a version, and versions do not change",
                do=f"make a new one: Artifact({self._name!r}, type={self.type!r}), and log it",
            )
        return self._draft

    def _entries(self) -> dict[str, Entry]:
        return self._draft.entries if self._draft is not None else dict(self._store.files(self._logged.digest))

    # Files in -------------------------------------------------------------------------------------------------------

    def new_file(self, name: str, mode: str = "w", encoding: str | None = None) -> AbstractContextManager[IO[Any]]:
        """Write a new file of the artifact: ``with artifact.new_file("train.csv") as file: file.write(...)``."""
        options = {} if encoding is None else {"encoding": encoding}
        return self._open().new_file(name, mode, **options)

    def add_file(self, local_path: str | Path, name: str | None = None) -> ArtifactFile:
        """Add a file, under its own name unless told otherwise; the file stays as it is and may change later."""
        path = Path(local_path)
        draft = self._open()
        entry = draft.add_file(path, name or path.name)
        return ArtifactFile(self, name or path.name, entry)

    def add_dir(self, local_path: str | Path, name: str | None = None) -> None:
        """Add all files below a folder, at the artifact's root or below `name`."""
        self._open().add_dir(Path(local_path), (name or "").strip("/"))

    def add_reference(self, uri: str | Path, name: str | None = None, checksum: bool = True) -> list[ArtifactFile]:
        """Add a file that stays where it is, or all below a local folder; return what was added.

        With `checksum`, local files are read once, so that `verify` can tell whether they have changed.
        """
        draft, text = self._open(), redact(str(uri))
        if "://" in text and not text.startswith("file://"):
            own = name or text.rstrip("/").rpartition("/")[2]
            return [ArtifactFile(self, own, draft.add_reference(text, own, "", 0))]
        local = Path(unquote(text.removeprefix("file://")) if text.startswith("file://") else text).absolute()
        found = [Path(each.path) for each in files_below(str(local))] if local.is_dir() else [local]
        return [self._refer(each, _name_below(local, each, name), checksum) for each in found]

    def _refer(self, path: Path, name: str, checksum: bool) -> ArtifactFile:
        if not path.is_file():
            raise StoreError(f"{str(path)!r} is no file", where=str(path), do="name one that exists")
        digest = digest_of_file(path) if checksum else ""
        return ArtifactFile(self, name, self._open().add_reference(path.as_uri(), name, digest, path.stat().st_size))

    # Files out ------------------------------------------------------------------------------------------------------

    def files(self) -> list[ArtifactFile]:
        """Return every file."""
        return [ArtifactFile(self, path, entry) for path, entry in self._entries().items()]

    def get_entry(self, name: str) -> ArtifactFile:
        """Return one file.

        Raises
        ------
        ArtifactNotFoundError
            There is none of this name; the nearest is named.
        """
        entries = self._entries()
        if name not in entries:
            raise ArtifactNotFoundError(f"{self.name} has no file {name!r}{nearest(name, entries)}")
        return ArtifactFile(self, name, entries[name])

    get_path = get_entry  # W&B's older name

    def download(self, root: str | Path | None = None, path_prefix: str | None = None) -> str:
        """Write all files, checked, to a folder and return it: ``artifacts/<name>:<version>`` when none is named.

        Files that are there and right stay; others of the same name are replaced. References are not fetched.
        """
        folder, prefix = self._folder(root), path_prefix or ""
        wanted = {path: each for path, each in self._stored_files().items() if path.startswith(prefix)}
        download.write_files(self._store, wanted, folder)
        return str(folder)

    def checkout(self, root: str | Path | None = None) -> str:
        """Make a folder hold exactly these files: as `download`, and what else lies in it goes."""
        folder = Path(self.download(root))
        download.remove_others(self._stored_files(), folder)
        return str(folder)

    def verify(self, root: str | Path | None = None) -> None:
        """Compare a downloaded folder with this version.

        Raises
        ------
        StoreError
            A file is missing, changed, or too many; they are named.
        """
        folder = self._folder(root)
        wrong = download.differences(self._stored_files(), folder)
        if wrong:
            more = f" and {len(wrong) - 5} more" if wrong[5:] else ""
            what = f"{self.name} is not what lies there: {', '.join(wrong[:5])}{more}"
            raise StoreError(what, where=str(folder), do="download it again, or call checkout()")

    def file(self, root: str | Path | None = None) -> str:
        """Write the only file and return its path.

        Raises
        ------
        StoreError
            There are more, or none.
        """
        entries = self.files()
        if len(entries) != 1:
            raise StoreError(f"{self.name} has {len(entries)} files", do="name one: get_entry(name).download()")
        return entries[0].download(root)

    def _folder(self, root: str | Path | None) -> Path:
        return Path(root) if root is not None else Path(DOWNLOADS, f"{self._name}:{self.version}")

    def _stored_files(self) -> dict[str, Entry]:
        self._logged  # noqa: B018  # a draft has nothing to download
        return {path: each for path, each in self._entries().items() if each.kind == "file"}

    # Changes --------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Keep changed aliases, tags, description, metadata and time to live of a logged version."""
        row = self._logged
        wanted = {alias_name(each) for each in self.aliases}
        edits = {
            "description": self.description or "",
            "metadata": checked_metadata(self.metadata),
            "tags": [*dict.fromkeys(str(each) for each in self.tags)],
            "expires": expires_at(row.created, self.ttl),
        }
        self._become(edit_version(self._store, row, edits, wanted - {*row.aliases}, {*row.aliases} - wanted - {LATEST}))

    def wait(self, timeout: float | None = None) -> Artifact:  # W&B's signature
        """Return the artifact: a version is complete when `log_artifact` returns."""
        self._logged  # noqa: B018
        return self

    def delete(self, delete_aliases: bool = False) -> None:
        """Delete this version; its place in the lineage stays, its files go with `gc` when nothing else needs them.

        Raises
        ------
        StoreError
            It has aliases besides ``latest``, and `delete_aliases` is not set.
        """
        self._become(delete_version(self._store, self._logged, delete_aliases=delete_aliases))

    # Lineage --------------------------------------------------------------------------------------------------------

    def logged_by(self) -> Run | None:
        """Return the run that logged this version first; None for one that was imported."""
        from alo_nb.store.runs import find_run

        return find_run(self._store.project, self._logged.run)

    def used_by(self) -> list[Run]:
        """Return the runs that used this version."""
        from alo_nb.store.runs import find_run

        runs = self._store.index.runs_of_version(self._logged.id, "in")
        return [found for each in runs if (found := find_run(self._store.project, each)) is not None]

    def __repr__(self) -> str:
        return f"<Artifact {self.name} {self.type}, {self.file_count} files, {self.size} bytes>"

    def __iter__(self) -> Iterator[ArtifactFile]:
        return iter(self.files())


def checked_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return metadata as JSON keeps it, with credentials in its texts masked.

    Raises
    ------
    StoreError
        It holds what JSON cannot hold.
    """
    try:
        found = json.loads(json.dumps(redact_all(dict(metadata or {})), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"the metadata cannot be kept as JSON: {error}", do="use numbers, texts, lists and dicts"
        ) from None
    assert isinstance(found, dict)
    return found


def _name_below(folder: Path, path: Path, name: str | None) -> str:
    if path == folder:
        return name or path.name
    return "/".join([*([name] if name else []), path.relative_to(folder).as_posix()])


def _ttl(row: VersionRow) -> timedelta | None:
    if not row.expires:
        return None
    return datetime.fromisoformat(row.expires) - datetime.fromisoformat(row.created)
