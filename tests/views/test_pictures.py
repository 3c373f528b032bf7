"""Plans, runs and differences as pictures: what they show, that their texts say the same, and how large they get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from alo_nb.errors import MagicUsageError, ProjectError
from alo_nb.lang import use_language
from alo_nb.plan import Plan, Problem
from alo_nb.store import OutputRecord, Run
from alo_nb.views.card import Card
from alo_nb.views.diff_picture import diff_picture, differences
from alo_nb.views.gantt import MOST, gantt
from alo_nb.views.picture import Picture
from alo_nb.views.plan_picture import plan_picture
from alo_nb.views.run_picture import run_picture

from .drawings import HOSTILE, LIMIT, SVG, arrows, boxes, images, plan_of, record, root, run_of, texts

TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"
TITANIC = plan_of(["input", "preprocess", "train"], ["input", "preprocess", "inference", "output"])
STATES = {
    **{(TRAIN, "input"): "fresh", (TRAIN, "preprocess"): "stale", (TRAIN, "train"): "failed"},
    **{(INFERENCE, "input"): "never", (INFERENCE, "preprocess"): "cached", (INFERENCE, "inference"): "running"},
}
RUN = run_of(
    record(TRAIN, "input", cached_from="20261120T093000Z-2f9cab"),
    record(TRAIN, "train", seconds=2.0),
    record(INFERENCE, "input"),
    record(INFERENCE, "inference", status="failed", error="KeyError: 'Age'", data=()),
    status="failed",
    outputs=("train_artifacts/models/train/model.joblib",),
)


# Plans --------------------------------------------------------------------------------------------------------------


def test_a_plan_shows_its_steps_with_their_states_and_where_the_model_goes() -> None:
    picture = plan_picture(TITANIC, STATES)
    assert (
        picture.text
        == """\
plan titanic
  train
    ✔ input       fresh
    ▲ preprocess  stale
    ✖ train       failed
  inference
    \N{EN DASH} input       never
    ◌ preprocess  cached
    ▶ inference   running
    ? output      unknown
  model: train → inference"""
    )
    assert {"✔ input", "▲ preprocess", "✖ train", "? output", "model"} <= {*texts(picture.svg)}
    assert len(arrows(picture.svg)) == 2 + 3 + 1


def test_without_states_there_are_no_signs() -> None:
    picture = plan_picture(TITANIC)
    assert "input" in texts(picture.svg)
    assert "?" not in picture.text


def test_where_no_name_says_which_step_reads_the_model_it_leads_from_pipeline_to_pipeline() -> None:
    picture = plan_picture(plan_of(["fit"], ["predict"]))
    assert picture.text.splitlines()[-1] == "  model: train → inference"
    assert len(arrows(picture.svg)) == 1
    assert arrows(plan_picture(plan_of(["fit"])).svg) == []
    assert arrows(plan_picture(plan_of(["fit"], [])).svg) == []


def test_problems_are_counted_in_their_steps_and_notes_are_none() -> None:
    key = "user_parameters > train_pipeline > preprocess"
    problems = [
        Problem("error", "A", "m", f"{key} > args"),
        Problem("warning", "B", "m", key),
        Problem("note", "C", "m", key),
        Problem("error", "D", "m", "control > backup_size"),
        Problem("error", "E", "m", "asset_source > inference_pipeline > output > source"),
    ]
    lines = plan_picture(TITANIC, {}, problems).text.splitlines()
    assert lines[3].split() == ["preprocess", "2", "problems"]
    assert lines[-2].split() == ["output", "1", "problem"]


def test_steps_of_one_name_are_both_drawn() -> None:
    assert len(boxes(plan_picture(plan_of(["a", "a"])).svg)) == 2


def test_a_plan_of_300_steps_is_folded_around_what_needs_an_eye() -> None:
    plan = plan_of([f"s{i}" for i in range(300)])
    states = {(TRAIN, f"s{i}"): "failed" if i == 150 else "fresh" for i in range(300)}
    shown = plan_picture(plan, states)
    assert {"+145 more", "+144 more"} <= {*texts(shown.svg)}
    assert "✖ s150       failed" in shown.text
    assert "+145 more  ✔ 145" in shown.text
    assert len(boxes(plan_picture(plan, states, depth=1).svg)) == 5
    assert len(boxes(plan_picture(plan, states, depth=10).svg)) == 10 + 19 + 10 + 2


def test_nothing_to_draw_is_an_empty_picture() -> None:
    for empty in (plan_picture(Plan()), run_picture(run_of()), gantt(run_of()), diff_picture(RUN, run_of())):
        assert empty == Picture("", "")


# Runs ---------------------------------------------------------------------------------------------------------------


def test_a_run_shows_states_times_what_was_handed_on_and_which_model_was_used() -> None:
    picture = run_picture(RUN)
    assert (
        picture.text
        == """\
