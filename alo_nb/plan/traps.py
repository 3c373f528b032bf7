"""Warnings where YAML 1.1 reads a plain word or number as something its author may not have meant."""

from __future__ import annotations

import datetime
import math
import re

from alo_nb.plan.tree import Findings, Node, Scalar, walk

_INT_TRAPS = (
    ("PLAN_SEXAGESIMAL", re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a number to the base 60"),
    ("PLAN_OCTAL", re.compile(r"[-+]?0[0-7_]+"), "an octal number"),
    ("PLAN_UNDERSCORE", re.compile(r"[-+]?[0-9][0-9_.]*_[0-9_.]*"), "a number"),
)
MAX_LENGTH = 100  # of what somebody could have meant as a number
_FLOAT_LIKE = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+")


def find_traps(node: Node, key: str, findings: Findings) -> None:
    """Add a warning for each unquoted value below `node` that YAML 1.1 reads in a surprising way.

    ALO reads with PyYAML, which follows YAML 1.1 (resolver.py): ``no`` is False, ``010`` is 8, ``12:30`` is 750,
    ``1e-3`` is text.
    """
    for scalar in walk(node):
        trap = _trap(scalar)
        if trap:
            code, message, do = trap
            findings.problem(code, message, key, scalar.place, do=do, severity="warning")


def _trap(scalar: Scalar) -> tuple[str, str, str] | None:
    value, text = scalar.value, scalar.text
    if not scalar.bare or len(text) > MAX_LENGTH:
        return None
    if isinstance(value, bool):
        if text.lower() in ("true", "false"):
            return None
        return "PLAN_BOOL_LIKE", f"{text} means {value} here", f'write "{text}" if it is a word, else {value}'
    if isinstance(value, (datetime.date, datetime.datetime)):
        return "PLAN_DATE", f"{text} is read as a date", f'write "{text}" if it is text'
    if isinstance(value, float) and math.isnan(value):
        return "PLAN_NAN", f"{text} is read as not-a-number", "leave the value empty if there is none"
    if isinstance(value, (int, float)):
        for code, pattern, kind in _INT_TRAPS:
            if pattern.fullmatch(text):
                return code, f"{text} is read as {value}: {kind}", f'write "{text}" if it is text, else {value}'
    if isinstance(value, str) and _FLOAT_LIKE.fullmatch(text):
        number = text if "." in text else re.sub(r"([eE])", r".0\1", text)
        number = re.sub(r"([eE])([0-9])", r"\1+\2", number)
        return "PLAN_FLOAT_LIKE", f"{text} is read as text, not as a number", f"write {number} for the number"
    return None
