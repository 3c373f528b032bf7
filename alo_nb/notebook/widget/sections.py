"""Parts of the plan widget that are put away at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import row, show


class Sections(widgets.VBox):
    """A button for each part, and below them the part that was chosen; ipywidgets' accordion knows no keyboard.

    Parameters
    ----------
    titles : sequence of str
        What the buttons say.
    parts : sequence of Widget
        What they show.
    """

    def __init__(self, guard: Guard, titles: Sequence[str], parts: Sequence[Any]) -> None:
        self._parts = parts
        layout = {"width": "auto", "padding": "0 8px", "flex": "0 0 auto"}
        self._buttons = [widgets.ToggleButton(description=title, layout=layout) for title in titles]
        for each in self._buttons:
            each.observe(guard(self._toggled), names="value")
        super().__init__([row(*self._buttons), *parts])
        self.selected_index = None

    @property
    def selected_index(self) -> int | None:
        """The number of the part that is shown."""
        return next((number for number, each in enumerate(self._buttons) if each.value), None)

    @selected_index.setter
    def selected_index(self, chosen: int | None) -> None:
        for number, (part, each) in enumerate(zip(self._parts, self._buttons, strict=True)):
            each.value = number == chosen
            show(part, number == chosen)

    def _toggled(self, change: Mapping[str, Any]) -> None:
        at = self._buttons.index(change["owner"])
        self.selected_index = at if change["new"] else self.selected_index
