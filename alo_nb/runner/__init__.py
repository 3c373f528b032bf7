"""The recipe of a run: setup, load, steps in order, save."""

from alo_nb.runner.events import Event, Listener
from alo_nb.runner.run import ActiveRun, RunRequest, run_plan
from alo_nb.runner.selection import Selection

__all__ = ["ActiveRun", "Event", "Listener", "RunRequest", "Selection", "run_plan"]
