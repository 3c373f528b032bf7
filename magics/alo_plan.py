"""``%alo_plan``: open a plan, or show the one in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.notebook.face import use_plan
from alo_nb.notebook.shell import add_magic, remove_magic
from alo_nb.notebook.widget import plan_widget
from alo_nb.option_texts import RUN
from alo_nb.plan import Plan
from alo_nb.steps.magic_line import Grammar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.notebook.widget.form import PlanWidget

GRAMMAR = Grammar(
    "%alo_plan",
    switches={
        "no-install": RUN["no-install"],
        "widget": "show it as a form: edit its steps and arguments, check it, run it; a plan with problems, too",
    },
    words=1,
    takes={0: "PATH"},
)


def alo_plan(line: str) -> Plan | PlanWidget:
    """Open an `experimental_plan.yaml` and return it; without a path, return the plan in use.

    %alo_plan [PATH] [--widget]

    PATH is looked for in the current folder, then in the project folder. While a plan is open, its steps are the
    pipeline: a step cell must have a name that the plan lists. An edited file is read anew at the next run.
    With --widget and without a plan, a new one begins with the steps that the cells have defined.
    """
    __tracebackhide__ = True
    parsed = GRAMMAR.parse(line)
    show = plan_widget if parsed.options.get("widget") else use_plan
    return show(parsed.words[0] if parsed.words else None, no_install=bool(parsed.options.get("no-install")))


def register(ip: InteractiveShell) -> None:
    """Add the magic."""
    add_magic(ip, alo_plan, "line")


def unregister(ip: InteractiveShell) -> None:
    """Take it away."""
    remove_magic(ip, "alo_plan")
