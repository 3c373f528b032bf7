"""Plans: what is to be done. Knows nothing of running, and importing it loads no YAML library."""

from __future__ import annotations

from alo_nb.plan.describe import plan_view
from alo_nb.plan.find import find_plan
from alo_nb.plan.model import (
    MODES,
    PIPELINES,
    Control,
    ExternalPath,
    Note,
    Pipeline,
    Place,
    Plan,
    Problem,
    Source,
    Step,
)
from alo_nb.plan.overlay import overlay_solution_metadata
from alo_nb.plan.reader import parse_plan, read_plan
from alo_nb.plan.rules import valid_step_name
from alo_nb.plan.validate import check, require_valid

__all__ = [
    "MODES",
    "PIPELINES",
    "Control",
    "ExternalPath",
    "Note",
    "Pipeline",
    "Place",
    "Plan",
    "Problem",
    "Source",
    "Step",
    "check",
    "find_plan",
    "overlay_solution_metadata",
    "parse_plan",
    "plan_view",
    "read_plan",
    "require_valid",
    "valid_step_name",
]
