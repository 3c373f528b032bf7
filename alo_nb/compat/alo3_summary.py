"""The summary that a function of ALO 3 returns: what ALO 3 clips is clipped here too, with a warning for each."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from alo_nb.errors import StepOutputError, nearest
from alo_nb.step_api.summary import NOTE_LIMIT, RESULT_LIMIT, SUM_TOLERANCE, checked_summary

KEYS = ("result", "score", "note", "probability")
NO_SUMMARY: Mapping[str, Any] = {"result": None, "score": None, "note": "", "probability": {}}


def clipped(returned: Any) -> tuple[dict[str, Any], list[str]]:
    """Return a summary as it is written, and what to warn about.

    `result` and `score` may be missing and are None then. A `result` above 32 or a `note` above 128 characters is cut,
    a `score` outside of 0 to 1 becomes 0, and of probabilities whose sum only rounds to 1 the largest is made what
    lacks to 1 (ALO 3.0.4 alo.py, `save_summary`).

    Raises
    ------
    StepOutputError
        It is no dict, has other keys, or has probabilities that ALO 3 refuses too (ALO-SMM-001 to 003).
    """
    if not isinstance(returned, Mapping):
        raise StepOutputError(f"the summary must be a dict, got {type(returned).__name__} {returned!r}")
    unknown = [key for key in returned if key not in KEYS]
    if unknown:
        raise StepOutputError(
            f"the summary has the key {unknown[0]!r}, which it cannot have{nearest(str(unknown[0]), KEYS)}"
        )
    warnings: list[str] = []
    given = {key: value for key, value in returned.items() if value is not None}
    result = _text("result", given.get("result", ""), RESULT_LIMIT, warnings)
    note = _text("note", given.get("note", ""), NOTE_LIMIT, warnings)
    score = _score(given.get("score", 0), warnings)
    probability = _probability(given.get("probability", {}), warnings)
    summary = checked_summary(result, score, note, probability)
    return {**summary, **{key: None for key in ("result", "score") if key not in given}}, warnings


def _text(name: str, value: Any, limit: int, warnings: list[str]) -> str:
    text = value if isinstance(value, str) else str(value)
    if not isinstance(value, str):
        warnings.append(f"summary: {name} is {type(value).__name__} and no text; {text[:limit]!r} is taken")
    if len(text) > limit:
        warnings.append(f"summary: {name} has {len(text)} characters; the first {limit} are kept")
    return text[:limit]


def _score(value: Any, warnings: list[str]) -> Any:
    if isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= 1:
        return value
    warnings.append(f"summary: score is {value!r} and no number from 0 to 1; 0 is taken")
    return 0.0


def _probability(value: Any, warnings: list[str]) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(each, Real) for each in value.values()):
        return value
    total = float(sum(value.values()))
    if abs(total - 1) <= SUM_TOLERANCE or not 0.5 < total < 1.5:
        return value
    largest = max(value, key=lambda key: float(value[key]))
    others = {key: float(each) for key, each in value.items() if key != largest}
    warnings.append(f"summary: the probabilities add up to {total:.4g}; {largest!r} is made what lacks to 1")
    return {key: others.get(key, 1 - sum(others.values())) for key in value}
