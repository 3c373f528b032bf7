"""Pixels as a small picture within html: a PNG behind a data address, at most 128 pixels high and wide."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from typing import Any

from alo_nb.views.html import escape

SIDE = 128  # pixels
_COLOURS = {1: 0, 3: 2, 4: 6}  # channels to the colour type of PNG (ISO 15948, 11.2.2)


def is_picture(shape: tuple[int, ...], dtype: str) -> bool:
    """Tell whether an array of this shape, (height, width) or (height, width, 1, 3 or 4), may be a picture."""
    has_sides = len(shape) >= 2 and min(shape[:2]) >= 8
    return dtype == "uint8" and has_sides and (len(shape) == 2 or (len(shape) == 3 and shape[2] in _COLOURS))


def thumbnail(pixels: Any, alternative: str) -> str:
    """Return an array that `is_picture` as html; only the pixels that are shown are read."""
    height, width = pixels.shape[:2]
    step = max(1, -(-max(height, width) // SIDE))
    small = pixels[::step, ::step]
    channels = small.shape[2] if small.ndim == 3 else 1
    rows = (row.tobytes() for row in small)
    return embedded(_png(rows, small.shape[1], small.shape[0], channels), "image/png", alternative)


def embedded(content: bytes, kind: str, alternative: str) -> str:
    """Return the bytes of a picture as html; `kind` is its media type."""
    data = base64.b64encode(content).decode()
    style = f"max-width:100%;max-height:{2 * SIDE}px"
    return f'<div><img alt="{escape(alternative, 200)}" src="data:{kind};base64,{data}" style="{style}"></div>'


def _png(rows: Iterable[bytes], width: int, height: int, channels: int) -> bytes:
    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    head = sides + bytes([8, _COLOURS[channels], 0, 0, 0])
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
