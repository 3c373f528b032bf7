from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from alo_nb.cache import prune as pruning
from alo_nb.cache.prune import prune, prune_seldom
from alo_nb.errors import InterfaceError
from alo_nb.files import unlock
from alo_nb.plan import read_plan
from alo_nb.runner import ActiveRun, Caching, RunRequest, Selection
from alo_nb.steps.sources import Sources

DAY = 86400


@pytest.fixture
def kept(bench):
    """A project whose one step was executed with three arguments, each giving 8 MB."""
    bench.write(
        {"make": "import numpy as np\nnew = {'x': np.full(10**6, asset.load_args()['n'])}"}, args={"make": {"n": 0}}
    )
    for number in range(3):
        bench.run(caching=Caching(), overrides={"make.n": number})
    return bench


def values(bench):
    return {path for path in (bench.project.own / "cache" / "values").rglob("*") if path.is_file()}


def size(paths):
    return sum(path.stat().st_size for path in paths)


@pytest.fixture
def later(monkeypatch):
    """Let so many seconds pass for whoever asks what is old."""

    def let(seconds):
        now = time.time() + seconds
        monkeypatch.setattr(pruning.time, "time", lambda: now)

    return let


def ran(bench, number):
    return not bench.run(caching=Caching(), overrides={"make.n": number}).steps[0].cached_from


def test_what_executions_name_stays_within_the_limit(kept, later):
    before = values(kept)
    later(30 * DAY)
    assert prune(kept.project, limit_mb=1000) == []
    assert values(kept) == before


def test_above_the_limit_the_oldest_executions_go_and_never_the_newest(kept, later):
    later(DAY)
    gone = prune(kept.project, limit_mb=10, dry_run=True)
    assert values(kept) >= {path for path, _ in gone if path.suffix != ".json"}
    assert prune(kept.project, limit_mb=10) == gone
    assert size(values(kept)) < 10e6
    assert [ran(kept, number) for number in (2, 0)] == [False, True]


def test_a_limit_of_nothing_keeps_the_newest_execution_of_each_step(kept, later):
    later(DAY)
    prune(kept.project, limit_mb=0)
    assert not ran(kept, 2)


def test_a_value_that_nothing_names_goes_after_a_week_or_above_the_limit_after_an_hour(kept, later):
    stray = kept.project.own / "cache" / "values" / "ab" / ("0" * 62)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x" * 10)
    assert prune(kept.project, limit_mb=0, dry_run=True)[0][0] != stray  # a run may be about to name it
    later(2 * 3600)
    assert prune(kept.project, limit_mb=1000) == []
    later(8 * DAY)
    assert prune(kept.project, limit_mb=1000) == [(stray, 10)]


def test_a_file_that_a_dead_process_left_goes_like_any_other(kept, later):
    left = kept.project.own / "cache" / "values" / ".0123456789ab"
    left.write_bytes(b"x")
    later(8 * DAY)
    assert prune(kept.project, limit_mb=1000) == [(left, 1)]


