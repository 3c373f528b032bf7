"""A run that was killed anywhere is gone on with: exactly the steps that it lacks run, and it ends as if undisturbed.

A part of all places is tried; ``ALO_NB_FAULT_POINTS=100000`` tries every one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POINTS = int(os.environ.get("ALO_NB_FAULT_POINTS", "29"))


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_a_run_that_was_killed_goes_on_where_it_was(mode):
    command = [sys.executable, "-m", "tests.reliability.killed_runs", mode, str(POINTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["problems"] == []
    kinds = {place.rpartition(" ")[0] for place in found["places"]}
    assert {"begins", "inside of", "at the end of", "before", "after"} <= kinds
