"""What ALO 3 lets a function's argument be: within a range, one or more of a set of choices, or anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan.model import Place
from alo_nb.plan.redact import redact_named
from alo_nb.plan.sections import MAX_ITEMS
from alo_nb.plan.tree import Entry, Findings, Table, describe, is_null, path_of, plain


def read_schema(entry: Entry, args: Mapping[Any, Any], path: str, findings: Findings) -> dict[Any, Any]:
    """Return the arguments with the schema's defaults for those that are not given, each checked against it.

    ALO 3 (alo/model.py, `Function`) takes an entry with neither range nor choices as the value itself.
    """
    node, whole = entry.node, dict(args)
    if not isinstance(node, Table):
        if not is_null(node):
            message, do = f"schema is {describe(node)}, not a mapping", "write `argument:` and its range or choices"
            findings.problem("PLAN_SHAPE", message, path, node.place, do=do)
        return whole
    for each in node.entries:
        rule, name = plain(each.node), each.key.value
        key = path_of(path, each.key.text)
        if not isinstance(rule, dict) or not ({"range", "choices"} & rule.keys() and "default" in rule):
            if name not in whole:
                _whole_entry(each, key, findings)
            whole.setdefault(name, rule)
            continue
        whole.setdefault(name, rule["default"])
        _check(str(name), whole[name], rule, key, each.node.place, findings)
    return whole


def _whole_entry(entry: Entry, key: str, findings: Findings) -> None:
    if isinstance(entry.node, Table):
        message = "neither range nor choices with a default: as in ALO 3, the argument is this mapping itself"
        do = "write `default:` and `range:` or `choices:`"
        findings.problem("PLAN_SHAPE", message, key, entry.node.place, do=do, severity="warning")


def _check(name: str, value: Any, rule: Mapping[str, Any], key: str, place: Place, findings: Findings) -> None:
    if "range" in rule:
        low, high = rule["range"] if _is_range(rule["range"]) else (None, None)
        if low is None or high is None:
            findings.problem("PLAN_SHAPE", f"the range of {name} is no pair of numbers", key, place, do="write [0, 10]")
        elif not _is_number(value) or not low <= value <= high:
            message = f"{name} is {_short(name, value, findings)}, outside of {low} to {high}"
            findings.problem("PLAN_RANGE", message, key, place, do=f"write {low} to {high}")
        return
    choices = rule["choices"] if isinstance(rule["choices"], list) else []
    values = value if isinstance(value, list) else [value]
    if len(choices) > MAX_ITEMS or len(values) > MAX_ITEMS:
        message, do = f"{name} has more than {MAX_ITEMS} choices or values", "write fewer"
        findings.problem("PLAN_VALUE", message, key, place, do=do)
        return
    wrong = [each for each in values if each not in choices]
    if wrong:
        known = [str(each) for each in choices[:100]]
        hint, do = nearest(str(wrong[0])[:100], known), f"choose among {', '.join(known)[:200] or 'the choices'}"
        message = f"{name} is {_short(name, wrong[0], findings)}, which is no choice{hint}"
        findings.problem("PLAN_CHOICE", message, key, place, do=do)


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_number(each) for each in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _short(name: str, value: Any, findings: Findings) -> str:
    written = findings.from_env.get(value, value) if isinstance(value, str) else value
    return repr(redact_named(name, written))[:60]
