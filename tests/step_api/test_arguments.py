from __future__ import annotations

import math

import pytest

from alo_nb.errors import StepArgumentError

BAD = StepArgumentError
# alo-nb's answers where ALO 2.6 is at fault: `bool` of anything but a yes or a no, `int` of 1.5.
TABLE = [
    # value     str        int  float  list         bool
    ("", "", BAD, BAD, [""], BAD),
    ("abc", "abc", BAD, BAD, ["abc"], BAD),
    ("1", "1", 1, 1.0, ["1"], True),
    ("1.5", "1.5", BAD, 1.5, ["1.5"], BAD),
    ("a, b", "a, b", BAD, BAD, ["a, b"], BAD),
    ("True", "True", BAD, BAD, ["True"], True),
    ("False", "False", BAD, BAD, ["False"], False),
    ("false", "false", BAD, BAD, ["false"], False),
    ("yes", "yes", BAD, BAD, ["yes"], True),
    (" NO ", " NO ", BAD, BAD, [" NO "], False),
    ("on", "on", BAD, BAD, ["on"], True),
    ("off", "off", BAD, BAD, ["off"], False),
    ("0", "0", 0, 0.0, ["0"], False),
    (0, "0", 0, 0.0, [0], False),
    (1, "1", 1, 1.0, [1], True),
    (2, "2", 2, 2.0, [2], BAD),
    (1.5, "1.5", BAD, 1.5, [1.5], BAD),
    (2.0, "2.0", 2, 2.0, [2.0], BAD),
    (math.inf, "inf", BAD, math.inf, [math.inf], BAD),
    (10**400, str(10**400), 10**400, BAD, [10**400], BAD),
    (True, "True", True, 1.0, [True], True),
    (False, "False", False, 0.0, [False], False),
    ({}, "{}", BAD, BAD, [{}], BAD),
    ({"k": 1}, "{'k': 1}", BAD, BAD, [{"k": 1}], BAD),
    ([], [], [], [], [], []),
    (["a"], ["a"], ["a"], ["a"], ["a"], ["a"]),
]
TYPES = ("str", "int", "float", "list", "bool")
CASES = [(row[0], kind, expected) for row in TABLE for kind, expected in zip(TYPES, row[1:], strict=True)]
IDS = [f"{str(value)[:9]!r}-{type(value).__name__}-{kind}" for value, kind, _ in CASES]


@pytest.mark.parametrize(("value", "kind", "expected"), CASES, ids=IDS)
def test_a_value_is_read_as_the_type_asked_for_or_refused_by_key(asset, value, kind, expected):
    for call in ({}, {"is_required": True}, {"default": "unused"}):
        made = asset(a=value)
        if expected is BAD:
            with pytest.raises(BAD) as caught:
                made.check_args("a", chng_type=kind, **call)
            assert caught.value.what == f"argument 'a': the value {value!r} cannot be read as {kind}"
            assert caught.value.do == "correct the value"
        else:
            found = made.check_args("a", chng_type=kind, **call)
            assert found == expected
            assert type(found) is type(expected)


@pytest.mark.parametrize(("value", "kind", "expected"), CASES, ids=IDS)
@pytest.mark.parametrize("args", [{}, {"a": None}], ids=["missing", "null"])
def test_a_default_is_converted_like_a_value(asset, args, value, kind, expected):
    if expected is BAD:
        with pytest.raises(BAD) as caught:
            asset(**args).check_args("a", default=value, chng_type=kind)
        assert caught.value.what == f"argument 'a': its default {value!r} cannot be read as {kind}"
        assert caught.value.do == f"give `default=` a valid {kind}, or mark it `is_required=True`"
    else:
        assert asset(**args).check_args("a", default=value, chng_type=kind) == expected


@pytest.mark.parametrize(("kind", "expected"), [("str", "None"), ("list", [None]), ("int", BAD), ("bool", BAD)])
def test_a_default_of_none_is_a_value(asset, kind, expected):
    if expected is BAD:
        with pytest.raises(BAD, match="its default None cannot be read as"):
            asset().check_args("a", default=None, chng_type=kind)
    else:
        assert asset().check_args("a", default=None, chng_type=kind) == expected


def test_a_required_argument_that_is_null_is_the_empty_text(asset):
    assert asset(a=None).check_args("a", is_required=True) == ""
    with pytest.raises(BAD, match="argument 'a': the value '' cannot be read as int"):
        asset(a=None).check_args("a", is_required=True, chng_type="int")


def test_a_required_argument_that_is_missing_is_named_with_the_nearest(asset):
    with pytest.raises(BAD) as caught:
        asset(x_columns=["a"]).check_args("x_column", is_required=True)
    assert caught.value.what == "the required argument 'x_column' is missing; did you mean 'x_columns'?"
    assert caught.value.do == "set `x_column:` under the step's args in the plan, or `x_column=...` on the magic line"
    assert isinstance(caught.value, ValueError)  # what ALO's own code catches


def test_an_optional_argument_without_default_is_the_empty_text(asset):
    assert asset().check_args("a") == ""


@pytest.mark.parametrize("kind", ["STR", "Int"])
def test_the_type_is_read_in_any_case(asset, kind):
    assert asset(a=3).check_args("a", chng_type=kind) in {"3", 3}


@pytest.mark.parametrize("kind", ["floot", int, None])
@pytest.mark.parametrize("value", [1, [1]])
def test_an_unknown_type_is_refused(asset, kind, value):
    with pytest.raises(BAD, match=r"chng_type .* is not a type that check_args knows(; did you mean 'float'|; known)"):
        asset(a=value).check_args("a", chng_type=kind)


def test_load_args_gives_all_arguments(asset):
    assert asset(a=1, b=None, c=[1, {"d": 2}]).load_args() == {"a": 1, "b": None, "c": [1, {"d": 2}]}


def test_a_step_cannot_edit_the_arguments_of_its_plan(asset):
    given = {"cols": ["a", ["b"]], "deep": {"k": [1]}}
    made = asset(**given)
    made.load_args()["cols"][1].append("x")
    made.load_args()["deep"]["k"].append(2)
    made.check_args("cols").append("y")
    made.check_args("deep", chng_type="list")[0]["k"].append(3)
    assert given == {"cols": ["a", ["b"]], "deep": {"k": [1]}}
    assert made.load_args() == given
