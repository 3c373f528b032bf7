"""Runs ``solution/experimental_plan.yaml`` of the current folder as ALO 2.6 does, in memory mode, without alo_nb.

What its plan reader, its pipeline and its library demand is written down here by behaviour: the exact set of keys, the
list of mappings, the first mapping of ``args``, ``asset_<letters>.py``, ``UserAsset(asset_structure)``, a `run` that
returns data and config.
"""

import importlib
import json
import shutil
import sys
from pathlib import Path

import yaml
from alolib.asset import AssetStructure  # the one beside this file

sys.modules["alo_nb"] = None  # whoever imports it fails

KEYS = {
    "name",
    "version",
    *(f"external_path:load_{each}_path" for each in ("train_data", "inference_data", "model")),
    *(f"external_path:save_{each}_artifacts_path" for each in ("train", "inference")),
    "external_path_permission:aws_key_profile",
    *(f"control:{each}" for each in ("get_asset_source", "backup_artifacts", "backup_log", "backup_size")),
    *(f"control:{each}" for each in ("interface_mode", "save_inference_format", "check_resource")),
}
SECTIONS = ("external_path", "external_path_permission", "user_parameters", "asset_source", "control")


def read_plan(path):
    plan = yaml.load(Path(path).read_text("utf-8"), Loader=yaml.FullLoader)
    assert type(plan["name"]) is str
    assert type(plan["version"]) is str
    assert plan.pop("ui_args_detail", []) in (None, [])
    keys = {key for key in plan if key not in SECTIONS}
    for section in SECTIONS:
        assert isinstance(plan[section], list), f"{section} is no list"
        merged = {}
        for each in plan[section]:
            merged.update(each)
        plan[section] = merged
        keys |= {f"{section}:{key}" for key in merged}
    pipelines = {f"{section}:{mode}_pipeline" for section in SECTIONS[2:4] for mode in ("train", "inference")}
    assert keys - pipelines == KEYS, keys ^ KEYS
    for name in plan["asset_source"]:
        steps = [each["step"] for each in plan["asset_source"][name]]
        assert [each["step"] for each in plan["user_parameters"][name]] == steps
    return plan


def load_data(paths, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in [paths] if isinstance(paths, str) else paths or []:
        shutil.copytree(path, folder / Path(path).name)


def run_pipeline(plan, name):
    folder = Path("input", name.partition("_")[0]).resolve()
    load_data(plan["external_path"][f"load_{folder.name}_data_path"], folder)
    data, config, seen = {}, {}, {}
    for listed, source in zip(plan["user_parameters"][name], plan["asset_source"][name], strict=True):
        step, asset = listed["step"], Path("assets", listed["step"]).resolve()
        assert source["source"]["code"] == "local"
        for line in source["source"]["requirements"]:
            assert line != "requirements.txt" or (asset / line).is_file()
        args = listed["args"][0] if isinstance(listed["args"], list) and listed["args"] else {}
        envs = {"pipeline": name, "step": step, "input": f"{folder}/"}
        sys.path.append(str(asset))
        module = importlib.import_module("asset_" + "".join(c for c in step if c.isalpha() or c == "_"))
        config["meta"] = {"step_name": step}
        data, config = module.UserAsset(AssetStructure(envs, args, data, config)).run()
        seen[step] = {"data": shown(data), "config": shown({k: v for k, v in config.items() if k != "meta"})}
        del sys.modules[module.__name__]
        sys.path.remove(str(asset))
    return seen


def shown(values):
    """Return values as text, so that two processes can compare them."""
    return {
        name: value.to_csv() if hasattr(value, "to_csv") else json.dumps(value, default=str)
        for name, value in values.items()
    }


if __name__ == "__main__":
    found = read_plan("solution/experimental_plan.yaml")
    sys.stdout.write(json.dumps({name: run_pipeline(found, name) for name in found["asset_source"]}))
