"""Which file system a folder lies on, and whether other hosts may write to it, too.

SQLite's write-ahead log needs memory that all its processes share, so it must not be used where the processes may be
on several hosts (https://www.sqlite.org/wal.html). Linux tells the file systems in ``/proc/mounts``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

_MOUNTS = Path("/proc/mounts")
_NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "cvmfs", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "ocfs2", "orangefs", "panfs", "smb3", "smbfs", "virtiofs", "wekafs"),
    }
)
_LOCAL_FUSE = frozenset({"fuse.ext4", "fuse.fuse-overlayfs", "fuse.ntfs", "fuseblk"})


def network_file_system(folder: Path) -> str:
    """Return the kind of the network file system that a folder lies on, e.g. ``"nfs4"``; empty for a local one.

    FUSE stands for a network file system unless it is known to be local. Empty also where the system does not tell,
    as everywhere but on Linux.
    """
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    kind = _kind_of(folder.resolve(), lines)
    is_remote = kind in _NETWORK or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)
    return kind if is_remote else ""


def _kind_of(folder: Path, lines: Iterable[str]) -> str:
    """Return the kind of the mount that holds a folder: the deepest one, and of several in one place the last."""
    deepest, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mount = Path(_unescaped(fields[1]))
        if (mount == folder or mount in folder.parents) and len(mount.parts) >= deepest:
            deepest, kind = len(mount.parts), fields[2]
    return kind


def _unescaped(text: str) -> str:
    """Return a path as it is: in ``/proc/mounts`` blanks and the like are written as three octal digits."""
    raw = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), os.fsencode(text))
    return os.fsdecode(raw)
