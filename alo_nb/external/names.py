"""Names that come from outside, of members of an archive or of objects in S3: which are safe on every system."""

from __future__ import annotations

import re
import unicodedata

from alo_nb.plan.redact import shown

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?")


class Refused(Exception):
    """Why something from outside is not taken, and which name it is about; who catches it says what it was part of."""

    def __init__(self, reason: str, *, member: str = "", do: str = "") -> None:
        super().__init__(reason)
        self.reason, self.member, self.do = reason, member, do


class AbsoluteName(Refused):
    """A name that starts at the root of some machine."""


class NameTree:
    """The names met so far: each file once, no name for a file and a folder, none that differ only in case."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._met: dict[str, tuple[str, bool]] = {}

    def add(self, name: str, *, is_folder: bool) -> None:
        """Take in the name of one member, or refuse it."""
        check_name(name, self._depth)
        parts = name.split("/")
        for end in range(1, len(parts) + 1):
            spelled, below = "/".join(parts[:end]), is_folder or end < len(parts)
            known = self._met.get(folded(spelled))
            if known is None:
                self._met[folded(spelled)] = (spelled, below)
            elif known[0] != spelled:
                raise Refused(f"differs from {shown(known[0], 200)} only in the case of letters", member=name)
            elif not (known[1] and below):  # a folder may be named again, a file may not
                raise Refused("is there twice", member=name)


def folded(name: str) -> str:
    """Return what a file system that knows no case makes of a name."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def check_name(name: str, depth: int) -> None:
    """Refuse a name that could lead out of the folder, or that some system reads as another or as a device."""
    parts = name.split("/")
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        raise AbsoluteName("has an absolute path", member=name)
    if ".." in parts:
        raise Refused("has `..` in its name", member=name)
    if "\\" in name or UNPRINTABLE.search(name):
        raise Refused("has a backslash or an invisible character in its name", member=name)
    if len(parts) > depth:
        raise Refused(f"lies more than {depth} folders deep", member=name)
    for part in parts:
        if part in ("", ".") or part.endswith((" ", ".")) or len(part.encode()) > 255 or RESERVED.fullmatch(part):
            raise Refused(f"has a part in its name that is no name on every system: {shown(part)}", member=name)
