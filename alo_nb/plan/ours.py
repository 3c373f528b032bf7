"""The section `alo_nb` of a plan: what it says to us alone. ALO of every era skips it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from alo_nb.plan.keys import OURS
from alo_nb.plan.policies import policy_meant
from alo_nb.plan.sections import read_section
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Table, describe, is_null, path_of, plain

CACHE = path_of("alo_nb", "cache")


def read_cache(top: Mapping[str, Entry], findings: Findings, *, whole: bool) -> dict[str, Any]:
    """Return the cache policy of each step as it is meant; `validate` judges steps and policies.

    `whole` as in `read_section`, for the era's own shape of a section.
    """
    if "alo_nb" not in top:
        return {}
    entry = read_section(top["alo_nb"].node, "alo_nb", OURS, findings, whole=whole).get("cache")
    policies: dict[str, Any] = {}
    for each in _steps(entry.node, findings) if entry is not None else ():
        key, name = path_of(CACHE, each.key.text), unicodedata.normalize("NFC", each.key.text)
        if not isinstance(each.key.value, str):
            message = f"the step name {each.key.text} is read as {each.key.value!r}, not as text"
            findings.problem("PLAN_KEY_TYPE", message, key, each.key.place, do=f'write "{each.key.text}"')
        elif name in policies:
            message = f"the policy of step {name} is given twice"
            findings.problem("PLAN_DUPLICATE_ITEM", message, key, each.key.place, do="keep one of the two")
        else:
            policies[name] = policy_meant(plain(each.node))
            findings.places[path_of(CACHE, name)] = each.key.place
    return policies


def _steps(node: Node, findings: Findings) -> list[Entry]:
    """Return the entries of a mapping, or of a list of mappings."""
    tables = node.items if isinstance(node, Listing) else (node,)
    for each in tables:
        if not isinstance(each, Table) and not is_null(each):
            message = f"{CACHE} holds {describe(each)} where `step: policy` belongs"
            findings.problem("PLAN_SHAPE", message, CACHE, each.place, do="write `cache: {STEP: off}`")
    return [entry for table in tables if isinstance(table, Table) for entry in table.entries]
