"""The plan's external paths and its control section as forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args, get_origin, get_type_hints

import ipywidgets as widgets

from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_fields import Field
from alo_nb.notebook.widget.controls import control_for
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import close_all, row, text
from alo_nb.plan import Control
from alo_nb.plan.editor import set_control, set_external_path
from alo_nb.plan.keys import EXTERNAL_PATH
from alo_nb.plan.redact import redact_all


class Settings(widgets.Accordion):
    """Two forms, closed at first. `on_edit` is called after an edit."""

    def __init__(self, bench: PlanBench, guard: Guard, on_edit: Callable[[], None]) -> None:
        self.bench, self._guard, self._on_edit = bench, guard, on_edit
        self._shown = ""
        self.controls: dict[str, Any] = {}
        super().__init__([widgets.VBox(), widgets.VBox()], titles=("paths", "control"), selected_index=None)

    def refresh(self) -> None:
        """Show the sections as the plan has them now."""
        fields = (self._paths(), self._control())
        if repr(fields) == self._shown:
            return
        for box, part, change in zip(self.children, fields, (set_external_path, set_control), strict=True):
            old = box.children
            box.children = [row(text(each.name, width="220px"), self._made(each, change)) for each in part]
            for each in old:
                close_all(each)
        self._shown = repr(fields)

    def set(self, change: Callable[..., str], field: Field, shown: Any) -> None:
        """Write what stands in a control into the plan."""
        self.bench.file.edit(change, field.name, field.read(shown))
        self._on_edit()

    def _made(self, field: Field, change: Callable[..., str]) -> Any:
        self.controls[field.name] = control_for(field, self._guard(partial(self.set, change, field)))
        return self.controls[field.name]

    def _paths(self) -> list[Field]:
        found = self.bench.plan.external_path
        values = {name: getattr(found, name) for name in EXTERNAL_PATH.known}
        one = {name: each[0] if isinstance(each, tuple) and len(each) == 1 else each for name, each in values.items()}
        return [_path_field(name, list(each) if isinstance(each, tuple) else each) for name, each in one.items()]

    def _control(self) -> list[Field]:
        control, hints = self.bench.plan.control, get_type_hints(Control)
        return [_control_field(name, getattr(control, name), hint) for name, hint in hints.items()]


def _path_field(name: str, value: Any) -> Field:
    if redact_all(value) != value:
        return Field(name, "secret", None, "plan")
    return Field(name, "yaml", value or None, "plan")


def _control_field(name: str, value: Any, hint: Any) -> Field:
    if get_origin(hint) is Literal and value in get_args(hint):
        return Field(name, "choice", value, "plan", get_args(hint))
    if type(value) is hint and hint in (bool, int):
        return Field(name, "bool" if hint is bool else "int", value, "plan")
    return Field(name, "yaml", value, "plan")  # a wrong value, to be mended
