"""The key of a project: ``.alo/cache/key``. What may be secret goes into a trace as a digest under this key.

Whoever gets a trace without it cannot try passwords until one has the digest that stands there. It lies beside the
traces, since it is of no use without them: deleting the cache deletes both.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from alo_nb.cache.texts import digest_of_text
from alo_nb.files import write_atomic
from alo_nb.project import Project

BYTES = 32  # what blake3 takes as a key


def file_of(project: Project) -> Path:
    """Return where the key of a project lies."""
    return project.own / "cache" / "key"


def key_of(project: Project) -> bytes:
    """Return the key of a project, which is made when there is none; where it cannot be kept, nothing else is.

    One that is there and cannot be read stays as it is, and each call returns another key: see `trouble`.
    """
    path, key = file_of(project), os.urandom(BYTES)
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = b""
    except OSError:
        return key
    if len(found) == BYTES:
        return found
    with suppress(OSError):
        if project.own.is_dir():  # else nobody has run anything here, and there is nothing to compare with
            write_atomic(path, key, mode=0o600)
            return path.read_bytes()  # another process may have been faster
    return key


def name_of(key: bytes) -> str:
    """Return what tells a key from others and does not give it away."""
    return digest_of_text("name", key)


def trouble(project: Project) -> str:
    """Return why the key of a project cannot be read; empty when it can, and when there is none yet."""
    try:
        file_of(project).read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"the key of the cache, {file_of(project)}, cannot be read: {error.strerror}"
    return ""
