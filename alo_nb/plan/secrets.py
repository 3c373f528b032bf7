"""Secrets among the arguments of a plan, known by their form or by the name that stands before them."""

from __future__ import annotations

import re

from alo_nb.plan.redact import has_secret, is_secret, shown
from alo_nb.plan.tree import Entry, Findings, Node, Scalar, describe, entries, path_of, walk

_FILLED_IN_LATER = re.compile(r"\$\{\w+\}|<[^<>]*>|\*+")


def find_secrets(node: Node, key: str, findings: Findings) -> None:
    """Add a warning for each text below `node` that is masked where plans are shown (see `redact_all`).

    What the plan takes from the environment, or has a place for only (``${NAME}``, ``<password>``), is no secret in it.
    """
    named = {id(each.node): each.key.text for each in entries(node) if _is_named(each)}
    for scalar in walk(node):
        if id(scalar) in named:
            name = named[id(scalar)]
            message = f"{shown(name)} is a secret in a plan; it is masked in records"
            do = "let the step read it from an environment variable or from a key file"
            findings.problem("PLAN_SECRET", message, path_of(key, name), scalar.place, do=do, severity="warning")
        elif isinstance(scalar.value, str) and has_secret(scalar.text):
            message = f"an argument holds a password, a token or a key: {describe(scalar)}"
            do = "name an environment variable or a profile instead; plans are copied into the history"
            findings.problem("PLAN_SECRET", message, key, scalar.place, do=do, severity="warning")


def _is_named(entry: Entry) -> bool:
    node = entry.node
    if not isinstance(node, Scalar) or node.tag or _FILLED_IN_LATER.fullmatch(node.text):
        return False
    return is_secret(entry.key.value, node.value)
