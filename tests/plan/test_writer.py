"""A plan that is written and read again is the same plan."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.plan import Control, ExternalPath, Pipeline, Plan, Source, Step, parse_plan
from alo_nb.plan.model import Place
from alo_nb.plan.writer import plan_yaml

# What YAML 1.1 can hold; no byte order mark, which the reader takes for the start of another file.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\0"), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | TEXT | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.integers(0, 9), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)


def same(plan: Plan) -> Plan:
    """Return a plan without what depends on where it was written."""
    steps = lambda each: tuple(  # noqa: E731
        replace(step, place=Place(), source=step.source and replace(step.source, place=Place())) for step in each.steps
    )
    pipelines = tuple(replace(each, steps=steps(each), place=Place()) for each in plan.pipelines)
    external = replace(plan.external_path, places={})
    return replace(plan, pipelines=pipelines, external_path=external, text="", notes=(), problems=(), era="")


@settings(max_examples=60, deadline=None)
@given(
    args=st.dictionaries(TEXT, VALUES, max_size=4),
    names=st.lists(NAMES, min_size=1, max_size=3, unique=True),
    requirements=st.lists(TEXT.filter(str.strip), max_size=2),
    control=st.builds(Control, backup_size=st.integers(1, 9), interface_mode=st.sampled_from(["memory", "file"])),
    paths=st.lists(TEXT.filter(str.strip), max_size=2, unique=True),
)
def test_a_plan_comes_back(args, names, requirements, control, paths):
    source = Source("local", None, tuple(requirements))
    steps = tuple(Step(name, args, source, ui_args=("a", "b")[:number]) for number, name in enumerate(names))
    plan = Plan(
        name="demo",
        version="1.0",
        pipelines=(Pipeline("train_pipeline", steps),),
        external_path=ExternalPath(load_train_data_path=tuple(paths), load_model_path="./x/"),
        control=control,
        aws_key_profile="me",
        ui_args_detail=({"train_pipeline": [{"step": "x", "args": []}]},),
    )
    text = plan_yaml(plan)

    assert same(parse_plan(text)) == plan
    assert plan_yaml(parse_plan(text)) == text


def test_what_screens_show_of_arguments_is_written_line_by_line():
    shown = {"name": "limit", "type": "int", "range": [1, 9], "description": "two\nlines"}
    detail = ({"train_pipeline": [{"step": "x", "args": [shown]}]},)
    text = plan_yaml(Plan("demo", "1", (Pipeline("train_pipeline", (Step("x", {}, Source("local")),)),),
                          ui_args_detail=detail))  # fmt: skip

    assert "ui_args_detail:\n- train_pipeline:\n" in text
    assert "    - name: limit\n      type: int\n" in text
    assert parse_plan(text).ui_args_detail == detail


@pytest.mark.parametrize(
    "value", ["2.2", "yes", "1e-3", "", " x", "a: b", "# no", "two\nlines", "값", "'", '"', "~", "null"]
)
def test_a_text_stays_a_text(value):
    plan = Plan("demo", value or "1", (Pipeline("train_pipeline", (Step("train", {"x": value}, Source("local")),)),))

    assert parse_plan(plan_yaml(plan)).pipelines[0].steps[0].args == {"x": value}
    loaded = yaml.load(plan_yaml(plan), Loader=yaml.FullLoader)  # as ALO reads it
    assert loaded["user_parameters"][0]["train_pipeline"][0]["args"] == [{"x": value}]
    assert loaded["version"] == (value or "1")


def test_a_date_stays_a_date():
    args = {"day": datetime.date(2026, 11, 21)}
    plan = Plan("demo", "1", (Pipeline("train_pipeline", (Step("train", args, Source("local")),)),))

    assert "          - day: 2026-11-21\n" in plan_yaml(plan)


OLD = """\
# At the top
#   in two lines

name: demo  # its name
version: "1"
user_parameters:
  # the first pipeline
  - train_pipeline:
    - step: input
      args:
      # above an argument
      - a: 'x # y'   # beside it
        b: [1, 2]    # a list
    - step: train
      args:
      - a: 'x # y'
        secret: 1  # https://me:hunter2@host
control:
  - backup_size: 1000            # MB
"""


def test_comments_stay_beside_and_above_the_lines_that_stay():
    plan = parse_plan(OLD + "asset_source:\n  - train_pipeline:\n" + "".join(
        f"    - step: {name}\n      source: {{code: local}}\n" for name in ("input", "train")))  # fmt: skip
    text = plan_yaml(plan, head=["New"], comments_of=OLD)

    assert text.startswith("# New\n# At the top\n#   in two lines\nname: demo  # its name\n")
    assert "  # the first pipeline\n  - train_pipeline:\n" in text
    assert (
        "          # above an argument\n          - a: 'x # y'  # beside it\n            b: [1, 2]  # a list\n" in text
    )
    assert "  - backup_size: 1000  # MB\n" in text
    assert text.count("# beside it") == 1
    assert "hunter2" not in text
    assert same(parse_plan(text)) == same(plan)
