"""What a value in a live kernel is like: type, shape, size. An object of an unknown class is asked nothing."""

from __future__ import annotations

import sys
from typing import Any

from alo_nb.handover.signature import signature_of


def about(value: object) -> dict[str, Any]:
    """Return ``{"type": "DataFrame", "shape": "891x12", "bytes": 85632}``; what is not known is left out."""
    known = signature_of(value)
    found: dict[str, Any] = {"type": known["type"]}
    if "width" in known:
        found["shape"] = f"{known['rows']}x{known['width']}"
    elif "shape" in known:
        found["shape"] = "x".join(map(str, known["shape"]))
    elif "rows" in known or "length" in known:
        found["shape"] = str(known.get("rows", known.get("length")))
    size = _bytes(value)
    return found if size is None else {**found, "bytes": size}


def _bytes(value: Any) -> int | None:
    kind, pandas = type(value), sys.modules.get("pandas")
    if kind is getattr(sys.modules.get("numpy"), "ndarray", None):
        return int(value.nbytes)
    if kind is getattr(pandas, "Series", None):
        return int(value.memory_usage())
    if kind is getattr(pandas, "DataFrame", None):
        return int(value.memory_usage().sum())
    return len(value) if kind in {str, bytes} else None
