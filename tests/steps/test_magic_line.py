from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import MagicUsageError
from alo_nb.steps.asset_line import GRAMMAR as ASSET
from alo_nb.steps.asset_line import parse_asset_line
from alo_nb.steps.magic_line import Grammar, Variable, value_of

RUN = Grammar("%alo_run", {"from": "first step"}, {"quiet": "no output"}, short={"f": "from", "q": "quiet"}, words=1)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("", None),
        ("3", 3),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e-3", 0.001),
        ("inf", float("inf")),
        ("true", True),
        ("FALSE", False),
        ("None", None),
        ("null", None),
        ("'3'", "3"),
        ('""', ""),
        ("a", "a"),
        ("a=b", "a=b"),
        ("2024-10-11", "2024-10-11"),
        ("007", "007"),
        ("./data/train/", "./data/train/"),
        ("$rows", Variable("rows")),
        ("$1", "$1"),
        ("[1, 2]", [1, 2]),
        ("[a, b]", ["a", "b"]),
        ("[a, b,]", ["a", "b"]),
        ("[]", []),
        ("[a, [b, 1]]", ["a", ["b", 1]]),
        ("[a, 'b, c']", ["a", "b, c"]),
        ("[$rows]", [Variable("rows")]),
        ("{k: v, n: 1}", {"k": "v", "n": 1}),
        ("{'k': [1]}", {"k": [1]}),
        ("{u: http://host/x}", {"u": "http://host/x"}),
        ("{'a:b': c}", {"a:b": "c"}),
        ("{[1]: 2}", {"[1]": 2}),
        ("{a: {b: [c]}}", {"a": {"b": ["c"]}}),
        ("[a]b", "[a]b"),
        ("[a][b]", "[a][b]"),
        (r"'\d+'", r"\d+"),
        ("한글", "한글"),
    ],
)
def test_a_value_is_read_as_python_then_as_yaml_flow_then_as_text(raw, value):
    found = value_of(raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("line", ["--from train", "--from=train", "from=train", "-f train", "-f=train", "from='train'"])
def test_the_spellings_of_an_option_mean_the_same(line):
    assert RUN.parse(line).options == {"from": "train"}


@pytest.mark.parametrize("line", ["--quiet", "-q", "quiet=true", "--quiet=True"])
def test_the_spellings_of_a_switch_mean_the_same(line):
    assert RUN.parse(line).options == {"quiet": True}


@pytest.mark.parametrize("line", ["--no-quiet", "quiet=false", "--quiet=FALSE"])
def test_a_switch_can_be_turned_off(line):
    assert RUN.parse(line).options == {"quiet": False}


def test_blanks_in_brackets_and_quotes_do_not_split_a_word():
    line = ASSET.parse("step=train cols=[a, b] note='two words'  d={x: 1, y: (2, 3)}")
    assert line.options == {"step": "train"}
    assert line.arguments == {"cols": ["a", "b"], "note": "two words", "d": {"x": 1, "y": [2, 3]}}


def test_words_that_are_no_options_are_kept_in_order():
    assert RUN.parse("train --quiet").words == ("train",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--form train", "%alo_run: unknown option '--form'; did you mean 'from'?"),
        ("form=train", "%alo_run: unknown key 'form'; did you mean 'from'?"),
        ("-z", "%alo_run: unknown option '-z'; known: from, quiet"),
        ("a b", "%alo_run: unexpected word 'b'"),
        ("from=a --from b", "%alo_run: 'from' is given twice"),
        ("-q --quiet", "%alo_run: 'quiet' is given twice"),
        ("--from", "%alo_run: --from needs a value"),
        ("quiet=maybe", "%alo_run: quiet is on or off, got 'maybe'"),
        ("--no-quiet=true", "%alo_run: --no-quiet takes no value"),
        ("from=[a", "%alo_run: '[' is never closed in 'from=[a'"),
        ("from='a", '%alo_run: "\'" is never closed'),
        ("from=a]", "%alo_run: unbalanced ']' in 'from=a]'"),
        ("from=[a)", "%alo_run: unbalanced ')' in 'from=[a)'"),
        ("from=" + "[" * 5000 + "a" + "]" * 5000, "%alo_run: '[[[[[[[[[[[[[[[[[[[['... is nested too deeply"),
    ],
)
def test_a_line_that_cannot_be_understood_says_why(line, message):
    with pytest.raises(MagicUsageError) as caught:
        RUN.parse(line)
    assert caught.value.what.startswith(message)
    assert caught.value.do == "`%alo_run?` shows what it accepts"


