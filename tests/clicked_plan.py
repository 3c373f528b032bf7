"""A project with a plan to click at: two steps that are cells of a notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat

from alo_nb.notebook.widget.form import PlanWidget

TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"
PLAN = """\
# a plan to click at
name: shop
version: "1.0"
external_path:
  - load_train_data_path:
  - load_inference_data_path:
  - save_train_artifacts_path:
  - save_inference_artifacts_path:
  - load_model_path:
external_path_permission:
  - aws_key_profile:
user_parameters:
  - train_pipeline:
      - step: prep
        args:
      - step: fit
        args:
          - depth: 5   # how deep
            kind: forest
            columns: [a, b]
            password: hunter2-hunter2
        ui_args:
          - depth
asset_source:
  - train_pipeline:
      - step: prep
        source: {code: steps.ipynb, branch: , requirements: []}
      - step: fit
        source: {code: steps.ipynb, branch: , requirements: []}
control:
  - get_asset_source: once
  - backup_artifacts: True
  - backup_log: True
  - backup_size: 1000
  - interface_mode: memory
  - save_inference_format: tar.gz
  - check_resource: False
ui_args_detail:
  - train_pipeline:
      - step: fit
        args:
          - {name: depth, type: int, default: [3], range: [1, 20], description: how deep a tree may grow}
          - {name: kind, type: single_selection, default: forest, selectable: [forest, boosting]}
          - {name: rate, type: float, default: [0.5], range: [0, 1]}
"""
CELLS = (
    "%%alo_asset step=prep\nasset.save_data({'x': [1, 2]})\nasset.save_config({})",
    "%%alo_asset step=fit rounds=9\nimport time\nargs = asset.load_args()\nprint('depth is', args['depth'])\n"
    "time.sleep(args.get('seconds', 0))\n1 / (args['depth'] - 13)\n"
    "asset.save_data(asset.load_data())\nasset.save_config(asset.load_config())",
)


def write(project: Path, text: str = PLAN) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    nbformat.write(notebook, project / "steps.ipynb")
    (project / "plan.yaml").write_text(text)
    return project / "plan.yaml"


def chips(form: PlanWidget, pipeline: str) -> list[str]:
    """Return what the steps of a pipeline are shown as."""
    return [each.description for each in form.lists[pipeline].chips]


def click_step(form: PlanWidget, pipeline: str, step: str) -> None:
    """Click at a step, as the front end tells it."""
    [chip] = [each for each in form.lists[pipeline].chips if each.step.name == step]
    chip.value = not chip.value
