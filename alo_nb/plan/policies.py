"""Cache policies: how a plan or a magic line says whether a step may be taken from earlier runs."""

from __future__ import annotations

AUTO, OFF, RECOMPUTE, IGNORE = "auto", "off", "recompute", "ignore"
POLICIES = {
    AUTO: "taken from an earlier run when nothing that it depends on has changed",
    OFF: "runs every time, and nothing is kept of it for later",
    RECOMPUTE: "runs every time",
    IGNORE: "runs every time, and what changes in what it saves does not make the steps after it run",
}


def policy_meant(written: object) -> object:
    """Return what is meant by a policy as YAML or a magic line gives it: to YAML, ``off`` and ``on`` are truth values.

    Anything else is returned as it is, a policy or not.
    """
    return (AUTO if written else OFF) if isinstance(written, bool) else written