def test_a_bare_word_in_a_step_cell_is_taken_for_the_steps_name():
    with pytest.raises(MagicUsageError, match="unexpected word 'train'; did you mean step=train"):
        parse_asset_line("train")
    with pytest.raises(MagicUsageError, match="unexpected word 'replac'; did you mean 'replace'"):
        parse_asset_line("step=train replac")


WORD = st.text(st.sampled_from("ab=$'\"[](){},: -\\\n\t01.é한_%\x00"), max_size=12)


@settings(deadline=None, derandomize=True, max_examples=600)
@given(st.one_of(st.text(max_size=40), st.lists(WORD, max_size=6).map(" ".join)))
def test_no_line_whatever_raises_anything_but_a_usage_error(text):
    for parse in (RUN.parse, ASSET.parse, parse_asset_line):
        try:
            parse(text)
        except MagicUsageError as error:
            assert str(error)  # noqa: PT017  # the other outcome, no error, is as good


SIMPLE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(SIMPLE)
def test_the_repr_of_a_value_is_read_back_as_that_value(value):
    line = f"step=a x={value!r}"
    if "inf" not in line:
        assert ASSET.parse(line).arguments == {"x": value}


def test_a_step_line_knows_its_options_and_its_arguments():
    line = parse_asset_line("step=train pipeline=inference use=df,limits rows=10 arg.use=5 -n --replace")
    assert (line.step, line.pipelines, line.use) == ("train", ("inference_pipeline",), ("df", "limits"))
    assert line.args == {"rows": 10, "use": 5}
    assert (line.define_only, line.replace, line.quiet) == (True, True, False)


@pytest.mark.parametrize("value", ["all", "train", "inference", "train_pipeline"])
def test_a_pipeline_may_be_named_with_or_without_its_ending(value):
    names = parse_asset_line(f"step=a pipeline={value}").pipelines
    assert names == {"all": ("train_pipeline", "inference_pipeline")}.get(
        value, (f"{value.removesuffix('_pipeline')}_pipeline",)
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rows=1", "a step cell needs a name"),
        ("step=", "a step cell needs a name"),
        ("step=a pipline=train", "%%alo_asset: unknown option 'pipline'; did you mean 'pipeline'?"),
        ("step=a repalce=1", "%%alo_asset: unknown option 'repalce'; did you mean 'replace'?"),
        ("step=a pipeline=training", "pipeline='training' is not a pipeline; did you mean 'train'?"),
        ("step=a use=1x", "use='1x' is not the name of a variable"),
        ("step=a cache=of", "cache=of is no cache policy; did you mean 'off'?"),
        ("step=a cache=3", "cache=3 is no cache policy; known: auto, ignore, off, recompute"),
        ("step=a cahce=off", "%%alo_asset: unknown option 'cahce'; did you mean 'cache'?"),
    ],
)
def test_a_wrong_step_line_says_what_to_write(line, message):
    with pytest.raises(MagicUsageError) as caught:
        parse_asset_line(line)
    assert caught.value.what == message


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ("cache=off", "off"),
        ("cache=false", "off"),
        ("cache=true", "auto"),
        ("--cache ignore", "ignore"),
        ("cache=", ""),
    ],
)
def test_a_cache_policy_is_read_as_it_is_meant(written, policy):
    line = parse_asset_line(f"step=s {written}")
    assert (line.cache, line.args) == (policy, {})


def test_a_notebook_variable_takes_the_place_of_its_name():
    assert parse_asset_line("step=a n=$rows m=1").with_values({"rows": 5}).args == {"n": 5, "m": 1}


def test_a_notebook_variable_that_does_not_exist_is_named_with_the_nearest():
    with pytest.raises(MagicUsageError, match=r"n=\$rosw: the notebook has no variable 'rosw'; did you mean 'rows'\?"):
        parse_asset_line("step=a n=$rosw").with_values({"rows": 5})
