from __future__ import annotations

import json

import pytest

from alo_nb.plan import check, parse_plan, plan_view

ARGS = {
    "nothing": ("args:", {}, None),
    "an empty list": ("args: []", {}, None),
    "an empty mapping": ("args: {}", {}, None),
    "absent": ("ui_args:", {}, None),
    "one item": ("args:\n  - a: 1\n    b: 2", {"a": 1, "b": 2}, None),
    "several items": ("args:\n  - a: 1\n  - b: 2", {"a": 1, "b": 2}, "PLAN_ARGS_SHAPE"),
    "no dash": ("args:\n  a: 1\n  b: [2]", {"a": 1, "b": [2]}, "PLAN_ARGS_SHAPE"),
    "a null item": ("args:\n  -", {}, None),
    "a null item and a mapping": ("args:\n  -\n  - a: 1", {"a": 1}, None),
    "a scalar": ("args: n", {}, "PLAN_SHAPE"),
    "nested": ("args:\n  - split: {method: cv, options: 3}", {"split": {"method": "cv", "options": 3}}, None),
    "an older spelling": ("parmeters:\n  - a: 1", {"a": 1}, "PLAN_RESPELLED"),
}


@pytest.mark.parametrize(("text", "args", "code"), ARGS.values(), ids=ARGS)
def test_every_shape_of_args_is_read(one_step, errors, text, args, code):
    plan = parse_plan(one_step(text))
    assert plan.pipelines[0].steps[0].args == args
    assert errors(plan) == []
    assert {each.code for each in check(plan)} == ({code} if code else set())


def test_a_word_among_the_args_is_an_error(one_step, errors):
    (problem,) = errors(one_step("args:\n  - x_columns\n  - y: 1"))
    assert (problem.code, problem.place.line) == ("PLAN_SHAPE", 8)
    assert "colon" in problem.do


def test_nothing_but_words_as_args_is_a_warning_as_for_plans_before_alo_1(one_step):
    plan = parse_plan(one_step("args:\n  - A\n  - B"))
    (problem,) = check(plan)
    assert (problem.severity, problem.code, problem.place.line) == ("warning", "PLAN_SHAPE", 8)
    assert "'A', 'B'" in problem.message
    assert plan.pipelines[0].steps[0].args == {}


def test_the_whole_plan_is_understood(valid, errors):
    plan = parse_plan(valid)
    assert errors(plan) == []
    assert plan.notes == ()
    assert plan_view(plan) == {
        "name": "demo",
        "version": "1.0.0",
        "external_path": {
            "load_train_data_path": "./data/train/",
            "load_inference_data_path": ["./data/one/", "./data/two/"],
            "save_train_artifacts_path": None,
            "save_inference_artifacts_path": None,
            "load_model_path": None,
        },
        "control": {
            "get_asset_source": "every",
            "backup_artifacts": False,
            "backup_log": True,
            "backup_size": 500,
            "interface_mode": "file",
            "save_inference_format": "zip",
            "check_resource": False,
        },
        "get_external_data": "every",
        "aws_key_profile": None,
        "aws_key_file": None,
        "cache": {},
        "pipelines": {
            "train_pipeline": [
                {
                    "step": "input",
                    "args": {"x_columns": ["a", "b"], "y_column": "target"},
                    "code": "local",
                    "branch": None,
                    "requirements": [],
                    "ui_args": ["y_column"],
                },
                {
                    "step": "train",
                    "args": {},
                    "code": "https://git.example.org/group/train.git",
                    "branch": "v1.2_main",
                    "requirements": ["pandas==2.2.2", "requirements.txt"],
                    "ui_args": None,
                },
            ],
            "inference_pipeline": [
                {
                    "step": "inference",
                    "args": {"threshold": 0.5},
                    "code": "notebook",
                    "branch": None,
                    "requirements": [],
                    "ui_args": None,
                }
            ],
        },
    }


def test_places_count_from_one_and_point_at_values(valid):
    plan = parse_plan(valid, file="plan.yaml")
    train = plan.pipelines[0].steps[1]
    assert str(train.place) == "plan.yaml, line 19"
    assert (train.place.column, train.source.place.line) == (15, 34)
    assert plan.external_path.places["load_inference_data_path"].line == 5


