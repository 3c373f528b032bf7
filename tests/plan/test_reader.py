from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alo_nb.errors import PlanReadError
from alo_nb.plan import check, parse_plan, plan_view, read_plan


def _bomb(levels: int, width: int = 9) -> str:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _chain() -> str:
    nest = "{k: " * 45
    return f"a: &a {nest}1{'}' * 45}\nb: [[[[[[[*a]]]]]]]"


UNREADABLE = {
    "empty": ("", "PLAN_EMPTY"),
    "only a comment": ("# nothing\n", "PLAN_EMPTY"),
    "null": ("~\n", "PLAN_EMPTY"),
    "a scalar": ("hello", "PLAN_NOT_MAPPING"),
    "a list": ("- a\n- b\n", "PLAN_NOT_MAPPING"),
    "tab indent": ("a:\n\tb: 1\n", "YAML_SYNTAX"),
    "unclosed bracket": ("a: [1, 2\n", "YAML_SYNTAX"),
    "bad indent": ("a:\n  b: 1\n c: 2\n", "YAML_SYNTAX"),
    "unknown alias": ("a: *nowhere\n", "YAML_SYNTAX"),
    "NUL": (b"a: 1\nb: \x00\n", "PLAN_ENCODING"),
    "latin-1": (b"a: 1\nname: caf\xe9\n", "PLAN_ENCODING"),
    "utf-16": ("name: x".encode("utf-16"), "PLAN_ENCODING"),
    "lone surrogate": ("a: \ud800", "PLAN_ENCODING"),
    "two documents": ("a: 1\n---\nb: 2\n", "YAML_MULTIDOC"),
    "python object": ("a: !!python/object/apply:os.system ['true']\n", "YAML_TAG"),
    "python tuple": ("a: !!python/tuple [1, 2]\n", "YAML_TAG"),
    "python name": ("a: !!python/name:os.system\n", "YAML_TAG"),
    "own tag": ("a: !secret x\n", "YAML_TAG"),
    "binary": ("a: !!binary aGk=\n", "YAML_TAG"),
    "scalar tag on a list": ("a: !!int [1]\n", "YAML_TAG"),
    "tag on a key": ("!!python/name:os.system a: 1\n", "YAML_TAG"),
    "alias bomb": (_bomb(9), "YAML_ALIAS_LIMIT"),
    "many aliases": ("a: &a 1\nb: [" + "*a, " * 101 + "]", "YAML_ALIAS_LIMIT"),
    "recursive alias": ("a: &a [1, *a]\n", "YAML_ALIAS_LIMIT"),
    "recursive alias below": ("a: &a {b: {c: [*a]}}\n", "YAML_ALIAS_LIMIT"),
    "deep": ("[" * 3000 + "]" * 3000, "YAML_DEPTH"),
    "deep mappings": ("{a: " * 60 + "1" + "}" * 60, "YAML_DEPTH"),
    "deep by aliases": (_chain(), "YAML_DEPTH"),
    "too many values": ("a: [" + "1," * 200_001 + "]", "YAML_SIZE"),
    "too large": ("#" * (1 << 20) + "\na: 1", "YAML_SIZE"),
}


@pytest.mark.parametrize(("text", "code"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_readable_yaml_is_refused_with_its_code_and_file(text, code):
    start = time.perf_counter()
    with pytest.raises(PlanReadError) as caught:
        parse_plan(text, file="plan.yaml")
    assert caught.value.what.endswith(f"[{code}]")
    assert caught.value.code == code
    assert caught.value.where.startswith("plan.yaml")
    assert caught.value.do
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a:\n\tb: 1\n", "plan.yaml, line 2, column 1\n         b: 1"),
        (b"a: 1\nname: caf\xe9\n", "plan.yaml, line 2, column 10\n         name: caf\N{REPLACEMENT CHARACTER}"),
        ("이름: 가\n값: !secret x\n", "plan.yaml, line 2, column 4\n         값: !secret x"),
        ("a: 1\r\n---\r\nb: 2\r\n", "plan.yaml, line 2, column 1\n         ---"),
    ],
)
def test_the_error_shows_line_column_and_the_offending_line(text, where):
    with pytest.raises(PlanReadError) as caught:
        parse_plan(text, file="plan.yaml")
    assert caught.value.where == where


