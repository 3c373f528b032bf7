"""Plans in the shapes that people write, each with what an edit must not touch."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

USUAL = """\
# A plan as ALO's templates have it.
name: demo
version: 1.0.0

external_path:
    - load_train_data_path: ./data/train/   # from the shop
    - load_inference_data_path:
        - ./data/one/
        # the second shift
        - "./data/two/"
    - save_train_artifacts_path:
    - save_inference_artifacts_path: ''
    - load_model_path:

external_path_permission:
    - aws_key_profile:

## arguments of the steps
user_parameters:
    - train_pipeline:
      - step: input   # reads
        args:
          - x_columns: ['Pclass', "Sex", Age]  # three of them
            y_column: 'Survived'\t# what is predicted
            use_all: False
            drop:
        ui_args:
          - y_column

      # it fills the gaps
      - step: preprocess
        args:

      - step: train ## last
        args:
          - model_type: forest
            # how deep it may grow
            max_depth: 5
            grid: {depth: [1, 2], rate: 0.1}
            layers:
              - 10
              - 20   # the wide one
              - 30
            note: |
              # no comment, but text
              two lines

    - inference_pipeline:
      - step: input
        args:
          - x_columns: ['Pclass', "Sex", Age]
      #- step: report
      #  args:
      #    - top: 3
      - step: inference
        args: []

asset_source:
    - train_pipeline:
        - step: input
          source:  ## git or local
            code: https://git.example.org/input.git
            # code: local
            branch: v1.0
            requirements:
              - pandas==1.5.3
              - numpy

        - step: preprocess
          source: {code: local, branch: , requirements: []}

        - step: train
          source:
            code: notebook
            branch:
            requirements: [scikit-learn]
    - inference_pipeline:
        - step: input
          source: {code: local, branch: , requirements: []}
        #- step: report
        #  source:
        #    code: local
        - step: inference
          source:
            code: local

control:
    ## 1. whether to fetch the code again
    - get_asset_source: once ## once, every
    - backup_artifacts: True
    - backup_log: True
    - backup_size: 1000   # MB
    - interface_mode: memory
    - save_inference_format: tar.gz
    - check_resource: False

made_by: {team: ours}   # nobody knows this key
ui_args_detail:
    - train_pipeline:
        - step: train
          args:
            - name: max_depth
              type: int
              default: [5]
              range: [1, 20]
"""

NARROW = """\
name: narrow
version: "1"
external_path: [{load_train_data_path: ./a}, {load_model_path: }]
user_parameters:
- train_pipeline:
  - step: a
    args: [{one: 1, two: b}]
  - {step: b, args: }
asset_source:
- train_pipeline:
  - step: a
    source: {code: local, branch: , requirements: []}
  - {step: b, source: {code: local}}
control: [{backup_size: 10}]
"""

OLD = """\
external_path:
    - load_train_data: ./old/
user_parameters:
    - train_workflows:
        - step: input
          parameters:
            - rows: 10
asset_source:
    - train_workflows:
        - step: input
          source:
            code: local
control:
    - check_asset_source: once
"""

MAPPINGS = """\
name: mappings
version: "1"
external_path:
  load_train_data_path: ./a
user_parameters:
  train_pipeline:
    - step: a
      args:
        one: 1
        deep: {x: {y: [1, {z: 2}]}}
asset_source:
  train_pipeline:
    - step: a
      source:
        code: local
control:
  backup_size: 10"""  # no line end at the end

ALO_3 = """\
name: three
version: 1.0.0
solution:
  function:
    clean:
      def: shop.clean
      argument:
        limit: 3   # of each
    fit:
      def: shop.fit
  train:
    dataset_uri: !Env ${HOME}/data/
    pipeline: [clean, fit]
"""

TEMPLATE = (REPOSITORY / "alo_nb" / "export" / "template" / "experimental_plan.yaml").read_text(encoding="utf-8")

PLANS = {
    "usual": USUAL,
    "CRLF": USUAL.replace("\n", "\r\n"),
    "BOM": "\ufeff" + USUAL,
    "narrow": NARROW,
    "old": OLD,
    "mappings": MAPPINGS,
    "titanic": (REPOSITORY / "plans" / "titanic.yaml").read_text(encoding="utf-8"),
    "template": TEMPLATE.replace("{{name}}", "demo"),
}
