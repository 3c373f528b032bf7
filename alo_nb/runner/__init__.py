"""The recipe of a run: setup, load, steps in order, save."""

from alo_nb.runner.events import Event, Listener
from alo_nb.runner.run import ActiveRun, run_plan
from alo_nb.runner.selection import EVERYTHING, Selection
from alo_nb.runner.setup import RunRequest, Setup, set_up

__all__ = [
    "EVERYTHING",
    "ActiveRun",
    "Event",
    "Listener",
    "RunRequest",
    "Selection",
    "Setup",
    "run_plan",
    "set_up",
]
