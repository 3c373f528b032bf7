"""`PlanWidget`: a plan as a form that edits its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import AloNbError
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.shell import is_live
from alo_nb.notebook.widget.arguments import Arguments
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import ERROR, WARNING, button, close_all, columns, line, row, text
from alo_nb.notebook.widget.runs import Runs
from alo_nb.notebook.widget.settings import Settings
from alo_nb.notebook.widget.step_list import StepList
from alo_nb.plan import PIPELINES
from alo_nb.views.card import Card
from alo_nb.views.html import escape
from alo_nb.views.plan_card import folded, plan_card

_SHOWN = 20  # problems


class PlanWidget(widgets.VBox):
    """A form for one plan.

    Attributes
    ----------
    last_error : Exception or None
        What the last handler has raised; it is shown, too.
    """

    children: Any

    def __init__(self, bench: PlanBench) -> None:
        self.bench = bench
        self.guard = Guard(self._show_error)
        self._twins: list[Any] = []
        self.title, self.message, self.problems, self.changes = (text() for _ in range(4))
        guard = self.guard
        self.save_button = button("Save", "Write the plan to its file", guard(lambda _: self.save()), wide=True)
        self.undo_button = button("Undo", "Take back the last edit", guard(lambda _: self.undo()), wide=True)
        self.redo_button = button("Redo", "Make the edit again", guard(lambda _: self.redo()), wide=True)
        reload = button("Reload", "Read the file again, and what would run", guard(lambda _: self.reload()), wide=True)
        self.lists = {name: StepList(bench, name, guard, self.refresh, self.choose) for name in PIPELINES}
        self.arguments = Arguments(bench, guard, self.refresh, self._renamed)
        self.settings = Settings(bench, guard, self.refresh)
        self.runs = Runs(bench, guard, self._save_changes, self._chosen, self._told)
        super().__init__(
            [
                row(self.title, self.save_button, self.undo_button, self.redo_button, reload),
                self.message,
                columns(*((each, 1, "220px") for each in self.lists.values()), (self.arguments, 2, "320px")),
                self.settings,
                self.problems,
                self.runs,
                self.changes,
            ],
            layout=widgets.Layout(width="100%", overflow="hidden"),
        )
        guard(lambda: self.reload(look_only=True))()

    @property
    def last_error(self) -> Exception | None:
        """What the last handler has raised."""
        return self.guard.last_error

    # What is done -----------------------------------------------------------------------------------------------------

    def choose(self, pipeline: str, step: str) -> None:
        """Show the arguments of a step."""
        for name, each in self.lists.items():
            if name != pipeline:
                each.let_go()
        self.lists[pipeline].steps.value = step
        self.arguments.choose(pipeline, step)

    def save(self) -> None:
        """Write the plan to its file."""
        self.bench.file.save()
        self._look_again()

    def undo(self) -> None:
        """Take back the last edit."""
        self.bench.file.undo()
        self.refresh()

    def redo(self) -> None:
        """Make the edit again that was taken back."""
        self.bench.file.redo()
        self.refresh()

    def reload(self, *, look_only: bool = False) -> None:
        """Take over the file as it is now, which can be undone, and find out what would run."""
        if not look_only and self.bench.file.path.exists():
            self.bench.file.reload()
        self._look_again()

    def refresh(self) -> None:
        """Show everything as it is now."""
        file = self.bench.file
        name = f"plan {file.path.name}" + (" ● not saved" if file.is_unsaved else "")
        self.title.value = line(name, bold=True)
        self.save_button.disabled = not file.is_unsaved
        self.undo_button.disabled, self.redo_button.disabled = not file.can_undo, not file.can_redo
        if not any(each.chosen for each in self.lists.values()):
            self.arguments.choose("", "")
        parts: list[Any] = [*self.lists.values(), self.arguments, self.settings, self.runs]
        for part in parts:
            part.refresh()
        self.problems.value = self._problems_html()
        self.changes.value = self._changes_html()
        if file.has_changed_on_disk():
            self.message.value = line("the file was changed on disk: Reload takes that over", colour=WARNING)
        for twin in self._twins:
            twin.update(self.twin())

    def twin(self) -> Card:
        """Return what the widget shows as a card that needs no kernel, no script and no trust."""
        states = {(name, each.name): each.state for name in self.lists for each in self.bench.rows(name)}
        card = plan_card(self.bench.plan, self.bench.problems[:_SHOWN], states)
        return folded(card, f"plan {self.bench.file.path.name} as a table")

    def close(self) -> None:
        """Close the form and all in it; a run goes on and is recorded."""
        for each in self.children:
            close_all(each)
        self.layout.close()
        super().close()

    def _renamed(self, pipeline: str, step: str) -> None:
        self.refresh()
        self.choose(pipeline, step)

    def _save_changes(self) -> None:
        if self.bench.file.is_unsaved or not self.bench.file.path.exists():
            self.save()

    def _look_again(self) -> None:
        """Find out what would run, and show it; what keeps that from being known is shown as it is."""
        try:
            self.bench.look_again()
        finally:
            self.refresh()

    def _chosen(self) -> tuple[str, str]:
        return next(((name, each.chosen) for name, each in self.lists.items() if each.chosen), ("", ""))

    def _told(self, states: Mapping[tuple[str, str], str]) -> None:
        for name, each in self.lists.items():
            each.show_states({step: state for (pipeline, step), state in states.items() if pipeline == name})

    # What is shown ----------------------------------------------------------------------------------------------------

    def _show_error(self, error: Exception | None) -> None:
        said = "" if error is None else str(error) if isinstance(error, AloNbError) else repr(error)
        self.message.value = line(said, colour=ERROR)

    def _problems_html(self) -> str:
        told = [each for each in self.bench.problems if each.severity != "note"]
        more = [line(f"and {len(told) - _SHOWN} more")] if len(told) > _SHOWN else []
        return "".join(
            [
                *(
                    line(
                        f"{'✖' if each.severity == 'error' else '▲'} line {each.place.line}: {each.message}\n"
                        f"    {each.key}" + (f"\n    → {each.do}" if each.do else ""),
                        colour=ERROR if each.severity == "error" else WARNING,
                    )
                    for each in told[:_SHOWN]
                ),
                *more,
            ]
        )

    def _changes_html(self) -> str:
        changes = self.bench.file.unsaved()
        if not changes:
            return ""
        lines = changes.splitlines()
        shown = "\n".join([*lines[:40], *([f"... {len(lines) - 40} more lines"] if len(lines) > 40 else [])])
        style = "margin:2px 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.3"
        return f'<details open><summary>not saved</summary><pre style="{style}">{escape(shown)}</pre></details>'

    def _ipython_display_(self) -> None:
        """Show the form where a person can use it, and everywhere its twin, which stays when the kernel is gone."""
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        card, shell = self.twin(), get_ipython()
        if shell is not None and is_live(shell):
            said = "this form needs a kernel that runs it: see the table below, or run the cell again"
            display({**self._repr_mimebundle_(), "text/plain": said}, raw=True)
        handle = display(card, display_id=True)
        if handle is not None:
            self._twins.append(handle)
