"""The language of ``--where``: comparisons of columns with literals, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.errors import MagicUsageError
from alo_nb.views.where import column_named, parse_where

ROW = {"status": "success", "metrics.loss": 0.1, "config.n": 5, "name": "7", "done": True, "a b": "x y", "empty": None}


def fits(text: str) -> bool:
    return all(each.takes(ROW) for each in parse_where(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status=success",
        "status == 'success'",
        "metrics.loss<0.2 and config.n>=5",
        "metrics.loss > 1e-3 and metrics.loss <= 0.1 and status != failed",
        "done=true",
        "name=7",
        "`a b` = 'x y'",
        "name < 8",
        "status>='a and b'",
    ],
)
def test_a_row_that_fits(text: str) -> None:
    assert fits(text)


@pytest.mark.parametrize(
    "text",
    ["status=failed", "metrics.loss<0.1", "config.n>5 and status=success", "nothing=1", "nothing!=1", "empty=none",
     "metrics.loss=small", "metrics.loss<x", "config.n='5'"],
)  # fmt: skip
def test_a_row_that_does_not_fit(text: str) -> None:
    assert not fits(text)


@pytest.mark.parametrize(
    "text",
    ["loss", "loss<", "<1", "loss<1 or n=2", "loss<1 and", "loss<1, n=2", "__import__('os')", "loss<1 n=2", "(loss<1)",
     "loss<$limit", "a=b=c", "loss<'1", "and", "loss ~ 1"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MagicUsageError, match="where: "):
        parse_where(text)


def test_who_writes_or_is_told_that_only_and_is_known() -> None:
    with pytest.raises(MagicUsageError) as caught:
        parse_where("loss<1 or n=2")
    assert caught.value.do
    assert caught.value.do.endswith("only `and` joins them, `or` is not known")


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_where(text)
    except MagicUsageError:
        return
    assert all(each.column for each in found)


def test_a_name_may_leave_out_its_group_where_it_is_the_only_one() -> None:
    known = ["status", "metrics.loss", "config.n", "metrics.n"]
    assert column_named("loss", known, ("metrics", "config")) == "metrics.loss"
    assert column_named("config.n", known, ("metrics", "config")) == "config.n"
    with pytest.raises(MagicUsageError, match=r"'n' is metrics\.n and config\.n"):
        column_named("n", known, ("metrics", "config"))


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(MagicUsageError, match="did you mean 'loss'"):
        column_named("los", ["status", "metrics.loss"], ("metrics",))
