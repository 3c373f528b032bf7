"""Secrets among arguments: what is masked where a plan is shown is told where it stands."""

from __future__ import annotations

import json

import pytest

from alo_nb.plan import check, overlay_solution_metadata, parse_plan, plan_view

NAMED = ["password", "passwd", "secret", "api_key", "API-KEY", "token", "git_token", "db_password", "aws_access_key_id"]
HARMLESS = {
    "another name": "max_tokens: '512'",
    "a part of a name": "tokenizer: bert",
    "secretary": "secretary: Ann",
    "a number": "token: 5",
    "a truth value": "password: True",
    "nothing": "password:",
    "an empty text": "password: ''",
    "a variable": "password: '${DB_PASSWORD}'",
    "a place to fill": "password: <your password>",
    "masked already": "password: '***'",
}


def _secrets(text):
    return [each for each in check(parse_plan(text, file="plan.yaml")) if each.code == "PLAN_SECRET"]


@pytest.mark.parametrize("name", NAMED)
def test_an_argument_that_is_named_for_a_secret_is_a_warning_with_its_line(one_step, name):
    text = one_step(f"args:\n  - a: 1\n    {name}: hunter22")
    (found,) = _secrets(text)
    assert (found.severity, found.place.line) == ("warning", 9)
    assert found.key == f"user_parameters > train_pipeline > train > args > {name}"
    assert "masked in records" in found.message
    assert "environment variable" in found.do
    assert "hunter22" not in f"{found}"
    assert "hunter22" not in json.dumps(plan_view(parse_plan(text)))


@pytest.mark.parametrize("line", HARMLESS.values(), ids=HARMLESS)
def test_what_holds_no_secret_is_no_warning(one_step, line):
    assert _secrets(one_step(f"args:\n  - {line}")) == []


@pytest.mark.parametrize("shape", ["{db: {password: hunter22}}", "[{dbs: [{password: hunter22}]}]", "[~, {token: x}]"])
def test_a_secret_is_found_at_any_depth_and_in_any_shape_of_args(one_step, shape):
    assert len(_secrets(one_step(f"args: {shape}"))) == 1


def test_a_secret_by_name_and_by_form_is_told_once(one_step):
    (found,) = _secrets(one_step("args:\n  - password: postgres://me:hunter22@host/db"))
    assert found.key.endswith("> password")


ALO_3 = "name: x\nsolution:\n  function:\n    f: {def: m.f, argument: {api_key: %s}}\n  train: {pipeline: [f]}\n"


def test_what_alo_3_takes_from_the_environment_is_as_it_should_be(monkeypatch):
    monkeypatch.setenv("KEY_OF_THIS_TEST", "postgres://me:hunter22@host/db")
    assert _secrets(ALO_3 % "!Env '${KEY_OF_THIS_TEST}'") == []
    assert len(_secrets(ALO_3 % "hunter22")) == 1


def test_no_message_about_an_argument_shows_a_secret(one_step, tmp_path):
    rule = "hunter22, password: hunter22}, schema: {password: {default: a, choices: [a, b]}"
    (tmp_path / "system.yaml").write_text(
        "pipeline:\n- type: train\n"
        "  parameters: {selected_user_parameters: [{step: train, args: {password: hunter22}}]}\n",
        encoding="utf-8",
    )
    overlaid = overlay_solution_metadata(parse_plan(one_step("args: [{a: 1}]")), tmp_path / "system.yaml")
    found = [*check(parse_plan(ALO_3 % rule)), *check(overlaid)]
    assert {"PLAN_CHOICE", "PLAN_SYSTEM"} <= {each.code for each in found}
    assert "hunter22" not in str(found)


def test_the_repr_of_a_plan_shows_no_secret(one_step):
    plan = parse_plan(one_step("args: [{password: hunter22}]"))
    assert "hunter22" not in repr(plan)
    assert "hunter22" not in repr(plan.pipelines[0].steps[0])
