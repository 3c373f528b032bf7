"""alo-nb export: a plan and its steps as a folder for ALO, from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_a_project_with_one_plan_needs_no_option(project, alo_nb):
    (project.root / "plan.yaml").rename(project.root / "experimental_plan.yaml")
    code, out, _ = alo_nb("export", "alo", "for_alo")

    assert code == 0
    assert out.startswith("exported to for_alo\n  assets/input/asset_input.py\n  assets/input/requirements.txt\n")
    assert out.endswith("  run it: cd for_alo && alo-nb run solution/experimental_plan.yaml\n")


def test_the_export_runs_with_the_command_that_it_shows_and_gives_the_same_bytes(project, alo_nb, monkeypatch):
    project.write_inference()
    _, expected, _ = alo_nb("run", "plan.yaml", "--in-process", "--json")
    alo_nb("export", "alo", "for_alo", "--plan", "plan.yaml")
    monkeypatch.chdir(project.root / "for_alo")
    code, out, err = alo_nb("run", "solution/experimental_plan.yaml", "--in-process", "--json")

    assert code == 0, err
    steps = [json.loads(text)["steps"] for text in (expected, out)]
    digests = [{(each["step"], *map(str, each["data"])) for each in run} for run in steps]
    assert len(steps[0]) == 4
    assert digests[0] == digests[1]


def test_json_names_what_was_written(project, alo_nb):
    code, out, _ = alo_nb("export", "alo", "for_alo", "--plan", "plan.yaml", "--json")
    shown = json.loads(out)

    assert code == 0
    assert shown["folder"] == str(project.root / "for_alo")
    assert shown["plan"] == str(project.root / "for_alo" / "solution" / "experimental_plan.yaml")
    assert all((project.root / "for_alo" / name).is_file() for name in shown["files"])
    assert shown["notes"] == ["the plan has no version; 1.0.0 was filled in"]


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ((), "no plan was found"),
        (("plans/a.yaml", "plans/b.yml"), "more than one plan: plans/a.yaml, plans/b.yml"),
        (("experimental_plan.yaml", "plans/a.yaml"), "more than one plan: experimental_plan.yaml, plans/a.yaml"),
    ],
)
def test_which_plan_must_be_clear(project, alo_nb, names, what):
    for name in names:
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text("name: x")
    code, _, err = alo_nb("export", "alo", "for_alo")

    assert code == 2
    assert what in err
    assert "--plan PLAN" in err


def test_a_plan_with_problems_is_refused(project, alo_nb):
    (project.root / "plan.yaml").write_text("name: x\nuser_parameters:\nasset_sources:\n")
    code, _, err = alo_nb("export", "alo", "for_alo", "--plan", "plan.yaml")

    assert code == 1
    assert "asset_source" in err
    assert not (project.root / "for_alo").exists()


def test_another_target_is_refused_with_the_one_there_is(project, alo_nb):
    code, _, err = alo_nb("export", "alo2", "for_alo")

    assert code == 2
    assert "did you mean 'alo'?" in err


def test_an_export_runs_nothing(project, alo_nb):
    alo_nb("export", "alo", "for_alo", "--plan", "plan.yaml")

    assert not (project.root / ".alo").exists()
