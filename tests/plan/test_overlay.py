from __future__ import annotations

import json

import pytest

from alo_nb.errors import PlanReadError
from alo_nb.plan import check, overlay_solution_metadata, parse_plan

METADATA = """\
metadata_version: 1.2
name: demo
description: {title: demo, detail: [{title: a, content: b}]}
edgeconductor_interface: {inference_result_datatype: table, train_datatype: image}
pipeline:
  - type: train
    dataset_uri: [s3://box/train/]
    artifact_uri: s3://box/out/
    parameters:
      candidate_parameters: []
      selected_user_parameters:
        - step: input
          args: {x_columns: 'a, c', y_column: ' goal ', empty: '', none: , many: [], few: 3}
  - type: inference
    dataset_uri: [s3://box/one/, s3://box/two/]
    artifact_uri: ''
    model_uri: s3://box/model/
    parameters:
      selected_user_parameters:
        - step: inference
          args: [{threshold: 0.7}]
"""


@pytest.fixture
def overlaid(valid, tmp_path):
    """The valid plan under metadata, in a file of that name."""

    def make(text: str = METADATA, plan: str = valid):
        (tmp_path / "system.yaml").write_text(text, encoding="utf-8")
        return overlay_solution_metadata(parse_plan(plan, file="plan.yaml"), tmp_path / "system.yaml")

    return make


def test_what_the_metadata_says_replaces_what_the_plan_says(overlaid):
    plan = overlaid()
    assert plan.metadata_version == "1.2"
    external = plan.external_path
    assert external.load_train_data_path == ("s3://box/train/",)
    assert external.load_inference_data_path == ("s3://box/one/", "s3://box/two/")
    assert (external.save_train_artifacts_path, external.save_inference_artifacts_path) == ("s3://box/out/", None)
    assert external.load_model_path == "s3://box/model/"
    assert plan.pipelines[0].steps[0].args == {"x_columns": ["a", "c"], "y_column": "goal", "few": 3}
    assert plan.pipelines[1].steps[0].args == {"threshold": 0.7}
    assert plan.problems == ()


def test_each_change_is_a_note_with_its_line_in_the_metadata(overlaid):
    notes = overlaid().notes
    assert {each.code for each in notes} == {"PLAN_SYSTEM"}
    assert all(each.place.file.endswith("system.yaml") for each in notes)
    assert [(each.key, each.place.line) for each in notes] == [
        ("external_path > load_train_data_path", 7),
        ("external_path > save_train_artifacts_path", 8),
        ("user_parameters > train_pipeline > input > args > x_columns", 13),
        ("user_parameters > train_pipeline > input > args > y_column", 13),
        ("user_parameters > train_pipeline > input > args > few", 13),
        ("external_path > load_inference_data_path", 15),
        ("external_path > load_model_path", 17),
        ("user_parameters > inference_pipeline > inference > args > threshold", 21),
    ]
    assert notes[2].message == "x_columns is now ['a', 'c']"


def test_a_json_text_says_the_same(overlaid, valid):
    import yaml

    text = json.dumps(yaml.safe_load(METADATA), indent="\t")
    plan = overlay_solution_metadata(parse_plan(valid, file="plan.yaml"), text)
    assert plan.pipelines == overlaid().pipelines
    assert plan.external_path.load_model_path == "s3://box/model/"
    assert plan.notes[0].place.file == "<system>"


def test_a_yaml_text_of_several_lines_says_the_same(overlaid, valid):
    plan = overlay_solution_metadata(parse_plan(valid, file="plan.yaml"), METADATA)
    assert plan.pipelines == overlaid().pipelines
    assert plan.external_path.load_model_path == "s3://box/model/"
    assert [str(each.place) for each in plan.notes[:2]] == ["<system>, line 7", "<system>, line 8"]


def test_a_path_is_a_path_whatever_it_is_called(valid, tmp_path):
    path = tmp_path / "{two\nlines}.yaml"
    path.write_text(METADATA, encoding="utf-8")
    assert overlay_solution_metadata(parse_plan(valid), path).metadata_version == "1.2"


def test_a_number_in_json_is_a_number_where_yaml_reads_text(valid):
    pipeline = {"type": "inference", "parameters": {"selected_user_parameters": [{"step": "inference", "args": {}}]}}
    pipeline["parameters"]["selected_user_parameters"][0]["args"] = {"threshold": 1e-7, "no": "no"}
    plan = overlay_solution_metadata(parse_plan(valid), json.dumps({"pipeline": [pipeline]}))
    assert plan.pipelines[1].steps[0].args == {"threshold": 1e-7, "no": "no"}


def test_a_step_without_args_keeps_none_as_in_alo(overlaid):
    plan = overlaid(METADATA.replace("step: input", "step: train"))
    assert plan.pipelines[0].steps[1].args == {}
    assert any("has no args in the plan" in each.message for each in plan.notes)


