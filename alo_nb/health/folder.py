"""The project folder: whether it can be written and locked, and the disk that it lies on."""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from alo_nb.files import remove
from alo_nb.health.finding import Check, Place
from alo_nb.lang import tr
from alo_nb.project import ENVIRONMENT_VARIABLE, MARKER
from alo_nb.store.file_system import network_file_system

LITTLE, NONE_LEFT = 2e9, 2e8  # bytes free
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}


def folder_checks(root: Path, place: Place) -> Iterator[Check]:
    """Yield whether results can be written to a project folder, and kept there."""
    own = root / MARKER
    for folder in (root, own) if os.path.lexists(own) else (root,):
        refused = _refused(folder)
        if refused is not None:
            yield _unwritable(folder, refused, place)
            return
    if root in {Path("/"), Path.home()} and not own.is_dir():
        what = tr("{folder} would become the project of everything below it", folder=root)
        yield Check("project", "problem", what, _elsewhere(place))
    else:
        yield Check(
            "project", "ok", str(root) if own.is_dir() else tr("{folder}, nothing has run here yet", folder=root)
        )
    yield from _disk(root, place)


def _refused(folder: Path) -> OSError | None:
    """Return why no file can be written and locked in a folder; None when one can. It is gone again afterwards."""
    path = folder / f".alo-nb-{os.urandom(4).hex()}"
    try:
        with path.open("xb") as file:
            try:
                file.write(b"alo_nb")
                file.flush()
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                remove(path, within=folder)
    except OSError as error:
        return error
    return None


def _unwritable(folder: Path, error: OSError, place: Place) -> Check:
    if error.errno in _NO_LOCKS:
        what = tr("the disk of {folder} has no file locks: two runs at once would mix", folder=folder)
        return Check("locks", "problem", what, _elsewhere(place))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Check("disk", "problem", tr("no room is left in {folder}", folder=folder), "alo-nb gc --yes")
    what = tr("{folder} cannot be written: {why}", folder=folder, why=error.strerror)
    return Check("project", "problem", what, _give_right(folder) if error.errno == errno.EACCES else _elsewhere(place))


def _give_right(folder: Path) -> str:
    try:
        is_ours = folder.stat().st_uid == os.geteuid()
    except OSError:  # its parents cannot even be looked through
        is_ours = False
    who = f"chmod -R u+rwX {shlex.quote(str(folder))}"
    return who if is_ours else f"sudo chown -R {os.geteuid()} {shlex.quote(str(folder))}"


def _elsewhere(place: Place) -> str:
    return "%alo_project DIR" if place.is_notebook else f"export {ENVIRONMENT_VARIABLE}=DIR"


def _disk(root: Path, place: Place) -> Iterator[Check]:
    kind = network_file_system(root)
    if kind:
        what = tr("{kind}, a network drive: only runs of one machine at a time are safe here", kind=kind)
        yield Check("locks", "note", what, _elsewhere(place))
    else:
        yield Check("locks", "ok", tr("file locks work"))
    free = shutil.disk_usage(root).free
    left = tr("{size} GB are free", size=f"{free / 1e9:.1f}")
    state = "ok" if free > LITTLE else "note" if free > NONE_LEFT else "problem"
    yield Check("disk", state, left, "" if state == "ok" else "alo-nb gc --yes")  # type: ignore[arg-type]
