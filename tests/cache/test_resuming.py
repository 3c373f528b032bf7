"""Going on with a run that did not end well."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

from alo_nb.errors import InterfaceError, MagicUsageError, ResumeError, RunNotFoundError
from alo_nb.runner import Caching, Selection

RESUME = Caching.of(resume=True)


@pytest.fixture
def failed(bench, monkeypatch):
    """A run of four steps, the third of which raises as long as `sys.broken` says so."""
    monkeypatch.setattr(sys, "broken", True, raising=False)
    steps = {
        "one": "new = {'x': asset.check_args('x', default=1, chng_type='int')}",
        "two": "with open(asset.get_model_path() + 'm.txt', 'w') as file:\n    file.write('m')\n"
        "new = {'y': asset.load_data()['x'] + 1}",
        "three": "import sys\nif sys.broken:\n    raise ValueError('broken')\nnew = {'z': asset.load_data()['y'] + 1}",
        "four": "new = {'sum': sum(asset.load_data()[each] for each in 'xyz')}",
    }
    bench.write(steps)
    with pytest.raises(ValueError, match="broken"):
        bench.ran()
    assert sys.ran == ["one", "two", "three"]
    monkeypatch.setattr(sys, "broken", False)
    bench.failed = next(iter(bench.store))
    assert bench.failed.status == "failed"
    return bench


@pytest.mark.parametrize("how", ["latest", "whole id", "end of the id"])
def test_only_the_missing_steps_run(failed, how):
    run = failed.failed.id
    resume = {"latest": True, "whole id": run, "end of the id": run.rpartition("-")[2]}[how]
    assert failed.ran(caching=Caching.of(resume=resume)) == ["three", "four"]
    assert [each.cached_from for each in failed.last.steps] == [run, run, "", ""]
    assert failed.causes("three") == [("missing", f"run {run} did not complete it")]
    whole = failed.digests()
    assert failed.text("train_artifacts/models/two/m.txt") == "m"
    assert failed.ran(caching=Caching.of(force=True)) == ["one", "two", "three", "four"]
    assert failed.digests() == whole


def test_the_step_that_failed_may_be_edited_first(failed):
    failed.write({**failed_steps(failed), "three": "new = {'z': 5}"})
    assert failed.ran(caching=RESUME) == ["three", "four"]


def failed_steps(bench) -> dict[str, str]:
    """Return the steps as they were written."""
    return {name: text.partition("\n")[2].partition("\ndata, config")[0] for name, text in bench.steps.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("code", "step 'one' is not what it was in run {}: code changed"),
        ("argument", "step 'one' is not what it was in run {}: argument x changed: (none) -> 2"),
    ],
)
def test_a_complete_step_that_has_changed_is_told_and_nothing_runs(failed, change, said):
    steps = failed_steps(failed)
    before = failed.published()
    if change == "code":
        failed.write({**steps, "one": steps["one"] + "\nnew['x'] += 0"})
    else:
        failed.write(steps, args={"one": {"x": 2}})
    with pytest.raises(ResumeError) as caught:
        failed.ran(caching=RESUME)
    assert caught.value.what == said.format(failed.failed.id)
    assert "--force=one" in caught.value.do
    assert sys.ran == []
    assert failed.published() == before


def test_going_on_with_a_run_without_what_is_kept_of_it_is_refused(failed):
    with pytest.raises(MagicUsageError, match="--no-cache executes every step") as caught:
        Caching.of(resume=True, cache=False)
    assert "leave out one of them" in caught.value.do


def test_with_force_it_goes_on_and_what_follows_from_the_change_runs(failed):
    failed.write(failed_steps(failed), args={"one": {"x": 2}})
    assert failed.ran(caching=Caching.of(resume=failed.failed.id, force=["one", "two"])) == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert failed.ran() == []


def test_with_force_a_change_that_makes_no_difference_further_on_runs_the_one_step(failed):
    steps = failed_steps(failed)
    failed.write({**steps, "one": steps["one"] + "\nnew['x'] += 0"})
    assert failed.ran(caching=Caching.of(resume=True, force="one")) == ["one", "three", "four"]


def test_force_runs_a_complete_step_that_has_not_changed(failed):
    assert failed.ran(caching=Caching.of(resume=True, force="one")) == ["one", "three", "four"]
    assert failed.ran(caching=Caching.of(resume=failed.failed.id, force=True)) == ["one", "two", "three", "four"]


def test_what_is_lost_of_a_complete_step_is_made_again(failed):
    failed.traces("two")[0].unlink()
    assert failed.ran(caching=RESUME) == ["two", "three", "four"]


def test_a_step_that_cannot_be_cached_is_not_run_again_when_its_run_goes_on(bench, monkeypatch):
    """Reading from the network makes nobody's resumed run fetch everything anew."""
    monkeypatch.setattr(sys, "broken", True, raising=False)
    bench.write(
        {
            "one": "import os\nos.system('true')\nnew = {'x': 1}",
            "two": "import sys\nif sys.broken:\n    raise ValueError('broken')",
        }
    )
    with pytest.raises(ValueError, match="broken"):
        bench.ran()
    monkeypatch.setattr(sys, "broken", False)
    assert bench.ran(caching=RESUME) == ["two"]


