"""What is wrong with the plan, in its widget: each problem with a button that leads to where it is mended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets as widgets

from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_places import Spot
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import button, close_all, problem_line, text
from alo_nb.plan import Problem

SHOWN = 20  # problems


class ProblemList(widgets.VBox):
    """The problems of the plan.

    Parameters
    ----------
    go : callable
        Is given the place that a person wants to see.
    """

    children: Any

    def __init__(self, bench: PlanBench, guard: Guard, go: Callable[[Spot], None]) -> None:
        self.bench, self._guard, self._go = bench, guard, go
        self._shown: list[Problem] = []
        super().__init__([], layout=widgets.Layout(max_height="200px", overflow="auto", flex="0 0 auto"))

    def refresh(self) -> None:
        """Show what is wrong now."""
        told = self.bench.told()
        if told == self._shown:
            return
        gone, self._shown = self.children, told
        more = tr("and {count} more", count=len(told) - SHOWN)
        self.children = [*map(self._row, told[:SHOWN]), *([text(more)] if len(told) > SHOWN else [])]
        for each in gone:
            close_all(each)

    def _row(self, problem: Problem) -> widgets.HBox:
        spot = self.bench.spot(problem)
        tip = tr("Go to line {line}", line=spot.line) if spot.line else tr("Go to where it is mended")
        go = button(tr("Go"), tip, self._guard(partial(self._leads_to, spot)))
        said = widgets.HTML(problem_line(problem, with_place=True), layout=widgets.Layout(flex="1 1 0", min_width="0"))
        return widgets.HBox([go, said], layout=widgets.Layout(flex="0 0 auto"))

    def _leads_to(self, spot: Spot, _: object) -> None:
        self._go(spot)
