"""Two plans of one project with one name, and a plan whose file goes elsewhere."""

from __future__ import annotations

import json
import shutil

import pytest

from alo_nb.errors import InterfaceError, ResumeError
from alo_nb.plan import read_plan
from alo_nb.runner import Caching, Selection
from alo_nb.runner.of_plan import is_of_plan

TWO = Selection(only=("two",))
STEPS = {"one": "new = {'k': asset.load_args()['k']}", "two": "new = {'twice': asset.load_data()['k'] * 2}"}


@pytest.fixture
def plans(bench):
    """A project with A.yaml, which has run, and B.yaml, which has not: they differ in one argument of `one`."""
    bench.write(STEPS, args={"one": {"k": 2}})
    (bench.root / "plan.yaml").rename(bench.root / "B.yaml")
    bench.write(STEPS, args={"one": {"k": 1}})
    (bench.root / "plan.yaml").rename(bench.root / "A.yaml")
    bench.plan = "A.yaml"
    bench.ran_a = bench.run()
    return bench


def twice(run):
    return next(each.summary for each in run.steps[-1].data if each.name == "twice")


@pytest.mark.parametrize("mode", ["file", "memory"])
@pytest.mark.parametrize("is_renamed", [False, True])
def test_a_plan_never_takes_what_another_one_has_made(plans, mode, is_renamed):
    if is_renamed:
        (plans.root / "A.yaml").rename(plans.root / "old_A.yaml")
    plans.plan = "B.yaml"
    with pytest.raises(InterfaceError) as caught:
        plans.run(selection=TWO, interface_mode=mode, caching=Caching())
    assert f"run {plans.ran_a.id}, in which it has, is one of plan 'demo' (A.yaml)" in caught.value.what
    assert ("that file is gone" in caught.value.what) == is_renamed
    with pytest.raises(ResumeError, match=r"is one of plan 'demo' \(A.yaml\), and this is plan 'demo' \(B.yaml\)"):
        plans.run(caching=Caching(resume=plans.ran_a.id))


def test_a_plan_keeps_its_runs_when_its_file_is_renamed(plans):
    plans.plan = "old_A.yaml"
    (plans.root / "A.yaml").rename(plans.root / plans.plan)
    assert twice(plans.run(selection=TWO)) == "2"


@pytest.mark.parametrize("text", [b"name: demo\r\nversion: '1'\r\n", b"name: demo  # \xea\xb0\x80\n"])
def test_every_byte_of_the_text_counts_after_renaming(plans, text):
    new = plans.root / "new.yaml"
    (plans.root / "A.yaml").write_bytes(text)
    run = next(iter(plans.store))
    (plans.project.runs / run.id / "plan.yaml").write_bytes(text)
    (plans.root / "A.yaml").rename(new)
    assert is_of_plan(run, read_plan(new))
    new.write_bytes(text + b"\n")
    assert not is_of_plan(run, read_plan(new))


def test_a_run_that_has_kept_no_plan_is_only_of_the_file_that_it_names(plans):
    (plans.project.runs / plans.ran_a.id / "plan.yaml").unlink()
    run = next(iter(plans.store))
    assert is_of_plan(run, read_plan(plans.root / "A.yaml"))
    (plans.root / "A.yaml").rename(plans.root / "new.yaml")
    assert not is_of_plan(run, read_plan(plans.root / "new.yaml"))


@pytest.mark.parametrize("is_original_there", [True, False])
def test_a_copy_of_the_project_has_the_same_runs(plans, monkeypatch, is_original_there):
    copy = plans.root.with_name(f"{plans.root.name}-copy")
    shutil.copytree(plans.root, copy, symlinks=True)
    if not is_original_there:
        plans.root.rename(plans.root.with_name(f"{plans.root.name}-gone"))
    monkeypatch.chdir(copy)
    there = type(plans)(copy)
    there.plan = "A.yaml"
    assert next(iter(there.store)).plan_path == str(copy / "A.yaml")
    assert twice(there.run(selection=TWO)) == "2"


def test_a_record_with_a_whole_path_is_still_read(plans):
    path = plans.project.runs / plans.ran_a.id / "run.json"
    record = json.loads(path.read_text())
    assert record["plan_path"] == "A.yaml"
    path.write_text(json.dumps({**record, "plan_path": str(plans.root / "A.yaml")}))
    assert twice(plans.run(selection=TWO)) == "2"
