"""Texts: their digest, and the lines that differ between two of them."""

from __future__ import annotations

DIFF_LINES = 12


def digest_of_text(text: str, key: bytes | None = None) -> str:
    """Return ``b3:<hex>`` of a text; with a `key` of 32 bytes, one that nobody can find by trying texts without it."""
    from blake3 import blake3

    hasher = blake3(key=key) if key else blake3()
    return f"b3:{hasher.update(text.encode(errors='backslashreplace')).hexdigest()}"


def diff(before: str, after: str) -> str:
    """Return the lines that differ, ``-`` before those that went and ``+`` before those that came; long ones cut."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    found = [each for each in lines if not each.startswith(("---", "+++", "@@"))]
    more = [f"  ... {len(found) - DIFF_LINES} more lines"] if len(found) > DIFF_LINES else []
    return "\n".join([*found[:DIFF_LINES], *more])
