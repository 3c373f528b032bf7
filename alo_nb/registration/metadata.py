"""`solution_metadata.yaml`, version 1.2: what AI Conductor is told of a solution (ALO 2.6 solution_register.py).

The bucket and the registry are known to the workspace's server only; their places hold names that neither can have,
because both are written in lower case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alo_nb import __version__
from alo_nb.plan import Pipeline, Plan, Step
from alo_nb.plan.ui import details_of
from alo_nb.project import Project
from alo_nb.registration.checks import is_single
from alo_nb.registration.files import data_of, files_of
from alo_nb.registration.info import SolutionInfo

BUCKET = "BUCKET-OF-YOUR-WORKSPACE"
REGISTRY = "REGISTRY-OF-YOUR-WORKSPACE"
NEXT_VERSION = "vN"
PLACEHOLDERS: Mapping[str, str] = {
    BUCKET: "the S3 bucket of the workspace",
    REGISTRY: "the ECR address of the workspace, with its folder",
}


def version_of(info: SolutionInfo) -> str:
    """Return ``"v1"`` for a new solution; of an update only the server knows the number."""
    return NEXT_VERSION if info.solution_update else "v1"


def placeholders(info: SolutionInfo) -> dict[str, str]:
    """Return what has to be filled in, with its meaning."""
    later = {NEXT_VERSION: "v and one more than the version that is registered"} if info.solution_update else {}
    return {**PLACEHOLDERS, **later}


def stored_at(info: SolutionInfo, mode: str, kind: str) -> str:
    """Return where a pipeline's ``data`` or ``artifacts`` belong: ``s3://…/ai-solutions/<name>/v1/train/data/``."""
    return f"s3://{BUCKET}/ai-solutions/{info.name}/{version_of(info)}/{mode}/{kind}/"


def image_name(info: SolutionInfo, mode: str) -> str:
    """Return the full name of a pipeline's image."""
    return f"{REGISTRY}/ai-solutions/{info.name}/{mode}/{info.name}:{version_of(info)}"


def solution_metadata(
    plan: Plan, pipelines: tuple[Pipeline, ...], info: SolutionInfo, project: Project
) -> dict[str, Any]:
    """Return the metadata of a solution as plain values.

    Parameters
    ----------
    plan : Plan
        With the arguments of the steps' magic lines in it.
    pipelines : tuple of Pipeline
        Those that are registered.
    """
    contents = info.contents_type
    return {
        "metadata_version": 1.2,
        "name": info.name,
        "description": {
            "title": info.name,
            "overview": info.overview,
            "detail": [{"title": each.title, "content": each.content} for each in info.detail],
            "contents_name": plan.name,
            "contents_version": plan.version,
            "alo_version": f"alo-nb {__version__}",
            "inference_build_type": "arm64" if info.inference_arm else "amd64",
        },
        "edgeconductor_interface": {
            "support_labeling": contents.support_labeling,
            "inference_result_datatype": contents.inference_result_datatype,
            "train_datatype": contents.train_datatype,
            "labeling_column_name": contents.labeling_column_name,
        },
        "edgeapp_interface": {"single_pipeline": is_single(plan), "redis_server_uri": "", "redis_db_number": 0},
        "wrangler_code_uri": "",
        "wrangler_dataset_uri": "",
        "pipeline": [_pipeline(plan, each, info, project) for each in pipelines],
    }


def _pipeline(plan: Plan, pipeline: Pipeline, info: SolutionInfo, project: Project) -> dict[str, Any]:
    mode, data = pipeline.mode, stored_at(info, pipeline.mode, "data")
    names = sorted({name.partition("/")[0] for name in files_of(data_of(project, mode)) if "/" in name})
    model = None if is_single(plan) else stored_at(info, "train", "artifacts")
    return {
        "type": mode,
        "dataset_uri": [f"{data}{name}/" for name in names] or [data],
        "artifact_uri": stored_at(info, mode, "artifacts"),
        **({"model_uri": model} if mode == "inference" else {}),
        "container_uri": image_name(info, mode),
        "parameters": {
            "candidate_parameters": [_candidate(each) for each in pipeline.steps],
            "selected_user_parameters": [{"step": each.name, "args": {}} for each in pipeline.steps],
            "user_parameters": [{"step": each.name, "args": _offered(plan, pipeline, each)} for each in pipeline.steps],
        },
    }


def _candidate(step: Step) -> dict[str, Any]:
    """Return a step as the plan's user_parameters have it."""
    offered = {} if step.ui_args is None else {"ui_args": list(step.ui_args)}
    return {"step": step.name, "args": [dict(step.args)] if step.args else [], **offered}


def _offered(plan: Plan, pipeline: Pipeline, step: Step) -> list[Any]:
    """Return the details of the arguments that users may set; a detail without its name in ui_args stays out."""
    wanted = step.ui_args or ()
    return [dict(each) for each in details_of(plan.ui_args_detail, pipeline.name, step.name) if each["name"] in wanted]
