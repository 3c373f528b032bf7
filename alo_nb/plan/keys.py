"""Every key of ALO's plan files, section by section: today's, older spellings, and those a later ALO dropped.

Today is ALO 2.6 (experimental_plan_format.yaml); older spellings are those of plans written before ALO 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from alo_nb.plan.model import PIPELINES


@dataclass(frozen=True)
class Section:
    """The keys of one mapping.

    `respelled` maps an older key to today's; `ignored` and `lost` map a dropped key to what to know: ignoring a value
    of the first kind changes nothing, of the second kind it does. `unknown` is how grave any other key is.
    """

    known: tuple[str, ...]
    required: tuple[str, ...] = ()
    respelled: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    unknown: Literal["error", "warning"] = "error"


_NO_EFFECT = "it has no effect, as in every later ALO"
_KEY_FILE = "write it as `s3_private_key_file` in external_path_permission, or name a profile in `aws_key_profile`"

TOP = Section(
    known=(
        "name",
        "version",
        "external_path",
        "external_path_permission",
        "user_parameters",
        "asset_source",
        "control",
        "ui_args_detail",
        "alo_nb",
    ),
    required=("user_parameters", "asset_source"),
)
OURS = Section(known=("cache",))  # the section `alo_nb`, which no ALO reads: every one of them skips an unknown key
LOAD_DATA = ("load_train_data_path", "load_inference_data_path")
EXTERNAL_PATH = Section(
    known=(*LOAD_DATA, "save_train_artifacts_path", "save_inference_artifacts_path", "load_model_path"),
    respelled={
        "load_train_data": "load_train_data_path",
        "load_inference_data": "load_inference_data_path",
        "save_train_artifacts": "save_train_artifacts_path",
        "save_inference_artifacts": "save_inference_artifacts_path",
    },
    lost={"load_s3_key_path": _KEY_FILE},
)
PERMISSION = Section(known=("aws_key_profile", "s3_private_key_file"))
CONTROL = Section(
    known=(
        "get_asset_source",
        "get_external_data",
        "backup_artifacts",
        "backup_log",
        "backup_size",
        "interface_mode",
        "save_inference_format",
        "check_resource",
    ),
    respelled={"check_asset_source": "get_asset_source"},
    ignored={"reset_assets": _NO_EFFECT, "process_log": _NO_EFFECT},
)
PIPELINE_NAMES = Section(
    known=PIPELINES,
    respelled={"train_workflows": "train_pipeline", "inference_workflows": "inference_pipeline"},
)
PARAMETERS = Section(
    known=("step", "args", "ui_args"), required=("step",), respelled={"parameters": "args", "parmeters": "args"}
)
SOURCES = Section(known=("step", "source"), required=("step", "source"))
SOURCE = Section(known=("code", "branch", "requirements"), required=("code",))

# -- ALO 3 (alo/model.py of mellerikat-alo 3.0.4), which ignores unknown keys in silence ------------------------------


def _alo_3(*known: str, required: tuple[str, ...] = ()) -> Section:
    return Section(known=known, required=required, unknown="warning")


ALO_3_ERA = "ALO 3"
ALO_3_TOP = _alo_3("name", "version", "control", "solution", "api", "alo_nb", required=("solution",))
ALO_3_CONTROL = _alo_3("backup", "check_resource", "artifacts")
BACKUP = _alo_3("type", "value", required=("type",))
SOLUTION = _alo_3("git", "pip", "credential", "function", "train", "inference", "version")
GIT = _alo_3("url", "branch", "id", "password", "option", required=("url",))
GIT_OPTION = _alo_3("reset", "clean", "refresh")
PIP = _alo_3("requirements", "options")
FUNCTION = _alo_3("def", "argument", "schema", required=("def",))
STAGE = _alo_3("dataset_uri", "model_uri", "artifact_uri", "pipeline", required=("pipeline",))
STORED = _alo_3("path", "bucket", "key", "compress", "credential", "config")
STAGES = {"train_pipeline": "train", "inference_pipeline": "inference"}
ALO_3_PATHS = {
    "load_train_data_path": "solution > train > dataset_uri",
    "load_inference_data_path": "solution > inference > dataset_uri",
    "save_train_artifacts_path": "solution > train > artifact_uri",
    "save_inference_artifacts_path": "solution > inference > artifact_uri",
    "load_model_path": "solution > inference > model_uri",
}
RESERVED_FUNCTIONS = ("dataset", "models", "summary", "log", "extra_output", "workspace", "name")
RESERVED_MODULES = ("alo", "main")

# -- solution_metadata, which ALO lays over a plan (ALO 2.6 yaml.py; its other keys say nothing to a run) --------------

METADATA_TYPES = {"train": "train_pipeline", "inference": "inference_pipeline"}
METADATA_PATHS = {
    ("train", "dataset_uri"): "load_train_data_path",
    ("train", "artifact_uri"): "save_train_artifacts_path",
    ("inference", "dataset_uri"): "load_inference_data_path",
    ("inference", "artifact_uri"): "save_inference_artifacts_path",
    ("inference", "model_uri"): "load_model_path",
}
METADATA_DATATYPES = ("inference_result_datatype", "train_datatype")

# What only a file of that kind has at its left edge.
ALO_3_MARKS = frozenset({"solution"})
SOLUTION_METADATA_MARKS = frozenset(
    {"metadata_version", "edgeconductor_interface", "edgeapp_interface", "wrangler_code_uri", "wrangler_dataset_uri"}
)