def test_a_tab_is_named_as_the_cause():
    with pytest.raises(PlanReadError) as caught:
        parse_plan("control:\n\t- backup_size: 1\n")
    assert "tab" in caught.value.do


def test_a_secret_in_the_offending_line_is_masked():
    with pytest.raises(PlanReadError) as caught:
        parse_plan("code: [https://user:hunter2@host/x.git\n  }")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(PlanReadError) as caught:
        parse_plan("args:\n- password: hunter2: more\n")
    assert "hunter2" not in str(caught.value)


def test_no_tag_runs_anything(tmp_path):
    wire = tmp_path / "wire"
    with pytest.raises(PlanReadError):
        parse_plan(f"a: !!python/object/apply:pathlib.Path.touch [{wire}]\n")
    assert not wire.exists()


def test_a_read_error_survives_pickling():
    with pytest.raises(PlanReadError) as caught:
        parse_plan("")
    error = pickle.loads(pickle.dumps(caught.value))
    assert (str(error), error.code) == (str(caught.value), "PLAN_EMPTY")


@pytest.mark.parametrize(("path", "code"), [("none.yaml", "PLAN_NOT_FOUND"), (".", "PLAN_NOT_FILE")])
def test_a_file_that_cannot_be_opened_has_a_code_too_but_not_in_its_message(tmp_path, path, code):
    with pytest.raises(PlanReadError) as caught:
        read_plan(tmp_path / path)
    assert caught.value.code == code
    assert "[" not in caught.value.what


def test_a_file_is_read_and_remembered(tmp_path, valid):
    path = tmp_path / "plan.yaml"
    path.write_text(valid, encoding="utf-8")
    plan = read_plan(path)
    assert (plan.path, plan.text, plan.problems) == (path, valid, ())
    assert str(plan.pipelines[0].steps[1].place) == f"{path}, line 19"


def test_byte_order_mark_and_windows_lines_change_nothing(valid):
    plain = parse_plan(valid)
    windows = parse_plan(b"\xef\xbb\xbf" + valid.replace("\n", "\r\n").encode())
    assert plan_view(windows) == plan_view(plain)
    assert windows.pipelines == plain.pipelines


def test_a_missing_file_names_the_nearest_one(tmp_path):
    (tmp_path / "experimental_plan.yaml").touch()
    with pytest.raises(PlanReadError, match="did you mean 'experimental_plan"):
        read_plan(tmp_path / "experimentl_plan.yaml")


NO_FILES = {
    "nothing": ("", "PLAN_NOT_FILE"),
    "a NUL": ("a\0b.yaml", "PLAN_UNREADABLE"),
    "no folder": ("no/such/folder/plan.yaml", "PLAN_NOT_FOUND"),
    "a long name": ("x" * 300, "PLAN_UNREADABLE"),
    "a long path": ("/".join(["x" * 200] * 30), "PLAN_UNREADABLE"),
}


@pytest.mark.parametrize(("path", "code"), NO_FILES.values(), ids=NO_FILES)
def test_a_path_that_is_no_file_is_refused(path, code):
    with pytest.raises(PlanReadError) as caught:
        read_plan(path)
    assert caught.value.code == code


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes on this system")
    os.mkfifo(tmp_path / "plan.yaml")
    with pytest.raises(PlanReadError, match="pipe"):
        read_plan(tmp_path / "plan.yaml")


def test_importing_the_package_loads_no_yaml():
    code = "import sys, alo_nb.plan; assert 'yaml' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], timeout=60)


def test_a_thousand_steps_are_read_in_reasonable_time():
    steps = range(1000)
    parameters = "".join(f"      - step: s{n}\n        args:\n          - a: {n}\n" for n in steps)
    sources = "".join(f"      - step: s{n}\n        source:\n          code: local\n" for n in steps)
    text = f"user_parameters:\n  - train_pipeline:\n{parameters}asset_source:\n  - train_pipeline:\n{sources}"
    start = time.perf_counter()
    plan = parse_plan(text)
    assert len(plan.pipelines[0].steps) == 1000
    assert time.perf_counter() - start < 5


