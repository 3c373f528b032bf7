"""The head of the plan widget: which plan it is, saving, undo, and new plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_shelf import CELLS, COPY, EMPTY
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import WARNING, button, is_shown, labelled, line, row, show
from alo_nb.notebook.widget.look import text as text_widget


class PlanBar(widgets.VBox):
    """The chooser with the buttons beside it, and the forms that they open.

    Parameters
    ----------
    on_edit : callable
        Is called when the text has changed.
    on_file : callable
        Is called when there is another file, or it was read or written.
    """

    def __init__(
        self, bench: PlanBench, guard: Guard, on_edit: Callable[[], None], on_file: Callable[[], None]
    ) -> None:
        self.bench, self._on_edit, self._on_file = bench, on_edit, on_file
        self._is_showing = False
        self.plans = labelled(widgets.Dropdown(), tr("plan"), tip=tr("the plan that is shown"), width="200px")
        self.plans.style.description_width = "40px"
        self.plans.observe(guard(self._chosen), names="value")
        self.save_button = button(tr("Save"), tr("Write the plan to its file"), guard(lambda _: self.save()))
        self.undo_button = button(tr("Undo"), tr("Take back the last edit"), guard(lambda _: self.undo()))
        self.redo_button = button(tr("Redo"), tr("Make the edit again"), guard(lambda _: self.redo()))
        reload = button(tr("Reload"), tr("Read the file again, and what would run"), guard(lambda _: self.reload()))
        new = button(tr("New"), tr("Begin another plan"), guard(lambda _: self.open_form("new")))
        save_as = button(tr("Save as"), tr("Save the plan as another file"), guard(lambda _: self.open_form("save as")))
        self.state = text_widget(colour=WARNING)
        beginnings = ((tr("the cells"), CELLS), (tr("nothing"), EMPTY), (tr("a copy of this plan"), COPY))
        self.beginning = labelled(widgets.Dropdown(options=beginnings), tr("begin with"))
        self.name = labelled(widgets.Text(), tr("file"), tip=tr("from the project folder on"))
        self.create_button = button(
            tr("Create"), tr("Begin this plan"), guard(lambda _: self.create()), style="primary"
        )
        self.write_button = button(
            tr("Write"), tr("Write it to this file"), guard(lambda _: self.save_as()), style="primary"
        )
        cancel = button(tr("Cancel"), tr("Leave it as it is"), guard(lambda _: show(self.form, False)))
        self.form = row(self.beginning, self.name, self.create_button, self.write_button, cancel)
        self.banner = row(
            text_widget(tr("the file was changed on disk meanwhile; it is not overwritten"), colour=WARNING, bold=True),
            button(
                tr("Reload"), tr("Take over the file as it is on disk; can be undone"), guard(lambda _: self.reload())
            ),
            button(
                tr("Keep mine: save as ..."),
                tr("Save this text as another file"),
                guard(lambda _: self.open_form("save as")),
            ),
        )
        buttons = (new, self.save_button, save_as, self.undo_button, self.redo_button, reload)
        super().__init__([row(self.plans, *buttons, self.state), self.form, self.banner])
        show(self.form, False)
        show(self.banner, False)

    def refresh(self) -> None:
        """Show the file as it is now."""
        file, shelf = self.bench.file, self.bench.shelf
        self.save_button.disabled = not file.is_unsaved
        self.undo_button.disabled, self.redo_button.disabled = not file.can_undo, not file.can_redo
        self.state.value = line(tr("not saved") if file.is_unsaved else "", colour=WARNING)
        options = [(f"{name} ●" if shelf.is_unsaved(path) else name, path) for name, path in shelf.names().items()]
        self._is_showing = True
        try:
            with self.plans.hold_sync():
                self.plans.options = options
                self.plans.value = file.path
        finally:
            self._is_showing = False
        self.look_at_disk()

    def look_at_disk(self) -> None:
        """Show whether somebody else has changed the file."""
        show(self.banner, self.bench.file.has_changed_on_disk())

    def open_form(self, what: str) -> None:
        """Show the form for a new plan, or for another name; a second time, put it away."""
        is_new = what == "new"
        is_open = is_shown(self.form) and is_shown(self.create_button) == is_new
        show(self.form, not is_open)
        for each in (self.beginning, self.create_button):
            show(each, is_new)
        show(self.write_button, not is_new)
        self.name.value = self.bench.shelf.free_name(None if is_new else self.bench.file.path)

    def create(self) -> None:
        """Begin the plan that was named; it is on disk when it is saved."""
        self.bench.shelf.begin(self.beginning.value, self.name.value)
        show(self.form, False)
        self._on_file()

    def save(self) -> None:
        """Write the plan to its file."""
        self.bench.file.save()
        self._on_file()

    def save_as(self) -> None:
        """Write the plan to the file that was named, and go on with that."""
        self.bench.shelf.save_as(self.name.value)
        show(self.form, False)
        self._on_file()

    def undo(self) -> None:
        """Take back the last edit."""
        self.bench.file.undo()
        self._on_edit()

    def redo(self) -> None:
        """Make the edit again that was taken back."""
        self.bench.file.redo()
        self._on_edit()

    def reload(self) -> None:
        """Take over the file as it is now, which can be undone, and find out what would run."""
        if self.bench.file.path.exists():
            self.bench.file.reload()
        self._on_file()

    def _chosen(self, change: Any) -> None:
        if not self._is_showing and change["new"] is not None:
            self.bench.shelf.choose(change["new"])
            self._on_file()
