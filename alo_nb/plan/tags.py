"""ALO 3's two tags: `!Env` takes a value from the environment, `!Python` the value of an expression."""

from __future__ import annotations

import datetime
import os
import re
from typing import Any

from alo_nb.plan.model import Place
from alo_nb.plan.redact import shown
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, mapped

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_NAMES = {"datetime": datetime.datetime, "os": os, "re": re}
_OWN_VALUE = "write the value itself"


def refuse_tags(findings: Findings) -> None:
    """Report every tag of ALO 3 in a plan of an older ALO, which knows none; nothing is looked up or run."""
    for key, scalar in findings.tagged:
        message = f"the tag {scalar.tag} belongs to ALO 3 and is not read here; nothing was looked up or run"
        findings.problem("YAML_TAG", message, key, scalar.place, do=_OWN_VALUE)


def resolve_tags(root: Table, findings: Findings, *, allow_python: bool) -> Table:
    """Return the tree with tagged values replaced (alo/yml_schema.py of ALO 3).

    Parameters
    ----------
    allow_python : bool
        Whether expressions behind `!Python` may be run. They are code with all rights, so that without it each one is
        an error that shows it; with it, a note.
    """
    done = {id(each): _resolved(each, key, findings, allow_python) for key, each in findings.tagged}
    if not done:
        return root
    tree = mapped(root, lambda scalar: done.get(id(scalar), scalar))
    assert isinstance(tree, Table)
    return tree


def _resolved(scalar: Scalar, key: str, findings: Findings, allow_python: bool) -> Node:
    if scalar.tag == "!Env":
        return _from_environment(scalar, key, findings)
    if not allow_python:
        message = f"the tag !Python would run {shown(scalar.text, 100)} while the plan is read; it was not run"
        do = f"{_OWN_VALUE}, or allow expressions in this plan (--allow-python-tags)"
        findings.problem("YAML_TAG", message, key, scalar.place, do=do)
        return scalar
    return _from_expression(scalar, key, findings)


def _from_environment(scalar: Scalar, key: str, findings: Findings) -> Scalar:
    """Return the text with each ``${NAME}`` replaced. ALO 3 takes an empty variable for one that is not set."""
    names = dict.fromkeys(_VARIABLE.findall(scalar.text))
    missing = [name for name in names if not os.environ.get(name)]
    for name in missing:
        state = "is empty" if name in os.environ else "is not set"
        message = f"the environment variable {name} {state}"
        findings.problem("PLAN_ENV", message, key, scalar.place, do=f"set {name} before the plan is read")
    if not names:
        message = f"!Env {shown(scalar.text)} names no variable; it is taken as text"
        findings.problem("PLAN_ENV", message, key, scalar.place, do="write ${NAME}", severity="warning")
    if missing or not names:
        return scalar
    text = _VARIABLE.sub(lambda match: os.environ[match[1]], scalar.text)
    findings.from_env[text] = scalar.text
    return Scalar(text, scalar.text, False, scalar.place, scalar.tag)


def _from_expression(scalar: Scalar, key: str, findings: Findings) -> Node:
    try:
        # The caller agreed to it by name; ALO 3 evaluates every such tag unasked.
        value = eval(scalar.text, dict(_NAMES))
        node = _node(value, scalar.place)
    except (Exception, SystemExit) as exc:  # noqa: BLE001  an expression may raise anything
        message = f"the expression {shown(scalar.text, 100)} behind !Python failed: {type(exc).__name__}"
        findings.problem("YAML_TAG", message, key, scalar.place, do=_OWN_VALUE)
        return scalar
    findings.note("YAML_TAG", f"the value of the expression {shown(scalar.text, 100)} was taken", key, scalar.place)
    if isinstance(value, str) and value:
        findings.from_env[value] = f"!Python {scalar.text}"
    return node


def _node(value: Any, place: Place) -> Node:
    """Return plain data as a tree.

    Raises
    ------
    TypeError
        The value is none that a plan can hold.
    """
    if value is None or isinstance(value, (str, int, float, datetime.date)):
        return Scalar(value, str(value), False, place, "!Python")
    if isinstance(value, (list, tuple)):
        return Listing(tuple(_node(each, place) for each in value), place)
    if isinstance(value, dict):
        keys = [Scalar(key, str(key), False, place) for key in value]
        return Table(tuple(map(Entry, keys, [_node(each, place) for each in value.values()])), place)
    raise TypeError(type(value).__name__)
