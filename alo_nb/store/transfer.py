"""A version as one file, to carry it to another store: a plain tar with ``artifact.json`` first, then ``files/<path>``.

Nothing of a tar from elsewhere is put where its names say, and nothing of it is ever run or unpickled: each content
goes to the store under its digest, and the names are checked like those of any artifact.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from alo_nb.errors import StoreError
from alo_nb.files import sync
from alo_nb.store.artifact import Artifact
from alo_nb.store.draft import Draft
from alo_nb.store.logging import log_version
from alo_nb.store.objects import is_digest
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry
from alo_nb.store.trouble import in_words

FORMAT = 1
_MANIFEST, _FILES = "artifact.json", "files/"
_MANIFEST_LIMIT = 256 << 20  # bytes; a line of it is about 150
_TEXTS = ("name", "type", "version", "description", "created", "run", "digest")


def export_artifact(artifact: Artifact, path: Path) -> Path:
    """Write a version with all its files to a tar; a file that is there is replaced when the new one is complete.

    Raises
    ------
    StoreError
        It is not logged yet, a content is gone or damaged, or the file cannot be written.
    """
    staged = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    with in_words(f"{artifact.name} cannot be exported", path, size=artifact.size):
        try:
            with staged.open("xb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for name, size, content in _members(artifact):
                    about = tarfile.TarInfo(name)
                    about.size, about.mode = size, 0o644
                    with content:
                        tar.addfile(about, content)
            sync(staged)
            staged.replace(path)
            sync(path.absolute().parent)
        finally:
            staged.unlink(missing_ok=True)
    return path


def _members(artifact: Artifact) -> Iterator[tuple[str, int, Any]]:
    entries = {each.path: each for each in artifact.files()}
    rows = [
        {"path": each.path, "size": each.size, "digest": each.digest, **({"uri": each.ref} if each.ref else {})}
        for each in entries.values()
    ]
    texts = {name: getattr(artifact, name) for name in ("type", "version", "description", "digest")}
    row = artifact._logged
    about = {"name": row.name, "created": row.created, "run": row.run, "metadata": row.metadata, "tags": row.tags}
    content = json.dumps({"format": FORMAT, **texts, **about, "files": rows}, indent=1).encode()
    yield _MANIFEST, len(content), BytesIO(content)
    for each in entries.values():
        if each.ref is None:
            yield f"{_FILES}{each.path}", each.size, artifact._store.open(each.digest)


@dataclass(frozen=True)
class _Manifest:
    texts: Mapping[str, str]
    metadata: Mapping[str, Any]
    tags: tuple[str, ...]
    files: Mapping[str, Entry]


def import_artifact(store: Store, path: Path) -> Artifact:
    """Log the version that `export_artifact` wrote, as the next one of its name; return it.

    Equal content is not logged again. The run that made it is not here, so the lineage begins with this version.

    Raises
    ------
    StoreError
        The file is no such tar, is damaged, or holds something else; nothing is logged then.
    """
    with in_words(f"{path.name!r} cannot be imported", path), _readable(path), tarfile.open(path, "r:") as tar:
        about = _read_manifest(tar)
        artifact = Artifact(
            about.texts["name"], about.texts["type"], about.texts["description"], about.metadata, store=store
        )
        artifact.tags = [*about.tags]
        _read_files(tar, about.files, artifact._open())
    origin = {name: about.texts[name] for name in ("version", "created", "run")}
    log_version(artifact, digest=about.texts["digest"], origin=origin)
    return artifact


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, ValueError, KeyError, TypeError, RecursionError, EOFError) as error:
        what = f"{path.name!r} is no exported artifact, or is damaged: {error}"
        raise StoreError(what, where=str(path), do="export it anew") from error


def _read_manifest(tar: tarfile.TarFile) -> _Manifest:
    member = tar.next()
    if member is None or member.name != _MANIFEST or not member.isreg() or not 0 < member.size <= _MANIFEST_LIMIT:
        raise ValueError(f"it does not begin with {_MANIFEST}")
    found = json.loads(_content(tar, member).read())
    if found["format"] > FORMAT:
        raise ValueError(f"it is of format {found['format']}, and this alo_nb knows {FORMAT}")
    if not all(isinstance(found[name], str) for name in _TEXTS):
        raise ValueError(f"{_MANIFEST} lacks a text")
    files = {each["path"]: _entry(each) for each in found["files"]}
    if len(files) != len(found["files"]):
        raise ValueError(f"{_MANIFEST} names a file twice")
    return _Manifest(
        {name: found[name] for name in _TEXTS}, dict(found["metadata"]), tuple(map(str, found["tags"])), files
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    digest, size, uri = row["digest"], row["size"], row.get("uri", "")
    is_whole = isinstance(size, int) and size >= 0 and isinstance(uri, str)
    if not is_whole or not (is_digest(digest) or (uri and not digest)):
        raise ValueError(f"{_MANIFEST} describes a file wrongly")
    return Entry("reference" if uri else "file", digest, size, uri)


def _read_files(tar: tarfile.TarFile, files: Mapping[str, Entry], draft: Draft) -> None:
    for name, entry in files.items():
        if entry.kind == "reference":
            draft.add_reference(entry.uri, name, entry.digest, entry.size)
    missing = {name: entry for name, entry in files.items() if entry.kind == "file"}
    while member := tar.next():
        name = member.name.removeprefix(_FILES)
        wanted = missing.pop(name, None) if member.name.startswith(_FILES) else None
        if wanted is None or not member.isreg() or member.issparse() or member.size != wanted.size:
            raise ValueError(f"{member.name!r} is not what {_MANIFEST} says")
        with draft.new_file(name, "wb") as file:
            shutil.copyfileobj(_content(tar, member), file)
        if draft.entries[name].digest != wanted.digest:
            raise ValueError(f"the content of {name!r} was changed")
    if missing:
        raise ValueError(f"{next(iter(missing))!r} is missing")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    content = tar.extractfile(member)  # a reader within the tar; nothing is written
    if content is None:
        raise ValueError(f"{member.name!r} is no file")
    return content
