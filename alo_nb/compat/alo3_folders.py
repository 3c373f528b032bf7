"""The folders in ALO 3's `pipeline`: mappings whose ``["workspace"]`` is a path, and what their other keys mean."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alo_nb.errors import SourceError, StepArgumentError, StepOutputError, nearest
from alo_nb.files import remove, write_atomic
from alo_nb.step_api import Folders

ARCHIVES = (".tar.gz", ".tgz", ".zip")


class Folder(dict[str, Any]):
    """A folder that is used like its path, and keeps values by name. Paths have no slash at their end."""

    def __init__(self, path: str | Path, values: Mapping[str, Any] | None = None) -> None:
        super().__init__({**(values or {}), "workspace": str(path)})

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise StepArgumentError(f"a key must be text, got {type(key).__name__} {key!r} (ALO-CTX-001)")
        if key == "workspace":
            raise StepArgumentError("'workspace' is the folder's path and cannot be set (ALO-CTX-002)")
        super().__setitem__(key, value)

    def __str__(self) -> str:
        return str(self["workspace"])

    __repr__ = __fspath__ = __str__

    def __add__(self, text: str) -> str:
        return str(self) + text

    def __radd__(self, text: str) -> str:
        return text + str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self["workspace"],)  # a dict's own way would set, and so save, every value again


class Models(Folder):
    """``pipeline["model"]``: setting a name pickles the value to ``<name>.pkl``, getting it loads that file.

    A name is there as soon as its file is, also for ``in`` and `get`; in ALO 3 not before it was loaded.
    """

    def __missing__(self, name: str) -> Any:
        file = self._file(name)
        if not file.is_file():
            known = [each.stem for each in file.parent.glob("*.pkl")]
            raise SourceError(
                f"there is no model {name!r}{nearest(name, known)} (ALO-MDL-001)",
                where=str(file),
                do="run the train pipeline first, and set pipeline['model'][...] there",
            )
        try:
            value = pickle.loads(file.read_bytes())
        except Exception as error:  # whatever a damaged file or a foreign __setstate__ raises
            raise SourceError(
                f"the model {name!r} cannot be loaded: {type(error).__name__}: {error} (ALO-MDL-002)", where=str(file)
            ) from error
        dict.__setitem__(self, name, value)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(name, str):
            self._file(name)  # refuses a name before anything is kept under it
        super().__setitem__(name, value)
        try:
            write_atomic(self._file(name), pickle.dumps(value))
        except Exception as error:  # whatever a foreign __reduce__ raises
            del self[name]
            raise StepOutputError(
                f"the model {name!r} cannot be saved: {error} (ALO-MDL-003)",
                do="write it with its own library below pipeline['model']['workspace']",
            ) from error

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and self._file(name).is_file())

    def get(self, name: str, default: Any = None) -> Any:
        """Return the model called `name`, or `default`."""
        return self[name] if name in self else default  # noqa: SIM401  this is that

    def _file(self, name: str) -> Path:
        if not name or "/" in name or "\\" in name or "\0" in name:
            raise StepArgumentError(
                f"{name!r} is no name of a model: it would be a file elsewhere (ALO-MDL-003)",
                do="name it without a slash, as in pipeline['model']['churn']",
            )
        return Path(str(self), f"{name}.pkl")


class Dataset(Folder):
    """``pipeline["dataset"]``: the data files by their path below the folder, each as a whole path."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, {os.path.relpath(each, path): str(each) for each in _visible_files(Path(path))})

    def __missing__(self, name: str) -> Any:
        raise SourceError(f"there is no data file {name!r}{nearest(str(name), self)} (ALO-DTS-001)", where=str(self))


def _visible_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in order, without hidden ones, as ALO 3 lists them."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        yield from (Path(parent, each) for each in sorted(names) if not each.startswith("."))


def own_folder(folders: Folders, name: str) -> Path:
    """Return a folder to write into. A step that runs alone finds there what others have left, as copies of its own."""
    folder = folders.writable(name)
    for each in folder.iterdir():
        kept = each.resolve()
        if each.is_symlink() and not kept.is_relative_to(folders.root.resolve()):
            each.unlink()
            (shutil.copytree if kept.is_dir() else shutil.copy2)(kept, each)
    return folder


def unpack_archives(folder: Path) -> None:
    """Unpack each archive below a data folder into its own place, as ALO 3 does; files of the same name are replaced.

    Raises
    ------
    SourceError
        An archive is damaged, or would write elsewhere.
    """
    from alo_nb.external.archives import read_archive

    for archive in [each for each in _visible_files(folder) if each.name.lower().endswith(ARCHIVES)]:
        staged = archive.with_name(f".{archive.name}.unpacked")
        remove(staged, within=folder)
        for name in read_archive(archive, staged):
            target = archive.parent / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (staged / name).replace(target)
        remove(staged, within=folder)
