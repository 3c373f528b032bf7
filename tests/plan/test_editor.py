from __future__ import annotations

import difflib
import math
from copy import deepcopy
from datetime import date

import pytest
from edited_plans import ALO_3, PLANS, USUAL
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alo_nb.errors import PlanEditError
from alo_nb.plan import parse_plan
from alo_nb.plan.describe import plan_view
from alo_nb.plan.draft import meaning
from alo_nb.plan.editor import (
    add_step,
    disable_step,
    disabled_steps,
    duplicate_step,
    enable_step,
    move_step,
    remove_argument,
    remove_step,
    rename_step,
    set_argument,
    set_cache_policy,
    set_control,
    set_external_path,
    set_source,
)

ONE_LINE = """\
name: one
version: "1"
user_parameters: [{train_pipeline: [{step: a}]}]
asset_source: [{train_pipeline: [{step: a, source: {code: local}}]}]
"""
MAX_DEPTH = "model_type: forest\n            # how deep it may grow\n            max_depth: 5"
TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"


def lines_of(text):
    return text.splitlines(keepends=True)


def changed(before, after):
    """The lines that went and the lines that came, with their line ends."""
    differ = difflib.SequenceMatcher(None, lines_of(before), lines_of(after), autojunk=False)
    gone, came = [], []
    for kind, first, last, start, stop in differ.get_opcodes():
        if kind != "equal":
            gone += lines_of(before)[first:last]
            came += lines_of(after)[start:stop]
    return gone, came


def view(text):
    """What a plan means, and its other keys."""
    plan = parse_plan(text.removeprefix("\ufeff"))
    return plan_view(plan) | {"ui": plan.ui_args_detail}


def args_in(found, pipeline, step):
    return next(each["args"] for each in found["pipelines"][pipeline] if each["step"] == step)


def assert_means(text, wanted):
    assert meaning(view(text)) == meaning(wanted)


# -- one value: one line ---------------------------------------------------------------------------------------------

plans = st.sampled_from(sorted(PLANS))
words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), max_size=20)
numbers = st.integers(-(10**12), 10**12) | st.floats()
scalars = st.none() | st.booleans() | numbers | words | st.dates()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words.filter(bool), inner, max_size=3),
    max_leaves=6,
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def step_of(data, text):
    found = parse_plan(text.removeprefix("\ufeff"))
    return data.draw(st.sampled_from([(each.name, step) for each in found.pipelines for step in each.steps]))


@quick
@given(plans, st.data(), values)
def test_a_new_value_changes_its_own_lines_and_the_plan_means_what_was_meant(name, data, value):
    text = PLANS[name]
    pipeline, step = step_of(data, text)
    assume(step.args)
    argument = data.draw(st.sampled_from(sorted(step.args)))
    assume(argument != "layers" or (isinstance(value, list) and value))  # its comments would be lost, which is refused
    wanted = view(text)
    args_in(wanted, pipeline, step.name)[argument] = value

    new = set_argument(text, pipeline, step.name, argument, value)

    assert_means(new, parse_redacted(wanted))
    gone, came = changed(text, new)
    if "\n" not in repr(step.args[argument]) and not isinstance(step.args[argument], (list, dict)):
        assert len(gone) <= text_lines(text, step.args[argument])
        assert len(came) <= 1
    assert all(argument in each for each in came[:1] if len(gone) == 1)


def text_lines(text, value):
    """How many lines a scalar may take: only a block text takes more than one."""
    return 3 if isinstance(value, str) and "\n" in value else 1


def parse_redacted(found):
    from alo_nb.plan.redact import redact_all

    return {key: redact_all(value) for key, value in found.items()}


@quick
@given(plans, st.data(), values)
def test_a_new_argument_adds_lines_and_touches_no_other(name, data, value):
    text = PLANS[name]
    pipeline, step = step_of(data, text)
    wanted = view(text)
    args_in(wanted, pipeline, step.name)["brand_new"] = value

    new = set_argument(text, pipeline, step.name, "brand_new", value)

    assert_means(new, parse_redacted(wanted))
    gone, came = changed(text, new)
    assert len(came) <= len(gone) + 2
    assert len(gone) <= 1  # a line in flow style, `args: []`, or the last one, which had no line end
    if step.args:
        assert remove_argument(new, pipeline, step.name, "brand_new").rstrip() == text.rstrip()


