"""The chosen step in the plan widget: its name, its code, its cache policy, and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import AloNbError, MagicUsageError
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_fields import Field
from alo_nb.notebook.widget.controls import control_for
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import ERROR, QUIET, WARNING, button, close_all, line, row, stretched, text
from alo_nb.plan import Problem
from alo_nb.plan.editor import remove_argument, rename_step, set_argument, set_cache_policy, set_source
from alo_nb.plan.policies import POLICIES
from alo_nb.plan.tree import path_of
from alo_nb.plan.yaml_text import read_value

_AS_WRITTEN = "as the cell says"


class Arguments(widgets.VBox):
    """The form of one step; `on_edit` is called after an edit, `on_rename` with the pipeline and the new name."""

    children: Any

    def __init__(
        self, bench: PlanBench, guard: Guard, on_edit: Callable[[], None], on_rename: Callable[[str, str], None]
    ) -> None:
        self.bench, self._guard, self._on_edit, self._on_rename = bench, guard, on_edit, on_rename
        self.pipeline = self.step = ""
        self._shown: tuple[Any, ...] = ()
        self.controls: dict[str, Any] = {}
        self.notes: dict[str, Any] = {}
        self.name, self.code = (widgets.Text(continuous_update=False, layout=stretched("90px")) for _ in range(2))
        self.cache = widgets.Dropdown(options=[_AS_WRITTEN, *POLICIES], layout=stretched("90px"))
        self.new_name = widgets.Combobox(placeholder="new argument", layout=stretched("90px"))
        self.new_value = widgets.Text(placeholder="value", layout=stretched("90px"))
        for control, handler in ((self.name, self._rename), (self.code, self._move_code), (self.cache, self._keep)):
            control.observe(guard(handler), names="value")
        add = button("Add", "Give the step this argument", guard(lambda _: self.add()), wide=True)
        self._title = text()
        about = row(text("name", width="40px"), self.name, text("cache", width="40px"), self.cache)
        self._form = [about, row(text("code", width="40px"), self.code)]
        self._adding = row(self.new_name, self.new_value, add)
        super().__init__([self._title])

    def choose(self, pipeline: str, step: str) -> None:
        """Show a step."""
        self.pipeline, self.step = pipeline, step
        self.refresh()

    def refresh(self) -> None:
        """Show the step as the plan has it now; the controls stay when they are still the right ones."""
        step = self.bench.step(self.pipeline, self.step)
        if step is None:
            off = f"step {self.step} is out of use: ⊘ brings it back"
            why = off if self.step else "choose a step to see its arguments"
            self._title.value = line(why)
            self._rebuild((), [self._title])
            return
        self._title.value = line(f"{self.pipeline.removesuffix('_pipeline')} · {step.name}", bold=True)
        fields = self.bench.fields(self.pipeline, self.step)
        problems = {each.name: self._problems_of(each.name) for each in fields}
        source = step.source.code if step.source else ""
        policy = self.bench.plan.cache.get(step.name, _AS_WRITTEN)
        wanted = (self.pipeline, step.name, source, policy, repr(fields), repr(problems))
        if wanted == self._shown:
            return
        self._shown = ()  # what is set below is no edit
        self.name.value, self.code.value, self.cache.value = step.name, source, policy
        self.new_name.options = self.bench.argument_names(self.pipeline, self.step)
        self.controls, self.notes = {}, {}
        rows = [self._row(each, problems[each.name]) for each in fields]
        self._rebuild(wanted, [self._title, *self._form, *rows, self._adding])

    def add(self) -> None:
        """Give the step the argument that was named."""
        name = self.new_name.value.strip()
        if not name:
            raise MagicUsageError("which argument?", do="write its name and its value")
        value = read_value(self.new_value.value)
        self.bench.file.edit(set_argument, self.pipeline, self.step, name, value)
        self.new_name.value = self.new_value.value = ""
        self._on_edit()

    def set(self, field: Field, shown: Any) -> None:
        """Write what stands in the control of a field into the plan."""
        try:
            self.bench.file.edit(set_argument, self.pipeline, self.step, field.name, field.read(shown))
        except AloNbError as error:
            self.notes[field.name].value = line(f"not taken over: {error.what}", colour=ERROR)
            raise
        self._on_edit()

    def remove(self, name: str) -> None:
        """Take an argument out of the plan."""
        self.bench.file.edit(remove_argument, self.pipeline, self.step, name)
        self._on_edit()

    def _row(self, field: Field, problems: list[Problem]) -> Any:
        control = control_for(field, self._guard(partial(self.set, field)))
        self.controls[field.name] = control
        parts = [text(field.name, width="100px"), control, text(field.origin, colour=QUIET, width="64px")]
        if field.origin == "plan":
            tip = f"Take {field.name} out of the plan"
            parts.append(button("✕", tip, self._guard(lambda _: self.remove(field.name))))
        self.notes[field.name] = text()
        said = [text(each.message, colour=ERROR if each.severity == "error" else WARNING) for each in problems]
        return widgets.VBox([row(*parts), self.notes[field.name], *said])

    def _problems_of(self, argument: str) -> list[Problem]:
        key = path_of("user_parameters", self.pipeline, self.step, "args", argument)
        found = (each for each in self.bench.problems if each.severity != "note")
        return [each for each in found if each.key == key or each.key.startswith(f"{key} > ")]

    def _rename(self, change: Mapping[str, Any]) -> None:
        if self._is_edit(change):
            name = change["new"].strip()
            self.bench.file.edit(rename_step, self.pipeline, self.step, name)
            self._on_rename(self.pipeline, name)

    def _move_code(self, change: Mapping[str, Any]) -> None:
        if self._is_edit(change):
            self.bench.file.edit(set_source, self.pipeline, self.step, code=change["new"].strip())
            self._on_edit()

    def _keep(self, change: Mapping[str, Any]) -> None:
        if self._is_edit(change):
            policy = None if change["new"] == _AS_WRITTEN else change["new"]
            self.bench.file.edit(set_cache_policy, self.step, policy)
            self._on_edit()

    def _is_edit(self, change: Mapping[str, Any]) -> bool:
        return bool(self._shown) and change["new"] != change["old"]

    def _rebuild(self, shown: tuple[Any, ...], children: list[Any]) -> None:
        kept = {self._title, *self._form, self._adding}
        gone = [each for each in self.children if each not in kept]
        self.children = children
        for each in gone:
            close_all(each)
        self._shown = shown
