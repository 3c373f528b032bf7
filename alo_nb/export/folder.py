"""A folder of files that is there whole or not at all, and can be written again where nobody has edited it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from alo_nb.errors import ProjectError, SourceError
from alo_nb.files import remove, write_atomic
from alo_nb.key_files import is_key_file
from alo_nb.project import MARKER, Project

Content = bytes | Path  # a file's bytes, or the file to copy
RECORD = f"{MARKER}/export.json"
_CACHES = {".git", "__pycache__", ".ipynb_checkpoints", ".pytest_cache"}


def write_folder(folder: Path, files: Mapping[str, Content], *, again: bool = False) -> None:
    """Write `files` below the new `folder`, a project folder of its own, which appears by one rename.

    Parameters
    ----------
    folder : Path
        New or empty.
    files : mapping
        Names below the folder to contents.
    again : bool
        Remember what was written, and let `folder` be one that was written so before and that nobody has edited since.
        There each file is replaced by a rename, and other files stay; after a crash the same call puts it right.

    Raises
    ------
    ProjectError
        The folder holds something else, or files that were edited; nothing was changed.
    """
    before = _written_before(folder, again=again)
    stage = folder.parent / f".{folder.name}.{os.urandom(4).hex()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
        Project(stage).prepare()
        digests = {name: _write(stage / name, content) for name, content in files.items()}
        if before is not None:
            _replace(stage, folder, digests, before)
            return
        if again:
            write_atomic(stage / RECORD, _record(digests, {}))
        stage.rename(folder)
    except OSError as error:
        where = str(error.filename or folder)
        do = "choose another folder, or give this one the rights and the space"
        raise ProjectError(f"the folder cannot be written: {error.strerror}", where=where, do=do) from error
    finally:
        if stage.exists():
            remove(stage, within=stage.parent)


def shown(path: Path) -> str:
    """Return a path as it is seen from the current folder; the whole path where that would climb far."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.path.join("..", "..")) else relative  # noqa: PTH118  # text, no path


def files_below(folder: Path) -> Iterator[str]:
    """Yield the files of a folder by their names in it, sorted; no caches, no version control and no files of keys.

    Raises
    ------
    SourceError
        A link, or something that is no regular file.
    """
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in _CACHES and not is_key_file(each))
        files = (each for each in names if not each.endswith(".pyc") and not is_key_file(each))
        for path in (Path(parent) / each for each in sorted((*files, *folders))):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                what = f"{path.name!r} is a link or no regular file, and is not copied"
                raise SourceError(what, where=str(path), do="put the file itself in its place")
            if path.is_file():
                yield str(path.relative_to(folder))


def _write(path: Path, content: Content) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        path.write_bytes(content)
    return _digest(path)


def _digest(path: Path) -> str:
    from blake3 import blake3

    return f"b3:{blake3().update_mmap(path).hexdigest()}"


def _record(new: Mapping[str, str], old: Mapping[str, list[str]]) -> str:
    """Return the record of what was written: each file with the digests that are not somebody's edit."""
    digests = {name: [*old.get(name, ()), *([new[name]] if name in new else [])] for name in {**old, **new}}
    return json.dumps({"files": digests}, indent=1, sort_keys=True) + "\n"


def _written_before(folder: Path, *, again: bool) -> dict[str, list[str]] | None:
    """Return what was written into the folder before; None when there is none or it is empty."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    try:
        record: dict[str, list[str]] = json.loads((folder / RECORD).read_bytes())["files"] if again else {}
    except (OSError, ValueError, KeyError):
        record = {}
    if not record:
        what = "is not empty" if folder.is_dir() else "is a file"
        raise ProjectError(f"the folder {folder.name!r} {what}", where=str(folder), do="name a new folder")
    return record


def _replace(stage: Path, folder: Path, digests: Mapping[str, str], before: Mapping[str, list[str]]) -> None:
    known = {name: [*before.get(name, ()), *digests.get(name, "").split()] for name in {**before, **digests}}
    edited = sorted(name for name, own in known.items() if _is_other(folder / name, own))
    if edited:
        names = ", ".join(edited[:5]) + (f" and {len(edited) - 5} more" if len(edited) > 5 else "")
        what = f"the folder {folder.name!r} holds files that were not written like that here: {names}"
        raise ProjectError(what, where=str(folder), do="keep them by naming a new folder, or delete them")
    write_atomic(folder / RECORD, _record(digests, before))
    for name in digests:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).replace(folder / name)
    for name in sorted(before.keys() - digests.keys()):
        remove(folder / name, within=folder)
    write_atomic(folder / RECORD, _record(digests, {}))


def _is_other(path: Path, digests: list[str]) -> bool:
    return path.is_symlink() or path.is_dir() or (path.exists() and _digest(path) not in digests)
