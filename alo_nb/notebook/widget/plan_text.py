"""The plan's text in its widget: it is checked while it is typed, and taken over as one edit."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from alo_nb.errors import PlanEditError
from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench, read_with_problems
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import QUIET, WARNING, button, line, problem_line, row
from alo_nb.plan.text_edit import editable_text, edited_text
from alo_nb.views.html import escape

_PROBLEMS, _AROUND = 5, 2  # that are told below the text; lines around the one that a problem stands in


class PlanText(widgets.VBox):
    """The text with two buttons; what is typed is a draft until it is taken over. `on_edit` is called after that."""

    def __init__(self, bench: PlanBench, guard: Guard, on_edit: Callable[[], None]) -> None:
        self.bench, self._on_edit = bench, on_edit
        self._of: str | None = None  # the plan's text that is shown, or was when a draft was begun
        self._shown = ""
        layout = widgets.Layout(width="auto", height="320px")
        self.area = widgets.Textarea(description="YAML", continuous_update=True, layout=layout)
        self.area.style.description_width = "50px"
        self.area.observe(guard(lambda _: self.check()), names="value")
        self.said = widgets.HTML(layout=widgets.Layout(min_width="0"))
        self.take_button = button(tr("Take over"), tr("Make this the text of the plan"), guard(lambda _: self.take()))
        self.discard_button = button(tr("Discard"), tr("Show the text of the plan"), guard(lambda _: self.discard()))
        super().__init__([self.area, row(self.take_button, self.discard_button), self.said])

    @property
    def is_draft(self) -> bool:
        """Whether something was typed that the plan does not say."""
        return bool(self.area.value != self._shown)

    def refresh(self) -> None:
        """Show the text as it is now; a draft stays until it is taken over or discarded."""
        if not self.is_draft and self._of != self.bench.file.text:
            self.discard()
        self.check()

    def discard(self) -> None:
        """Show the text of the plan."""
        self._of = self.bench.file.text
        try:
            self._shown = editable_text(self.bench.file.text)
            self.area.disabled = False
        except PlanEditError as error:
            self._shown, self.area.disabled = f"# {error.what}: {error.do}", True
        self.area.value = self._shown
        self.area.rows = min(40, max(6, self._shown.count("\n") + 1))

    def take(self) -> None:
        """Make the draft the plan's text; undo brings back what was there.

        Raises
        ------
        PlanEditError
            The plan has changed since the draft was begun, which would be lost; or a line with a secret was changed.
            The draft stays.
        """
        if self.is_draft:
            self.bench.file.write(self._new_text())
            self.discard()
            self._on_edit()

    def check(self) -> None:
        """Say what is wrong with what stands here."""
        self.take_button.disabled = self.discard_button.disabled = not self.is_draft
        if not self.is_draft:
            readable = self.bench.is_readable
            self.said.value = "" if readable else self._problems_html(self.bench.file.text)
            return
        try:
            said = self._problems_html(self._new_text())
        except PlanEditError as error:
            said = line(str(error), colour=WARNING)
        self.said.value = said or line(tr("no problems: Take over makes it the plan's text"), colour=QUIET)

    def show_line(self, number: int) -> None:
        """Show a line with those around it; a text area cannot be scrolled from here."""
        lines = self.area.value.split("\n")
        first = max(0, number - 1 - _AROUND)
        numbered = enumerate(lines[first : number + _AROUND], start=first + 1)
        shown = "\n".join(f"{'▶' if each == number else ' '} {each:>4}  {words}" for each, words in numbered)
        style = "margin:2px 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.3"
        self.said.value = f'<pre style="{style}">{escape(shown)}</pre>' if number else self.said.value

    def _new_text(self) -> str:
        if self._of != self.bench.file.text:
            raise PlanEditError(
                "the plan has changed since this text was begun, and Take over would undo that",
                do="copy your lines, press Discard to see the plan as it is now, and write them into that",
            )
        return edited_text(self._of, self.area.value)

    def _problems_html(self, text: str) -> str:
        _, problems = read_with_problems(text, self.bench.file.path)
        told = [each for each in problems if each.severity != "note"]
        more = [line(tr("and {count} more", count=len(told) - _PROBLEMS))] if len(told) > _PROBLEMS else []
        return "".join([*(problem_line(each, with_place=True) for each in told[:_PROBLEMS]), *more])