def test_a_bad_value_of_the_plan_is_gone_when_it_is_replaced_and_a_new_one_is_found(overlaid, valid):
    bad = valid.replace("./data/train/", "input/train/")
    assert [each.severity for each in check(parse_plan(bad))] == ["error"]
    assert overlaid(plan=bad).problems == ()
    (problem,) = overlaid(METADATA.replace("s3://box/train/", "s3://")).problems
    assert (problem.code, problem.place.line) == ("PLAN_PATH", 7)
    assert problem.place.file.endswith("system.yaml")


def test_a_function_of_alo_3_is_overlaid_too(overlaid):
    plan = overlaid(
        "metadata_version: 1.2\npipeline:\n- type: train\n  dataset_uri: d/\n"
        "  parameters: {selected_user_parameters: [{step: f, args: {a: 2}}]}\n",
        "name: x\nsolution:\n  function:\n    f: {def: m.f}\n  train: {pipeline: [f]}\n",
    )
    assert plan.pipelines[0].steps[0].args == {"a": 2}
    assert plan.external_path.load_train_data_path == ("d/",)
    assert [each.key for each in plan.notes] == [
        "solution > train > dataset_uri",
        "solution > function > f > argument > a",
    ]


def test_a_pipeline_that_the_plan_lacks_is_noted(overlaid):
    plan = overlaid(plan="name: x\nsolution:\n  function:\n    f: {def: m.f}\n  train: {pipeline: [f]}\n")
    assert any("no inference_pipeline" in each.message for each in plan.notes)


FAULTS = {
    "no pipeline": ("name: x\n", "error", "PLAN_MISSING_KEY", "pipeline", 1),
    "pipeline is text": ("pipeline: train\n", "error", "PLAN_MISSING_KEY", "pipeline", 1),
    "no type": ("pipeline:\n- dataset_uri: x\n", "error", "PLAN_CHOICE", "pipeline > type", 2),
    "another type": ("pipeline:\n- type: test\n", "error", "PLAN_CHOICE", "pipeline > type", 2),
    "twice": ("pipeline:\n- type: train\n- type: train\n", "error", "PLAN_DUPLICATE_ITEM", "pipeline > type", 3),
    "a model to train": (
        "pipeline:\n- type: train\n  model_uri: x\n", "warning", "PLAN_UNSUPPORTED", "pipeline > train > model_uri", 3
    ),
    "two places": (
        "pipeline:\n- type: train\n  artifact_uri: [a, b]\n", "error", "PLAN_TYPE", "pipeline > train > artifact_uri", 3
    ),
    "an unknown step": (
        "pipeline:\n- type: train\n  parameters:\n    selected_user_parameters:\n    - step: inptu\n",
        "warning", "PLAN_STEP_MISMATCH", "pipeline > train > parameters > selected_user_parameters", 5,
    ),
    "parameters are text": (
        "pipeline:\n- type: train\n  parameters:\n    selected_user_parameters: x\n",
        "error", "PLAN_SHAPE", "pipeline > train > parameters > selected_user_parameters", 4,
    ),
    "args are text": (
        "pipeline:\n- type: train\n  parameters:\n    selected_user_parameters: [{step: input, args: x}]\n",
        "error", "PLAN_SHAPE", "pipeline > train > parameters > selected_user_parameters > input > args", 4,
    ),
    "a datatype": (
        "pipeline: []\nedgeconductor_interface: {train_datatype: sound}\n",
        "error", "PLAN_CHOICE", "edgeconductor_interface > train_datatype", 2,
    ),
    "a tag": ("pipeline:\n- type: !Env ${HOME}\n", "error", "YAML_TAG", "pipeline > type", 2),
}  # fmt: skip


@pytest.mark.parametrize(("text", "severity", "code", "key", "line"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_the_metadata_is_a_problem_of_the_plan(overlaid, text, severity, code, key, line):
    problem = overlaid(text).problems[0]
    assert (problem.severity, problem.code, problem.key, problem.place.line) == (severity, code, key, line)
    assert problem.do


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "YAML_SYNTAX"),
        ("{a: 1}", "YAML_SYNTAX"),
        ("none.yaml", "PLAN_NOT_FOUND"),
        ("pipeline: []", "PLAN_NOT_FOUND"),
        ("pipeline:\n- [", "YAML_SYNTAX"),
        ("x" * 300, "PLAN_UNREADABLE"),
    ],
)
def test_metadata_that_cannot_be_read_is_a_read_error(valid, text, code):
    with pytest.raises(PlanReadError, match="solution metadata") as caught:
        overlay_solution_metadata(parse_plan(valid), text)
    assert caught.value.code == code


def test_no_secret_of_the_metadata_is_shown(overlaid):
    plan = overlaid(METADATA.replace("s3://box/model/", "s3://key:hunter2@box/m").replace("'a, c'", "db://u:hunter2@h"))
    assert not any("hunter2" in f"{each.message}{each.do}{each.key}" for each in check(plan))
