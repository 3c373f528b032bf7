"""One pipeline in the plan widget: its steps with their states, and what can be done with the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.plan_bench import PlanBench, StepRow
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import button, row, stretched, text
from alo_nb.plan.editor import add_step, disable_step, duplicate_step, enable_step, move_step, remove_step
from alo_nb.views.text import GLYPHS

_OFF = "⊘"
_SOURCES = ("notebook", "local")


class StepList(widgets.VBox):
    """The steps of one pipeline.

    Parameters
    ----------
    on_edit : callable
        Is called after an edit.
    on_choose : callable
        Is given the pipeline and the step that was chosen.
    """

    def __init__(
        self,
        bench: PlanBench,
        pipeline: str,
        guard: Guard,
        on_edit: Callable[[], None],
        on_choose: Callable[[str, str], None],
    ) -> None:
        self.bench, self.pipeline = bench, pipeline
        self._on_edit, self._on_choose = on_edit, on_choose
        self._rows: list[StepRow] = []
        self._is_showing = False
        self.steps = widgets.Select(rows=6, layout=widgets.Layout(width="auto"))
        self.steps.observe(guard(self._chosen), names="value")
        self.name = widgets.Combobox(placeholder="step", ensure_option=False, layout=stretched("60px"))
        self.source = widgets.Combobox(
            placeholder="code: notebook, local, git address", options=_SOURCES, layout=stretched("60px")
        )
        tools = [
            button("↑", "Move the step up", guard(lambda _: self.move(-1))),
            button("↓", "Move the step down", guard(lambda _: self.move(1))),
            button("Copy", "Put a copy of the step behind it", guard(lambda _: self.duplicate()), wide=True),
            button(_OFF, "Put the step out of use, or back into it", guard(lambda _: self.toggle())),
            button("✕", "Take the step out of the plan", guard(lambda _: self.remove())),
        ]
        adding = row(self.name, self.source, button("Add", "Add this step", guard(lambda _: self.add()), wide=True))
        title = text(pipeline.removesuffix("_pipeline"), bold=True)
        super().__init__([title, self.steps, row(*tools), adding])

    @property
    def chosen(self) -> str:
        """The name of the chosen step; empty for none."""
        return str(self.steps.value or "")

    def refresh(self) -> None:
        """Show the steps as the plan has them now."""
        self._rows = self.bench.rows(self.pipeline)
        self.name.options = self.bench.cells(self.pipeline)
        self.show_states({})

    def show_states(self, states: dict[str, str]) -> None:
        """Show states that a run tells, in place of what is known."""
        labels = [(self._label(each, states.get(each.name, each.state)), each.name) for each in self._rows]
        if tuple(labels) == tuple(self.steps.options):
            return
        kept, self._is_showing = self.chosen, True  # new labels are no new choice
        try:
            self.steps.options = labels
            self.steps.value = kept if kept in {each.name for each in self._rows} else None
        finally:
            self._is_showing = False
        self.steps.rows = max(3, min(len(labels) + 1, 12))

    def let_go(self) -> None:
        """Choose no step."""
        self.steps.value = None

    def add(self) -> None:
        """Add the step that was named, behind the chosen one."""
        name = self.name.value.strip()
        if not name:
            raise MagicUsageError("which step is to be added?", do="write its name, or choose one of the cells")
        code = self.source.value.strip() or ("notebook" if name in self.bench.session.registry else "local")
        after = self.chosen if self.bench.step(self.pipeline, self.chosen) else None
        self.bench.file.edit(add_step, self.pipeline, name, after, code=code)
        self.name.value = self.source.value = ""
        self._edited(name)

    def move(self, by: int) -> None:
        """Move the chosen step up or down."""
        names = [each.name for each in self._rows if not each.is_disabled]
        at = names.index(self._one().name) + by
        if 0 <= at < len(names):
            self.bench.file.edit(move_step, self.pipeline, self.chosen, at)
            self._edited(self.chosen)

    def duplicate(self) -> None:
        """Put a copy of the chosen step behind it."""
        names = {each.name for each in self._rows}
        copy = next(name for n in range(2, len(names) + 3) if (name := f"{self._one().name}_{n}") not in names)
        self.bench.file.edit(duplicate_step, self.pipeline, self.chosen, copy)
        self._edited(copy)

    def toggle(self) -> None:
        """Put the chosen step out of use, or back into it."""
        chosen = self._one(disabled_too=True)
        change = enable_step if chosen.is_disabled else disable_step
        self.bench.file.edit(change, self.pipeline, chosen.name)
        self._edited(chosen.name)

    def remove(self) -> None:
        """Take the chosen step out of the plan."""
        self.bench.file.edit(remove_step, self.pipeline, self._one().name)
        self._edited("")

    def _one(self, *, disabled_too: bool = False) -> StepRow:
        found = next((each for each in self._rows if each.name == self.chosen), None)
        if found is None:
            raise MagicUsageError("which step?", do="choose one in the list above")
        if found.is_disabled and not disabled_too:
            raise MagicUsageError(f"step {found.name!r} is out of use", do=f"bring it back with {_OFF} first")
        return found

    def _edited(self, chosen: str) -> None:
        self.refresh()
        self._on_edit()
        self.steps.value = chosen or None

    def _chosen(self, change: Any) -> None:
        if change["new"] and not self._is_showing:
            self._on_choose(self.pipeline, str(change["new"]))

    def _label(self, each: StepRow, state: str) -> str:
        if each.is_disabled:
            return f"{_OFF} {each.name} (out of use)"
        return f"{GLYPHS[state]} {each.name}" + (f"  {state}" if state != "unknown" else "")
