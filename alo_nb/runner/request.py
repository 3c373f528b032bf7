"""What somebody wants to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from alo_nb.handover import Interface
from alo_nb.plan import Plan, Step
from alo_nb.project import Project
from alo_nb.runner.caching import ALL, NO_CACHING, Caching
from alo_nb.runner.events import Listener
from alo_nb.runner.selection import EVERYTHING, Selection
from alo_nb.runner.shown import Recorder, printed
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.magic_line import text_of


@dataclass(frozen=True)
class RunRequest:
    """What to run.

    Attributes
    ----------
    plan : Plan
        A valid plan.
    find : callable
        Gives the code of a plan's step.
    mode : str
        ``train``, ``inference`` or ``all``.
    interface : Interface, optional
        Where outputs are kept between the steps; made from the plan's `interface_mode` when absent.
    overrides : mapping
        ``"step.argument"`` to value; goes before the plan's.
    variables : mapping
        The notebook's variables, for steps with ``use=``.
    train_id : str, optional
        The earlier train run whose model the inference uses: its id, or the beginning or the random part of it.
    on_module : callable
        Gets each finished step's name and namespace.
    caching : Caching
        What it takes from earlier runs.
    strict_contracts : bool
        Whether a step that no longer hands on what it did is an error; see `alo_nb.runner.contracts`.
    read_with : mapping of str to str
        The options of the command line that the plan was read with.
    recorder : callable
        Gives a context manager around each execution that notes what the step displays.
    """

    plan: Plan
    project: Project
    find: Callable[[Step], StepDefinition]
    mode: str = "all"
    selection: Selection = EVERYTHING
    interface: Interface | None = None
    interface_mode: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    trigger: str = "python"
    run_id: str | None = None
    train_id: str | None = None
    on_module: Callable[[str, ModuleType], None] | None = None
    caching: Caching = NO_CACHING
    strict_contracts: bool = False
    read_with: Mapping[str, str] = field(default_factory=dict)
    recorder: Recorder = printed

    def asked(self) -> dict[str, str]:
        """Return what was asked for besides plan and mode: options as the command line has them, and arguments.

        Options begin with ``--``; those that take no value have an empty one. An argument is ``step.name``.
        """
        caching = self.caching
        chosen = {
            **{"--interface-mode": self.interface_mode, "--train-id": self.train_id},
            **{"--resume": caching.resume, "--inputs": caching.inputs},
        }
        forced = "" if caching.force == (ALL,) else ",".join(caching.force)
        return {
            **self.selection.options(),
            **{name: value for name, value in chosen.items() if value},
            **({"--force": forced} if caching.force else {}),
            **({} if caching.on else {"--no-cache": ""}),
            **({"--strict": ""} if self.strict_contracts else {}),
            **self.read_with,
            **{name: _text(value) for name, value in self.overrides.items()},
        }


def _text(value: Any) -> str:
    try:
        return text_of(value)
    except ValueError:
        return f"<{type(value).__name__}>"
