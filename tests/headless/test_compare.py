"""``alo-nb run FILE.ipynb``, and ``alo-nb run --compare RUN`` with its exit status."""

from __future__ import annotations

import json

import pytest

from alo_nb.headless.saved_cells import SavedCells, run_saved_cells
from alo_nb.project import Project
from alo_nb.runner.events import StepFinished
from alo_nb.store import Run
from tests.headless.conftest import GOOD

LOAD = "%load_ext alo_nb"
CELLS = [LOAD, "import pandas as pd", *(f"%%alo_asset step={name}\n{body}" for name, body in GOOD.items())]
NOISE = GOOD["train"].replace(".mean())}", '.mean()) + __import__("random").random()}')


def first_run(alo_nb, *words):
    code, out, err = alo_nb("run", "plan.yaml", "--in-process", "--json", *words)
    assert code == 0, err
    return json.loads(out)["id"]


def test_equal_runs_end_with_0_and_say_so(project, alo_nb):
    earlier = first_run(alo_nb)
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--quiet", "--compare", earlier)
    assert code == 0
    assert f"before  run {earlier}" in out
    assert "no differences: 6 values of 3 steps are equal" in out


def test_different_runs_end_with_3_and_the_cause_in_text_and_json(project, alo_nb):
    earlier = first_run(alo_nb)
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--json", "--compare", earlier, "--set", "input.rows=5")
    found = json.loads(out)["comparison"]
    assert code == 3
    assert not found["equal"]
    causes = [(each["cause"]["kind"], each["cause"]["what"]) for each in found["steps"]]
    assert causes[0] == ("arguments", "its arguments differ: rows=7 before, rows=5 now")
    assert [kind for kind, _ in causes[1:]] == ["follows", "follows"]
    assert found["steps"][1]["items"][1]["how"] == "mean: 3 before, 2 now"


def test_the_new_run_is_executed_even_where_all_of_it_is_kept(project, alo_nb):
    project.write(input=GOOD["input"] + "\nwith open('ran', 'a') as file:\n    file.write('x')")
    earlier = first_run(alo_nb)
    code, _, _ = alo_nb("run", "plan.yaml", "--in-process", "--quiet", "--compare", earlier)
    assert code == 0
    assert (project.root / "ran").read_text() == "xx"


def test_chance_is_found_by_running_once_more(project, alo_nb):
    project.write(train=NOISE)
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--quiet", "--compare", first_run(alo_nb))
    assert code == 3
    assert "first train: unseeded randomness" in out
    assert "follows: its input differs: it follows step train" in out


def test_a_run_that_fails_ends_with_1_and_is_compared_as_far_as_it_came(project, alo_nb):
    earlier = first_run(alo_nb)
    project.write(train="raise ValueError('no')")
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--quiet", "--compare", earlier)
    assert code == 1
    assert "= input" in out
    assert "? last  not compared" in out


def test_a_step_that_the_earlier_run_lacks_is_a_difference(project, alo_nb):
    earlier = first_run(alo_nb, "--to", "train")
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--json", "--compare", earlier)
    found = json.loads(out)["comparison"]
    assert (code, found["equal"]) == (3, False)
    assert [(each["step"], bool(each["items"])) for each in found["steps"]] == [
        ("input", False),
        ("train", False),
        ("last", True),
    ]
    assert "has no step of this name" in found["steps"][2]["cause"]["what"]


def test_runs_that_have_no_pipeline_in_common_differ(project, alo_nb):
    project.write_inference()
    earlier = first_run(alo_nb, "--mode", "train")
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--quiet", "--mode", "inference", "--compare", earlier)
    assert code == 3
    assert "run: did not run before, ran now" in out


def test_steps_that_were_left_out_on_purpose_are_no_difference(project, alo_nb):
    earlier = first_run(alo_nb)
    only = ("--only", "train", "--inputs", earlier)
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--quiet", *only, "--compare", earlier)
    assert "no differences: 3 values of 1 step are equal" in out
    assert code == 0


def test_a_run_that_does_not_exist_is_an_error_before_anything_runs(project, alo_nb):
    code, _, err = alo_nb("run", "plan.yaml", "--compare", "20200101T000000Z-abcdef")
    assert code == 1
    assert "there is no run" in err
    assert not (project.root / ".alo" / "runs").exists()


# -- a notebook file --------------------------------------------------------------------------------------------------


def test_a_notebook_runs_from_top_to_bottom_and_then_its_pipelines_as_one_run(project, alo_nb):
    arguments = [each.replace("step=input", "step=input rows=4") for each in CELLS]
    project.write_notebook("own.ipynb", *arguments)
    before = (project.root / "own.ipynb").read_bytes()
    code, out, err = alo_nb("run", "own.ipynb", "--set", "input.rows=6")
    assert (code, err) == (0, "")
    record = project.record()
    assert [each["step"] for each in record["steps"]] == [*GOOD]
    assert record["steps"][0]["args"] == {"rows": 6}
    assert (record["status"], record["trigger"]) == ("success", "papermill")
    assert record["notebook"] in out
    assert (project.root / "own.ipynb").read_bytes() == before


def test_a_line_tells_of_each_cell_when_it_has_run_and_the_run_lasts_as_long_as_its_cells(project, alo_nb):
    waiting = "step=input rows=4\nimport time\ntime.sleep(1.5)\n"
    project.write_notebook("own.ipynb", *[each.replace("step=input\n", waiting) for each in CELLS])
    code, out, _ = alo_nb("run", "own.ipynb")
    assert code == 0
    lines = [each.split() for each in out.splitlines()]
    assert [each[:2] for each in lines[1:4]] == [["✔", name] for name in GOOD]
    assert [each for each in lines if "cached" in each] == []
    run = Run.from_dict(project.record())
    assert run.steps[0].cached_from
    assert run.seconds > 1.5