@quick
@given(plans, st.data())
def test_taking_an_argument_away_leaves_all_others(name, data):
    text = PLANS[name]
    pipeline, step = step_of(data, text)
    assume(step.args)
    argument = data.draw(st.sampled_from(sorted(step.args)))
    wanted = view(text)
    del args_in(wanted, pipeline, step.name)[argument]

    assert_means(remove_argument(text, pipeline, step.name, argument), wanted)


@pytest.mark.parametrize("new", [[10, 25, 30], [20, 30], [10, 30], [10, 20], [5, 10, 20, 30], [10, 20, 25, 30], [20]])
def test_of_a_list_only_the_items_that_differ_are_written_anew(new):
    text = set_argument(USUAL, TRAIN, "train", "layers", new)
    assert parse_plan(text).pipelines[0].steps[2].args["layers"] == new
    assert ("# the wide one" in text) == (20 in new or 25 in new)
    gone, came = changed(USUAL, text)
    assert len(gone) + len(came) <= max(2, 3 - len(new))


@pytest.mark.parametrize(
    ("argument", "value", "gone", "came"),
    [
        ("y_column", "Fare", "'Survived'\t# what", "'Fare'\t# what"),
        ("use_all", True, "use_all: False", "use_all: true"),
        ("drop", ["a, b", "c"], "drop:\n", "drop: ['a, b', c]\n"),
        ("x_columns", ["Pclass", "Fare", "Age"], """'Pclass', "Sex", Age""", """'Pclass', "Fare", Age"""),
        ("x_columns", ["Pclass", "Age"], """'Pclass', "Sex", Age""", """'Pclass', Age"""),
        ("x_columns", ["Pclass", "Sex", "Age", "Fare"], '"Sex", Age', '"Sex", Age, Fare'),
        ("y_column", None, "y_column: 'Survived'\t#", "y_column:\t#"),
    ],
)
def test_quotes_and_comments_beside_a_value_stay(argument, value, gone, came):
    new = set_argument(USUAL, TRAIN, "input", argument, value)
    assert new == USUAL.replace(gone, came, 1)


@pytest.mark.parametrize("name", PLANS)
def test_setting_what_is_there_changes_nothing(name):
    text = PLANS[name]
    for pipeline in parse_plan(text.removeprefix("\ufeff")).pipelines:
        for step in pipeline.steps:
            for argument, value in step.args.items():
                assert set_argument(text, pipeline.name, step.name, argument, deepcopy(value)) == text


def test_a_value_below_its_key_is_replaced_with_its_lines():
    new = set_argument(USUAL.replace("   # the wide one", ""), TRAIN, "train", "layers", 7)
    assert "            layers: 7\n            note: |\n" in new


def test_comments_inside_a_value_are_never_lost():
    with pytest.raises(PlanEditError, match="comments of its own"):
        set_argument(USUAL, TRAIN, "train", "layers", 7)


TRAPS = [
    *(math.nan, math.inf, 1e-5, 1e300, date(2026, 1, 1)),
    *("1e-5", "no", "on", "010", "null", "2026-01-01", "", " x ", "a: b", "- a", "a\nb", "\t", "\u00e9\U0001f600"),
    *"#*&!%@`'\"\\?:,[]{}|>-=~",
]


@pytest.mark.parametrize("value", TRAPS)
@pytest.mark.parametrize("argument", ["y_column", "drop", "x_columns", "brand_new"])
def test_what_yaml_could_take_for_something_else_comes_back_as_it_was(argument, value):
    for given_value in (value, [value, value], {"k": value}):
        new = set_argument(USUAL, TRAIN, "input", argument, given_value)
        found = parse_plan(new).pipelines[0].steps[0].args[argument]
        assert meaning(found) == meaning(given_value)