titanic · failed · run 20261121T093000Z-1f3a9c
  train
    ◌ input  cached  of run 2f9cab  → dataframe 891x12, 85.0 kB
    ✔ train  success  2.00 s
  inference
    ✔ input      success  0.50 s  → dataframe 891x12, 85.0 kB
    ✖ inference  failed  KeyError: 'Age'
  model: train → inference"""
    )
    assert {"◌ input", "of run 2f9cab", "dataframe 891x12", "85.0 kB", "✖ inference"} <= {*texts(picture.svg)}
    assert len(arrows(picture.svg)) == 3


def test_a_model_is_drawn_only_when_one_was_saved() -> None:
    assert "model" not in run_picture(replace(RUN, outputs=())).text


def test_an_edge_tells_type_and_shape_and_never_the_value() -> None:
    data = (
        OutputRecord("token", "'hunter22'", 8, "b3:1", {"type": "str", "length": 8}),
        OutputRecord("df", "DataFrame 9x2", 3_400, "b3:2", {"type": "DataFrame"}),
    )
    shown = run_picture(run_of(record(TRAIN, "a", data=data), record(TRAIN, "b")))
    assert "→ df 9x2, 3.4 kB and 1 more" in shown.text
    secret = run_picture(run_of(record(TRAIN, "a", data=data[:1]), record(TRAIN, "b")))
    assert "hunter22" not in secret.text + secret.svg
    assert "token str 8" in secret.text


def test_where_outputs_are_compared_no_time_no_size_and_no_id_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    later = replace(
        RUN, id="20270101T000000Z-ffffff", steps=tuple(replace(each, seconds=each.seconds * 9) for each in RUN.steps)
    )
    assert run_picture(RUN) == run_picture(later)
    assert "kB" not in run_picture(RUN).text
    assert "2f9cab" not in run_picture(RUN).svg
    assert gantt(RUN) == Picture("", "")


# Times --------------------------------------------------------------------------------------------------------------


def test_bars_begin_when_their_steps_began() -> None:
    begins = {"train/input": 0.25, "train/train": 1.0, "inference/input": 3.0, "inference/inference": 3.75}
    steps = [
        replace(each, started=f"2026-11-21T09:30:{begin:06.3f}Z")
        for each, begin in zip(RUN.steps, begins.values(), strict=True)
    ]
    picture = gantt(replace(RUN, steps=tuple(steps)))
    said = {line.split()[1]: line.split(" at ")[1].split("s ")[0].strip() for line in picture.text.splitlines()[1:]}
    assert said == {
        "train/input": "0.25",
        "train/train": "1.00",
        "inference/input": "3.00",
        "inference/inference": "3.75",
    }
    lefts = [float(each.attrib["x"]) for each in _bars(picture.svg)]
    from_first = [(left - lefts[0]) / (lefts[-1] - lefts[0]) for left in lefts]
    assert from_first == pytest.approx([0, 0.75 / 3.5, 2.75 / 3.5, 1], abs=0.01)


def test_where_a_record_does_not_say_when_steps_began_they_follow_each_other() -> None:
    picture = gantt(RUN)
    assert (
        picture.text
        == """\
times of run 20261121T093000Z-1f3a9c: 4.50 s
  ◌ train/input              at 0 ms    0.50 s  cached
  ✔ train/train            at 0.50 s    2.00 s  success
  ✔ inference/input        at 2.50 s    0.50 s  success
  ✖ inference/inference    at 3.00 s    0.50 s  failed"""
    )
    ends = [(float(each.attrib["x"]), float(each.attrib["width"])) for each in _bars(picture.svg)]
    for (left, width), (following, _) in pairwise(ends):
        assert left + width == pytest.approx(following, abs=0.11)
    assert ends[1][1] == pytest.approx(4 * ends[0][1], rel=0.01)


def _bars(svg: str) -> list[Element]:
    found = (each.find(f"{SVG}rect") for each in root(svg).iter(f"{SVG}g"))
    return [each for each in found if each is not None]


def test_of_many_steps_the_longest_and_the_failed_have_bars_and_the_others_are_summed_up() -> None:
    steps = [record(TRAIN, f"s{i}", seconds=i / 100) for i in range(300)]
    steps[5] = replace(steps[5], status="failed")
    picture = gantt(run_of(*steps))
    assert len(_bars(picture.svg)) == MOST
    assert "✖ s5 " in picture.text
    assert "+276 more, together " in picture.text
    assert any("+276 more" in each for each in texts(picture.svg))


def test_a_run_that_goes_on_has_bars_too() -> None:
    assert gantt(replace(RUN, finished="", status="running")).text.startswith(
        "times of run 20261121T093000Z-1f3a9c: 3.50 s"
    )


# Differences --------------------------------------------------------------------------------------------------------


def test_the_first_step_that_differs_stands_out_of_those_that_follow() -> None:
    other = replace(
        RUN,
        id="20261122T093000Z-abcdef",
        steps=(
            RUN.steps[0],
            replace(RUN.steps[1], args={"lr": 1}, fingerprint="b3:x", data=()),
            replace(RUN.steps[2], status="interrupted"),
        ),
    )
    picture = diff_picture(RUN, other)
    assert differences(RUN, other) == {
        (TRAIN, "input"): (),
        (TRAIN, "train"): ("arguments", "output"),  # the first run knows no fingerprint
        (INFERENCE, "input"): ("status",),
        (INFERENCE, "inference"): ("only in a",),
    }
    assert (
        picture.text
        == """\
