"""The section `alo_nb` of a plan: cache policies of steps."""

from __future__ import annotations

import pytest

from alo_nb.plan import check, parse_plan
from alo_nb.plan.policies import POLICIES
from alo_nb.plan.writer import plan_yaml

ALO_3 = "name: demo\nsolution:\n  function: {f: {def: m.f}}\n  train: {pipeline: [f]}\n"


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_read_and_written_back(valid, policy):
    plan = parse_plan(f"{valid}alo_nb:\n  - cache: {{train: {policy}, input: auto}}\n")

    assert plan.cache == {"train": policy, "input": "auto"}
    assert [each for each in check(plan) if each.severity != "note"] == []
    assert parse_plan(plan_yaml(plan)).cache == plan.cache


@pytest.mark.parametrize("written", ["off", "Off", "no", "false", '"off"'])
def test_what_yaml_takes_for_false_is_off(valid, written):
    assert parse_plan(f"{valid}alo_nb: [{{cache: {{train: {written}}}}}]\n").cache == {"train": "off"}


def test_a_plan_of_alo_3_has_the_same_section_as_a_mapping():
    plan = parse_plan(f"{ALO_3}alo_nb: {{cache: {{f: recompute}}}}\n")

    assert (plan.cache, check(plan)) == ({"f": "recompute"}, [])


def test_a_plan_without_policies_is_written_without_the_section(valid):
    assert "alo_nb" not in plan_yaml(parse_plan(valid))


WRONG = {
    "cache: {train: recompte}": ("PLAN_CHOICE", "train", "did you mean 'recompute'?"),
    "cache: {train: }": ("PLAN_CHOICE", "train", "is empty"),
    "cache: {train: [off]}": ("PLAN_CHOICE", "train", "no choice"),
    "cache: {trian: off}": ("PLAN_STEP_MISMATCH", "trian", "did you mean 'train'?"),
    "cache: [{train: off}, {train: auto}]": ("PLAN_DUPLICATE_ITEM", "train", "twice"),
    "cache: {7: off}": ("PLAN_KEY_TYPE", "7", "not as text"),
    "cache: [train]": ("PLAN_SHAPE", "", "where `step: policy` belongs"),
    "cash: {train: off}": ("PLAN_UNKNOWN_KEY", None, "did you mean 'cache'?"),
}


@pytest.mark.parametrize(("written", "found"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place_and_the_nearest_name(valid, errors, written, found):
    code, step, message = found
    (problem,) = errors(f"{valid}alo_nb:\n  - {written}\n")

    assert (problem.code, problem.place.line) == (code, valid.count("\n") + 2)
    assert problem.key == " > ".join(["alo_nb", *(["cash"] if step is None else ["cache", *([step] if step else [])])])
    assert message in problem.message
    assert problem.do
