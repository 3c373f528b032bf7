"""The API that a step's code sees: `Asset`, with ALO 2.x's calls and rules."""

from alo_nb.step_api.asset import Asset
from alo_nb.step_api.context import Folders, LogRecord, StepContext, StepIO

__all__ = ["Asset", "Folders", "LogRecord", "StepContext", "StepIO"]
