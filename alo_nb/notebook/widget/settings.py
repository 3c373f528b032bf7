"""The plan's external paths and its control section as forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import ipywidgets as widgets

from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_fields import Field, holds_secret
from alo_nb.notebook.widget.controls import FieldList
from alo_nb.notebook.widget.guard import Guard
from alo_nb.plan import Control, Problem
from alo_nb.plan.editor import set_control, set_external_path, set_head, set_key_profile
from alo_nb.plan.keys import EXTERNAL_PATH
from alo_nb.plan.value_edits import HEAD

_PROFILE = "aws_key_profile"


class Settings(widgets.VBox):
    """The form of one section: `part` is ``paths`` or ``control``. `on_edit` is called after an edit."""

    def __init__(
        self, bench: PlanBench, guard: Guard, part: Literal["paths", "control"], on_edit: Callable[[], None]
    ) -> None:
        self.bench, self.part, self._on_edit = bench, part, on_edit
        self.fields = FieldList(guard, self._write)
        super().__init__([self.fields])

    @property
    def controls(self) -> dict[str, Any]:
        """Key to the control that it has."""
        return {name: each.control for name, each in self.fields.rows.items()}

    def refresh(self) -> None:
        """Show the section as the plan has it now."""
        self.fields.show(self._paths() if self.part == "paths" else self._control(), self._problems)

    def _write(self, field: Field, value: Any) -> None:
        file = self.bench.file
        if field.name == _PROFILE:
            file.edit(set_key_profile, value)
        elif field.name in HEAD:
            file.edit(set_head, field.name, value)
        else:
            file.edit(set_external_path if self.part == "paths" else set_control, field.name, value)
        self._on_edit()

    def _problems(self, name: str) -> list[Problem]:
        spots = ((each, self.bench.spot(each)) for each in self.bench.told())
        return [each for each, spot in spots if (spot.part, spot.field) == (self.part, name)]

    def _paths(self) -> list[Field]:
        plan, hints = self.bench.plan, _path_hints()
        values = {name: getattr(plan.external_path, name) for name in EXTERNAL_PATH.known}
        one = {name: each[0] if isinstance(each, tuple) and len(each) == 1 else each for name, each in values.items()}
        plain = {name: list(each) if isinstance(each, tuple) else each for name, each in one.items()}
        fields = [
            Field(name, "secret" if holds_secret(each) else "yaml", each or None, "", help=hints[name])
            for name, each in plain.items()
        ]
        about = tr("the profile in ~/.aws that S3 is asked as")
        return [*fields, Field(_PROFILE, "text", plan.aws_key_profile or "", "", help=about)]

    def _control(self) -> list[Field]:
        plan, types, hints = self.bench.plan, get_type_hints(Control), _control_hints()
        head = [Field(name, "text", getattr(plan, name), "", help=hints[name]) for name in HEAD]
        control = plan.control
        return [
            *head,
            *(_control_field(name, getattr(control, name), kind, hints[name]) for name, kind in types.items()),
        ]


def _control_field(name: str, value: Any, hint: Any, about: str) -> Field:
    if get_origin(hint) is Literal and value in get_args(hint):
        return Field(name, "choice", value, "", get_args(hint), help=about)
    if type(value) is hint and hint in (bool, int):
        return Field(name, "bool" if hint is bool else "int", value, "", help=about)
    return Field(name, "yaml", value, "", help=about)  # a wrong value, to be mended


def _path_hints() -> dict[str, str]:
    """Return what each path is for (ALO 2.6 external.py)."""
    return {
        "load_train_data_path": tr("a folder, a file, or s3://...; several as [a, b]"),
        "load_inference_data_path": tr("as above, for inference"),
        "save_train_artifacts_path": tr("the results of a train run are copied here, too"),
        "save_inference_artifacts_path": tr("the results of an inference run are copied here, too"),
        "load_model_path": tr("the model that inference uses; empty: that of the last train run"),
    }


def _control_hints() -> dict[str, str]:
    """Return what each value means (ALO 2.6 experimental_plan_format.yaml)."""
    return {
        "name": tr("the name of the plan"),
        "version": tr("the version of the plan, a text such as 1.0.0"),
        "get_asset_source": tr("fetch code from git once, or for every run"),
        "get_external_data": tr("copy the data once, or for every run"),
        "backup_artifacts": tr("keep the results of each run in history/"),
        "backup_log": tr("keep the logs of each run, too"),
        "backup_size": tr("how large history/ may become, in MB"),
        "interface_mode": tr("data between steps goes through memory, or through files"),
        "save_inference_format": tr("how the results of inference are packed"),
        "check_resource": tr("measure memory and processor time of each step"),
    }
