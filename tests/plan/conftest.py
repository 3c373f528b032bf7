"""Plans of our own making for the tests of the plan package."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from alo_nb.plan import Plan, Problem, check, parse_plan

VALID = """\
name: demo
version: "1.0.0"
external_path:
  - load_train_data_path: ./data/train/
  - load_inference_data_path: [./data/one/, ./data/two/]
  - save_train_artifacts_path:
  - save_inference_artifacts_path: ''
  - load_model_path:
external_path_permission:
  - aws_key_profile:
user_parameters:
  - train_pipeline:
      - step: input
        args:
          - x_columns: [a, b]
            y_column: target
        ui_args:
          - y_column
      - step: train
        args:
  - inference_pipeline:
      - step: inference
        args:
          - threshold: 0.5
asset_source:
  - train_pipeline:
      - step: input
        source:
          code: local
          branch:
          requirements: []
      - step: train
        source:
          code: https://git.example.org/group/train.git
          branch: v1.2_main
          requirements:
            - pandas==2.2.2
            - requirements.txt
  - inference_pipeline:
      - step: inference
        source:
          code: notebook
          branch:
          requirements:
control:
  - get_asset_source: every
  - backup_artifacts: False
  - backup_log: True
  - backup_size: 500
  - interface_mode: file
  - save_inference_format: zip
  - check_resource: False
ui_args_detail:
  - train_pipeline:
      - step: input
        args:
          - {name: y_column, type: string, default: target}
"""


@pytest.fixture(scope="session")
def valid() -> str:
    """The text of a valid plan with two pipelines."""
    return VALID


@pytest.fixture
def one_step() -> Callable[..., str]:
    """A plan of one step, with lines of the step's two entries to choose."""

    def make(args: str = "args:", *, step: str = "train", source: str = "code: local", control: str = "") -> str:
        return "\n".join(
            [
                "name: demo",
                'version: "1"',
                "external_path: []",
                "user_parameters:",
                "  - train_pipeline:",
                f"      - step: {step}",
                textwrap.indent(textwrap.dedent(args), " " * 8),
                "asset_source:",
                "  - train_pipeline:",
                f"      - step: {step}",
                "        source:",
                textwrap.indent(textwrap.dedent(source), " " * 10),
                "control:",
                textwrap.indent(textwrap.dedent(control) or "- interface_mode: memory", "  "),
                "",
            ]
        )

    return make


@pytest.fixture
def errors() -> Callable[[str | Plan], list[Problem]]:
    """The findings of severity error about a plan or its text."""

    def find(plan: str | Plan) -> list[Problem]:
        plan = parse_plan(plan, file="plan.yaml") if isinstance(plan, str) else plan
        return [each for each in check(plan) if each.severity == "error"]

    return find
