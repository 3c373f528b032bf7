from __future__ import annotations

import contextlib
import json
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import PlanReadError
from alo_nb.plan import check, overlay_solution_metadata, parse_plan, plan_view

ALO_3 = """\
name: flowers
version: 1.0.0
control:
  backup: {type: size, value: 5MB}
  check_resource: True
solution:
  git: {url: https://git.example.org/group/flowers.git, branch: v2, option: {refresh: False, reset: True}}
  pip:
    requirements: [numpy==1.26.4, requirements.txt]
  credential: {profile_name: team}
  function:
    clean:
      def: steps.clean
    fit:
      def: lib.steps.fit
      argument:
        columns: [petal, sepal]
        depth: 3
      schema:
        depth: {default: 2, range: [1, 9]}
        kind: {default: tree, choices: [tree, forest]}
        seed: 7
    predict: {def: steps.predict}
  train:
    dataset_uri: data/train/
    artifact_uri: results/train/
    pipeline: [clean, fit]
  inference:
    dataset_uri: [data/one/, {path: data/two/}, {bucket: box, key: three/}]
    model_uri: models/fit.pkl
    artifact_uri: s3://box/results/
    pipeline: [clean, predict]
"""


def _plan(lines: str, *, top: str = "") -> str:
    return f"name: flowers\n{textwrap.dedent(top)}solution:\n{textwrap.indent(textwrap.dedent(lines), '  ')}"


def _found(text: str, severity: str | None = None) -> list[tuple[str, str, int]]:
    found = [each for each in check(parse_plan(text, file="plan.yaml")) if severity in (None, each.severity)]
    return [(each.code, each.key, each.place.line) for each in found]


def test_a_plan_of_alo_3_is_understood():
    plan = parse_plan(ALO_3, file="plan.yaml")
    assert [each.severity for each in check(plan)] == ["note"]
    assert (plan.era, plan.name, plan.version, plan.aws_key_profile) == ("ALO 3", "flowers", "1.0.0", "team")
    control = plan.control
    assert (control.backup_size, control.check_resource, control.get_asset_source) == (5, True, "once")
    assert control.save_inference_format == "zip"
    external = plan.external_path
    assert external.load_train_data_path == ("data/train/",)
    assert external.load_inference_data_path == ("data/one/", "data/two/", "s3://box/three/")
    assert (external.load_model_path, external.save_train_artifacts_path) == ("models/fit.pkl", "results/train/")
    assert external.save_inference_artifacts_path == "s3://box/results/"
    assert [each.step_names() for each in plan.pipelines] == [("clean", "fit"), ("clean", "predict")]


def test_a_function_is_a_step_with_its_schemas_defaults():
    fit = parse_plan(ALO_3, file="plan.yaml").pipelines[0].steps[1]
    assert fit.args == {"columns": ["petal", "sepal"], "depth": 3, "kind": "tree", "seed": 7}
    source = fit.source
    assert (source.kind, source.code) == ("function", "function:lib.steps.fit")
    assert (source.repository, source.branch) == ("https://git.example.org/group/flowers.git", "v2")
    assert source.requirements == ("numpy==1.26.4", "requirements.txt")
    assert (fit.place.line, source.place.line) == (14, 15)


def test_the_view_names_the_repository():
    shown = plan_view(parse_plan(ALO_3))["pipelines"]["train_pipeline"][0]
    assert shown["repository"] == "https://git.example.org/group/flowers.git"


def test_a_pipeline_may_define_its_functions_in_order():
    plan = parse_plan(_plan("train:\n  pipeline:\n    b: {def: m.b}\n    a: {def: m.a, argument: {x: 1}}\n"))
    assert plan.pipelines[0].step_names() == ("b", "a")
    assert plan.pipelines[0].steps[1].args == {"x": 1}


FUNCTION = "function:\n  f: {def: m.f}\ntrain:\n  pipeline: [f]\n"

