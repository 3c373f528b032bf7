"""Stored files in a folder of the user's: writing them there, and telling whether they are still what they were."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from alo_nb.errors import StoreError
from alo_nb.files import remove
from alo_nb.store.draft import files_below
from alo_nb.store.objects import digest_of_file
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry
from alo_nb.store.trouble import in_words


def write_files(store: Store, entries: Mapping[str, Entry], folder: Path) -> None:
    """Write files below a folder, each one checked and then put in place; those that are right already stay.

    Raises
    ------
    StoreError
        A content is gone or damaged, a file cannot be written, or a link in the folder leads out of it.
    """
    with in_words("the files cannot be written", folder):
        for parent in {os.path.dirname(path) for path in entries} | {""}:  # noqa: PTH120  # called for every file
            _make_within(folder / parent, folder)
        for path, entry in entries.items():
            target = folder / path
            if not _is_right(target, entry):
                store.write_out(entry.digest, target)


def _make_within(parent: Path, folder: Path) -> None:
    parent.mkdir(parents=True, exist_ok=True)
    if not parent.resolve().is_relative_to(folder.resolve()):
        what = f"a link in the folder leads out of it: {parent} -> {parent.resolve()}"
        raise StoreError(what, where=str(folder), do="remove the link, or download to another folder")


def _is_right(target: Path, entry: Entry) -> bool:
    is_file = target.is_file() and not target.is_symlink() and target.stat().st_size == entry.size
    return is_file and digest_of_file(target) == entry.digest


def remove_others(wanted: Collection[str], folder: Path) -> None:
    """Remove the files below a folder that are not wanted."""
    for path in _paths_below(folder):
        if path not in wanted:
            remove(folder / path, within=folder)


def differences(entries: Mapping[str, Entry], folder: Path) -> list[str]:
    """Return what of a folder is not what the entries say, in words."""
    found = _paths_below(folder) if folder.is_dir() else set()
    missing = [f"{path} is missing" for path in entries if path not in found]
    changed = [
        f"{path} was changed" for path, each in entries.items() if path in found and not _is_right(folder / path, each)
    ]
    return [*missing, *changed, *(f"{path} does not belong to it" for path in sorted(found) if path not in entries)]


def _paths_below(folder: Path) -> set[str]:
    return {Path(each.path).relative_to(folder).as_posix() for each in files_below(str(folder))}
