"""The newest runs of the plan in its widget: what came of them, and what differs between two."""

from __future__ import annotations

from datetime import datetime

import ipywidgets as widgets

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import QUIET, button, labelled, row, show, text
from alo_nb.store import Run
from alo_nb.views.text import GLYPHS, duration, is_deterministic, short_run


class PastRuns(widgets.VBox):
    """Two lists of runs, and the card of one or the difference of both below them."""

    def __init__(self, bench: PlanBench, guard: Guard) -> None:
        self.bench = bench
        self._shown: list[tuple[str, str]] = []
        self.run, self.other = (labelled(widgets.Dropdown(), label, width="280px") for label in (tr("run"), tr("with")))
        self.show_button = button(tr("Show"), tr("Show what came of the run"), guard(lambda _: self.show()))
        self.compare_button = button(
            tr("Compare"), tr("Show what differs between the two"), guard(lambda _: self.compare())
        )
        self.card = widgets.HTML(layout=widgets.Layout(min_width="0", max_height="480px", overflow="auto"))
        self._nothing = text(tr("no run of this plan yet"), colour=QUIET)
        self._lists = row(self.run, self.other, self.show_button, self.compare_button)
        super().__init__([self._nothing, self._lists, self.card])

    def refresh(self) -> None:
        """Offer the newest runs."""
        found = [(_label(each), each.id) for each in self.bench.runs.newest()]
        show(self._nothing, not found)
        show(self._lists, bool(found))
        self.compare_button.disabled = len(found) < 2
        if found == self._shown:
            return
        self._shown = found
        for each, at in ((self.run, 0), (self.other, 1)):
            each.options = found
            each.value = found[min(at, len(found) - 1)][1] if found else None
        self.card.value = ""

    def show(self) -> None:
        """Show the card of the first run."""
        self.card.value = self.bench.runs.card(self.run.value).html

    def compare(self) -> None:
        """Show what differs between the two runs, the older one first."""
        if self.run.value == self.other.value:
            raise MagicUsageError("this is one run", do="choose two to compare them")
        self.card.value = self.bench.runs.compare(*sorted((self.run.value, self.other.value)))._repr_html_()


def _label(run: Run) -> str:
    when = "" if is_deterministic() or not run.started else datetime.fromisoformat(run.started).astimezone()
    time = f"{when:%H:%M}" if when else ""
    parts = (f"{GLYPHS.get(run.status, '?')} {short_run(run.id)}", time, run.mode, duration(run.seconds))
    return " · ".join(filter(None, parts))
