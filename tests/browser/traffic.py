"""What a page and its kernel say to one another."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

_CALM_S = 0.2  # in which a page may answer what the kernel has said
_PATIENCE_S = 120.0


class Traffic:
    """Knows which messages of a page its kernel has not dealt with.

    JupyterLab lets subshells of a kernel deal with what is typed and chosen in widgets, its main thread with clicks:
    clicks: what is clicked at once may overtake what was typed. A person is slower than that.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._open, self._last = page, set[str](), 0.0
        page.on("websocket", self._follow)

    def settle(self) -> None:
        """Return when the kernel has dealt with all that the page has said."""
        end = time.monotonic() + _PATIENCE_S
        while self._open or time.monotonic() < self._last + _CALM_S:
            assert time.monotonic() < end, "the kernel does not answer"
            self._page.wait_for_timeout(20)

    def _follow(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framesent", self._sent)
            socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        channel, header, *_ = _parts(frame)
        if channel == "shell":
            self._open.add(header["msg_id"])
            self._last = time.monotonic()

    def _received(self, frame: str | bytes) -> None:
        channel, header, parent, content = _parts(frame)
        if channel == "iopub" and header["msg_type"] == "status" and content["execution_state"] == "idle":
            self._open.discard(parent.get("msg_id", ""))
            self._last = time.monotonic()


def _parts(frame: str | bytes) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return channel, header, parent header and content (jupyter_server, kernel.v1 of its websocket protocols)."""
    assert isinstance(frame, bytes)
    count, *_ = numbers = [int.from_bytes(frame[at : at + 8], "little") for at in range(0, 8 * 8, 8)]
    assert count >= 6
    channel, header, parent, _, content = (frame[numbers[n] : numbers[n + 1]] for n in range(1, 6))
    return channel.decode(), json.loads(header), json.loads(parent), json.loads(content)