def test_order_is_that_of_asset_source_and_parameters_follow_their_name():
    plan = parse_plan(
        """\
user_parameters:
  - train_pipeline:
      - step: train
        args: [{depth: 3}]
      - step: input
        args: [{rows: 5}]
asset_source:
  - train_pipeline:
      - step: input
        source: {code: local}
      - step: train
        source: {code: local}
"""
    )
    assert [(step.name, step.args) for step in plan.pipelines[0].steps] == [
        ("input", {"rows": 5}),
        ("train", {"depth": 3}),
    ]
    (note,) = [each for each in plan.notes if each.code == "PLAN_STEP_ORDER"]
    assert "input, train" in note.message
    assert note.place.line == 3


@pytest.mark.parametrize(("here", "line"), [("user_parameters", 14), ("asset_source", 18)])
def test_a_step_in_one_section_only_names_the_nearest_step(errors, here, line):
    other = "asset_source" if here == "user_parameters" else "user_parameters"
    names = {here: "trainn", other: "train"}
    text = "\n" * 10 + (
        "user_parameters:\n  - train_pipeline:\n"
        f"      - step: input\n      - step: {names['user_parameters']}\n"
        "asset_source:\n  - train_pipeline:\n"
        "      - {step: input, source: {code: local}}\n"
        f"      - {{step: {names['asset_source']}, source: {{code: local}}}}\n"
    )
    found = [each for each in errors(text) if each.key.startswith(here)]
    assert [(each.code, each.place.line) for each in found] == [("PLAN_STEP_MISMATCH", line)]
    assert "'trainn'" in found[0].message
    assert "did you mean 'train'?" in found[0].message


def test_a_pipeline_without_asset_source_is_a_warning_and_is_left_out(valid, errors):
    text = valid[: valid.index("  - inference_pipeline:\n      - step: inference\n        source:")]
    plan = parse_plan(text)
    assert errors(plan) == []
    assert [each.name for each in plan.pipelines] == ["train_pipeline"]
    assert "PLAN_STEP_MISMATCH" in {each.code for each in check(plan) if each.severity == "warning"}


@pytest.mark.parametrize("missing", ["user_parameters", "asset_source"])
def test_a_missing_section_is_one_error(valid, errors, missing):
    other = {"user_parameters": "asset_source:", "asset_source": "control:"}[missing]
    text = valid[: valid.index(f"{missing}:")] + valid[valid.index(other) :]
    assert [(each.code, each.key) for each in errors(text)] == [("PLAN_MISSING_KEY", missing)]


def test_sections_may_be_mappings_with_a_note_each():
    plan = parse_plan(
        """\
name: demo
version: "1"
external_path: {load_train_data_path: ./data/}
control: {backup_size: 7, interface_mode: file}
user_parameters:
  train_pipeline:
    - step: train
      args: [{a: 1}]
asset_source:
  train_pipeline:
    - step: train
      source: {code: local}
"""
    )
    assert plan.problems == ()
    assert plan.control.backup_size == 7
    assert plan.external_path.load_train_data_path == ("./data/",)
    assert plan.pipelines[0].steps[0].args == {"a": 1}
    assert [(each.code, each.key) for each in plan.notes] == [
        ("PLAN_SHAPE", "external_path"),
        ("PLAN_SHAPE", "control"),
        ("PLAN_SHAPE", "user_parameters"),
        ("PLAN_SHAPE", "asset_source"),
    ]


def test_one_mapping_in_a_list_is_what_alo_reads_too_and_needs_no_note():
    plan = parse_plan(
        "name: a\nversion: '1'\nexternal_path: []\ncontrol:\n  - backup_size: 7\n    interface_mode: file\n"
        "user_parameters:\n  - train_pipeline: [{step: a}]\n"
        "asset_source:\n  - train_pipeline: [{step: a, source: {code: local}}]\n"
    )
    assert (plan.control.backup_size, plan.control.interface_mode) == (7, "file")
    assert plan.notes == plan.problems == ()