# -- what cannot be edited is refused in words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("max_depth: 5", "max_depth: &deep 5\n            same: *deep", "shared with other places by `&deep`"),
        (MAX_DEPTH, "one: &deep 5\n            max_depth: *deep", r"shared with other places by `\*deep`"),
        ("- model_type: forest", "- &all\n            model_type: forest", "shared with other places by `&all`"),
    ],
)
def test_what_stands_for_several_places_is_refused(before, after, why):
    text = USUAL.replace(before, after)
    parse_plan(text)
    with pytest.raises(PlanEditError, match=why):
        set_argument(text, TRAIN, "train", "max_depth", 6)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda: set_argument(USUAL, TRAIN, "trian", "a", 1), "no step 'trian'; did you mean 'train'"),
        (lambda: set_argument(USUAL, TRAIN, "train", "a", object()), "cannot hold a value of type object"),
        (lambda: remove_argument(USUAL, TRAIN, "train", "max_dept"), "did you mean 'max_depth'"),
        (lambda: set_control(USUAL, "backup_sizes", 1), "did you mean 'backup_size'"),
        (lambda: set_external_path(USUAL, "load_model_path", ["a", "b"]), "takes one path, and 2 are given"),
        (lambda: set_external_path(USUAL, "model", "a"), "external_path has no 'model'"),
        (lambda: add_step(USUAL, TRAIN, "input"), "has a step 'input' already"),
        (lambda: add_step(USUAL, TRAIN, "../x"), "cannot name a step"),
        (lambda: add_step(USUAL, "training", "x"), "there is no pipeline 'training'"),
        (lambda: add_step(USUAL, TRAIN, "x", after="trian"), "did you mean 'train'"),
        (lambda: rename_step(USUAL, TRAIN, "input", "train"), "has a step 'train' already"),
        (lambda: enable_step(USUAL, TRAIN, "report"), "no step 'report' in comments"),
        (lambda: set_cache_policy(USUAL, "train", "offf"), "no cache policy; did you mean 'off'"),
        (lambda: add_step(ALO_3, TRAIN, "x"), "one of ALO 3"),
        (lambda: disable_step(ONE_LINE, TRAIN, "a"), "in one line"),
    ],
)
def test_an_edit_that_cannot_be_is_an_error_that_says_why(edit, why):
    with pytest.raises(PlanEditError, match=why):
        edit()


# -- paths, control, cache -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize(("key", "value"), [("backup_size", 5), ("interface_mode", "file"), ("check_resource", True)])
def test_a_control_value_is_one_line(name, key, value):
    new = set_control(PLANS[name], key, value)
    assert_means(new, view(PLANS[name]) | {"control": view(PLANS[name])["control"] | {key: value}})
    gone, came = changed(PLANS[name], new)
    assert len(gone) <= 1
    assert 1 <= len(came) <= 2  # a new line end before a new last line


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("value", ["./new/", ["./a", "./b, c"], None])
def test_an_external_path_is_set_and_nothing_else(name, value):
    new = set_external_path(PLANS[name], "load_train_data_path", value)
    wanted = view(PLANS[name])
    wanted["external_path"]["load_train_data_path"] = value
    assert_means(new, wanted)


def test_a_list_of_paths_keeps_its_lines():
    new = set_external_path(USUAL, "load_inference_data_path", ["./data/one/", "./data/three/"])
    assert new == USUAL.replace('"./data/two/"', '"./data/three/"')
    shorter = set_external_path(USUAL, "load_inference_data_path", "./data/one/")
    assert shorter == USUAL.replace('        # the second shift\n        - "./data/two/"\n', "")


@pytest.mark.parametrize("name", [*PLANS, "ALO 3"])
def test_a_cache_policy_comes_and_goes(name):
    text = PLANS.get(name, ALO_3)
    step = parse_plan(text.removeprefix("\ufeff")).pipelines[0].steps[0].name
    new = set_cache_policy(text, step, "off")
    assert parse_plan(new.removeprefix("\ufeff")).cache == {step: "off"}
    again = set_cache_policy(set_cache_policy(new, step, "recompute"), "other", "ignore")
    assert parse_plan(again.removeprefix("\ufeff")).cache == {step: "recompute", "other": "ignore"}
    less = set_cache_policy(again, step, None)
    assert parse_plan(less.removeprefix("\ufeff")).cache == {"other": "ignore"}
    assert parse_plan(set_cache_policy(less, "other", None).removeprefix("\ufeff")).cache == {}


