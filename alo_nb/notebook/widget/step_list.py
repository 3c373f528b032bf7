"""The steps of the plan in its widget: a chip for each, and what can be done with the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench, StepRow
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import QUIET, button, close_all, row, show, text
from alo_nb.plan.editor import disable_step, duplicate_step, enable_step, move_step, remove_step
from alo_nb.views.text import GLYPHS

_OFF = "⊘"


class Chip(widgets.ToggleButton):
    """One step: the sign of its state and its name."""

    def __init__(self, step: StepRow) -> None:
        super().__init__(layout=widgets.Layout(width="auto", padding="0 8px", flex="0 0 auto"))
        self.show(step)

    def show(self, step: StepRow) -> None:
        """Show the step as the plan has it now."""
        self.step = step
        self.tooltip = step.why or step.name
        self.show_state(step.state)

    def show_state(self, state: str) -> None:
        """Show another state than the one that is known."""
        self.description = _label(self.step, state)


class StepList(widgets.HBox):
    """The steps of one pipeline, one behind the other.

    Parameters
    ----------
    on_choose : callable
        Is given the pipeline and the step that was chosen.

    Attributes
    ----------
    chosen : str
        The name of the chosen step; empty for none.
    """

    def __init__(self, bench: PlanBench, pipeline: str, guard: Guard, on_choose: Callable[[str, str], None]) -> None:
        self.bench, self.pipeline, self.chosen = bench, pipeline, ""
        self._guard, self._on_choose = guard, on_choose
        self._nothing = text(tr("no steps"), colour=QUIET)
        self._row = row()
        self._row.layout.flex, self._row.layout.min_width = "1 1 200px", "0"
        title = text(pipeline.removesuffix("_pipeline"), bold=True, width="70px")
        super().__init__([title, self._nothing, self._row], layout=widgets.Layout(align_items="baseline"))

    @property
    def chips(self) -> tuple[Chip, ...]:
        """The steps as they are shown."""
        return tuple(self._row.children)

    @property
    def row(self) -> StepRow | None:
        """The chosen step."""
        return next((each for each in self.rows if each.name == self.chosen), None)

    @property
    def rows(self) -> tuple[StepRow, ...]:
        """The steps as they are known."""
        return tuple(each.step for each in self.chips)

    def refresh(self) -> None:
        """Show the steps as the plan has them now."""
        steps = self.bench.rows(self.pipeline)
        if [each.name for each in steps] == [each.name for each in self.rows]:
            for chip, step in zip(self.chips, steps, strict=True):
                chip.show(step)
        else:
            self._draw(steps)
        self.choose(self.chosen)

    def _draw(self, steps: Sequence[StepRow]) -> None:
        """Show other steps than before, each with a new chip: a click that is under way can only mean the old one."""
        before, chips = self.chips, [Chip(each) for each in steps]
        for each in chips:
            each.observe(self._guard(self._toggled), names="value")
        self._row.children = chips
        show(self._nothing, not chips)
        for each in before:
            close_all(each)

    def show_states(self, states: Mapping[str, str]) -> None:
        """Show states that a run tells, in place of what is known."""
        for each in self.chips:
            each.show_state(states.get(each.step.name, each.step.state))

    def choose(self, step: str) -> None:
        """Choose a step, or none, without telling."""
        self.chosen = step if step in {each.name for each in self.rows} else ""
        for each in self.chips:
            each.value = each.step.name == self.chosen

    def _toggled(self, change: Mapping[str, Any]) -> None:
        chip = change["owner"]
        if change["new"] != (chip.step.name == self.chosen):  # else it shows what `choose` was told
            self._on_choose(self.pipeline, chip.step.name)


class StepTools(widgets.HBox):
    """What can be done with the chosen step.

    Parameters
    ----------
    chosen : callable
        Gives the pipeline, its list, and the step that is chosen.
    on_edit : callable
        Is called after an edit, with the pipeline and the step that is to be chosen then.
    """

    def __init__(
        self,
        bench: PlanBench,
        guard: Guard,
        chosen: Callable[[], StepList | None],
        on_edit: Callable[[str, str], None],
        *more: Any,
    ) -> None:
        self.bench, self._chosen, self._on_edit = bench, chosen, on_edit
        self.toggle_button = button(tr("Disable"), tr("Put the step out of use"), guard(lambda _: self.toggle()))
        self._buttons = [
            button("↑", tr("Move the step up"), guard(lambda _: self.move(-1)), wide=False),
            button("↓", tr("Move the step down"), guard(lambda _: self.move(1)), wide=False),
            button(tr("Copy"), tr("Put a copy of the step behind it"), guard(lambda _: self.duplicate())),
            self.toggle_button,
            button(tr("Remove"), tr("Take the step out of the plan"), guard(lambda _: self.remove())),
        ]
        super().__init__([row(*self._buttons, *more)])

    def refresh(self) -> None:
        """Offer what can be done with the step that is chosen now."""
        found = self._chosen()
        one = None if found is None else found.row
        for each in self._buttons:
            each.disabled = one is None or (one.is_disabled and each is not self.toggle_button)
        is_off = one is not None and one.is_disabled
        self.toggle_button.description = tr("Enable") if is_off else tr("Disable")
        self.toggle_button.tooltip = tr("Bring the step back") if is_off else tr("Put the step out of use")

    def move(self, by: int) -> None:
        """Move the step up or down."""
        steps, one = self._one()
        names = [each.name for each in steps.rows if not each.is_disabled]
        at = names.index(one.name) + by
        if 0 <= at < len(names):
            self._edit(steps, move_step, one.name, at, chosen=one.name)

    def duplicate(self) -> None:
        """Put a copy of the step behind it."""
        steps, one = self._one()
        names = {each.name for each in steps.rows}
        copy = next(name for n in range(2, len(names) + 3) if (name := f"{one.name}_{n}") not in names)
        self._edit(steps, duplicate_step, one.name, copy, chosen=copy)

    def toggle(self) -> None:
        """Put the step out of use, or back into it."""
        steps, one = self._one(disabled_too=True)
        self._edit(steps, enable_step if one.is_disabled else disable_step, one.name, chosen=one.name)

    def remove(self) -> None:
        """Take the step out of the plan."""
        steps, one = self._one()
        names = [each.name for each in steps.rows if not each.is_disabled]
        at = names.index(one.name)
        beside = next(iter([*names[at + 1 : at + 2], *names[:at][-1:]]), "")
        self._edit(steps, remove_step, one.name, chosen=beside)

    def _edit(self, steps: StepList, change: Callable[..., str], *args: Any, chosen: str) -> None:
        self.bench.file.edit(change, steps.pipeline, *args)
        self._on_edit(steps.pipeline, chosen)

    def _one(self, *, disabled_too: bool = False) -> tuple[StepList, StepRow]:
        steps = self._chosen()
        one = None if steps is None else steps.row
        if steps is None or one is None:
            raise MagicUsageError("which step?", do="choose one above")
        if one.is_disabled and not disabled_too:
            raise MagicUsageError(f"step {one.name!r} is out of use", do="bring it back first: Enable")
        return steps, one


def _label(each: StepRow, state: str) -> str:
    if each.is_disabled:
        return f"{_OFF} {each.name}"
    wrong = " !" if each.problems else ""
    return f"{GLYPHS[state]} {each.name}{wrong}"
