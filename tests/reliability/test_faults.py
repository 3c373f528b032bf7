"""Whatever is torn away in the middle of an operation, nothing is lost and nothing is half done.

A part of all places is tried; ``ALO_NB_FAULT_POINTS=100000`` tries every one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.faults import MODES
from tests.reliability.sweep import OPERATIONS

ROOT = Path(__file__).parents[2]
POINTS = int(os.environ.get("ALO_NB_FAULT_POINTS", "7"))
PATIENCE_S = 120 + POINTS
INTERRUPTED = """
import sys
from tests.reliability.faults import Faults
from alo_nb.headless import cli
import alo_nb.headless.commands.gc, alo_nb.headless.commands.artifact, alo_nb.store.artifact
Faults(sys.argv[1], "sigint", int(sys.argv[2])).install()
sys.exit(cli.main(sys.argv[3:]))
"""


def sweep(operation, mode, points=POINTS):
    command = [sys.executable, "-m", "tests.reliability.sweep", operation, mode, str(points)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["points"] == min(points, found["total"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_is_lost_or_half_done(operation, mode):
    sweep(operation, mode)


@pytest.mark.parametrize("mode", ["kill", "torn", "sigint"])  # a run's own record is not synced each time
def test_a_run_that_is_cut_off_is_never_said_to_run_or_to_have_gone_well(mode):
    sweep("run", mode)


@pytest.mark.parametrize("operation", ["commit", "batch", "run", "gc"])
def test_ctrl_c_at_any_moment_leaves_nothing_half_done_and_the_process_goes_on(operation):
    sweep(operation, "ctrl-c", POINTS // 2)


def command(project, *words):
    script, here = [sys.executable, "-c", INTERRUPTED, str(project), *words], {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(script, cwd=project, env=here, capture_output=True, text=True, check=False)


LOG = ("artifact", "log", "raw", "data.bin", "--type", "dataset")


@pytest.mark.parametrize(("words", "points"), [(("gc", "--yes"), "13"), (LOG, ("30", "40"))])
def test_an_interrupted_command_says_so_and_the_next_one_works(tmp_path, words, points):
    never = "1000000"
    (tmp_path / "data.bin").write_bytes(b"x" * 100_000)
    assert command(tmp_path, never, *LOG).returncode == 0
    assert command(tmp_path, never, "artifact", "rm", "raw:v0").returncode == 0
    for content in tmp_path.glob(".alo/objects/*/*"):
        os.utime(content, (1, 1))
    (tmp_path / "data.bin").write_bytes(b"y" * 100_000)
    for point in points:
        done = command(tmp_path, point, *words)
        assert (done.returncode, done.stderr) == (130, "interrupted\n"), (point, done.stdout)
    assert command(tmp_path, never, *words).returncode == 0
    assert command(tmp_path, never, "doctor").returncode == 0
