"""`PlanWidget`: a plan as a form that edits its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import AloNbError
from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_places import Spot
from alo_nb.notebook.shell import is_live
from alo_nb.notebook.widget.adding import AddStep
from alo_nb.notebook.widget.arguments import StepForm
from alo_nb.notebook.widget.bar import PlanBar
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import ERROR, button, close_all, line, text
from alo_nb.notebook.widget.past_runs import PastRuns
from alo_nb.notebook.widget.plan_text import PlanText
from alo_nb.notebook.widget.problems import SHOWN, ProblemList
from alo_nb.notebook.widget.runs import Runs
from alo_nb.notebook.widget.sections import Sections
from alo_nb.notebook.widget.settings import Settings
from alo_nb.notebook.widget.step_list import StepList, StepTools
from alo_nb.plan import PIPELINES
from alo_nb.views.card import Card
from alo_nb.views.html import escape, frame
from alo_nb.views.plan_card import folded, plan_card
from alo_nb.views.plan_picture import plan_picture

_LINES = 40  # of what is not saved
_SECTIONS = ("paths", "control", "text", "runs")


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
        self.guard = guard = Guard(self._show_error)
        self._twins: list[Any] = []
        self._is_outdated = False  # a run has ended since anybody looked what would run
        self.message, self.changes = text(), text()
        self.picture = widgets.HTML(layout=widgets.Layout(min_width="0", max_height="380px", overflow="auto"))
        self.bar = PlanBar(bench, guard, self.refresh, self._look_again)
        self.lists = {name: StepList(bench, name, guard, self.choose) for name in PIPELINES}
        self.adding = AddStep(bench, guard, self._chosen, self._added)
        add = button(f"+ {tr('step')}", tr("Add a step to the plan"), guard(lambda _: self.adding.toggle()))
        self.tools = StepTools(bench, guard, self._chosen_list, self._edited, add)
        self.arguments = StepForm(bench, guard, self._edited, self._fetched)
        self.problems = ProblemList(bench, guard, self.go)
        self.runs = Runs(bench, guard, self._save_changes, self._chosen, self._told, self.refresh)
        self.paths = Settings(bench, guard, "paths", self.refresh)
        self.control = Settings(bench, guard, "control", self.refresh)
        self.text = PlanText(bench, guard, self.refresh)
        self.past = PastRuns(bench, guard)
        titles = (tr("paths"), tr("control"), tr("text (YAML)"), tr("runs"))
        parts = [self.paths, self.control, self.text, self.past]
        self.sections = Sections(guard, titles, parts)
        super().__init__(
            [
                self.bar,
                self.message,
                self.picture,
                *self.lists.values(),
                self.tools,
                self.adding,
                self.problems,
                self.arguments,
                self.runs,
                self.sections,
                self.changes,
            ],
            layout=widgets.Layout(width="100%", overflow="hidden"),
        )
        guard(self._look_again)()
        guard(self._choose_first)()

    @property
    def last_error(self) -> Exception | None:
        """What the last handler has raised."""
        return self.guard.last_error

    # What is done -----------------------------------------------------------------------------------------------------

    def choose(self, pipeline: str, step: str) -> None:
        """Show a step and its arguments."""
        for name, each in self.lists.items():
            each.choose(step if name == pipeline else "")
        self.tools.refresh()
        self.arguments.choose(pipeline, step)

    def go(self, spot: Spot) -> None:
        """Show where a problem is mended."""
        if spot.part == "step":
            self.choose(spot.pipeline, spot.step)
            return
        self.sections.selected_index = _SECTIONS.index(spot.part)
        if spot.part == "text":
            self.text.show_line(spot.line)

    def refresh(self) -> None:
        """Show everything as it is now."""
        if self._is_outdated and not self.runs.is_running:
            self._is_outdated = False
            self.bench.look_again()
        parts: list[Any] = [self.bar, *self.lists.values(), self.adding, self.problems, self.runs]
        for part in [*parts, self.paths, self.control, self.text, self.past]:
            part.refresh()
        self.choose(*self._chosen())
        self.picture.value = self._picture(self.bench.states())
        if not self.bench.is_readable:
            self.sections.selected_index = _SECTIONS.index("text")
        self.changes.value = self._changes_html()
        for twin in self._twins:
            twin.update(self.twin())

    def twin(self) -> Card:
        """Return what the widget shows as a card that needs no kernel, no script and no trust."""
        card = plan_card(self.bench.plan, self.bench.problems[:SHOWN], self.bench.states())
        name = self.bench.file.path.name
        whole = Card(card.text, frame(self._picture(self.bench.states()), card.html))
        return folded(whole, tr("plan {name} as a table", name=name))

    def close(self) -> None:
        """Close the form and all in it; a run goes on and is recorded."""
        for each in self.children:
            close_all(each)
        self.layout.close()
        super().close()

    def _choose_first(self) -> None:
        pipeline = next((each for each in self.bench.plan.pipelines if each.steps), None)
        if pipeline is not None:
            self.choose(pipeline.name, pipeline.steps[0].name)

    def _edited(self, pipeline: str, step: str) -> None:
        self.refresh()
        self.choose(pipeline, step)

    def _added(self, pipeline: str, step: str) -> None:
        self._edited(pipeline, step)
        self.arguments.fetch()

    def _save_changes(self) -> None:
        if self.bench.file.is_unsaved or not self.bench.file.path.exists():
            self.bar.save()

    def _look_again(self) -> None:
        """Find out what would run, and show it; what keeps that from being known is shown as it is."""
        self._is_outdated = False
        try:
            self.bench.look_again()
        finally:
            self.refresh()

    def _chosen_list(self) -> StepList | None:
        return next((each for each in self.lists.values() if each.chosen), None)

    def _chosen(self) -> tuple[str, str]:
        found = self._chosen_list()
        return ("", "") if found is None else (found.pipeline, found.chosen)

    # From threads, which set only traits ------------------------------------------------------------------------------

    def _told(self, states: Mapping[tuple[str, str], str], has_ended: bool) -> None:
        known = {**self.bench.states(), **states}
        for name, each in self.lists.items():
            each.show_states({step: state for (pipeline, step), state in known.items() if pipeline == name})
        self.arguments.show_states(states)
        self.picture.value = self._picture(known)
        self._is_outdated = self._is_outdated or has_ended

    def _fetched(self) -> None:
        self.guard.quiet(self.arguments.show_about)()

    # What is shown ----------------------------------------------------------------------------------------------------

    def _show_error(self, error: Exception | None) -> None:
        said = "" if error is None else str(error) if isinstance(error, AloNbError) else repr(error)
        self.message.value = line(said, colour=ERROR)
        self.bar.look_at_disk()

    def _picture(self, states: Mapping[tuple[str, str], str]) -> str:
        return plan_picture(self.bench.plan, states, self.bench.told(), twin=False).html

    def _changes_html(self) -> str:
        changes = self.bench.file.unsaved()
        if not changes:
            return ""
        lines = changes.splitlines()
        more = [tr("... {count} more lines", count=len(lines) - _LINES)] if len(lines) > _LINES else []
        shown = "\n".join([*lines[:_LINES], *more])
        style = "margin:2px 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.3"
        summary = escape(tr("not saved"))
        return f'<details open><summary>{summary}</summary><pre style="{style}">{escape(shown)}</pre></details>'

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
