"""Whatever stops a run, what stood before stands after, and the next run works."""

from __future__ import annotations

import signal
import time

import pytest

from alo_nb.errors import StepOutputError, StepRunError
from alo_nb.runner import Selection

GOOD = """\
import os, time
with open(asset.get_model_path() + 'm', 'w') as f: f.write('model')
with open(asset.get_output_path() + 'output.csv', 'w') as f: f.write('out')
with open(asset.get_report_path() + 'r', 'w') as f: f.write('report')
asset.save_summary('OK', 0.5)
"""
BAD = GOOD.replace("'model'", "'torn'").replace("'OK'", "'BAD'")
EXTERNAL = {"load_train_data_path": "./data/"}


@pytest.fixture
def good(bench):
    """A project with a good train run and a good inference run."""
    (bench.root / "data").mkdir()
    (bench.root / "data" / "a.csv").write_text("1")
    inference = GOOD.replace("asset.get_report_path()", "asset.get_extra_output_path()")
    bench.write(
        {"input": "new = {'n': 1}", "train": GOOD},
        {"inference": inference.replace("_path() + 'm'", "_path(True) + 'm'")},
        external=EXTERNAL,
    )
    bench.run("all")
    return bench


def spoil(bench, end):
    """Make the train step write over everything and then end in a bad way; the data has changed, too."""
    (bench.root / "data" / "a.csv").write_text("2")
    bench.write({"input": "new = {'n': 2}", "train": BAD + end}, external=EXTERNAL)


def mend_and_run(bench):
    bench.write({"input": "new = {'n': 3}", "train": GOOD.replace("'model'", "'mended'")}, external=EXTERNAL)
    run = bench.run()
    assert run.status == "success"
    assert bench.text("train_artifacts/models/train/m") == "mended"
    assert bench.text("input/train/data/a.csv") == "2"
    assert list((bench.project.own / "trash").glob("*")) == []
    assert all(path.is_symlink() for path in (bench.project.own / "work").glob("*/*") if path.name != "input")
    return run


@pytest.mark.parametrize("selection", [Selection(), Selection("train")])
@pytest.mark.parametrize(
    ("end", "kind", "status", "message"),
    [
        ("1 / 0  # saves", ZeroDivisionError, "failed", "ZeroDivisionError: division by zero"),
        ("raise KeyboardInterrupt  # saves", KeyboardInterrupt, "interrupted", "KeyboardInterrupt"),
        ("import sys; sys.exit(3)  # saves", StepRunError, "failed", "StepRunError: step 'train' called sys.exit(3)"),
        (
            "asset.save_config({})  # saves",
            StepOutputError,
            "failed",
            "StepOutputError: step 'train' ended without calling",
        ),
        ("asset.save_error('stop')  # saves", StepRunError, "failed", "StepRunError: stop"),
        ("class Odd(BaseException): pass\nraise Odd  # saves", BaseException, "failed", "Odd"),
    ],
)
def test_a_step_that_ends_badly_changes_nothing(good, end, kind, status, message, selection):
    before = good.published()
    spoil(good, end)
    with pytest.raises(kind):
        good.run(selection=selection)
    assert good.published() == before
    run = good.store.list()[0]
    assert (run.status, run.step("train").status) == (status, status)
    assert run.error.startswith(message)
    assert run.step("train").error == run.error
    log = good.text(f".alo/runs/{run.id}/train_pipeline.log")
    assert run.error in log
    assert "Traceback (most recent call last):" in log
    kept = f"history/train/{run.id}-error" if selection.is_everything else f".alo/runs/{run.id}/train_artifacts"
    assert good.text(f"{kept}/models/train/m") == "torn"
    mend_and_run(good)


