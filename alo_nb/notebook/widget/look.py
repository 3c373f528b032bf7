"""How the parts of the plan widget look: boxes that wrap in narrow windows, small buttons, text that is only text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from alo_nb.views.html import COLOURS, escape

# JupyterLab's own colours, which follow its theme; elsewhere those of our cards
ERROR = f"var(--jp-error-color1, {COLOURS['failed']})"
WARNING = f"var(--jp-warn-color1, {COLOURS['stale']})"
QUIET = "var(--jp-ui-font-color2, #757575)"


def text(value: object = "", *, colour: str = "inherit", bold: bool = False, width: str = "auto") -> Any:
    """Return a line that shows `value` as text."""
    made = widgets.HTML(layout=widgets.Layout(width=width, margin="0 4px", min_width="0"))
    made.value = line(value, colour=colour, bold=bold)
    return made


def line(value: object, *, colour: str = "inherit", bold: bool = False) -> str:
    """Return text as html; line ends stay."""
    weight = "bold" if bold else "normal"
    style = f"color:{colour};font-weight:{weight};line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<div style="{style}">{escape(value)}</div>' if str(value) else ""


def button(label: str, tip: str, on_click: Callable[..., None], *, wide: bool = False, style: str = "") -> Any:
    """Return a button; one with a sign only says what it does when it is pointed at, and to screen readers."""
    layout = widgets.Layout(width="auto" if wide else "34px", padding="0 8px" if wide else "0", flex="0 0 auto")
    made = widgets.Button(description=label, tooltip=tip, button_style=style, layout=layout)
    made.on_click(on_click)
    return made


def row(*children: Any) -> Any:
    """Return widgets side by side; those that do not fit stand below."""
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap", align_items="center"))


def columns(*parts: tuple[Any, int, str]) -> Any:
    """Return columns, given with their share of the room and their least width; what does not fit stands below."""
    for each, share, width in parts:
        each.layout.flex, each.layout.min_width, each.layout.max_width = f"{share} 1 {width}", width, "100%"
    layout = widgets.Layout(flex_flow="row wrap", align_items="flex-start")
    return widgets.HBox([each for each, _, _ in parts], layout=layout)


def stretched(width: str = "100px") -> Any:
    """Return the layout of a control that takes the room that is left."""
    return widgets.Layout(flex=f"1 1 {width}", width="auto", min_width=width)


def close_all(widget: Any) -> None:
    """Close a widget and all in it: a closed box alone would leave its children behind, here and in the browser."""
    for each in getattr(widget, "children", ()):
        close_all(each)
    for part in ("layout", "style"):
        model = getattr(widget, part, None)
        if model is not None:
            model.close()
    widget.close()