runs 20261121T093000Z-1f3a9c and 20261122T093000Z-abcdef: step train_pipeline/train differs first
  train
    = input  equal
    ≠ train  differs first  arguments, output
  inference
    ≠ input      differs  status
    ≠ inference  differs  only in a"""
    )
    assert picture.svg.count('stroke-width="3"') == 1
    assert "only in b" in diff_picture(other, RUN).text


def test_equal_runs_say_so() -> None:
    picture = diff_picture(RUN, RUN)
    assert picture.text.splitlines()[0].endswith(": all steps are equal")
    assert "≠" not in picture.text
    assert 'stroke-width="3"' not in picture.svg


# All of them --------------------------------------------------------------------------------------------------------


def everything(plan: Plan, run: Run, states: dict[tuple[str, str], str]) -> list[Picture]:
    other = replace(run, steps=tuple(replace(each, args={"n": 1}) for each in run.steps))
    return [plan_picture(plan, states), run_picture(run), diff_picture(run, other), gantt(run)]


def named(name: str, count: int) -> list[Picture]:
    """Return every picture of a plan and a run in which all that can have a name has this one."""
    steps = [name + str(i) * (count > 1) for i in range(count)]
    output = (OutputRecord(name, name, 10**9, name, {"type": name}),)
    plan = plan_of(steps, steps, name=name)
    records = [
        record(pipeline, each, data=output, error=name, cached_from=name, status=status)
        for pipeline in (TRAIN, INFERENCE)
        for each, status in zip(steps, ["failed", "interrupted", "success"] * count, strict=False)
    ]
    run = run_of(*records, plan=name, error=name, outputs=(f"train_artifacts/models/{name}/x",))
    return everything(plan, run, {(TRAIN, each): "stale" for each in steps})


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text_in_every_picture(name: str) -> None:
    for each in named(name, 2):
        found = images(each.html)
        assert len(found.svgs) == 1
        assert each.text.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", ["s", "가" * 10_000, "<" * 10_000], ids=["short", "korean", "escaped"])
def test_300_steps_stay_below_200_kb(name: str) -> None:
    for each in named(name, 300):
        assert len(each.html.encode()) <= LIMIT
        assert len(each.text.encode()) <= LIMIT


def test_the_text_can_be_heard_and_reached_with_the_keyboard() -> None:
    for each in everything(TITANIC, RUN, STATES):
        found = images(each.html)
        assert found.alternatives == [each.text]
        assert {"details", "summary"} <= found.tags
        assert each.text in found.text
        assert f"<desc>{each.text}</desc>".replace("'", "&#x27;") in each.svg
        assert isinstance(each, Card)


@pytest.mark.parametrize("draw", [plan_picture, run_picture, gantt])
def test_beside_a_table_the_text_is_left_out(draw: Callable[..., Picture]) -> None:
    found = images(draw(TITANIC if draw is plan_picture else RUN, twin=False).html)
    assert "details" not in found.tags
    assert found.alternatives[0]


@pytest.mark.parametrize("draw", [plan_picture, run_picture])
def test_a_wrong_depth_is_an_error(draw: Callable[..., Picture]) -> None:
    with pytest.raises(MagicUsageError, match="depth"):
        draw(TITANIC if draw is plan_picture else RUN, depth=0)


def test_states_that_need_an_eye_are_found_in_every_language() -> None:
    plan = plan_of([f"s{i}" for i in range(40)])
    states = {(TRAIN, f"s{i}"): "stale" if i == 20 else "fresh" for i in range(40)}
    try:
        use_language("ko")
        assert "s20" in plan_picture(plan, states).text
    finally:
        use_language("en")


def test_a_picture_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    picture = plan_picture(TITANIC)
    with pytest.raises(ProjectError, match="there is no folder"):
        picture.write(tmp_path / "new" / "plan.svg")
    assert not (tmp_path / "new").exists()
    (tmp_path / "new").mkdir()
    assert picture.write(tmp_path / "new" / "plan.svg").read_text(encoding="utf-8") == f"{picture.svg}\n"
    with pytest.raises(ProjectError, match="the picture cannot be written"):
        picture.write(tmp_path / "new")
    assert [each.name for each in tmp_path.rglob("*")] == ["new", "plan.svg"]
