"""How the parts of the plan widget look: boxes that wrap in narrow windows, small buttons, text that is only text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from alo_nb.plan import Problem
from alo_nb.views.html import COLOURS, NO_MATH, escape

ERROR, WARNING, QUIET = COLOURS["failed"], COLOURS["stale"], COLOURS["unknown"]
LABEL = "min(120px, 40%)"  # the width of the names beside controls; a window may be narrow
BESIDE = "calc(min(120px, 40%) + 10px)"  # where the controls begin
WIDE_LABEL, WIDE_BESIDE = "min(220px, 55%)", "calc(min(220px, 55%) + 10px)"


def text(value: object = "", *, colour: str = "inherit", bold: bool = False, width: str = "auto") -> Any:
    """Return a line that shows `value` as text."""
    made = widgets.HTML(layout=widgets.Layout(width=width, margin="0 4px", min_width="0"))
    made.value = line(value, colour=colour, bold=bold)
    return made


def line(value: object, *, colour: str = "inherit", bold: bool = False, indent: str = "0") -> str:
    """Return text as html; line ends stay."""
    weight = "bold" if bold else "normal"
    style = f"color:{colour};font-weight:{weight};line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<div style="{style};padding-left:{indent}">{escape(value)}</div>' if str(value) else ""


def problem_line(problem: Problem, *, indent: str = "0", with_place: bool = False) -> str:
    """Return a problem as html: its sign, where it stands, what is wrong, and what to do."""
    is_error = problem.severity == "error"
    place = f"line {problem.place.line}: " if with_place and problem.place.line else ""
    said = f"{'✖' if is_error else '▲'} {place}{problem.message}" + (f"\n→ {problem.do}" if problem.do else "")
    return line(said, colour=ERROR if is_error else WARNING, indent=indent)


def button(label: str, tip: str, on_click: Callable[..., None], *, wide: bool = True, style: str = "") -> Any:
    """Return a button; one with a sign only says what it does when it is pointed at, and to screen readers."""
    layout = widgets.Layout(width="auto" if wide else "34px", padding="0 8px" if wide else "0", flex="0 0 auto")
    made = widgets.Button(description=label, tooltip=tip, button_style=style, layout=layout)
    made.on_click(on_click)
    return made


def labelled(control: Any, label: str, *, tip: str = "", width: str = "200px") -> Any:
    """Return a control with its label, which screen readers read; both take the room that is left."""
    control.description_allow_html = "$" in label or "\\" in label
    control.description = _no_formula(label) if control.description_allow_html else label
    control.tooltip = tip or label
    control.style.description_width = LABEL
    control.layout.flex, control.layout.width, control.layout.min_width = f"1 1 {width}", "auto", "0"
    return control


def _no_formula(label: str) -> str:
    """Return a label as html: ipywidgets hands labels to MathJax, which would make a formula, or a link, of a name."""
    return f'<span class="{NO_MATH}">{escape(label)}</span>'


def row(*children: Any) -> Any:
    """Return widgets side by side; those that do not fit stand below."""
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap", align_items="center"))


def show(widget: Any, is_shown: bool) -> None:
    """Show a widget, or take it out of the way."""
    widget.layout.display = None if is_shown else "none"


def is_shown(widget: Any) -> bool:
    """Tell whether a widget is in sight."""
    return bool(widget.layout.display != "none")


def close_all(widget: Any) -> None:
    """Close a widget and all in it: a closed box alone would leave its children behind, here and in the browser."""
    for each in getattr(widget, "children", ()):
        close_all(each)
    for part in ("layout", "style"):
        model = getattr(widget, part, None)
        if model is not None:
            model.close()
    widget.close()
