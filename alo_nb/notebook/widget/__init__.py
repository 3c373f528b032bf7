"""The plan widget: ipywidgets only. What it does is in `plan_bench` and `plan.editor`; here is only what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alo_nb.notebook.widget.form import PlanWidget


def plan_widget(path: str | Path | None = None, *, no_install: bool = False) -> PlanWidget:
    """Return a form for a plan, to be shown as a cell's last value. What ``%alo_plan --widget`` calls.

    Every edit changes one value in the plan's text, which is written when `Save` or `Run` is clicked. A step that is
    added from a file, a folder or git has its code copied or fetched to ``assets/<step>/`` at once.

    Parameters
    ----------
    path : str or Path, optional
        The plan, one with problems too. When absent, the one in use, else the project's ``experimental_plan.yaml``;
        without such a file, a new one begins with the steps that the cells have defined.
    no_install : bool
        Run its steps with the packages that are there, whatever it requires.

    Raises
    ------
    PlanReadError
        There is no such plan.
    """
    from alo_nb.notebook.plan_bench import PlanBench
    from alo_nb.notebook.session import current_session
    from alo_nb.notebook.widget.form import PlanWidget

    return PlanWidget(PlanBench.open(current_session(), path, no_install=no_install))
