"""Each difference between two runs has one cause, and the right one; what only follows is said to follow."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from alo_nb.project import Project
from alo_nb.store import OutputRecord, PipelineIds, Run, StepRecord, new_run_id
from alo_nb.views.comparison import Comparison
from alo_nb.views.made import steps_of
from alo_nb.views.sides import Sides, own_difference

NAMES = ("before", "now")
STEPS = ("prepare", "train", "report")


def record(step, digest="b3:0", **values):
    about = {"status": "success", "fingerprint": f"b3:{step}", "cell": f"cell of {step}", **values}
    return StepRecord("train_pipeline", step, data=(OutputRecord("df", "DataFrame 3x1", 9, digest),), **about)


def run(*, made_in=None, data_id="0", **steps):
    records = tuple(steps.get(name) or record(name) for name in STEPS)
    ids = {"train_pipeline": PipelineIds(data_id=data_id)}
    return Run(new_run_id(), status="success", steps=records, ids=ids, made_in=made_in or {"python": "3.11.7"})


@pytest.fixture
def compared(tmp_path: Path):
    def compare(a: Run, b: Run, again: Run | None = None) -> Comparison:
        first, second = steps_of(a), steps_of(b)
        sides = Sides(
            Project(tmp_path), first, second, tuple(first), NAMES, partial(own_difference, names=NAMES),
            None if again is None else lambda _last: steps_of(again),
        )  # fmt: skip
        return sides.compare("a", "b")

    return compare


def kinds(found):
    return [each.cause.kind if each.cause else "equal" for each in found.steps]


def test_equal_runs_are_equal(compared):
    found = compared(run(), run())
    assert found.equal
    assert found.headline() == "no differences: 3 values of 3 steps are equal"
    assert kinds(found) == ["equal"] * 3


CHANGED = {name: record(name, "b3:1") for name in ("train", "report")}
CAUSES = {
    "code": (run(**{**CHANGED, "train": record("train", "b3:1", fingerprint="b3:x")}), None),
    "arguments": (run(**{**CHANGED, "train": record("train", "b3:1", args={"lr": 1})}), None),
    "unseeded randomness": (run(**CHANGED), run(**{**CHANGED, "train": record("train", "b3:2")})),
    "environment": (run(**CHANGED, made_in={"python": "3.12.1"}), run(**CHANGED)),
    "unknown": (run(**CHANGED), run(**CHANGED)),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_the_first_difference_has_its_cause_and_later_ones_follow(compared, kind):
    now, again = CAUSES[kind]
    found = compared(run(), now, again)
    assert kinds(found) == ["equal", kind, "follows"]
    assert found.first.step == "train"
    assert found.headline() == f"2 of 3 steps differ; first train: {kind}"


def test_chance_is_found_before_another_environment_is_blamed(compared):
    now = run(**CHANGED, made_in={"python": "3.12.1"})
    found = compared(run(), now, run(**{**CHANGED, "train": record("train", "b3:2")}))
    assert kinds(found)[1] == "unseeded randomness"


def test_a_second_cause_downstream_is_not_hidden_by_the_first(compared):
    now = run(train=record("train", "b3:1"), report=record("report", "b3:1", fingerprint="b3:x"))
    assert kinds(compared(run(), now, now)) == ["equal", "unknown", "code"]


def test_other_input_files_are_named_at_the_first_step(compared):
    now = run(data_id="1", prepare=record("prepare", "b3:1"), **CHANGED)
    assert kinds(compared(run(), now)) == ["input files", "follows", "follows"]


def test_steps_after_a_failed_one_are_not_compared(compared):
    failed = record("train", status="failed", error="ValueError: no", fingerprint="b3:train")
    now = replace(run(), status="failed", steps=(record("prepare"), failed))
    found = compared(run(), now)
    assert [each.glyph for each in found.steps] == ["=", "≠", "?"]
    assert found.steps[1].items[0].b == "failed (ValueError: no)"


def test_a_step_that_is_gone_is_a_difference(compared):
    now = replace(run(), steps=run().steps[:2])
    found = compared(run(), now)
    assert [each.glyph for each in found.steps] == ["=", "=", "≠"]


def test_text_and_html_say_the_same_and_escape_what_users_write(compared):
    train = record("train", "b3:1", fingerprint="b3:x", cell="<b>cell</b>")
    found = compared(run(), run(train=train, report=CHANGED["report"]))
    for each in ("a", "b", found.headline(), "data.df", "its input differs"):
        assert each in found.text()
    assert "data.df" in found._repr_html_()
    assert "<b>cell</b>" not in found._repr_html_()
    assert "&lt;b&gt;cell" in found._repr_html_()
    assert found.to_dict()["steps"][1]["cause"]["kind"] == "code"