CODES = {
    "no function of that name": (
        "function:\n  fit: {def: m.f}\ntrain:\n  pipeline: [fti]\n",
        [("PLAN_STEP_MISMATCH", "solution > train > pipeline", 6)],
    ),
    "twice": (FUNCTION.replace("[f]", "[f, f]"), [("PLAN_STEP_DUPLICATE", "solution > train > pipeline", 6)]),
    "no functions": (FUNCTION.replace("[f]", "[]"), [("PLAN_EMPTY_PIPELINE", "solution > train > pipeline", 6)]),
    "no pipeline": ("train:\n  dataset_uri: d/\n", [("PLAN_MISSING_KEY", "solution > train > pipeline", 4)]),
    "no def": (
        FUNCTION.replace("def: m.f", "argument: {}"),
        [("PLAN_MISSING_KEY", "solution > function > f > def", 4)],
    ),
    "an empty def": (FUNCTION.replace("m.f", ""), [("PLAN_MISSING_KEY", "solution > function > f > def", 4)]),
    "a list without a def": (FUNCTION.replace("m.f", "[]"), [("PLAN_MISSING_KEY", "solution > function > f > def", 4)]),
    "two defs": (FUNCTION.replace("m.f", "[m.f, m.g]"), [("PLAN_TYPE", "solution > function > f > def", 4)]),
    "two repositories": (
        FUNCTION + "git: {url: ['https://h/x.git', 'https://h/y.git']}\n",
        [("PLAN_TYPE", "solution > git > url", 7)],
    ),
    "two profiles": (
        FUNCTION + "credential: {profile_name: [a, b]}\n",
        [("PLAN_TYPE", "solution > credential > profile_name", 7)],
    ),
    "def is no function": (FUNCTION.replace("m.f", "m f"), [("PLAN_FUNCTION", "solution > function > f > def", 4)]),
    "def has no module": (FUNCTION.replace("m.f", "f"), [("PLAN_FUNCTION", "solution > function > f > def", 4)]),
    "a reserved module": (FUNCTION.replace("m.f", "alo.f"), [("PLAN_RESERVED", "solution > function > f > def", 4)]),
    "main": (FUNCTION.replace("m.f", "main.f"), [("PLAN_RESERVED", "solution > function > f > def", 4)]),
    "a reserved name": (
        "function:\n  summary: {def: m.f}\ntrain:\n  pipeline: [summary]\n",
        [("PLAN_RESERVED", "solution > function > summary", 4)],
    ),
    "a hostile name": (
        "function:\n  ../x: {def: m.f}\ntrain:\n  pipeline: [../x]\n",
        [("PLAN_STEP_NAME", "solution > function > ../x", 4)],
    ),
    "functions as a list": (
        "function: [f]\ntrain:\n  pipeline: [f]\n",
        [("PLAN_SHAPE", "solution > function", 3), ("PLAN_STEP_MISMATCH", "solution > train > pipeline", 5)],
    ),
    "argument as a list": (
        FUNCTION.replace("m.f", "m.f, argument: [1]"),
        [("PLAN_SHAPE", "solution > function > f > argument", 4)],
    ),
    "out of range": (
        FUNCTION.replace("m.f", "m.f, argument: {a: 9}, schema: {a: {default: 1, range: [0, 3]}}"),
        [("PLAN_RANGE", "solution > function > f > schema > a", 4)],
    ),
    "range is no pair": (
        FUNCTION.replace("m.f", "m.f, schema: {a: {default: 1, range: [0]}}"),
        [("PLAN_SHAPE", "solution > function > f > schema > a", 4)],
    ),
    "no choice": (
        FUNCTION.replace("m.f", "m.f, argument: {a: [x, z]}, schema: {a: {default: x, choices: [x, y]}}"),
        [("PLAN_CHOICE", "solution > function > f > schema > a", 4)],
    ),
    "git by file": (
        FUNCTION + "git: {url: 'file:///srv/x.git'}\n",
        [("PLAN_GIT_URL", "solution > git > url", 7)],
    ),
    "git is local": (FUNCTION + "git: {url: local}\n", [("PLAN_GIT_URL", "solution > git > url", 7)]),
    "git option as branch": (
        FUNCTION + "git: {url: 'https://h/x.git', branch: --upload-pack=x}\n",
        [("PLAN_GIT_REF", "solution > git > branch", 7)],
    ),
    "a secret in the url": (
        FUNCTION + "git: {url: 'https://u:hunter2@h/x.git'}\n",
        [("PLAN_SECRET_IN_URL", "solution > git > url", 7)],
    ),
    "a hostile requirement": (
        FUNCTION + "pip: {requirements: ['-r http://x']}\n",
        [("PLAN_REQUIREMENT", "solution > pip > requirements", 7)],
    ),
    "a path into our own folder": (
        FUNCTION + "  artifact_uri: history/x\n",
        [("PLAN_PATH", "solution > train > artifact_uri", 7)],
    ),
    "two places to save to": (
        FUNCTION + "  artifact_uri: [a/, b/]\n",
        [("PLAN_TYPE", "solution > train > artifact_uri", 7)],
    ),
    "data from a number": (FUNCTION + "  dataset_uri: 5\n", [("PLAN_TYPE", "solution > train > dataset_uri", 7)]),
    "data in parts without a key": (
        FUNCTION + "  dataset_uri: {bucket: b}\n",
        [("PLAN_MISSING_KEY", "solution > train > dataset_uri", 7)],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CODES.values(), ids=CODES)
def test_what_alo_3_forbids_or_stumbles_over_is_an_error_with_its_key_and_line(text, expected):
    assert _found(_plan(text), "error") == expected


WARNINGS = {
    "an unknown key": ("solutoin: 1\n", "", ("PLAN_UNKNOWN_KEY", "solutoin", 2)),
    "an api": ("api: {path: {}}\n", "", ("PLAN_UNSUPPORTED", "api", 2)),
    "an unknown key in git": (
        "", "git: {url: 'https://h/x.git', brunch: x}\n", ("PLAN_UNKNOWN_KEY", "solution > git > brunch", 7)
    ),
    "a password": (
        "", "git: {url: 'https://h/x.git', password: hunter2}\n", ("PLAN_SECRET", "solution > git > password", 7)
    ),
    "a key": (
        "", "credential: {aws_secret_access_key: hunter2}\n",
        ("PLAN_SECRET", "solution > credential > aws_secret_access_key", 7),
    ),
    "empty requirements": ("", "pip: {requirements: }\n", ("PLAN_TYPE", "solution > pip > requirements", 7)),
    "options of pip": ("", "pip: {options: [--pre]}\n", ("PLAN_UNSUPPORTED", "solution > pip > options", 7)),
    "empty data": ("", "  dataset_uri:\n", ("PLAN_TYPE", "solution > train > dataset_uri", 7)),
    "a model to train with": ("", "  model_uri: m.pkl\n", ("PLAN_UNSUPPORTED", "solution > train > model_uri", 7)),
    "results unpacked": (
        "", "  artifact_uri: {path: a/, compress: False}\n", ("PLAN_UNSUPPORTED", "solution > train > artifact_uri", 7)
    ),
    "keys of a single file": (
        "", "  dataset_uri: {path: a/, credential: {x: hunter2}}\n",
        ("PLAN_UNSUPPORTED", "solution > train > dataset_uri > credential", 7),
    ),
    "a template": ("", "  dataset_uri: ${FOLDER}\n", ("PLAN_ENV", "solution > train > dataset_uri", 7)),
}  # fmt: skip


@pytest.mark.parametrize(("top", "lines", "expected"), WARNINGS.values(), ids=WARNINGS)
def test_what_is_not_read_is_a_warning_and_no_secret_is_shown(top, lines, expected):
    text = _plan(FUNCTION, top=top) if top else _plan(FUNCTION + lines)
    assert _found(text, "warning") == [expected]
    assert _found(text, "error") == []
    assert not any("hunter2" in f"{each.message}{each.do}" for each in check(parse_plan(text)))


def test_an_unknown_key_names_the_nearest():
    (problem,) = check(parse_plan(_plan(FUNCTION.replace("pipeline:", "pipline:") + "  pipeline: [f]\n")))
    assert (problem.severity, problem.code) == ("warning", "PLAN_UNKNOWN_KEY")
    assert "did you mean 'pipeline'?" in problem.message


BACKUPS = {
    "{type: size, value: 1GB}": (1000, None),
    "{type: size, value: 1500000}": (2, None),
    "{type: size, value: 1 GiB}": (1074, None),
    "{type: size}": (1000, None),
    "{type: count, value: 5}": (1000, "PLAN_RETENTION"),
    "{type: day}": (1000, "PLAN_RETENTION"),
    "{type: size, value: 0}": (1000, "PLAN_RANGE"),
    "{type: count, value: -1}": (1000, "PLAN_RANGE"),
    "{type: size, value: much}": (1000, "PLAN_TYPE"),
    "{type: sizes, value: 1}": (1000, "PLAN_CHOICE"),
    "{value: 5MB}": (5, "PLAN_MISSING_KEY"),
}


@pytest.mark.parametrize(("backup", "expected"), BACKUPS.items())
def test_backup_becomes_a_size(backup, expected):
    size, code = expected
    plan = parse_plan(_plan(FUNCTION, top=f"control:\n  backup: {backup}\n"))
    assert plan.control.backup_size == size
    codes = [each.code for each in check(plan)]
    assert set(codes) == ({code} if code else set()) | ({"PLAN_RETENTION"} if "count" in backup else set())


def test_artifacts_off_means_that_nothing_is_saved_outside():
    plan = parse_plan(_plan(FUNCTION + "  artifact_uri: out/\n", top="control: {artifacts: False}\n"))
    assert plan.external_path.save_train_artifacts_path is None
    assert [each.code for each in check(plan)] == ["PLAN_NO_EXPORT"]


@pytest.mark.parametrize(
    ("value", "expected"), [("True", ("requirements.txt",)), ("False", ()), ("[a, b]", ("a", "b"))]
)
def test_requirements_are_a_truth_value_or_a_list(value, expected):
    plan = parse_plan(_plan(FUNCTION + f"pip: {{requirements: {value}}}\n"))
    assert plan.pipelines[0].steps[0].source.requirements == expected
    assert check(plan) == []


ENV = FUNCTION + "  dataset_uri: !Env ${FLOWER_HOME}/data/${FLOWER_KIND}/\n"


def test_a_variable_is_read_and_shown_as_it_is_written(monkeypatch):
    monkeypatch.setenv("FLOWER_HOME", "/srv/hunter2")
    monkeypatch.setenv("FLOWER_KIND", "iris")
    plan = parse_plan(_plan(ENV))
    assert plan.external_path.load_train_data_path == ("/srv/hunter2/data/iris/",)
    assert check(plan) == []
    assert "hunter2" not in json.dumps(plan_view(plan)) + repr(plan.notes)
    assert plan_view(plan)["external_path"]["load_train_data_path"] == "${FLOWER_HOME}/data/${FLOWER_KIND}/"


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_unset_or_empty_is_named(monkeypatch, value):
    monkeypatch.setenv("FLOWER_HOME", "/srv")
    monkeypatch.delenv("FLOWER_KIND", raising=False)
    if value is not None:
        monkeypatch.setenv("FLOWER_KIND", value)
    text = _plan(ENV)
    assert _found(text, "error") == [("PLAN_ENV", "solution > train > dataset_uri", 7)]
    (problem,) = check(parse_plan(text))
    assert "FLOWER_KIND" in problem.message
    assert "/srv" not in problem.message


def test_a_bad_value_of_a_variable_is_an_error_that_does_not_show_it(monkeypatch):
    for value in ("~hunter2", "~" + "hunter2" * 30):
        monkeypatch.setenv("FLOWER_HOME", value)
        (problem,) = check(parse_plan(_plan(FUNCTION + "  dataset_uri: !Env ${FLOWER_HOME}\n")))
        assert (problem.code, problem.place.line) == ("PLAN_PATH", 7)
        assert "hunter2" not in problem.message + problem.do
        text = _plan(
            FUNCTION.replace(
                "m.f", "m.f, argument: {a: !Env '${FLOWER_HOME}'}, schema: {a: {default: 1, range: [0, 3]}}"
            )
        )
        (problem,) = check(parse_plan(text))
        assert problem.code == "PLAN_RANGE"
        assert "${FLOWER_HOME}" in problem.message


def test_an_expression_is_refused_and_not_run(tmp_path):
    wire = tmp_path / "wire"
    text = _plan(FUNCTION + f"  dataset_uri: !Python open({str(wire)!r}, 'w').name\n")
    (problem,) = check(parse_plan(text, file="plan.yaml"))
    assert (problem.severity, problem.code, problem.place.line) == ("error", "YAML_TAG", 7)
    assert "allow-python-tags" in problem.do
    assert not wire.exists()


@pytest.mark.parametrize(
    ("expression", "value"), [("1 + 1", 2), ("[1, {'a': None}]", [1, {"a": None}]), ("'x' * 3", "xxx"), ("os.sep", "/")]
)
def test_an_allowed_expression_is_evaluated_and_noted(expression, value):
    text = _plan(
        f"function:\n  f: {{def: m.f, argument: {{a: !Python {json.dumps(expression)}}}}}\ntrain:\n  pipeline: [f]\n"
    )
    plan = parse_plan(text, allow_python_tags=True)
    assert plan.pipelines[0].steps[0].args == {"a": value}
    (note,) = check(plan)
    assert (note.severity, note.code) == ("note", "YAML_TAG")
    assert expression in note.message.replace('"', "'") or repr(expression) in note.message


@pytest.mark.parametrize("expression", ["1 / 0", "1 +", "open", "exit()", "unknown"])
def test_an_allowed_expression_that_fails_is_an_error(expression):
    plan = parse_plan(_plan(FUNCTION + f"  dataset_uri: !Python {expression}\n"), allow_python_tags=True)
    assert [(each.severity, each.code) for each in check(plan)] == [("error", "YAML_TAG")]


def test_an_expression_in_an_older_plan_is_never_run(one_step):
    plan = parse_plan(one_step("args:\n  - a: !Python 1 + 1"), allow_python_tags=True)
    assert plan.pipelines[0].steps[0].args == {"a": "1 + 1"}
    assert [each.code for each in check(plan)] == ["YAML_TAG"]


PIECES = st.sampled_from(
    ["[", "{}", "~", "\n", "- ", ": ", "[]", "5", "no", "!Env ", "!Python ", "${X}", "''", "[[a]]"]
)


METADATA = """\
metadata_version: 1
pipeline:
- {type: train, dataset_uri: x, parameters: {selected_user_parameters: [{step: fit, args: {a: 1}}]}}
"""


def _mutated(text, data):
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + data.draw(PIECES) + text[stop:]
    return text


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.data())
def test_only_read_errors_escape_for_mutated_plans_and_metadata(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "system.yaml"
    path.write_text(_mutated(METADATA, data), encoding="utf-8")
    with contextlib.suppress(PlanReadError):
        plan = parse_plan(_mutated(ALO_3, data))
        assert json.dumps([plan_view(plan), str(check(plan))], default=str)
        overlaid = overlay_solution_metadata(plan, path)
        assert json.dumps([plan_view(overlaid), str(check(overlaid))], default=str)
