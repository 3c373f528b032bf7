"""The line that runs a run once more asks for what was asked for then."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from alo_nb.headless.options import parser
from alo_nb.headless.perform import overrides_in
from alo_nb.plan import Plan
from alo_nb.project import Project
from alo_nb.runner import Selection
from alo_nb.runner.caching import Caching
from alo_nb.runner.request import RunRequest
from alo_nb.store import Run, StepRecord
from alo_nb.views.again import again_line
from magics.alo_run import GRAMMAR

OVERRIDES = {
    "train.depth": 3,
    "train.rate": 0.5,
    "train.on": True,
    "train.nothing": None,
    "train.word": "fast",
    "train.words": "two words",
    "train.quoted": "it's so",
    "train.number": "007",
    "train.empty": "",
    "train.path": "data/in: 1",
    "train.list": ["a b", 2, None],
    "train.map": {"k": [1.5, "it's"]},
}


def asked(project: Project, **options: Any) -> dict[str, str]:
    return RunRequest(plan=Plan(name="demo"), project=project, find=lambda _: None, **options).asked()


def test_the_line_in_a_notebook_is_read_as_what_was_asked_for(project: Project) -> None:
    caching, chosen = Caching.of(force=("prep", "train"), inputs="v3"), Selection(first="prep", last="train")
    run = Run(
        "r",
        mode="train",
        trigger="notebook",
        asked=asked(project, overrides=OVERRIDES, selection=chosen, caching=caching),
    )
    magic, rest = again_line(run).split(" ", 1)
    line = GRAMMAR.parse(rest)

    assert magic == "%alo_run"
    assert line.words == ("train",)
    assert line.arguments == OVERRIDES
    assert line.options == {"from": "prep", "to": "train", "force": "prep,train", "inputs": "v3"}


def test_the_line_in_a_terminal_is_read_as_what_was_asked_for(project: Project) -> None:
    caching, chosen = Caching.of(cache=False, force=True), Selection(only=("train",))
    given = asked(project, overrides=OVERRIDES, selection=chosen, caching=caching, strict_contracts=True)
    run = Run("r", mode="train", trigger="terminal", plan_path=str(project.root / "my plan.yaml"), asked=given)
    options = parser().parse_args(shlex.split(again_line(run))[1:])

    assert (options.plan, options.mode, options.only) == ("my plan.yaml", "train", "train")
    assert (options.force, options.no_cache, options.strict) == ("*", True, True)
    assert overrides_in(options.set) == OVERRIDES


def test_a_run_without_options_has_a_short_line(project: Project) -> None:
    given = asked(project, caching=Caching())
    assert again_line(Run("r", trigger="notebook", asked=given)) == "%alo_run"
    plan = str(project.root / "plan.yaml")
    assert again_line(Run("r", trigger="papermill", plan_path=plan, asked=given)) == "alo-nb run plan.yaml"


@pytest.mark.parametrize(
    "run",
    [
        Run("r", trigger="cell"),
        Run("r", trigger="init"),
        Run("r", trigger="python"),
        Run(
            "r",
            trigger="papermill",
            plan_path="plan.yaml",
            steps=(StepRecord("train_pipeline", "a", "success", cell="cell In[3]"),),
        ),
    ],
    ids=["a cell", "no pipeline", "no plan", "steps of its own kernel"],
)
def test_where_no_line_started_a_run_there_is_none(run: Run) -> None:
    assert again_line(run) == ""


def test_a_value_that_cannot_be_written_is_named_by_its_type(project: Project) -> None:
    run = Run("r", trigger="notebook", asked=asked(project, overrides={"train.table": object()}, caching=Caching()))
    assert again_line(run) == "%alo_run train.table='<object>'"
