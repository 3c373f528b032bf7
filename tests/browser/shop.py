"""A small project to look at: a plan with two pipelines whose steps are cells of a notebook."""

from __future__ import annotations

PLAN = """\
# a plan to click at
name: shop
version: 1.0.0
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
          - columns: [price, weight]
      - step: train
        args:
          - depth: 5   # how deep
            seconds: 0
  - inference_pipeline:
      - step: prep
        args:
          - columns: [price, weight]
      - step: inference
        args:
asset_source:
  - train_pipeline:
      - step: prep
        source: {code: shop.ipynb, branch: , requirements: []}
      - step: train
        source: {code: shop.ipynb, branch: , requirements: []}
  - inference_pipeline:
      - step: prep
        source: {code: shop.ipynb, branch: , requirements: []}
      - step: inference
        source: {code: shop.ipynb, branch: , requirements: []}
control:
  - get_asset_source: once
  - backup_artifacts: True
  - backup_log: True
  - backup_size: 1000
  - interface_mode: memory
  - save_inference_format: tar.gz
  - check_resource: False
"""
PREP = """\
%%alo_asset step=prep -n
import pandas as pd
columns = asset.load_args()["columns"]
asset.save_data({"goods": pd.DataFrame({each: [1.5, 2.5, None] for each in columns})})
asset.save_config({"columns": columns})
"""
TRAIN = """\
%%alo_asset step=train -n
import time
from pathlib import Path
args = asset.load_args()
time.sleep(args["seconds"])
rate = 1 / (10 - args["depth"])
(Path(asset.get_model_path()) / "model.txt").write_text(str(rate))
asset.save_summary(result="trained", score=rate, note="the best so far", probability={"good": 0.75, "bad": 0.25})
asset.save_data({**asset.load_data(), "rate": rate})
asset.save_config(asset.load_config())
"""
INFERENCE = """\
%%alo_asset step=inference -n
from pathlib import Path
(Path(asset.get_output_path()) / "output.csv").write_text("price\\n1\\n")
asset.save_summary(result="all good", score=0.875, note="seen by nobody")
asset.save_data(asset.load_data())
asset.save_config(asset.load_config())
"""
CELLS = ("%load_ext alo_nb", "%alo_plan plan.yaml", PREP, TRAIN, INFERENCE)