HEAD = "name: a\nversion: '1'\nexternal_path: []\ncontrol: []\n"
BARE_ARGS = "user_parameters:\n- step: a\n  args: [{x: 1}]\n- step: b\n"
BARE_CODE = f"asset_source:\n- step: a\n  {(LOCAL := 'source: {code: local}')}\n- step: b\n  {LOCAL}\n"
INFERENCE = f"asset_source:\n- inference_pipeline: [{{step: a, {LOCAL}}}, {{step: b, {LOCAL}}}]\n"


@pytest.mark.parametrize(
    ("text", "pipeline", "noted"),
    [
        (BARE_ARGS + BARE_CODE, "train_pipeline", ["user_parameters", "asset_source"]),
        (BARE_ARGS + INFERENCE, "inference_pipeline", ["user_parameters"]),
    ],
)
def test_steps_without_a_pipeline_are_read_with_a_note(errors, text, pipeline, noted):
    plan = parse_plan(HEAD + text)
    assert errors(plan) == []
    assert [(each.name, each.step_names()) for each in plan.pipelines] == [(pipeline, ("a", "b"))]
    assert plan.pipelines[0].steps[0].args == {"x": 1}
    assert [(each.code, each.key) for each in plan.notes] == [("PLAN_SHAPE", key) for key in noted]
    assert pipeline in plan.notes[0].message


def test_one_step_without_a_pipeline_and_a_dash_is_read_too(errors):
    plan = parse_plan(f"{HEAD}user_parameters: {{step: a}}\nasset_source: {{step: a, {LOCAL}}}\n")
    assert errors(plan) == []
    assert plan.pipelines[0].step_names() == ("a",)


def test_steps_beside_a_pipeline_are_keys_that_no_section_has(errors):
    found = errors(f"{HEAD}{BARE_ARGS}- train_pipeline: [{{step: c}}]\nasset_source: []\n")
    assert [(each.code, each.key) for each in found if each.code == "PLAN_UNKNOWN_KEY"] == [
        ("PLAN_UNKNOWN_KEY", "user_parameters > step"),
        ("PLAN_UNKNOWN_KEY", "user_parameters > args"),
        ("PLAN_UNKNOWN_KEY", "user_parameters > step"),
    ]


SOURCE = "asset_source > train_pipeline > train > source"
GIT = "https://host/x.git"
ONE_TEXT = {
    "two codes": ("code: [local, notebook]", None, None, "PLAN_TYPE", f"{SOURCE} > code"),
    "a number as code": ("code: 5", None, None, "PLAN_TYPE", f"{SOURCE} > code"),
    "a mapping as code": ("code: {git: x}", None, None, "PLAN_TYPE", f"{SOURCE} > code"),
    "a list without a code": ("code: []", None, None, "PLAN_MISSING_KEY", f"{SOURCE} > code"),
    "a function of ALO 3": ("code: function:m.f", None, None, "PLAN_GIT_URL", f"{SOURCE} > code"),
    "two branches": (f"code: {GIT}\nbranch: [a, b]", GIT, None, "PLAN_TYPE", f"{SOURCE} > branch"),
    "a list in a list": (f"code: {GIT}\nbranch: [[a]]", GIT, None, "PLAN_TYPE", f"{SOURCE} > branch"),
}


@pytest.mark.parametrize(("text", "code", "branch", "problem", "key"), ONE_TEXT.values(), ids=ONE_TEXT)
def test_where_one_text_belongs_anything_else_is_one_error(one_step, errors, text, code, branch, problem, key):
    plan = parse_plan(one_step(source=text))
    assert [(each.code, each.key, each.place.line) for each in errors(plan)] == [(problem, key, 12 + text.count("\n"))]
    source = plan.pipelines[0].steps[0].source
    assert (source and source.code, source and source.branch) == (code, branch)


def test_a_list_of_one_text_is_that_text_with_a_note(one_step):
    plan = parse_plan(
        one_step(source=f"code: [{GIT}]\nbranch: [1.10]") + "external_path_permission:\n- aws_key_profile: [team]\n"
    )
    source = plan.pipelines[0].steps[0].source
    assert (source.code, source.branch, plan.aws_key_profile) == (GIT, "1.10", "team")
    assert {(each.severity, each.code) for each in check(plan)} == {("note", "PLAN_SHAPE"), ("note", "PLAN_TYPE")}


