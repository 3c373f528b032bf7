from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import PlanInvalidError, PlanReadError
from alo_nb.plan import (
    Control,
    ExternalPath,
    Pipeline,
    Place,
    Plan,
    Source,
    Step,
    check,
    parse_plan,
    plan_view,
    require_valid,
    valid_step_name,
)

GOOD_NAMES = ["input", "train2", "전처리", "step-1", "a.b", "_x", "A" * 100, "os", "lib", "2nd", "console"]
BAD_NAMES = [
    "../../evil", "/tmp/evil", "a/b", "..", ".", "~", "C:\\evil", "con", "NUL", "com1.txt", "a;b", "$(touch x)", "-rf",
    "__init__", "a" * 300, "a\u202eb", "<img onerror=x>", "", "a b", "trailing.", "trailing ", ".hidden", "a\nb", "a\0",
    "x\n", "한글/x",
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_name_that_can_be_a_folder_and_a_module_is_valid(name):
    assert valid_step_name(name)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_hostile_name_is_refused(errors, name):
    assert not valid_step_name(name)
    plan = Plan(pipelines=(Pipeline("train_pipeline", (Step(name, source=Source("local")),)),))
    assert [each.code for each in errors(plan)] == ["PLAN_STEP_NAME"]


@pytest.mark.parametrize("name", ["../../evil", "con", "~x", "<b>", "a;b"])
def test_a_hostile_name_in_a_file_is_refused_once_with_its_line(one_step, errors, name):
    (problem,) = errors(one_step(step=f"'{name}'"))
    assert (problem.code, problem.place.line) == ("PLAN_STEP_NAME", 6)


@pytest.mark.parametrize("name", ["5", "''", "~", "[a]", "yes"])
def test_a_step_name_that_is_no_text_is_refused(one_step, errors, name):
    found = errors(one_step(step=name))
    assert {each.code for each in found} == {"PLAN_STEP_NAME"}


def test_names_that_differ_by_case_only_are_refused(errors):
    steps = (Step("Train", source=Source("local")), Step("train", source=Source("local")))
    assert [each.code for each in errors(Plan(pipelines=(Pipeline("train_pipeline", steps),)))] == ["PLAN_STEP_NAME"]


def test_one_step_in_both_pipelines_is_fine(errors):
    step = Step("input", source=Source("local"))
    assert (
        errors(Plan(pipelines=tuple(Pipeline(name, (step,)) for name in ("train_pipeline", "inference_pipeline"))))
        == []
    )


def test_a_duplicate_step_is_refused_with_both_lines(errors):
    text = (
        "user_parameters:\n- train_pipeline:\n  - step: a\n"
        "asset_source:\n- train_pipeline:\n  - {step: a, source: {code: local}}\n  - {step: a, source: {code: local}}\n"
    )
    (problem,) = errors(text)
    assert problem.code == "PLAN_STEP_DUPLICATE"
    assert "line 6 and line 7" in problem.message


CODES = {
    "local": None,
    "notebook": None,
    "steps/train.ipynb": None,
    "https://github.com/a/b.git": None,
    "http://host.example.org:8080/hub/a/b.git": None,
    "git://host/a.git": None,
    "ssh://git@host:22/a/b.git": None,
    "git@github.com:a/b.git": None,
    "https://team@dev.example.org/team/project/_git/x": None,
    "ext::sh -c 'touch x'": "PLAN_GIT_URL",
    "--upload-pack=touch x": "PLAN_GIT_URL",
    "file:///etc": "PLAN_GIT_URL",
    "fd::17": "PLAN_GIT_URL",
    "https://user:TOKEN@host/x.git": "PLAN_SECRET_IN_URL",
    "https://ghp_abcdefghijklmnopqrstuvwxyz012345@host/x.git": "PLAN_SECRET_IN_URL",
    "ssh://-oProxyCommand=touch/x": "PLAN_GIT_URL",
    "ssh://git@-oProxyCommand=touch/x": "PLAN_GIT_URL",
    "git@host:-x": "PLAN_GIT_URL",
    "https://host/a.git\n--upload-pack=x": "PLAN_GIT_URL",
    "https://host": "PLAN_GIT_URL",
    "../other": "PLAN_GIT_URL",
    "/srv/repo.git": "PLAN_GIT_URL",
    "locla": "PLAN_GIT_URL",
    "": "PLAN_GIT_URL",
    "https://host/x.ipynb": "PLAN_PATH",
    "-x.ipynb": "PLAN_PATH",
}


def _plan_with(source: Source) -> Plan:
    return Plan(name="x", pipelines=(Pipeline("train_pipeline", (Step("train", source=source),)),))


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_code_is_one_of_four_kinds_or_refused(errors, code, expected):
    found = errors(_plan_with(Source(code)))
    assert [each.code for each in found] == ([expected] if expected else [])
    assert not any("TOKEN" in each.message + each.do for each in found)


def test_a_misspelt_code_names_the_nearest(errors):
    (problem,) = errors(_plan_with(Source("locla")))
    assert "did you mean 'local'?" in problem.message


def test_a_misspelt_scheme_is_a_warning_because_alo_accepts_the_plan():
    (problem,) = check(_plan_with(Source("hhttps://host/a.git")))
    assert (problem.severity, problem.code) == ("warning", "PLAN_GIT_URL")


@pytest.mark.parametrize(("scheme", "severity"), [("http", "warning"), ("git", "warning"), ("file", "error")])
def test_a_protocol_that_a_run_refuses_is_told_unless_it_is_allowed(monkeypatch, scheme, severity):
    plan = _plan_with(Source(f"{scheme}:///srv/a.git" if scheme == "file" else f"{scheme}://host/a.git"))
    monkeypatch.delenv("ALO_NB_GIT_PROTOCOLS", raising=False)
    (problem,) = check(plan)
    assert (problem.severity, problem.code) == (severity, "PLAN_GIT_URL")
    assert problem.message.startswith(f"code is not fetched by {scheme}, only by https, ssh: ")
    assert f"ALO_NB_GIT_PROTOCOLS=https,ssh,{scheme}" in problem.do
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", f"https, {scheme}")
    assert not check(plan)


@pytest.mark.parametrize("ref", ["main", "v1.0.1_tabular", "feature/x", "release_1.0", "0a1b2c3", None])
def test_an_ordinary_ref_is_accepted(errors, ref):
    assert errors(_plan_with(Source("https://host/x.git", branch=ref))) == []


@pytest.mark.parametrize(
    "ref", ["--upload-pack=x", "-f", ".", "a..b", "a b", "a\nb", "x.lock", "a//b", "@{1}", "", "a:b"]
)
def test_a_ref_that_git_could_misread_is_refused(errors, ref):
    assert [each.code for each in errors(_plan_with(Source("https://host/x.git", branch=ref)))] == ["PLAN_GIT_REF"]


def test_the_branch_of_a_local_step_is_ignored_as_in_alo(errors):
    assert errors(_plan_with(Source("local", branch="-f"))) == []


REQUIREMENTS = {
    "pandas": None,
    "pandas==2.2.2": None,
    "scikit-learn >= 1.3, <2": None,
    "torch[cpu]~=2.1": None,
    "pkg==1.0+cu118": None,
    "pywin32; sys_platform == 'win32' and python_version >= '3.9'": None,
    "requirements.txt": None,
    "# a comment": None,
    "": None,
    "pandas==1.5.3 # why": None,
    "pkg==1 --force-reinstall": "warning",
    "torch==2.1.2 --index-url https://index.example.org/whl": "warning",
    "--index-url https://evil.example.org/simple": "warning",
    "--extra-index-url https://evil.example.org/simple": "warning",
    "--index-url=https://u:pw@index.example.org/": "error",
    "-e git+https://host/x.git": "error",
    "pkg; import os": "error",
    "http://host/x.whl": "error",
    "x @ https://host/x.whl": "error",
    "../../x.txt": "error",
    "other.txt": "error",
    "-r http://host/x.txt": "error",
    "pkg --install-option=x": "error",
    "pkg --trusted-host evil": "error",
    "--force-reinstall": "error",
    "pkg = 1.0": "error",
    "pkg\n--pre": "warning",
    "./local": "error",
    "pkg --index-url file:///x": "error",
}


@pytest.mark.parametrize(("line", "severity"), REQUIREMENTS.items())
def test_a_requirement_is_a_package_or_refused(line, severity):
    found = check(_plan_with(Source("local", requirements=(line,))))
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert not found or found[0].code in ("PLAN_REQUIREMENT", "PLAN_SECRET_IN_URL")
    assert not found or "u:pw" not in found[0].message


def test_a_single_equals_sign_is_corrected(errors):
    (problem,) = errors(_plan_with(Source("local", requirements=("pkg = 1.0",))))
    assert "pkg==1.0" in problem.do


def test_a_bad_requirement_is_reported_with_its_own_line(one_step, errors):
    (problem,) = errors(one_step(source="code: local\nrequirements:\n  - pandas\n  - -r other.txt"))
    assert (problem.code, problem.place.line) == ("PLAN_REQUIREMENT", 15)


PATHS = {
    ("load_train_data_path", "./data/train/"): None,
    ("load_train_data_path", "sample"): None,
    ("load_train_data_path", "../shared/train"): None,
    ("load_train_data_path", "/nas/데이터/x y/"): None,
    ("load_train_data_path", "C:\\data\\x"): None,
    ("load_train_data_path", "s3://bucket/a/b/"): None,
    ("load_train_data_path", ""): None,
    ("load_train_data_path", "input/train/mydata"): "PLAN_PATH",
    ("load_train_data_path", "./input/"): "PLAN_PATH",
    ("load_train_data_path", "./"): "PLAN_PATH",
    ("load_train_data_path", "~/data"): "PLAN_PATH",
    ("load_train_data_path", "file:///etc"): "PLAN_PATH",
    ("load_train_data_path", "s3://"): "PLAN_PATH",
    ("load_train_data_path", "s3:/bucket/x"): None,
    ("load_train_data_path", "s3:///bucket/x"): "PLAN_PATH",
    ("load_train_data_path", "s3://KEY:secret@b/x"): "PLAN_SECRET_IN_URL",
    ("load_train_data_path", "http://host/x"): "PLAN_PATH",
    ("load_train_data_path", "a\0b"): "PLAN_PATH",
    ("load_model_path", "./train_artifacts/models/"): "PLAN_PATH",
    ("save_train_artifacts_path", "train_artifacts/"): "PLAN_PATH",
    ("save_train_artifacts_path", ".alo/x"): "PLAN_PATH",
}


@pytest.mark.parametrize(("where", "code"), PATHS.items())
def test_an_external_path_is_judged_by_its_text(errors, where, code):
    key, value = where
    external = ExternalPath(**{key: (value,) if key.startswith("load_train") else value})
    found = errors(Plan(external_path=external))
    assert [each.code for each in found] == ([code] if code else [])
    assert not any("secret@" in each.message for each in found)


def test_a_path_that_climbs_far_is_a_warning():
    found = check(Plan(external_path=ExternalPath(load_model_path="../../../../etc/")))
    assert [(each.severity, each.code) for each in found] == [("warning", "PLAN_PATH")]


def test_a_list_where_one_path_belongs_is_refused(errors):
    text = "external_path:\n- load_model_path: [./a/, ./b/]\nuser_parameters:\nasset_source:\n"
    assert ("PLAN_TYPE", 2) in [(each.code, each.place.line) for each in errors(text)]


CONTROL = {
    "backup_size: -1": "PLAN_RANGE",
    "backup_size: 0": "PLAN_RANGE",
    "backup_size: 1GB": "PLAN_TYPE",
    "backup_size: True": "PLAN_TYPE",
    "backup_size: 1.5": "PLAN_TYPE",
    "interface_mode: disk": "PLAN_CHOICE",
    "save_inference_format: rar": "PLAN_CHOICE",
    "get_asset_source: twice": "PLAN_CHOICE",
    "get_asset_source: [once]": "PLAN_CHOICE",
    'backup_artifacts: "True"': "PLAN_TYPE",
    "check_resource: 1": "PLAN_TYPE",
}


@pytest.mark.parametrize(("item", "code"), CONTROL.items())
def test_a_bad_control_value_is_refused_with_its_line(one_step, errors, item, code):
    (problem,) = errors(one_step(control=f"- {item}"))
    assert (problem.code, problem.key, problem.place.line) == (code, f"control > {item.split(':')[0]}", 14)
    assert problem.do.startswith("write ")


def test_choices_are_listed_and_the_nearest_is_named(one_step, errors):
    (problem,) = errors(one_step(control="- interface_mode: Memory"))
    assert "did you mean 'memory'?" in problem.message
    assert problem.do == "write `memory` or `file`"


def test_yes_is_a_truth_value_in_control(one_step):
    plan = parse_plan(one_step(control="- backup_artifacts: no"))
    assert check(plan) == []
    assert plan.control.backup_artifacts is False


def test_an_empty_control_value_is_the_default_with_a_warning(one_step):
    plan = parse_plan(one_step(control="- backup_size:"))
    (problem,) = check(plan)
    assert (problem.severity, problem.code, plan.control.backup_size) == ("warning", "PLAN_TYPE", 1000)


TRAPS = {
    "no": ("PLAN_BOOL_LIKE", False),
    "On": ("PLAN_BOOL_LIKE", True),
    "010": ("PLAN_OCTAL", 8),
    "12:30:45": ("PLAN_SEXAGESIMAL", 45045),
    "1:30": ("PLAN_SEXAGESIMAL", 90),
    "2024-01-01": ("PLAN_DATE", None),
    "1e-3": ("PLAN_FLOAT_LIKE", "1e-3"),
    "1.5e3": ("PLAN_FLOAT_LIKE", "1.5e3"),
    ".nan": ("PLAN_NAN", None),
    "2023_01": ("PLAN_UNDERSCORE", 202301),
    "True": (None, True),
    "0": (None, 0),
    "1.0e-3": (None, 0.001),
    "0x1F": (None, 31),
    '"no"': (None, "no"),
    "'010'": (None, "010"),
    "a:b": (None, "a:b"),
}


@pytest.mark.parametrize(("text", "expected"), TRAPS.items())
def test_what_yaml_reads_in_a_surprising_way_is_a_warning_with_its_line(one_step, errors, text, expected):
    code, value = expected
    plan = parse_plan(one_step(f"args:\n  - a: {text}"))
    found = check(plan)
    assert [(each.code, each.severity, each.place.line) for each in found] == ([(code, "warning", 8)] if code else [])
    if value is not None:
        assert plan.pipelines[0].steps[0].args == {"a": value}


@pytest.mark.parametrize("text", ["1e-3", "1e5", "2E+4", "1.5e3", "-1e3"])
def test_the_number_that_the_float_warning_proposes_is_a_number_to_yaml(one_step, text):
    (problem,) = check(parse_plan(one_step(f"args:\n  - a: {text}")))
    proposed = problem.do.split()[1]
    (step,) = parse_plan(one_step(f"args:\n  - a: {proposed}")).pipelines[0].steps
    assert step.args["a"] == float(text)


def test_all_errors_come_at_once_and_in_the_order_of_the_file(one_step):
    text = one_step(step="'a/b'", source="code: ext::sh\nrequirements: [-r x]", control="- backup_size: -1\n- typo: 1")
    plan = parse_plan(text, file="plan.yaml")
    with pytest.raises(PlanInvalidError) as caught:
        require_valid(plan)
    error = pickle.loads(pickle.dumps(caught.value))
    assert [each.code for each in error.problems] == [
        "PLAN_STEP_NAME", "PLAN_GIT_URL", "PLAN_REQUIREMENT", "PLAN_RANGE", "PLAN_UNKNOWN_KEY",
    ]  # fmt: skip
    assert [each.place.line for each in error.problems] == sorted(each.place.line for each in error.problems)
    lines = str(error).splitlines()
    assert lines[0] == "5 problems in plan.yaml"
    assert lines[1].startswith("  plan.yaml, line 6: 'a/b' cannot name a step")
    assert all(each.do in str(error) for each in error.problems)


def test_a_valid_plan_passes(valid):
    assert require_valid(parse_plan(valid)) is None


def test_the_smallest_plan_made_in_python_passes():
    require_valid(_plan_with(Source("notebook")))


NO_STEPS = {
    "empty sections": ("user_parameters: []\nasset_source: []\n", "asset_source", 2),
    "nothing in the sections": ("user_parameters:\nasset_source:\n", "asset_source", 2),
    "an empty pipeline": (
        "user_parameters:\n- train_pipeline:\nasset_source:\n- train_pipeline:\n", "asset_source", 3
    ),
    "parameters only": ("asset_source: []\nuser_parameters:\n- train_pipeline: [{step: a}]\n", "asset_source", 1),
    "an empty solution": ("name: x\nsolution: {}\n", "solution", 2),
    "functions only": ("name: x\nsolution: {function: {f: {def: m.f}}, train: }\n", "solution", 2),
}  # fmt: skip


@pytest.mark.parametrize(("text", "key", "line"), NO_STEPS.values(), ids=NO_STEPS)
def test_a_plan_without_any_step_is_warned_of_since_alo_accepts_its_own_templates(text, key, line):
    (problem,) = [each for each in parse_plan(text).problems if "nothing to run" in each.message]
    assert (problem.code, problem.severity) == ("PLAN_EMPTY_PIPELINE", "warning")
    assert (problem.code, problem.key, problem.place.line) == ("PLAN_EMPTY_PIPELINE", key, line)
    assert problem.do


@pytest.mark.parametrize("text", ["user_parameters: []\n", "solution: {train: {}}\n", "solution: all\n"])
def test_a_plan_whose_steps_are_in_error_is_not_told_that_it_has_none(errors, text):
    assert "PLAN_EMPTY_PIPELINE" not in {each.code for each in errors(text)}


def test_one_empty_pipeline_beside_another_is_a_warning_only(errors):
    text = (
        "user_parameters:\n- train_pipeline: [{step: a}]\n- inference_pipeline:\n"
        "asset_source:\n- train_pipeline: [{step: a, source: {code: local}}]\n- inference_pipeline:\n"
    )
    (found,) = [each for each in check(parse_plan(text)) if each.code == "PLAN_EMPTY_PIPELINE"]
    assert (found.severity, found.key, errors(text)) == ("warning", "asset_source > inference_pipeline", [])


def test_a_plan_made_in_python_may_have_no_pipelines_yet(errors):
    assert errors(Plan(name="notebook")) == []


DETAILS = {
    "nothing": ("", ""),
    "text": (" all of them", ""),
    "another name": ("\n- train_pipeline:\n  - step: input\n    args: [{name: y_colum}]", "did you mean 'y_colum'?"),
    "another step": ("\n- train_pipeline:\n  - step: train\n    args: [{name: y_column}]", ""),
    "another pipeline": ("\n- inference_pipeline:\n  - step: input\n    args: [{name: y_column}]", ""),
    "no list": ("\n- train_pipeline:\n  - step: input\n    args: y_column", ""),
}


@pytest.mark.parametrize(("details", "hint"), DETAILS.values(), ids=DETAILS)
def test_an_argument_for_the_screen_that_is_not_described_is_a_warning(valid, details, hint):
    plan = parse_plan(valid[: valid.index("ui_args_detail:")] + f"ui_args_detail:{details}\n")
    (found,) = [each for each in check(plan) if each.code == "PLAN_UI_ARGS"]
    assert (found.severity, found.place.line) == ("warning", 18)
    assert found.key == "user_parameters > train_pipeline > input > ui_args"
    assert hint in found.message


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats(), st.lists(st.text(), max_size=2))


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.data())
def test_check_never_raises_for_plans_made_in_python(data):
    draw = data.draw
    source = Source(draw(ANY), draw(ANY), tuple(draw(st.lists(ANY, max_size=2))), Place("f", 1, 1))
    external = ExternalPath((draw(ANY),), (draw(ANY),), draw(ANY), draw(ANY), draw(ANY))
    plan = Plan(
        name=draw(ANY),
        pipelines=(Pipeline("train_pipeline", (Step(draw(ANY), source=source), Step(draw(ANY)))),),
        external_path=external,
        control=Control(draw(ANY), draw(ANY), draw(ANY), draw(ANY), draw(ANY), draw(ANY), draw(ANY), draw(ANY)),
    )
    assert all(each.message and each.code for each in check(plan))


def _only_read_errors(text: str | bytes) -> None:
    try:
        plan = parse_plan(text)
    except PlanReadError as error:
        message = str(error)
    else:
        message = ""
        check(plan)
        plan_view(plan)
    assert not message or "where:" in message


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.one_of(st.text(), st.binary(), st.text("-:[]{}&*!|>'\"#%@`, \n\tabc01~<?")))
def test_only_read_errors_escape_for_any_text(text):
    _only_read_errors(text)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.data())
def test_only_read_errors_escape_for_mutated_plans(valid, data):
    text = valid
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 40)))
        piece = st.one_of(
            st.text(max_size=10), st.sampled_from(["[", "{}", "~", "\n", "- ", ": ", "&a ", "*a", "!!int "])
        )
        text = text[:start] + data.draw(piece) + text[stop:]
    _only_read_errors(text)


def test_an_empty_version_is_called_empty_and_an_example_is_given():
    plan = parse_plan("name: shop\nversion:\nuser_parameters: []\nasset_source: []\n")
    (problem,) = [each for each in plan.problems if each.key == "version"]
    assert (problem.message, problem.do) == ("version is empty", "write e.g. `version: 1.0.0`")
