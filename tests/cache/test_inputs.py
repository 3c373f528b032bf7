"""Where a step gets its inputs from when the step before it does not run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from alo_nb.errors import AloNbError, InterfaceError, MagicUsageError
from alo_nb.handover import MemoryInterface
from alo_nb.runner import Caching, Selection
from alo_nb.store.logging import use_version
from alo_nb.store.store import Store

ONLY = Selection(only=("second",))
STEPS = {
    "first": "new = {'x': asset.check_args('x', default=1, chng_type='int')}",
    "second": "print('got', asset.load_data()['x'])\nnew = {'y': asset.load_data()['x'] * 10}",
}


@pytest.fixture
def versions(bench):
    """Three runs, whose first step gave 1, 2 and 3."""
    bench.ids = []
    for value in (1, 2, 3):
        bench.write(STEPS, args={"first": {"x": value}})
        bench.ran(interface_mode="memory", interface=MemoryInterface())
        bench.ids.append(bench.last.id)
    with Store(bench.project) as store:
        artifact = use_version(store, "train-first-data:v1")
        artifact.aliases.append("chosen")
        artifact.save()
    return bench


@pytest.mark.parametrize(
    ("inputs", "which"),
    [("run:{0}", 0), ("{1}", 1), ("run:{short}", 2), ("v0", 0), ("v2", 2), ("chosen", 1), ("latest", 2)],
)
def test_inputs_of_an_older_run_or_version(versions, inputs, which):
    inputs = inputs.format(*versions.ids, short=versions.ids[2].rpartition("-")[2])
    caching = Caching.of(inputs=inputs, force="second")
    assert versions.ran(selection=ONLY, caching=caching) == ["second"]
    y = next(each for each in versions.last.step("second", "train").data if each.name == "y")
    assert y.summary == str(10 * (which + 1))
    assert versions.last.step("second", "train").inputs_from == versions.ids[which]


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_one_step_in_a_new_process_works_on_the_latest_good_outputs(versions, mode):
    script = (
        "import sys; sys.ran = []\n"
        "from pathlib import Path\nfrom alo_nb.plan import read_plan\nfrom alo_nb.project import Project\n"
        "from alo_nb.runner import Caching, RunRequest, Selection, run_plan\nfrom alo_nb.steps.sources import Sources\n"
        "plan, project = read_plan('plan.yaml'), Project(Path.cwd())\n"
        "run = run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, mode='train',\n"
        f"    interface_mode='{mode}', selection=Selection(only=('second',)), caching=Caching(force=('second',))))\n"
        "print(run.step('second', 'train').inputs_from)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["got", "3", versions.ids[2]]


def test_what_a_run_that_failed_later_has_made_of_a_step_counts(versions):
    versions.write({**STEPS, "second": "raise ValueError('broken')"}, args={"first": {"x": 4}})
    with pytest.raises(ValueError, match="broken"):
        versions.ran(interface_mode="memory", interface=MemoryInterface())
    versions.write(STEPS, args={"first": {"x": 4}})
    caching = Caching.of(force="second")
    assert versions.ran(selection=ONLY, caching=caching, interface=MemoryInterface()) == ["second"]
    assert versions.last.step("second", "train").data[-1].summary == "40"


@pytest.mark.parametrize("damage", ["damaged", "deleted"])
def test_latest_outputs_that_are_not_whole_are_passed_over(versions, damage):
    """Those of the run before are whole, and the record says that they were taken."""
    (newest,) = [each for each in versions.traces("first") if versions.ids[2] in each.name]
    digest = json.loads(newest.read_text())["data"][0]["digest"].removeprefix("b3:")
    path = versions.root / ".alo/cache/values" / digest[:2] / digest[2:]
    path.chmod(0o644)
    path.unlink() if damage == "deleted" else path.write_bytes(b"?" * path.stat().st_size)
    caching = Caching.of(force="second")
    assert versions.ran(selection=ONLY, caching=caching, interface=MemoryInterface()) == ["second"]
    assert versions.last.step("second", "train").inputs_from == versions.ids[1]


def _sum_of_second(bench) -> str:
    assert bench.ran(selection=ONLY, caching=Caching.of(force="second"), interface=MemoryInterface()) == ["second"]
    return bench.last.step("second", "train").data[-1].summary


def test_what_was_taken_over_since_is_the_latest_and_not_what_was_executed_last(versions):
    versions.write(STEPS, args={"first": {"x": 1}})
    assert versions.ran(interface_mode="memory", interface=MemoryInterface()) == []
    taken = versions.last.id
    assert _sum_of_second(versions) == "10"
    assert versions.last.step("second", "train").inputs_from == taken


def test_what_a_step_that_was_taken_over_handed_on_is_the_latest(bench):
    """The step between did not run again, since it does not load what has changed."""
    steps = {"zero": STEPS["first"], "first": "new = {'z': 1}", "second": STEPS["second"]}
    for value, expected in ((1, ["zero", "first", "second"]), (2, ["zero", "second"])):
        bench.write(steps, args={"zero": {"x": value}})
        assert bench.ran(interface_mode="memory", interface=MemoryInterface()) == expected
    assert _sum_of_second(bench) == "20"


def test_no_outputs_at_all_are_said_to_be_missing(bench):
    bench.write(STEPS)
    with pytest.raises(InterfaceError, match="step 'second' needs the output of step 'first', which has not run"):
        bench.ran(selection=ONLY)
    assert sys.ran == []


@pytest.mark.parametrize("inputs", ["v9", "run:nosuch", "no-such-alias", "run:", "v"])
def test_inputs_that_do_not_exist_are_refused_in_words(versions, inputs):
    runs = len([*versions.store])
    with pytest.raises(AloNbError) as caught:
        versions.ran(selection=ONLY, caching=Caching.of(inputs=inputs))
    assert caught.value.do or "known: " in caught.value.what or "did you mean" in caught.value.what
    assert sys.ran == []
    assert len([*versions.store]) == runs


@pytest.mark.parametrize("selection", [Selection(), Selection(first="first"), Selection(only=("first",))])
def test_inputs_that_no_step_would_take_are_refused(versions, selection):
    with pytest.raises(MagicUsageError, match="--inputs says where a step gets its inputs from") as caught:
        versions.ran(selection=selection, caching=Caching.of(inputs="v0"))
    assert "--from STEP" in caught.value.do
    assert sys.ran == []


def test_a_version_that_was_damaged_is_refused_in_words(versions):
    for path in (versions.root / ".alo" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"?" * path.stat().st_size)
    for path in (versions.root / ".alo" / "packs").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"?" * path.stat().st_size)
    with pytest.raises(AloNbError, match=r"changed|damaged") as caught:
        versions.ran(selection=ONLY, caching=Caching.of(inputs="v0", force="second"))
    assert caught.value.do
    assert sys.ran == []