@pytest.mark.parametrize("value", ["[a, b]", "7", "{a: b}"])
def test_a_profile_that_is_no_single_text_is_an_error(one_step, errors, value):
    plan = parse_plan(one_step() + f"external_path_permission:\n- aws_key_profile: {value}\n")
    assert [(each.code, each.key) for each in errors(plan)] == [
        ("PLAN_TYPE", "external_path_permission > aws_key_profile")
    ]
    assert plan.aws_key_profile is None


def test_the_view_shows_what_alo_2_6_has_dropped_beside_its_own_keys(one_step):
    text = one_step(control="- get_external_data: once") + "external_path_permission:\n- aws_key_profile: team\n"
    shown = plan_view(parse_plan(text))
    assert (shown["get_external_data"], shown["aws_key_profile"]) == ("once", "team")
    assert "get_external_data" not in shown["control"]


V1 = """\
external_path:
    - load_train_data_path: /nas/team/train/
    - load_inference_data_path: /nas/team/test/
    - save_train_artifacts_path:
    - save_inference_artifacts_path:
external_path_permission:
    - s3_private_key_file:
user_parameters:
    - train_pipeline:
        - step: input
          args:
            - input_path: train/  # comment
              use_all_x: False
              drop_columns:
        - step: train
          args:
            - model_type: regression
    - inference_pipeline:
      - step: inference
        args:
          - model_type: regression
asset_source:
    - train_pipeline:
        - step: input
          source:
            code: http://git.example.org/input.git
            branch: tabular
            requirements:
              - pandas==1.5.3
        - step: train
          source:
            code: local
            branch: main
            requirements:
              - scikit-learn
    - inference_pipeline:
      - step: inference
        source:
          code: local
          branch: main
          requirements:
control:
    - get_asset_source: once ## once, every
    - get_external_data: once
    - backup_artifacts: True
    - backup_log: True
    - backup_size: 1000
    - interface_mode: memory
"""


def test_a_plan_of_alo_1_is_read_without_a_warning(monkeypatch):
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "https,http")
    plan = parse_plan(V1)
    assert {each.severity for each in check(plan)} == {"note"}
    assert {(each.code, each.key) for each in plan.notes} == {
        ("PLAN_MISSING_KEY", "name"),
        ("PLAN_MISSING_KEY", "version"),
        ("PLAN_OLD_KEY", "external_path_permission > s3_private_key_file"),
    }
    assert plan.control.get_external_data == "once"
    assert plan.pipeline("train_pipeline").steps[0].args == {
        "input_path": "train/",
        "use_all_x": False,
        "drop_columns": None,
    }


def test_a_key_file_is_kept_with_a_note():
    plan = parse_plan(V1.replace("s3_private_key_file:", "s3_private_key_file: /home/me/key.csv"))
    (found,) = [each for each in check(plan) if each.code == "PLAN_OLD_KEY"]
    assert (plan.aws_key_file, plan.aws_key_profile) == ("/home/me/key.csv", None)
    assert (found.severity, found.place.line) == ("note", 7)
    assert "aws_key_profile" in found.message


def test_the_first_spelling_of_a_key_file_is_a_warning_that_tells_todays():
    plan = parse_plan("external_path:\n- load_s3_key_path: /home/me/key\nuser_parameters: []\nasset_source: []\n")
    (found,) = [each for each in check(plan) if each.code == "PLAN_OLD_KEY"]
    assert (found.severity, found.place.line) == ("warning", 2)
    assert "`s3_private_key_file` in external_path_permission" in found.do


def test_keys_of_a_dropped_feature_are_notes(one_step, errors):
    plan = parse_plan(one_step(control="- reset_assets: True\n- process_log: True"))
    assert errors(plan) == []
    assert [each.code for each in plan.notes] == ["PLAN_OLD_KEY"] * 2


def test_spellings_before_alo_1_are_read_with_a_note(errors):
    plan = parse_plan(
        "external_path:\n- load_train_data: ./d/\nuser_parameters:\n- train_workflows:\n  - step: a\n"
        "    parameters: [{x: 1}]\nasset_source:\n- train_workflows:\n  - step: a\n    source: {code: local}\n"
        "control:\n- check_asset_source: every\n"
    )
    assert errors(plan) == []
    assert plan.external_path.load_train_data_path == ("./d/",)
    assert plan.control.get_asset_source == "every"
    assert plan.pipelines[0].steps[0].args == {"x": 1}
    assert len([each for each in plan.notes if each.code == "PLAN_RESPELLED"]) == 5


