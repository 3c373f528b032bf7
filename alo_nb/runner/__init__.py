"""The recipe of a run: setup, load, steps in order, save."""

from alo_nb.runner.caching import CACHING, NO_CACHING, Caching
from alo_nb.runner.events import Event, Listener
from alo_nb.runner.request import RunRequest
from alo_nb.runner.run import ActiveRun, run_plan
from alo_nb.runner.selection import EVERYTHING, Selection
from alo_nb.runner.setup import Setup, set_up
from alo_nb.runner.shown import Recorder, printed

__all__ = [
    "CACHING",
    "EVERYTHING",
    "NO_CACHING",
    "ActiveRun",
    "Caching",
    "Event",
    "Listener",
    "Recorder",
    "RunRequest",
    "Selection",
    "Setup",
    "printed",
    "run_plan",
    "set_up",
]
