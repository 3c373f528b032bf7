"""``%alo``: a short sheet that names every magic, and what comes next in each state of a notebook."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from alo_nb.cache.explained import Explained
from alo_nb.errors import PlanReadError
from alo_nb.plan import Plan
from alo_nb.project import Project
from alo_nb.store import Run, StepRecord
from alo_nb.views.cheat_sheet import NotebookState, cheat_sheet, next_action, overview_card

MAGICS = {path.stem for path in (Path(__file__).parents[2] / "magics").glob("[!_]*.py")}
PROJECT = Project(Path("/p"))
RUN = Run(
    id="20261121T093000Z-2f9cab",
    mode="all",
    trigger="notebook",
    status="success",
    plan="titanic",
    started="2026-11-21T09:30:00Z",
)
CELL = Run(id="x", status="success", mode="train", trigger="cell")


def rows(*states: str) -> list[Explained]:
    return [Explained("train_pipeline", f"s{number}", "", state) for number, state in enumerate(states)]


GOOD, BAD = StepRecord("p", "s0", "success"), StepRecord("p", "s1", "failed", error="ValueError: v")
AT_THE_END = replace(RUN, status="failed", error="StepOutputError: found: nothing", steps=(GOOD,))
BY_ARGUMENTS = replace(RUN, status="failed", error="ValueError: v", steps=(GOOD, BAD))
RESUMABLE = NotebookState(PROJECT, steps=rows("fresh", "failed"), run=BY_ARGUMENTS, can_resume=True)
OF_TRAIN = replace(RESUMABLE, run=replace(BY_ARGUMENTS, mode="train"))


def test_every_magic_is_in_the_sheet_and_every_magic_of_the_sheet_exists() -> None:
    text = overview_card(NotebookState(PROJECT)).text
    assert {*re.findall(r"%(alo\w*)", text), "alo"} == MAGICS


def test_the_sheet_is_grouped_by_task_and_fits_on_a_screen() -> None:
    assert sum(map(len, cheat_sheet().values())) <= 14
    assert all(cheat_sheet().values())
    assert max(len(line) for line in overview_card(NotebookState(PROJECT)).text.splitlines()) <= 120


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (NotebookState(PROJECT), "%%alo_asset step=NAME"),
        (NotebookState(PROJECT, steps=rows("fresh", "never", "never")), "`%alo_run` runs 2/3 steps, from s1 on"),
        (NotebookState(PROJECT, steps=rows("fresh", "stale", "unknown"), run=RUN), "`%alo_run` runs 2/3 steps"),
        (NotebookState(PROJECT, steps=rows("fresh", "failed", "unknown"), run=RUN), "`%alo_debug`: step s1 failed"),
        (NotebookState(PROJECT, steps=rows("failed"), run=CELL), "run its cell again or `%alo_run`"),
        (RESUMABLE, "`%alo_run --resume` goes on"),
        (OF_TRAIN, "`%alo_run train --resume` goes on"),
        (
            NotebookState(PROJECT, steps=rows("fresh"), run=AT_THE_END),
            "after step s0: StepOutputError: found: nothing",
        ),
        (NotebookState(PROJECT, steps=rows("fresh", "fresh"), run=BY_ARGUMENTS), "`%alo_debug 2f9cab/s1` opens what"),
        (NotebookState(PROJECT, steps=rows("fresh"), run=replace(AT_THE_END, steps=())), "run failed: StepOutputError"),
        (NotebookState(PROJECT, steps=rows("unknown")), "%alo_status"),
        (NotebookState(PROJECT, steps=rows("fresh"), run=RUN), "nothing has to run; `%alo_show 2f9cab`"),
        (NotebookState(PROJECT, steps=rows("fresh"), run=CELL), "results of all steps in place"),
        (NotebookState(PROJECT, trouble=PlanReadError("no plan", do="write `a: b`")), "write `a: b`"),
        (NotebookState(PROJECT, trouble=PlanReadError("no plan")), "%alo_doctor"),
    ],
)
def test_what_comes_next(state: NotebookState, expected: str) -> None:
    assert expected in next_action(state)
    assert expected in overview_card(state).text


def test_the_state_is_told_in_text_and_html_alike() -> None:
    plan = Plan(name="<titanic>", path=Path("/p/plan.yaml"))
    card = overview_card(NotebookState(PROJECT, plan, rows("fresh", "stale"), RUN))
    for told in ("✔ s0 → ▲ s1", "✔ success · all · 2f9cab"):
        assert told in card.text
        assert told in card.html
    assert "<titanic> (/p/plan.yaml)" in card.text
    assert "&lt;titanic&gt; (/p/plan.yaml)" in card.html
    assert "none yet" in overview_card(NotebookState(PROJECT)).text


def test_a_plan_that_cannot_be_read_is_said_and_is_no_error() -> None:
    card = overview_card(NotebookState(PROJECT, trouble=PlanReadError("line 3 is no YAML")))
    assert "line 3 is no YAML" in card.text
