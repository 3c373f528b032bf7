"""Controls for fields: a choice, a tick, a number, or a line of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from alo_nb.notebook.plan_fields import Field
from alo_nb.notebook.widget.look import stretched


def control_for(field: Field, on_value: Callable[[Any], None]) -> Any:
    """Return the control of a field; `on_value` is given what a person has put there."""
    made = _made(field)
    made.tooltip = field.help or None
    made.observe(lambda change: on_value(change["new"]), names="value")
    return made


def _made(field: Field) -> Any:
    value, layout = field.shown(), stretched()
    if field.kind == "choice":
        return widgets.Dropdown(options=_options(field), value=value, layout=layout)
    if field.kind == "choices":
        rows = min(len(field.options), 5)
        return widgets.SelectMultiple(options=_options(field), value=tuple(value), rows=rows, layout=layout)
    if field.kind == "bool":
        return widgets.Checkbox(value=value, indent=False, layout=layout)
    if field.kind == "int":
        return widgets.IntText(value=value, continuous_update=False, layout=layout)
    if field.kind == "float":
        return widgets.FloatText(value=value, continuous_update=False, layout=layout)
    disabled = field.kind == "secret"
    return widgets.Text(value=str(value), continuous_update=False, disabled=disabled, layout=layout)


def _options(field: Field) -> list[tuple[str, Any]]:
    return [(str(each), each) for each in field.options]
