"""A step as it would run now: what a decision compares with earlier executions. Nothing is run or written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from alo_nb.cache.decision import Cause, Decision, Now
from alo_nb.cache.imports import imports_of
from alo_nb.cache.key import key_of, name_of
from alo_nb.cache.parts import parts_of
from alo_nb.cache.state import FileState
from alo_nb.cache.texts import digest_of_text
from alo_nb.cache.variables import variables_of
from alo_nb.handover.codec import encode
from alo_nb.plan.policies import AUTO
from alo_nb.runner.setup import Setup
from alo_nb.steps.definition import StepDefinition

_PLAIN = (type(None), bool, int, float, str)
FORCED = Cause("forced", "forced")
_SHOWN = 200  # characters of an argument


def asked_for(setup: Setup, pipeline: str, step: str) -> Decision | None:
    """Return why a step runs whatever is kept of it; None when that decides."""
    if setup.is_forced(step):
        return Decision(causes=(FORCED,))
    policy = setup.policy(pipeline, step)
    return None if policy == AUTO else Decision(causes=(Cause("policy", f"policy cache={policy}"),))


def step_now(
    setup: Setup,
    pipeline: str,
    step: str,
    *,
    upstream: Mapping[str, Mapping[str, str]],
    upstream_step: str,
    used: Mapping[str, str],
    files: FileState,
    mask: Callable[[str], str],
) -> Now:
    """Return a step as it would run now.

    Parameters
    ----------
    upstream : mapping
        Kind to key to digest, of what comes in.
    upstream_step : str
        The step that it comes from; empty for the first.
    used : mapping
        Notebook variable to the digest of its value.
    files : FileState
        Says what files are like now.
    mask : callable
        Takes secrets out of a text.
    """
    definition, key = setup.definitions[pipeline, step], key_of(setup.request.project)
    return Now(
        parts=parts_of(definition),
        imports=imports_of(definition),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        args=_arguments(setup, pipeline, definition, key, mask),
        used=used,
        upstream=upstream,
        upstream_step=upstream_step,
        files=files,
        ignored=setup.ignored(pipeline),
        summary=_in_summary(setup, pipeline, mask),
        variables=variables_of(definition, key),
        key=name_of(key),
    )


def _in_summary(setup: Setup, pipeline: str, mask: Callable[[str], str]) -> dict[str, str]:
    """Return what of the plan goes into a summary, see `step_api.summary.file_content`."""
    plan, mode = setup.request.plan, setup.pipeline(pipeline).mode
    saves = mask(plan.external_path.saves(mode) or "")
    return {f"save_{mode}_artifacts_path": saves, "metadata_version": plan.metadata_version}


def _arguments(
    setup: Setup, pipeline: str, definition: StepDefinition, key: bytes, mask: Callable[[str], str]
) -> dict[str, tuple[str, str]]:
    """Return the arguments that a step can see: its own; a function of ALO 3 sees those of all steps."""
    args = setup.arguments_of(pipeline, definition.name)
    if definition.kind == "pipeline_function":
        for step in setup.pipeline(pipeline).step_names():
            args |= {f"{step}.{name}": value for name, value in setup.arguments_of(pipeline, step).items()}
    return {name: (_digest(value, key), mask(repr(value))[:_SHOWN]) for name, value in args.items()}


def _digest(value: Any, key: bytes) -> str:
    """Return a digest that is equal for arguments that are; 1, 1.0, true and a date's text are four different ones."""
    return digest_of_text(repr(value) if _is_plain(value) else encode(value).digest, key)


def _is_plain(value: Any) -> bool:
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(_is_plain(name) and _is_plain(each) for name, each in value.items())
    return type(value) in _PLAIN