def test_arguments_and_paths_of_a_plan_of_alo_3_are_edited():
    assert set_argument(ALO_3, TRAIN, "clean", "limit", 4) == ALO_3.replace("limit: 3", "limit: 4")
    assert parse_plan(set_argument(ALO_3, TRAIN, "fit", "rate", 0.5)).pipelines[0].steps[1].args == {"rate": 0.5}
    new = set_external_path(ALO_3, "load_train_data_path", "./here/")
    assert new == ALO_3.replace("!Env ${HOME}/data/", "./here/")
    assert "dataset_uri" not in set_external_path(ALO_3, "load_train_data_path", None)


# -- steps -----------------------------------------------------------------------------------------------------------


@quick
@given(plans, st.data())
def test_a_step_is_added_where_it_was_asked_for_and_can_be_taken_away_again(name, data):
    text = PLANS[name]
    pipeline = data.draw(st.sampled_from([TRAIN, INFERENCE]))
    names = [each["step"] for each in view(text)["pipelines"].get(pipeline, [])]
    after = data.draw(st.sampled_from([None, "", *names]))
    new = add_step(text, pipeline, "brand_new", after, code="local", args={"a": [1, 2]}, requirements=["pandas"])

    wanted = view(text)
    at = len(names) if after is None else names.index(after) + 1 if after else 0
    made = {"step": "brand_new", "args": {"a": [1, 2]}, "code": "local", "branch": None, "ui_args": None}
    steps = wanted["pipelines"].setdefault(pipeline, [])
    steps.insert(at, made | {"requirements": ["pandas"]})
    assert_means(new, wanted)
    assert len(changed(text, new)[0]) <= 1  # the last line, which had no line end
    if names:
        back = remove_step(new, pipeline, "brand_new")
        assert_means(back, view(text))
        assert [each.rstrip() for each in back.splitlines()] == [each.rstrip() for each in text.splitlines()]


@quick
@given(plans, st.data())
def test_a_step_that_is_taken_away_leaves_all_others(name, data):
    text = PLANS[name]
    pipeline, step = step_of(data, text)
    wanted = view(text)
    wanted["pipelines"][pipeline] = [each for each in wanted["pipelines"][pipeline] if each["step"] != step.name]
    new = remove_step(text, pipeline, step.name)
    assert_means(new, wanted)
    assert changed(text, new)[1] in ([], [each for each in changed(text, new)[1] if each.strip() == ""])


@quick
@given(plans, st.data(), st.integers(0, 4))
def test_a_step_moves_in_both_lists_with_the_comment_above_it(name, data, to):
    text = PLANS[name]
    pipeline, step = step_of(data, text)
    wanted = view(text)
    steps = wanted["pipelines"][pipeline]
    moved = steps.pop([each["step"] for each in steps].index(step.name))
    steps.insert(to, moved)
    new = move_step(text, pipeline, step.name, to)
    assert_means(new, wanted)
    assert not [each for each in parse_plan(new.removeprefix("\ufeff")).notes if each.code == "PLAN_STEP_ORDER"]
    assert sorted(each.strip() for each in new.splitlines()) == sorted(each.strip() for each in text.splitlines())
    if "# it fills the gaps" in new:
        assert new.index("# it fills the gaps") < new.index("- step: preprocess")
        assert "\n" not in new[new.index("# it fills the gaps") : new.index("- step: preprocess")].strip()


@quick
@given(plans, st.data())
def test_a_copy_of_a_step_has_all_that_it_has(name, data):
    text = PLANS[name]
    pipeline, step = step_of(data, text)
    wanted = view(text)
    steps = wanted["pipelines"][pipeline]
    at = [each["step"] for each in steps].index(step.name)
    steps.insert(at + 1, steps[at] | {"step": "copy"})
    new = duplicate_step(text, pipeline, step.name, "copy")
    assert_means(new, wanted)
    assert len(changed(text, new)[0]) <= 1


