"""The plan widget: ipywidgets only. What it does is in `plan_bench` and `plan.editor`; here is only what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alo_nb.notebook.widget.plan_widget import PlanWidget


def plan_widget(path: str | Path | None = None) -> PlanWidget:
    """Return a form for a plan, to be shown as a cell's last value. What ``%alo_plan --widget`` calls.

    Every edit changes one value in the plan's text; nothing is written before `Save` or `Run` is clicked.

    Parameters
    ----------
    path : str or Path, optional
        The plan, one with problems too. When absent, the one in use, else the project's ``experimental_plan.yaml``, which
        begins with the steps that the cells have defined.

    Raises
    ------
    PlanReadError
        There is no such plan.
    """
    from alo_nb.notebook.plan_bench import PlanBench
    from alo_nb.notebook.session import current_session
    from alo_nb.notebook.widget.plan_widget import PlanWidget

    return PlanWidget(PlanBench.open(current_session(), path))
