"""The packages that a plan requires: who wants what, what is missing here, and an environment that has it.

Importing this package loads nothing else, so that a plan without requirements costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost start-up time
if TYPE_CHECKING:
    from alo_nb.plan import Plan


def has_requirements(plan: Plan) -> bool:
    """Return whether any step of the plan asks for packages; the other modules are only needed when it does."""
    return any(step.source and step.source.requirements for each in plan.pipelines for step in each.steps)