def test_listeners_hear_of_a_step_before_the_next_cell_runs(project):
    heard = []

    def listen(event):
        if isinstance(event, StepFinished):
            heard.append((event.record.step, (project.root / "second").exists()))

    load, imports, first, *others = [each.replace("step=input", "step=input rows=4") for each in CELLS]
    project.write_notebook("own.ipynb", load, imports, first, "open('second', 'w').close()", *others)
    run_saved_cells(SavedCells(project.root / "own.ipynb", Project(project.root), listeners=(listen,)))
    assert heard == [(name, name != "input") for name in GOOD]


def test_what_other_processes_run_meanwhile_is_not_told(project):
    heard = []
    other = 'import subprocess, sys\nwords = [sys.executable, "-m", "alo_nb", "run", "plan.yaml", "--in-process"]\n'
    cells = [each.replace("step=input", "step=input rows=4") for each in CELLS]
    project.write_notebook("own.ipynb", *cells, f"{other}subprocess.run(words, check=True)")
    listen = [lambda event: heard.append(event.record.step) if isinstance(event, StepFinished) else None]
    run_saved_cells(SavedCells(project.root / "own.ipynb", Project(project.root), listeners=tuple(listen)))
    assert heard == [*GOOD]
    assert len(steps_of_runs(project)) == 3 + 1 + 1


def test_a_step_that_a_decorator_makes_is_told_and_a_run_in_a_cell_tells_nothing_twice(project, alo_nb):
    text = "import alo_nb\n@alo_nb.asset(step='input', rows=4)\ndef run(asset):\n"
    body = "".join(f"    {line}\n" for line in ["import pandas as pd", *GOOD["input"].splitlines()])
    project.write_notebook("own.ipynb", *CELLS[:2], text + body, *CELLS[3:], "%alo_run")
    code, out, err = alo_nb("run", "own.ipynb")
    assert code == 0, err
    assert [each.split()[:2] for each in out.splitlines()[1:5]] == [
        *(["✔", name] for name in GOOD),
        ["notebook", "·"],
    ]


def test_a_notebook_that_fails_has_all_steps_that_its_cells_ran_with_their_times(project, alo_nb):
    broken = [each.replace("step=input", "step=input rows=4") for each in CELLS]
    broken[3] += "\nimport time\ntime.sleep(0.2)\n1 / 0"
    project.write_notebook("own.ipynb", *broken)
    code, out, _ = alo_nb("run", "own.ipynb")
    assert code == 1
    run = Run.from_dict(project.record())
    first, failed = run.steps
    assert (first.step, first.status, bool(first.cached_from)) == ("input", "success", True)
    assert (failed.step, failed.status) == ("train", "failed")
    assert failed.seconds > 0.2
    assert failed.started > first.started > run.started
    assert [each.split()[:2] for each in out.splitlines()[1:3]] == [["✔", "input"], ["✖", "train"]]
    assert "\n  log " not in out


def steps_of_runs(project):
    """Return trigger, and name and origin of each step, of the runs, as they ended."""
    runs = [json.loads(each.read_text()) for each in project.root.glob(".alo/runs/*/run.json")]
    runs.sort(key=lambda run: run["finished"])
    return [(run["trigger"], [(each["step"], bool(each["cached_from"])) for each in run["steps"]]) for run in runs]


@pytest.mark.parametrize("how", ["", "--no-cache", "--force"])
def test_what_its_cells_have_just_executed_the_pipelines_take_over_unless_told_otherwise(project, alo_nb, how):
    project.write_notebook("own.ipynb", *[each.replace("step=input", "step=input rows=4") for each in CELLS])
    assert alo_nb("run", "own.ipynb", "--quiet", *([how] if how else [])) == (0, "", "")
    cells = [("cell", [(name, False)]) for name in GOOD]
    assert steps_of_runs(project) == [*cells, ("papermill", [(name, not how) for name in GOOD])]


def test_a_notebook_that_has_not_changed_takes_all_steps_from_its_last_run(project, alo_nb):
    project.write_notebook("own.ipynb", *[each.replace("step=input", "step=input rows=4") for each in CELLS])
    assert alo_nb("run", "own.ipynb", "--quiet")[0] == 0
    before = len(steps_of_runs(project))
    assert alo_nb("run", "own.ipynb", "--quiet")[0] == 0
    cells = [("cell", [(name, True)]) for name in GOOD]
    assert steps_of_runs(project)[before:] == [*cells, ("papermill", [(name, True) for name in GOOD])]


def test_a_cell_that_fails_ends_the_run_and_its_record_names_the_cell(project, alo_nb):
    project.write_notebook("own.ipynb", LOAD, "x = 1", "1 / 0", *CELLS[1:])
    code, _, err = alo_nb("run", "own.ipynb", "--quiet")
    assert code == 1
    assert "ZeroDivisionError" in err
    record = project.record()
    assert (record["status"], record["steps"]) == ("failed", [])
    assert record["error"] == "own.ipynb, cell 3: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("words", [["--in-process"], ["--strict"], ["--resume"], ["--system", "x.yaml"]])
def test_what_only_a_plan_can_have_is_refused(project, alo_nb, words):
    project.write_notebook("own.ipynb", *CELLS)
    code, _, err = alo_nb("run", "own.ipynb", *words)
    assert code == 2
    assert f"{words[0]} is for plans" in err


def test_a_notebook_that_is_none_is_an_error(project, alo_nb):
    (project.root / "own.ipynb").write_text("no json")
    for name, text in (("own.ipynb", "cannot be read as a notebook"), ("other.ipynb", "there is no notebook")):
        code, _, err = alo_nb("run", name)
        assert code == 1
        assert text in err