DUPLICATES = {
    "top": ("name: a\nname: b\n", "YAML_DUPLICATE_KEY", "name", 2),
    "argument": (
        "user_parameters:\n- train_pipeline:\n  - step: s\n    args:\n    - x: 1\n      x: 2\n",
        "YAML_DUPLICATE_KEY",
        "user_parameters > train_pipeline > s > args > x",
        6,
    ),
    "control item": (
        "control:\n- backup_size: 1\n- backup_size: 2\n",
        "PLAN_DUPLICATE_ITEM",
        "control > backup_size",
        3,
    ),
}


@pytest.mark.parametrize(("text", "code", "key", "line"), DUPLICATES.values(), ids=DUPLICATES)
def test_a_duplicate_names_both_lines_and_the_last_one_counts(text, code, key, line):
    plan = parse_plan(text, file="plan.yaml")
    (found,) = [each for each in plan.problems if each.code == code]
    assert (found.severity, found.key, found.place.line) == ("error", key, line)
    assert f"line {line - 1} and line {line}" in found.message
    if code == "PLAN_DUPLICATE_ITEM":
        assert plan.control.backup_size == 2


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, "2024-13-45", "!!int x", "!!timestamp z", "!!float x", '"a\\0b"', "!!null x", "!!bool perhaps"],
)
def test_a_scalar_that_only_looks_like_a_value_is_a_problem_with_its_line(one_step, value):
    plan = parse_plan(one_step(f"args:\n  - a: {value}"), file="plan.yaml")
    found = [each for each in check(plan) if each.code == "PLAN_VALUE"]
    if value == "!!null x":  # YAML's null has no content to get wrong
        assert not found
    else:
        assert [each.place.line for each in found] == [8]


def test_merge_keys_are_merged_and_own_keys_win(one_step):
    text = one_step("args:\n  - a: &base {x: 1, y: 2}\n    b:\n      <<: *base\n      y: 3")
    plan = parse_plan(text)
    assert plan.problems == ()
    assert plan.pipelines[0].steps[0].args == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


def test_integer_keys_stay_integers(one_step):
    plan = parse_plan(one_step("args:\n  - sampling: {1: 10, 0: 25}"))
    assert plan.pipelines[0].steps[0].args == {"sampling": {1: 10, 0: 25}}


def test_a_flow_mapping_without_a_space_is_read_as_alo_reads_it(one_step):
    plan = parse_plan(one_step("args:\n  - grid: {max_depth:[5, 9]}"))
    assert plan.problems == ()
    assert plan.pipelines[0].steps[0].args == {"grid": {"max_depth": [5, 9]}}


@pytest.mark.parametrize("key", ["[1, 2]", "{a: 1}"])
def test_a_key_that_is_no_single_value_is_a_problem(key):
    plan = parse_plan(f"? {key}\n: 1\n")
    assert "PLAN_KEY_TYPE" in {each.code for each in plan.problems}


HOSTILE = {
    "addresses": 'external_path:\n- load_model_path: "' + "s3://a" * 100_000 + '@"\n',
    "markers": "asset_source:\n- train_pipeline:\n  - {step: a, source: {code: local, requirements: ['a; "
    + "x in y and " * 30_000
    + "']}}\n",
    "hosts": "asset_source:\n- train_pipeline:\n  - {step: a, source: {code: 'https://" + "a-." * 100_000 + "'}}\n",
    "unmatched steps": "user_parameters: [train_pipeline: ["
    + ",".join(f"{{step: a{n}}}" for n in range(2_000))
    + "]]\nasset_source: [train_pipeline: ["
    + ",".join(f"{{step: b{n}}}" for n in range(2_000))
    + "]]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(text):
    start = time.perf_counter()
    assert check(parse_plan(text))
    assert time.perf_counter() - start < 10