def test_a_damaged_trace_is_no_reason_to_fail(kept, later):
    trace = min((kept.project.own / "cache" / "steps").rglob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    trace.write_text("{")
    later(8 * DAY)
    assert size(path for path, _ in prune(kept.project, limit_mb=1000) if path.exists()) == 0
    assert size(values(kept)) < 20e6


def test_pruning_is_done_at_most_once_an_hour(kept, later):
    stamp = kept.project.own / "cache" / "pruned"
    before = stamp.stat().st_mtime
    prune_seldom(kept.project, limit_mb=0)
    assert stamp.stat().st_mtime == before
    os.utime(stamp, (before - 7200, before - 7200))
    prune_seldom(kept.project, limit_mb=0)
    assert stamp.stat().st_mtime >= before


@pytest.fixture
def counted(monkeypatch):
    """What each call of `prune` has returned."""
    returned = []

    def prune_and_count(*args, **options):
        returned.append(prune(*args, **options))
        return returned[-1]

    monkeypatch.setattr(pruning, "prune", prune_and_count)
    return returned


@pytest.mark.parametrize("is_first", [True, False])
def test_pruning_that_a_run_has_kept_from_anything_is_done_after_it(kept, counted, is_first):
    stamp = kept.project.own / "cache" / "pruned"
    stamp.unlink() if is_first else os.utime(stamp, (1, 1))
    held = pruning.keep_values(kept.project)
    prune_seldom(kept.project, limit_mb=1000)
    unlock(held)
    prune_seldom(kept.project, limit_mb=1000)
    prune_seldom(kept.project, limit_mb=1000)
    assert counted == [None, []]


def test_of_two_that_come_at_once_the_second_finds_it_done(kept, counted, monkeypatch):
    stamp = kept.project.own / "cache" / "pruned"
    os.utime(stamp, (1, 1))

    @contextmanager
    def locked_after_another(_):
        stamp.touch()  # the other one has had the lock, and has pruned
        yield

    monkeypatch.setattr(pruning, "locked", locked_after_another)
    prune_seldom(kept.project, limit_mb=1000)
    assert counted == []


PRUNE = """
import time
from alo_nb.cache import prune
from alo_nb.project import Project
now = time.time()
prune.time.time = lambda: now + 86400
print(prune.prune(Project(__import__("pathlib").Path.cwd()), limit_mb=0))
"""


def prune_in_another_process(bench):
    done = subprocess.run([sys.executable, "-c", PRUNE], cwd=bench.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_a_run_never_loses_a_value_that_it_has_found_to_another_process(bench, monkeypatch, mode):
    """The value is of an old execution, which goes first, and lies in a file of its own until it is loaded."""
    monkeypatch.setattr(sys, "between", lambda: None, raising=False)
    bench.write(
        {
            "make": "import numpy as np\nnew = {'x': np.full(10**6, asset.load_args()['n'])}",
            "wait": "import sys\nsys.between()\nnew = {'n': asset.load_args()['n']}",
            "use": "new = {'sum': int(asset.load_data()['x'].sum())}",
        },
        args={"make": {"n": 1}, "wait": {"n": 1}},
    )
    for number in (1, 2):
        bench.run(caching=Caching(), interface_mode=mode, overrides={"make.n": number})
    said = []
    monkeypatch.setattr(sys, "between", lambda: said.append(prune_in_another_process(bench)))
    run = bench.run(caching=Caching(), interface_mode=mode, overrides={"make.n": 1, "wait.n": 2})
    assert said == ["None"]
    assert [bool(each.cached_from) for each in run.steps][:2] == [True, False]
    assert next(each.summary for each in run.steps[2].data if each.name == "sum") == "1000000"
    assert prune_in_another_process(bench) not in ("None", "[]")


def test_inputs_that_go_before_the_run_begins_are_looked_for_once_more(bench):
    """What a part of a plan begins with is found before the run holds what there is."""
    bench.write(
        {
            "make": "import numpy as np\nnew = {'x': np.full(10**6, 7)}",
            "use": "new = {'y': asset.load_data()['x'].sum()}",
        }
    )
    bench.run(caching=Caching(), interface_mode="memory")
    plan = read_plan("plan.yaml")
    find = Sources(plan, bench.project).step
    only = RunRequest(plan, bench.project, find, mode="train", selection=Selection(only=("use",)), caching=Caching())
    active = ActiveRun(only)
    for path in values(bench):
        path.unlink()
    with pytest.raises(InterfaceError, match="needs the output of step 'make'"):
        active.perform()
    assert len([*bench.store]) == 1
    assert prune(bench.project, limit_mb=1000) == []


def test_outputs_that_wait_for_the_next_step_stay(bench, later):
    bench.write(
        {"make": "import numpy as np\nnew = {'x': np.arange(10)}", "use": "new = {'y': asset.load_data()['x'].sum()}"}
    )
    bench.run()  # nothing is kept for later, but the next run may begin at `use`
    later(30 * DAY)
    assert prune(bench.project, limit_mb=0) == []
    assert bench.run(selection=Selection(only=("use",))).steps[0].data[1].summary == "45"
