"""A receipt says what must still be so for a run to have nothing to do. Reading one opens no file but itself.

It is left by a run whose steps would all be taken over the next time (`alo_nb.headless.receipt_of_run`), below
``.alo/cache/receipts/``, and named after the command. This module imports only what starting has imported anyway, since
it is asked before anything else is.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False  # typing itself would cost start-up time
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import Any

FORMAT = 1
_ASKED = ("plan", "mode", "set", "interface_mode", "train_id", "system", "allow_python_tags", "no_install", "project")
_FORBID = ("first", "last", "only", "excluded", "force", "resume", "inputs", "no_cache", "compare", "strict", "timeout")
_SURROUNDINGS = ("ALO_NB_PROJECT", "ALO_NB_DETERMINISTIC", "ALO_NB_LANG", "PYTHONPATH")


def receipt_name(options: Namespace) -> str:
    """Return the file name of the receipt for a command; empty when its runs leave none."""
    given = vars(options)
    if any(given.get(name) for name in _FORBID) or given["plan"].endswith(".ipynb"):
        return ""
    from hashlib import sha256

    surroundings = [os.environ.get(name) for name in _SURROUNDINGS]
    asked = [os.getcwd(), sys.executable, surroundings, [given.get(name) for name in _ASKED]]
    return f"{sha256(json.dumps(asked).encode()).hexdigest()}.json"


def standing_receipt(options: Namespace) -> dict[str, Any] | None:
    """Return the receipt for a command when all is as it says; None when the command has something to do."""
    name = receipt_name(options)
    for folder in _projects(options) if name else ():
        try:
            with open(os.path.join(folder, ".alo", "cache", "receipts", name), "rb") as file:
                found: dict[str, Any] = json.loads(file.read())
        except (OSError, ValueError):
            continue
        return found if _stands(found) else None
    return None


def _projects(options: Namespace) -> Iterator[str]:
    """Yield the folders that may be the project; a receipt is in the one that was."""
    named = options.project or os.environ.get("ALO_NB_PROJECT")
    if named:
        yield os.path.abspath(named)
        return
    for start in (os.getcwd(), os.path.dirname(os.path.abspath(options.plan))):
        folder = start
        while True:
            yield folder
            if folder == os.path.dirname(folder):
                break
            folder = os.path.dirname(folder)


def _stands(receipt: dict[str, Any]) -> bool:
    try:
        return (
            receipt["format"] == FORMAT
            and receipt["python"] == sys.version
            and receipt["import_path"] == import_path()
            and all(file_marks(path) == marks for path, marks in receipt["files"].items())
            and all(folder_marks(path) == marks for path, marks in receipt["folders"].items())
            and not any(map(os.path.lexists, receipt["absent"]))
        )
    except (OSError, KeyError, TypeError, AttributeError):
        return False


def import_path() -> list[str]:
    """Return where modules are looked for, without what depends on how the command was called."""
    return [each for each in sys.path if each not in {"", os.getcwd(), os.path.dirname(sys.executable)}]


def file_marks(path: str) -> list[int]:
    """Return what changes whenever a file does; no program can set the change time."""
    found = os.stat(path)
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def folder_marks(path: str) -> list[int]:
    """Return what changes whenever a name comes into a folder or goes from it."""
    found = os.stat(path)
    return [found.st_mtime_ns, found.st_ino]
