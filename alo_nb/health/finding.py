"""`Check`: one thing that was looked at, how it is, and the one command that puts it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem", "unknown"]


@dataclass(frozen=True)
class Check:
    """One line of the doctor.

    Attributes
    ----------
    name : str
        What was looked at, a stable word for programs: ``packages``, ``disk``.
    state : str
        ``ok``; ``note`` for what works and may surprise; ``problem`` for what does not work;
        ``unknown`` for what nobody can tell.
    what : str
        What was found, in the language in use.
    do : str
        The command that puts it right; empty where there is none.
    """

    name: str
    state: State
    what: str
    do: str = ""


@dataclass(frozen=True)
class Place:
    """Where the user reads this, which decides how a command is spelled: in a cell, or in a terminal."""

    is_notebook: bool = False

    def install(self, *packages: str) -> str:
        """Return the command that installs packages into this Python."""
        import importlib.util
        import shlex
        import shutil
        import sys

        words = shlex.join(packages)
        has_pip = importlib.util.find_spec("pip") is not None or shutil.which("uv") is None
        if self.is_notebook:
            return f"%pip install {words}" if has_pip else f"%uv pip install {words}"
        python = shlex.quote(sys.executable)
        return f"{python} -m pip install {words}" if has_pip else f"uv pip install --python {python} {words}"

    def ours(self, magic: str, command: str) -> str:
        """Return the line that a magic or a command of ours is written as."""
        return magic if self.is_notebook else f"alo-nb {command}"
