"""``alo-nb why``: what would happen to a step of a plan, and why; nothing is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def ran(project, alo_nb):
    """A project whose train pipeline has run."""
    assert alo_nb("run", "plan.yaml", "--in-process", "-q")[0] == 0
    return project


def told(alo_nb, step: str, plan: str = "plan.yaml") -> dict:
    code, out, _ = alo_nb("why", plan, step, "--json")
    assert code == 0
    return json.loads(out)["steps"][0]


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_nothing_changed_and_never_run(project, alo_nb):
    assert alo_nb("why", "plan.yaml", "train")[1] == "– train · train · never · never run\n"  # noqa: RUF001
    assert not (project.root / ".alo").exists()

    alo_nb("run", "plan.yaml", "--in-process", "-q")
    assert "✔ train · train · fresh · would be taken from run " in alo_nb("why", "plan.yaml", "train")[1]


def test_an_argument_of_the_plan_that_changed_is_named_and_the_step_behind_it_waits(ran, alo_nb):
    change(ran.root / "plan.yaml", "rows: 7", "rows: 8")

    assert told(alo_nb, "input")["reason"] == "argument rows changed: 7 -> 8"
    found = told(alo_nb, "last")
    assert (found["state"], found["reason"]) == ("stale", "argument rows changed: 7 -> 8")


def test_code_that_changed_is_shown_with_the_lines(ran, alo_nb):
    ran.write(train="x = 1\nasset.save_data(asset.load_data())\nasset.save_config({})")
    code, out, _ = alo_nb("why", "plan.yaml", "train")

    assert code == 0
    assert out.startswith("▲ train · train · stale · would run\n  code changed\n    -df = asset.load_data()")
    assert "step train runs first: code changed" in alo_nb("why", "plan.yaml", "last")[1]


def test_the_policy_of_the_plan_counts(ran, alo_nb):
    with (ran.root / "plan.yaml").open("a") as plan:
        plan.write("alo_nb:\n  - cache: {input: recompute, train: off}\n")

    assert told(alo_nb, "input")["reason"] == "policy cache=recompute"
    assert told(alo_nb, "train")["reason"] == "policy cache=off"
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--json")
    assert code == 0
    assert [bool(each["cached_from"]) for each in json.loads(out)["steps"]] == [False, False, True]


def test_data_from_outside_is_compared_where_it_lies(project, alo_nb):
    read = "with open(asset.get_input_path() + 'data/x.csv') as file:\n    n = len(file.read())\n"
    read += "asset.save_data({'n': n})\nasset.save_config({})"
    (project.root / "data").mkdir()
    (project.root / "data" / "x.csv").write_text("1")
    project.write(input=read, train="asset.save_data(asset.load_data())\nasset.save_config({})")
    with (project.root / "plan.yaml").open("a") as plan:
        plan.write("external_path: [{load_train_data_path: data/}]\n")
    alo_nb("run", "plan.yaml", "--in-process", "-q")
    assert told(alo_nb, "input")["state"] == "fresh"

    (project.root / "data" / "x.csv").write_text("2")
    causes = [each["text"] for each in told(alo_nb, "input")["causes"]]
    assert causes == ["file input/train/data/x.csv changed", "file data/x.csv changed"]  # the code names the latter
    (project.root / "data" / "x.csv").write_text("1")
    (project.root / "data" / "y.csv").write_text("1")
    assert told(alo_nb, "input")["reason"] == "file input/train/data/y.csv is new"


def test_a_model_that_train_has_made_is_known_to_inference_and_waits_for_train(project, alo_nb):
    project.write_inference()
    assert alo_nb("run", "plan.yaml", "--in-process", "-q")[0] == 0
    assert told(alo_nb, "inference")["state"] == "fresh"

    change(project.root / "steps.ipynb", "write(str(model", "write('1' + str(model")
    found = told(alo_nb, "inference")
    assert (found["state"], found["waits_for"], found["waits_why"]) == ("unknown", "train", "code changed")


def test_a_step_or_plan_that_does_not_exist_is_an_error_with_the_nearest(project, alo_nb):
    code, _, error = alo_nb("why", "plan.yaml", "trian")
    assert (code, "did you mean 'train'?" in error) == (1, True)

    code, _, error = alo_nb("why", "plna.yaml", "train")
    assert (code, "plna.yaml" in error) == (1, True)
