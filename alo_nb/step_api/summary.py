"""The inference summary that ALO hands to Edge Conductor: its rules, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from numbers import Real
from pathlib import Path
from typing import Any

from alo_nb.errors import StepOutputError
from alo_nb.step_api.context import StepContext
from alo_nb.store.records import Summary

RESULT_LIMIT, NOTE_LIMIT = 32, 128
TEXT_LIMITS = {"result": 25, "note": 100}  # characters that ALO's documents allow
SUM_TOLERANCE = 0.01


def checked_summary(result: Any, score: Any, note: Any, probability: Any) -> Summary:
    """Return the four values as plain strings and floats.

    Parameters
    ----------
    result : str
        At most 32 characters (the limit in ALO 2.6's code; its documents say 25).
    score : real number
        0 to 1; stored with 2 decimals.
    note : str
        At most 128 characters (the documents say 100).
    probability : mapping of str to real number
        Empty, or class probabilities whose sum is 1 within 0.01; stored with 4 decimals.

    Raises
    ------
    StepOutputError
        A value breaks its rule; the message names the argument and the value.
    """
    return Summary(
        result=_text("result", result, RESULT_LIMIT),
        score=round(_unit_number("score", score), 2),
        note=_text("note", note, NOTE_LIMIT),
        probability=_probabilities(probability),
    )


def length_warnings(summary: Mapping[str, Any]) -> list[str]:
    """Return a warning for each text that is longer than ALO's documents allow."""
    return [
        f"save_summary: {name} has {len(summary[name])} characters; ALO's documents allow {limit}"
        for name, limit in TEXT_LIMITS.items()
        if len(summary[name]) > limit
    ]


def file_content(
    summary: Mapping[str, Any], *, file_path: str, version: str = "", now: datetime | None = None
) -> dict[str, Any]:
    """Return what ALO 2.6 writes to ``<mode>_summary.yaml``: the summary, the UTC date, the external path, the version.

    `version` is ``v<metadata_version>`` of a solution that was deployed, else empty.
    """
    date = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S")
    return {**summary, "date": date, "file_path": file_path, "version": version}


def summary_file(context: StepContext) -> Path:
    """Return where the summary of a step's pipeline stands, as the step sees it; it may be an earlier run's."""
    return context.folders.root / context.artifacts_folder / "score" / f"{context.mode}_summary.yaml"


def write_summary(context: StepContext, summary: Mapping[str, Any]) -> None:
    """Write the summary of a step's pipeline, in the place of one that an earlier step or run wrote.

    The folder holds nothing else, so it begins empty: what an earlier run wrote there is no input of the step.
    """
    from alo_nb.files import write_atomic
    from alo_nb.plan.yaml_text import dump_mapping

    version = f"v{context.metadata_version}" if context.metadata_version else ""
    content = file_content(summary, file_path=context.save_artifacts_path or "", version=version)
    folder = context.folders.writable(f"{context.artifacts_folder}/score", empty=True)
    write_atomic(folder / summary_file(context).name, dump_mapping(content))


def _text(name: str, value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise StepOutputError(f"save_summary: {name} must be text, got {type(value).__name__} {value!r}")
    if len(value) > limit:
        raise StepOutputError(f"save_summary: {name} has {len(value)} characters; at most {limit} are allowed")
    return str.__str__(value)  # numpy's texts are texts that YAML cannot write


def _unit_number(name: str, value: Any) -> float:
    if not isinstance(value, Real) or value != value:  # NaN
        raise StepOutputError(f"save_summary: {name} must be a number from 0 to 1, got {value!r}")
    if value < 0 or not value <= 1:
        raise StepOutputError(f"save_summary: {name} must lie between 0 and 1, got {value!r}")
    return float(value)


def _probabilities(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise StepOutputError(f"save_summary: probability must be a dict of class name to number, got {value!r}")
    numbers = {key: _unit_number(f"probability[{key!r}]", each) for key, each in value.items()}
    total = sum(numbers.values())
    if numbers and abs(total - 1) > SUM_TOLERANCE:
        raise StepOutputError(
            f"save_summary: the probabilities add up to {total:.4g}, not to 1",
            do="give one probability for each class, e.g. {'yes': 0.7, 'no': 0.3}",
        )
    return {str.__str__(key): round(each, 4) for key, each in numbers.items()}
