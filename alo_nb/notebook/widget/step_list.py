"""The steps of the plan in its widget: a chip for each, and what can be done with the chosen one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench, StepRow
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import QUIET, button, row, show, text
from alo_nb.plan.editor import disable_step, duplicate_step, enable_step, move_step, remove_step
from alo_nb.views.text import GLYPHS

_OFF = "⊘"
_REDRAWN = "…"  # ToggleButtons of ipywidgets 8.1 draw anew only when a label differs; fewer of the same would all stay


class StepList(widgets.HBox):
    """The steps of one pipeline, one behind the other.

    Parameters
    ----------
    on_choose : callable
        Is given the pipeline and the step that was chosen.
    """

    def __init__(self, bench: PlanBench, pipeline: str, guard: Guard, on_choose: Callable[[str, str], None]) -> None:
        self.bench, self.pipeline, self._on_choose = bench, pipeline, on_choose
        self._rows: list[StepRow] = []
        self._here = threading.local()  # a run's thread shows states while a person may be choosing
        self.steps = widgets.ToggleButtons(layout=widgets.Layout(flex="1 1 200px", width="auto", min_width="0"))
        self.steps.style.button_width = "auto"
        self.steps.observe(guard(self._chosen), names="value")
        self._nothing = text(tr("no steps"), colour=QUIET)
        title = text(pipeline.removesuffix("_pipeline"), bold=True, width="70px")
        super().__init__([title, self._nothing, self.steps], layout=widgets.Layout(align_items="baseline"))

    @property
    def chosen(self) -> str:
        """The name of the chosen step; empty for none."""
        return str(self.steps.value or "")

    @property
    def row(self) -> StepRow | None:
        """The chosen step."""
        return next((each for each in self._rows if each.name == self.chosen), None)

    @property
    def rows(self) -> tuple[StepRow, ...]:
        """The steps as they are shown."""
        return tuple(self._rows)

    def refresh(self) -> None:
        """Show the steps as the plan has them now."""
        self._rows = self.bench.rows(self.pipeline)
        show(self._nothing, not self._rows)
        show(self.steps, bool(self._rows))
        self.show_states({})

    def show_states(self, states: dict[str, str]) -> None:
        """Show states that a run tells, in place of what is known."""
        labels = [(_label(each, states.get(each.name, each.state)), each.name) for each in self._rows]
        if tuple(labels) == tuple(self.steps.options):
            return
        kept = self.chosen
        if [*map(str, self.steps._options_labels)][: len(labels)] == [label for label, _ in labels]:
            with self._showing():
                self.steps.options = [(_REDRAWN, "")]
        with self._showing(), self.steps.hold_sync():
            self.steps.options = labels
            self.steps.tooltips = [each.why or each.name for each in self._rows]
            self.steps.value = kept if kept in {each.name for each in self._rows} else None

    def choose(self, step: str) -> None:
        """Choose a step, or none, without telling."""
        with self._showing():
            self.steps.value = step if step in {each.name for each in self._rows} else None

    @contextmanager
    def _showing(self) -> Iterator[None]:
        """Change what is shown: new labels are no new choice."""
        self._here.is_showing = True
        try:
            yield
        finally:
            self._here.is_showing = False

    def _chosen(self, change: Any) -> None:
        if change["new"] and not getattr(self._here, "is_showing", False):
            self._on_choose(self.pipeline, str(change["new"]))


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