def test_a_process_that_is_killed_in_a_step_changes_nothing(good):
    before = good.published()
    spoil(good, "open('here', 'w').close()\ntime.sleep(60)")
    process = good.start()
    wait_for(good.root / "here", process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert good.published() == before
    run = good.store.list()[0]
    assert (run.status, [each.step for each in run.steps]) == ("interrupted", ["input"])
    mend_and_run(good)
    assert len(list((good.project.own / "work").glob("*.lock"))) == 1


def test_a_run_of_both_pipelines_publishes_all_or_nothing(good):
    good.write(
        {"input": "new = {'n': 4}", "train": GOOD.replace("'model'", "'second'")},
        {"inference": "1 / 0"},
        external=EXTERNAL,
    )
    inference = good.text("inference_artifacts/output/output.csv")
    with pytest.raises(ZeroDivisionError):
        good.run("all")
    assert good.text("train_artifacts/models/train/m") == "model"
    assert good.text("inference_artifacts/output/output.csv") == inference


def test_a_run_whose_results_are_refused_changes_nothing(good):
    before = good.published()
    good.write(inference={"inference": "asset.save_summary('OK', 0.5)"})
    with pytest.raises(StepOutputError, match="found: nothing"):
        good.run("inference")
    assert good.published() == before


def test_a_step_that_cannot_be_found_is_told_before_a_run_begins(good):
    before, runs = good.published(), good.store.list()
    plan = good.text("plan.yaml").replace('"step": "train"', '"step": "trian"')
    (good.root / "plan.yaml").write_text(plan)
    from alo_nb.errors import UnknownStepError

    with pytest.raises(UnknownStepError, match=r"has no cell with step=trian; did you mean 'train'\?"):
        good.run()
    assert (good.published(), good.store.list()) == (before, runs)


def test_the_steps_exception_says_which_step_line_and_run(good):
    spoil(good, "bad = [1, 2][5]  # saves")
    with pytest.raises(IndexError) as caught:
        good.run()
    run = good.store.list()[0]
    assert caught.value.__notes__ == [
        f"in step 'train', steps.ipynb, cell 2, line 7: bad = [1, 2][5]  # saves (run {run.id})",
        f"inputs kept: alo-nb debug {run.id[-6:]}/train",
    ]


def test_our_own_errors_say_which_step_and_line(good):
    spoil(good, "asset.check_args('rows', is_required=True)  # saves")
    from alo_nb.errors import StepArgumentError

    with pytest.raises(StepArgumentError) as caught:
        good.run()
    assert (
        caught.value.where
        == "step 'train', steps.ipynb, cell 2, line 7: asset.check_args('rows', is_required=True)  # saves"
    )


def test_two_runs_at_the_same_time_do_not_mix(bench):
    wait = """\
import os, time
name = asset.check_args('name')
new = {'name': name}
with open(f'{name}.train', 'w') as f: f.write('')
while not os.path.exists(f'go.{name}'): time.sleep(0.01)
"""
    model = "name = asset.load_data()['name']\nwith open(asset.get_model_path() + 'm', 'w') as f: f.write(name)\n"
    bench.write({"input": "new = {'name': asset.check_args('name')}", "train": wait + model, "end": model})
    first = bench.start(overrides={"input.name": "one", "train.name": "one"})
    wait_for(bench.root / "one.train", first)
    second = bench.start(overrides={"input.name": "two", "train.name": "two"})
    wait_for(bench.root / "two.train", second)
    assert {each.status for each in bench.store.list()} == {"running"}
    assert len(list((bench.project.own / "work").glob("*.lock"))) == 2
    for name, process in (("two", second), ("one", first)):
        (bench.root / f"go.{name}").touch()
        _, problems = process.communicate(timeout=30)
        assert process.returncode == 0, problems
        assert bench.text("train_artifacts/models/end/m") == bench.text("train_artifacts/models/train/m") == name
    for run in bench.store.list():
        name = {each.summary for step in run.steps for each in step.data}
        assert name in ({"'one'"}, {"'two'"})
        assert bench.text(f"history/train/{run.id}/models/end/m") == name.pop().strip("'")


def wait_for(path, process):
    for _ in range(1000):
        if path.exists():
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    raise AssertionError(f"{path.name} did not appear")