@quick
@given(plans, st.data())
def test_a_renamed_step_is_renamed_everywhere(name, data):
    text = set_cache_policy(PLANS[name], "train", "off") if "step: train" in PLANS[name] else PLANS[name]
    pipeline, step = step_of(data, text)
    new = rename_step(text, pipeline, step.name, "other")
    found = view(new)
    assert [each["step"] for each in found["pipelines"][pipeline]] == [
        "other" if each["step"] == step.name else each["step"] for each in view(text)["pipelines"][pipeline]
    ]
    gone, came = changed(text, new)
    assert len(gone) == len(came)
    if step.name == "train":
        assert found["cache"] == {"other": "off"}
        assert "train" not in repr([each["step"] for part in found["ui"] for each in part.get(TRAIN, [])])
    assert codes(new) == codes(text)


def codes(text):
    """The codes of what makes a plan one that cannot be run."""
    found = parse_plan(text.removeprefix("\ufeff")).problems
    return [each.code for each in found if each.severity == "error"]


def test_the_source_of_a_step_is_set_key_by_key():
    new = set_source(USUAL, TRAIN, "input", code="local")
    assert new == USUAL.replace("code: https://git.example.org/input.git", "code: local", 1)
    new = set_source(USUAL, INFERENCE, "inference", branch="main", requirements=["pandas"])
    assert changed(USUAL, new) == ([], ["            branch: main\n", "            requirements: [pandas]\n"])
    less = set_source(USUAL, TRAIN, "input", requirements=["pandas==1.5.3"])
    assert less == USUAL.replace("              - numpy\n", "", 1)


# -- out of use ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [each for each in PLANS if each != "narrow"])
def test_a_step_that_is_put_out_of_use_comes_back_byte_for_byte(name):
    text = PLANS[name]
    for pipeline in parse_plan(text.removeprefix("\ufeff")).pipelines:
        for step in pipeline.step_names():
            off = disable_step(text, pipeline.name, step)
            wanted = view(text)
            wanted["pipelines"][pipeline.name] = [
                each for each in wanted["pipelines"][pipeline.name] if each["step"] != step
            ]
            assert_means(off, wanted)
            assert step in disabled_steps(off, pipeline.name)
            assert enable_step(off, pipeline.name, step) == text


def test_all_steps_can_be_put_out_of_use_and_brought_back():
    text = USUAL
    for step in ("preprocess", "input", "train"):
        text = disable_step(text, TRAIN, step)
    assert parse_plan(text).pipeline(TRAIN).steps == ()
    assert disabled_steps(text, TRAIN) == ["input", "preprocess", "train"]
    for step in ("train", "input", "preprocess"):
        text = enable_step(text, TRAIN, step)
    assert text == USUAL


def test_steps_that_people_have_made_comments_of_come_back():
    assert disabled_steps(USUAL, INFERENCE) == ["report"]
    new = enable_step(USUAL, INFERENCE, "report")
    assert parse_plan(new).pipeline(INFERENCE).step_names() == ("input", "report", "inference")
    assert args_in(view(new), INFERENCE, "report") == {"top": 3}
    assert len(changed(USUAL, new)[0]) == 6


def test_a_step_of_comments_with_another_indentation_is_put_where_its_neighbours_stand():
    ours = "        #- step: report\n        #  source:\n        #    code: local\n"
    theirs = "  #           - step: report\n  #             source:\n  #               code: local\n"
    text = USUAL.replace(ours, theirs)
    new = enable_step(text, INFERENCE, "report")
    assert "        - step: report\n          source:\n            code: local\n" in new


def test_a_comment_that_only_looks_like_a_step_stays_one():
    text = USUAL.replace("      #- step: report\n", "      # - step: one sentence: with colons: in it\n")
    assert disabled_steps(text.replace("        #- step: report\n", "        # - step one\n"), INFERENCE) == []
