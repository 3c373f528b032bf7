"""How the parts of the plan widget look: boxes that wrap in narrow windows, small buttons, text that is only text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from alo_nb.views.html import COLOURS, escape

ERROR, WARNING = COLOURS["failed"], COLOURS["stale"]


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


def columns(children: Sequence[Any], width: str = "280px") -> Any:
    """Return columns of equal width, one below the other when the window is narrow."""
    for each in children:
        each.layout.flex, each.layout.min_width = f"1 1 {width}", width
        each.layout.max_width = "100%"
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))


def stretched(width: str = "140px") -> Any:
    """Return the layout of a control that takes the room that is left."""
    return widgets.Layout(flex=f"1 1 {width}", width="auto", min_width=width)