def use_plan(bench, name):
    """Let the bench run another plan file, which says the same."""
    copied = bench.root / name
    copied.write_text((bench.root / bench.plan).read_text())
    bench.plan = name


def test_a_run_of_another_plan_file_of_the_same_name_is_refused(failed):
    use_plan(failed, "other.yaml")
    of = f"run {failed.failed.id} is one of plan 'demo' (plan.yaml), and this is plan 'demo' (other.yaml)"
    with pytest.raises(ResumeError, match=re.escape(of)):
        failed.ran(caching=Caching.of(resume=failed.failed.id))
    with pytest.raises(
        RunNotFoundError, match=r"no run of the train pipeline of plan 'demo' \(other.yaml\) has stopped"
    ):
        failed.ran(caching=RESUME)
    assert sys.ran == []


def test_a_plan_that_has_moved_or_got_another_name_inside_is_still_the_plan_of_its_runs(failed):
    plan = failed.root / "plan.yaml"
    plan.write_text(plan.read_text().replace('"demo"', '"renamed"'))
    assert failed.ran(caching=Caching.of(resume=failed.failed.id)) == ["three", "four"]
    plan.write_text(plan.read_text().replace('"renamed"', '"demo"'))
    use_plan(failed, "moved.yaml")
    plan.unlink()
    assert failed.ran(caching=Caching.of(resume=failed.failed.id)) == ["three", "four"]


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_a_part_of_a_plan_takes_no_inputs_from_a_run_of_another_plan(bench, mode):
    """What is handed on to a step is compared with nothing, so it must come from the plan itself."""
    steps = {"one": "new = {'x': asset.load_args()['x']}", "two": "new = {'y': asset.load_data()['x']}"}
    bench.write(steps, args={"one": {"x": 1}})
    use_plan(bench, "other.yaml")
    bench.ran(interface_mode=mode)
    bench.plan = "plan.yaml"
    bench.write(steps, args={"one": {"x": 2}})
    with pytest.raises(InterfaceError, match="step 'two' needs the output of step 'one', which has not run"):
        bench.ran(selection=Selection(only=("two",)), interface_mode=mode)
    bench.ran(interface_mode=mode)
    bench.plan = "other.yaml"
    bench.ran(selection=Selection(only=("two",)), interface_mode=mode, caching=Caching(force=("two",)))
    assert [each.summary for each in bench.last.steps[0].data] == ["1", "1"]


def test_a_step_of_another_plan_is_taken_over_only_when_all_that_it_depends_on_is_equal(bench):
    steps = {"one": "new = {'x': asset.load_args()['x']}", "two": "new = {'y': asset.load_data()['x'] + 1}"}
    bench.write(steps, args={"one": {"x": 1}})
    bench.ran()
    equal = bench.digests()
    use_plan(bench, "other.yaml")
    assert (bench.ran(), bench.digests()) == ([], equal)
    bench.plan = "plan.yaml"
    bench.write(steps, args={"one": {"x": 2}})
    assert bench.ran() == ["one", "two"]
    bench.plan = "other.yaml"
    assert (bench.ran(), bench.digests()) == ([], equal)
    assert bench.ran(caching=Caching(on=False)) == ["one", "two"]
    assert bench.digests() == equal


def test_nothing_to_go_on_with_is_said(bench):
    bench.write({"one": "new = {'x': 1}"})
    with pytest.raises(
        RunNotFoundError, match=r"no run of the train pipeline of plan 'demo' \(plan.yaml\) has stopped"
    ):
        bench.ran(caching=RESUME)
    bench.ran()
    with pytest.raises(RunNotFoundError, match="there is nothing to go on with"):
        bench.ran(caching=RESUME)
    assert sys.ran == []
    with pytest.raises(RunNotFoundError):
        bench.ran(caching=Caching.of(resume="nosuchrun"))


def test_a_run_of_another_mode_is_named(failed):
    with pytest.raises(RunNotFoundError, match="no run of all pipelines of plan") as caught:
        failed.ran(mode="all", caching=RESUME)
    assert caught.value.do == f"leave out --resume, or go on with run {failed.failed.id} of mode train"


def test_a_run_that_failed_before_a_later_one_succeeded_is_over(failed):
    failed.ran()
    with pytest.raises(RunNotFoundError, match="there is nothing to go on with"):
        failed.ran(caching=RESUME)


def test_a_lost_key_of_the_cache_does_not_keep_a_run_from_going_on(failed, monkeypatch):
    monkeypatch.setattr(sys, "broken", True)
    failed.write(failed_steps(failed), args={"one": {"x": 7}})
    with pytest.raises(ValueError, match="broken"):
        failed.ran()
    monkeypatch.setattr(sys, "broken", False)
    (failed.project.own / "cache" / "key").unlink()
    assert failed.ran(caching=RESUME) == ["one", "three", "four"]
    assert failed.causes("one") == [("key", "the key of the cache is another one")]


def test_a_copy_of_the_project_goes_on_too(failed, monkeypatch):
    copy = failed.root.with_name(f"{failed.root.name}-copy")
    shutil.copytree(failed.root, copy, symlinks=True)
    monkeypatch.chdir(copy)
    there = type(failed)(copy)
    assert there.ran(caching=RESUME) == ["three", "four"]
