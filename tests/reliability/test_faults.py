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
POINTS = int(os.environ.get("ALO_NB_FAULT_POINTS", "12"))
PATIENCE_S = 120 + POINTS


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_is_lost_or_half_done(operation, mode):
    command = [sys.executable, "-m", "tests.reliability.sweep", operation, mode, str(POINTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["points"] == min(POINTS, found["total"])
