"""A plan as understood, as plain values that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alo_nb.plan.model import Plan, Step
from alo_nb.plan.redact import redact_all

# the keys of `control` in a plan of ALO 2.6
ALO_2_CONTROL = (
    "get_asset_source",
    "backup_artifacts",
    "backup_log",
    "backup_size",
    "interface_mode",
    "save_inference_format",
    "check_resource",
)


def plan_view(plan: Plan) -> dict[str, Any]:
    """Return the plan as understood, keyed as ALO 2.6 keys it, for people and for comparison; not for running.

    `control` holds the keys of ALO 2.6; `get_external_data`, which it has dropped, stands beside it.
    Load paths are a text when there is one, a list when there are several, None when there is none. Credentials in
    addresses are masked, what came from the environment stands as the plan writes it, and mapping keys that JSON
    cannot hold (dates) are texts; dates as values stay dates.
    """
    external = plan.external_path
    view = {
        "name": plan.name,
        "version": plan.version,
        "external_path": {
            "load_train_data_path": _one_or_many(external.load_train_data_path),
            "load_inference_data_path": _one_or_many(external.load_inference_data_path),
            "save_train_artifacts_path": external.save_train_artifacts_path,
            "save_inference_artifacts_path": external.save_inference_artifacts_path,
            "load_model_path": external.load_model_path,
        },
        "control": {key: getattr(plan.control, key) for key in ALO_2_CONTROL},
        "get_external_data": plan.control.get_external_data,
        "aws_key_profile": plan.aws_key_profile,
        "aws_key_file": plan.aws_key_file,
        "cache": dict(plan.cache),
        "pipelines": {each.name: [_step(step) for step in each.steps] for each in plan.pipelines},
    }
    return {key: redact_all(as_written(value, plan.from_env)) for key, value in view.items()}


def as_written(value: Any, from_env: Mapping[str, str]) -> Any:
    """Return `value` with each text that came from the environment as the plan writes it, ``${HOME}/data``."""
    if not from_env:
        return value
    if isinstance(value, dict):
        return {key: as_written(each, from_env) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_written(each, from_env) for each in value]
    return from_env.get(value, value) if isinstance(value, str) else value


def _one_or_many(paths: tuple[str, ...]) -> str | list[str] | None:
    return list(paths) if len(paths) > 1 else paths[0] if paths else None


def _step(step: Step) -> dict[str, Any]:
    source = step.source
    shown = {
        "step": step.name,
        "args": dict(step.args),
        "code": source.code if source else None,
        "branch": source.branch if source else None,
        "requirements": list(source.requirements) if source else [],
        "ui_args": None if step.ui_args is None else list(step.ui_args),
    }
    return shown | ({"repository": source.repository} if source and source.repository else {})
