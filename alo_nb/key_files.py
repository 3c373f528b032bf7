"""Files that keep passwords and keys, by their names: no copy of a folder takes them along."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePath

KEY_FILES = (
    *(".env*", "*.env", ".aws", ".azure", ".ssh", ".gnupg", ".kube", ".docker", ".git", ".git-credentials"),
    *(
        ".netrc",
        "_netrc",
        ".pypirc",
        ".pgpass",
        ".npmrc",
        ".htpasswd",
        "id_rsa*",
        "id_dsa*",
        "id_ecdsa*",
        "id_ed25519*",
    ),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx"),
    *("credentials", "credentials.csv", "credentials.json", "credentials.ini", "rootkey.csv"),
)


def is_key_file(name: str) -> bool:
    """Return whether a file or a folder of this name may keep keys, in whatever case it is written."""
    return any(fnmatchcase(name.lower(), each) for each in KEY_FILES)


def is_key_path(path: PurePath) -> bool:
    """Return whether a file may keep keys by its own name or by that of a folder it lies in: ``.kube/config``."""
    return any(map(is_key_file, path.parts))
