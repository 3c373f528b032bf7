"""A disk that is full in the middle of a run: said in words, recorded, and gone on with when there is room again."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alo_nb.cache.prune import prune
from alo_nb.errors import ProjectError
from alo_nb.project import Project
from alo_nb.runner import Caching, workspace
from alo_nb.runner import run as run_module
from alo_nb.runner.full_disk import RESERVE, give_back, reserve, told_when_full
from alo_nb.store import Run

# A process in which no more than so many bytes fit below the project: what is deleted makes room, as on a real disk.
RUN = """
import os, sys
from pathlib import Path
from tests.reliability.faults import Faults

def used():
    files = (os.path.join(parent, name) for parent, _, names in os.walk(".") for name in names)
    return sum(os.lstat(each).st_blocks * 512 for each in files)

class SmallDisk(Faults):
    written = property(lambda _: used(), lambda *_: None)

from alo_nb.plan import read_plan
from alo_nb.project import Project
from alo_nb.runner import Caching, RunRequest, run_plan
from alo_nb.steps.sources import Sources
import alo_nb.runner.failed_step, alo_nb.runner.explain  # so that no .pyc is written below

disk, write = SmallDisk(".", "enospc", used() + int(sys.argv[1])), os.write

def limited(handle, content):
    is_ours = disk.is_ours(os.readlink(f"/proc/self/fd/{handle}"))
    return disk.write(content, lambda part: write(handle, part)) if is_ours else write(handle, content)

disk.install()
os.write = limited
plan, project = read_plan("plan.yaml"), Project(Path.cwd())
try:
    run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, mode="train", caching=Caching()))
except Exception as error:
    print(type(error).__name__, error, sep=": ")
"""
FILL = "with open(asset.get_model_path() + 'big', 'wb', buffering=0) as file:\n"
STEPS = {
    "the step itself": f"{FILL}    while True:\n        assert file.write(b'x' * 65536)",
    "what it saves": "new = {'big': b'x' * (1 << 22)}",
    "a record": f"{FILL}    try:\n        while file.write(b'x' * 4096): pass\n    except OSError: pass",
}


def run_on_a_small_disk(bench, room: int) -> str:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-c", RUN, str(room)]
    done = subprocess.run(words, cwd=bench.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("what", STEPS)
def test_a_full_disk_is_said_recorded_and_the_run_goes_on_later(bench, what):
    one = "with open('ran', 'a') as file:\n    file.write('1')\nnew = {'x': 1}"
    bench.write({"one": one, "two": STEPS[what], "three": "new = {'y': 2}"})
    said = run_on_a_small_disk(bench, RESERVE + (1 << 20))
    (run,) = bench.store
    assert said.startswith(f"ProjectError: no space is left on the disk of {bench.root}")
    assert f"--resume={run.id}" in said
    assert "alo-nb gc" in said
    assert (run.status, run.steps[0].status, run.steps[-1].status) == ("failed", "success", "failed")
    assert run.error.startswith("ProjectError: no space is left")
    bench.write({"one": one, "two": "new = {'small': 1}", "three": "new = {'y': 2}"})
    force = ("two",) if what == "a record" else ()
    last = bench.run(caching=Caching(resume=run.id, force=force))
    assert (last.status, bench.text("ran")) == ("success", "1"), last.steps[0].reason


def test_a_disk_without_room_for_the_end_of_a_run_is_told_before_a_step_runs(bench, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.write({"one": "open('ran', 'w').close()"})
    with monkeypatch.context() as patched:
        patched.setattr(os, "posix_fallocate", full)
        with pytest.raises(ProjectError, match="no space is left on the disk"):
            bench.run()
    assert not (bench.root / "ran").exists()
    assert bench.run().status == "success"
    assert len([*(bench.project.own / "work").glob("*.lock")]) == 1


@pytest.mark.parametrize("what", ["reserve", "restore_folders"])
def test_a_run_that_gets_no_workspace_lets_its_slot_go(bench, monkeypatch, what):
    def interrupted(*_):
        raise KeyboardInterrupt

    bench.write({"one": "new = {'x': 1}"})
    with monkeypatch.context() as patched:
        patched.setattr(workspace, what, interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench.run()
    assert bench.run().status == "success"
    assert sorted(each.name for each in (bench.project.own / "work").iterdir()) == ["1", "1.lock"]


def test_a_run_that_cannot_begin_is_recorded_and_blocks_nobody(bench, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.write({"one": "new = {'x': 1}"})
    with monkeypatch.context() as patched:
        patched.setattr(run_module, "GitLook", full)
        with pytest.raises(ProjectError, match="no space is left on the disk"):
            bench.run()
    assert [each.status for each in bench.store] == ["failed"]
    assert prune(bench.project, limit_mb=0) == []
    assert bench.run().status == "success"


def test_the_reserve_is_held_by_a_run_and_by_nobody_else(bench):
    bench.write({"one": "import glob\nnew = {'held': glob.glob('.alo/work/*.reserve')}"})
    assert bench.run().steps[0].data[0].summary == "list 1"
    assert [*(bench.project.own / "work").glob("*.reserve")] == []


def no_such_call(monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate")


def refused_with(number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    return lambda monkeypatch: monkeypatch.setattr(os, "posix_fallocate", refuse)


@pytest.mark.parametrize(
    "system",
    [lambda _: None, no_such_call, refused_with(errno.EINVAL), refused_with(errno.EOPNOTSUPP)],
    ids=["allocates", "macOS", "EINVAL", "EOPNOTSUPP"],
)
def test_the_room_is_really_taken_and_given_back(tmp_path, monkeypatch, system):
    system(monkeypatch)
    reserve(tmp_path / "1")
    assert (tmp_path / "1.reserve").stat().st_blocks * 512 >= RESERVE
    give_back(tmp_path / "1")
    give_back(tmp_path / "1")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (OSError(errno.ENOSPC, "No space", "/data/out/x.csv"), "/data/out"),
        (OSError(errno.EDQUOT, "Quota"), "{root}"),
        (shutil.Error([("a", "b", f"[Errno 28] {os.strerror(errno.ENOSPC)}: 'b'")]), "{root}"),
    ],
)
def test_every_way_of_saying_that_a_disk_is_full_is_understood(tmp_path, error, where):
    with pytest.raises(ProjectError) as caught, told_when_full(Project(tmp_path), Run("r")):
        raise error
    assert caught.value.what.endswith(f"disk of {where.format(root=tmp_path)}")


def test_other_errors_of_the_system_stay_what_they_are(tmp_path):
    with pytest.raises(PermissionError), told_when_full(Project(tmp_path), Run("r")):
        raise PermissionError(errno.EACCES, "Permission denied", "x")