def test_a_solution_metadata_file_is_one_clear_problem():
    text = "metadata_version: 1.2\nname: x\npipeline: []\nedgeapp_interface: {}\n"
    (problem,) = check(parse_plan(text))
    assert (problem.severity, problem.code) == ("error", "PLAN_ERA")
    assert "solution_metadata" in problem.message
    assert "line " in problem.message


def test_an_alo_3_tag_in_an_older_plan_is_an_error_and_is_not_looked_up(one_step, errors, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THIS_TEST", "value")
    plan = parse_plan(one_step("args:\n  - a: !Env ${SECRET_OF_THIS_TEST}"))
    assert [each.code for each in errors(plan)] == ["YAML_TAG"]
    assert plan.pipelines[0].steps[0].args == {"a": "${SECRET_OF_THIS_TEST}"}


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("user_parametrs: []\n", "user_parametrs", "did you mean 'user_parameters'?"),
        ("control:\n  - backup_szie: 1\n", "control > backup_szie", "did you mean 'backup_size'?"),
        ("user_parameters:\n  - train_pipline: []\n", "user_parameters > train_pipline", "'train_pipeline'?"),
        ("external_path:\n  - zzz: 1\n", "external_path > zzz", "known: load_inference_data_path"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(errors, text, key, hint):
    (found,) = [each for each in errors(text) if each.code == "PLAN_UNKNOWN_KEY"]
    assert found.key == key
    assert hint in found.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("requirements:", ()),
        ("requirements: pandas", ("pandas",)),
        ("requirements: [pandas, numpy]", ("pandas", "numpy")),
        ("requirements: [~, pandas]", ("pandas",)),
    ],
)
def test_every_shape_of_requirements_is_read(one_step, errors, text, found):
    plan = parse_plan(one_step(source=f"code: local\n{text}"))
    assert plan.pipelines[0].steps[0].source.requirements == found
    assert errors(plan) == []


def test_a_number_as_version_name_or_branch_is_taken_as_it_is_written(one_step, errors):
    text = one_step(source="code: https://host/x.git\nbranch: 1.10")
    plan = parse_plan(text.replace("name: demo", "name: 007").replace('version: "1"', "version: 2.20"))
    assert (plan.name, plan.version, plan.pipelines[0].steps[0].source.branch) == ("007", "2.20", "1.10")
    assert errors(plan) == []
    warned = {each.code: each.place.line for each in check(plan) if each.severity == "warning"}
    assert warned == {"PLAN_NAME": 1, "PLAN_VERSION": 2}


def test_a_date_as_argument_can_be_shown_as_json(one_step):
    plan = parse_plan(one_step("args:\n  - day: 2024-01-01\n    by_day: {2024-01-02: 1}"))
    shown = json.loads(json.dumps(plan_view(plan), default=str))
    assert shown["pipelines"]["train_pipeline"][0]["args"] == {"day": "2024-01-01", "by_day": {"2024-01-02": 1}}


def test_the_view_masks_credentials(one_step):
    plan = parse_plan(
        one_step("args:\n  - db: postgres://me:hunter2@host/db", source="code: https://u:hunter2@h/x.git")
    )
    assert "hunter2" not in json.dumps(plan_view(plan))
    assert not any("hunter2" in f"{each.message}{each.key}{each.do}" for each in check(plan))


def test_a_name_in_another_unicode_form_matches_and_is_noted(errors):
    composed, split = "\uac00", "\u1100\u1161"
    plan = parse_plan(
        f"user_parameters:\n- train_pipeline:\n  - step: {split}\n    args: [{{a: 1}}]\n"
        f"asset_source:\n- train_pipeline:\n  - step: {composed}\n    source: {{code: local}}\n"
    )
    assert errors(plan) == []
    assert (plan.pipelines[0].steps[0].name, plan.pipelines[0].steps[0].args) == (composed, {"a": 1})
    assert "PLAN_STEP_NAME" in {each.code for each in plan.notes}
