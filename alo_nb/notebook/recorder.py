"""What a step shows in a notebook: noted while it runs, and shown again when it is taken from an earlier run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alo_nb.runner import Event, printed
from alo_nb.runner.events import StepFinished
from alo_nb.runner.shown import Shown, print_again

MOST_BYTES = 200_000  # of what one step displays: pictures and tables, not whole data


@contextmanager
def recorded() -> Iterator[Shown]:
    """Give what is printed and displayed during the body, in order."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    publisher: Any = getattr(shell, "display_pub", None)
    with printed() as shown:
        note = _note(shown)
        before, sys.displayhook = sys.displayhook, _displayhook(shell, shown)
        if hasattr(publisher, "register_hook"):  # not in a terminal
            publisher.register_hook(note)
        try:
            yield shown
        finally:
            sys.displayhook = before
            if hasattr(publisher, "register_hook"):
                publisher.unregister_hook(note)


def _displayhook(shell: Any, shown: Shown) -> Callable[[Any], None]:
    """Return a display hook that notes what the step's last expression gives, too: ``{"last": True, ...}``."""
    show = sys.displayhook

    def note(value: Any) -> None:
        until = len(shown)
        shown.append({})  # a terminal's hook prints, which would be noted as the step's own words
        show(value)
        del shown[until:]
        if value is not None and shell is not None:
            data, metadata = shell.display_formatter.format(value)
            if len(json.dumps(data, default=str)) <= MOST_BYTES:
                shown.append({"last": True, "data": data, "metadata": metadata})

    return note


def _note(shown: Shown) -> Any:
    room = MOST_BYTES

    def note(message: dict[str, Any]) -> dict[str, Any]:
        nonlocal room
        content = message.get("content", {})
        if message.get("msg_type") == "display_data":
            kept = {"data": content.get("data", {}), "metadata": content.get("metadata", {})}
            room -= len(json.dumps(kept, default=str))
            if room >= 0:
                shown.append(kept)
        return message

    return note


def show_again(event: Event) -> None:
    """Show what a step showed when it ran; a listener."""
    if isinstance(event, StepFinished) and event.shown:
        from IPython.display import display

        for each in event.shown:
            if "data" in each:
                display(each["data"], raw=True, metadata=each.get("metadata"))
            else:
                print_again([dict(each)])
