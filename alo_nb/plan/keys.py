"""Every key of ALO's plan files, section by section: today's, older spellings, and those a later ALO dropped.

Today is ALO 2.6 (experimental_plan_format.yaml); older spellings are those of plans written before ALO 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alo_nb.plan.model import PIPELINES


@dataclass(frozen=True)
class Section:
    """The keys of one mapping.

    `respelled` maps an older key to today's; `ignored` and `lost` map a dropped key to what to know: ignoring a value
    of the first kind changes nothing, of the second kind it does.
    """

    known: tuple[str, ...]
    required: tuple[str, ...] = ()
    respelled: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)


_NO_EFFECT = "it has no effect, as in every later ALO"
_KEY_FILE = "key files are not read; name a profile in `aws_key_profile`"

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
    ),
    required=("user_parameters", "asset_source"),
)
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
PERMISSION = Section(known=("aws_key_profile",), lost={"s3_private_key_file": _KEY_FILE})
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

# What only a file of that kind has at its left edge.
ALO_3_MARKS = frozenset({"solution"})
SOLUTION_METADATA_MARKS = frozenset(
    {"metadata_version", "edgeconductor_interface", "edgeapp_interface", "wrangler_code_uri", "wrangler_dataset_uri"}
)
