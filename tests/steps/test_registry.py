from __future__ import annotations

from dataclasses import replace

import pytest

from alo_nb.errors import StepDefinitionError, UnknownStepError
from alo_nb.steps.registry import StepRegistry


@pytest.fixture
def registry():
    return StepRegistry()


def test_steps_are_kept_in_order_of_definition(registry, define):
    for name in ("b", "a"):
        registry.add(replace(define(f"{name} = 1"), name=name))
    assert (list(registry), len(registry), "a" in registry, "c" in registry) == (["b", "a"], 2, True, False)


def test_running_a_cell_again_replaces_its_step(registry, define):
    registry.add(define("x = 1", cell="c1"))
    registry.add(define("x = 2", cell="c1"))
    assert registry["train"].body.source == "x = 2"


def test_a_name_belongs_to_its_cell(registry, define):
    registry.add(define("x = 1", cell="c1"))
    with pytest.raises(StepDefinitionError) as caught:
        registry.add(define("x = 2", cell="c2"))
    assert caught.value.what.startswith("step 'train' is already defined in ")
    assert caught.value.do == (
        "give this step another name, or add --replace to its magic line if it is meant to take over"
    )
    assert registry["train"].cell == "c1"
    registry.add(define("x = 2", cell="c2"), replace=True)
    assert registry["train"].cell == "c2"


def test_the_same_code_in_another_cell_takes_over(registry, define):
    registry.add(define("x = 1", cell="c1"))
    registry.add(define("x = 1  # moved", cell="c2"))
    assert registry["train"].cell == "c2"


def test_an_unknown_step_is_named_with_the_nearest(registry, define):
    registry.add(define("x = 1"))
    with pytest.raises(UnknownStepError) as caught:
        registry["trian"]
    assert caught.value.what == "no cell has defined a step 'trian'; did you mean 'train'?"
    assert caught.value.do == "run the cell that starts with `%%alo_asset step=trian`"
    with pytest.raises(UnknownStepError):
        registry.remove("trian")


def test_steps_can_be_removed_and_go_with_their_cells(registry, define):
    registry.add(replace(define("x = 1", cell="c1"), name="a"))
    registry.add(replace(define("x = 1", cell="c2"), name="b"))
    registry.add(replace(define("x = 1"), name="c"))
    registry.forget_cells({"c1", ""})
    assert registry.remove("b").name == "b"
    assert list(registry) == ["c"]


def test_the_cells_make_a_plan(registry, define):
    both = ("train_pipeline", "inference_pipeline")
    registry.add(replace(define("x = 1"), name="input", pipelines=both))
    registry.add(replace(define("x = 1"), name="inference", pipelines=("inference_pipeline",)))
    registry.add(replace(define("x = 1"), name="train"))
    plan = registry.as_plan()
    assert [(each.name, each.step_names()) for each in plan.pipelines] == [
        ("train_pipeline", ("input", "train")),
        ("inference_pipeline", ("input", "inference")),
    ]
