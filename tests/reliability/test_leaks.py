"""A process that goes on and on keeps no more of files, threads and memory than at its beginning.

300 rounds of logging, using and reading are tried; ``ALO_NB_LEAK_ROUNDS=10000`` tries as many as are named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

ROUNDS = int(os.environ.get("ALO_NB_LEAK_ROUNDS", "300"))
GROWTH = 20 << 20  # bytes
WORK = """
import gc, json, os, sys, threading
from pathlib import Path
import alo_nb

def held():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    places = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.exists()]
    waiting = [str(each) for each in Path(".alo/tmp").rglob("*") if each.is_file() and each.name != "alive"]
    memory = pages * os.sysconf("SC_PAGE_SIZE")
    return {"memory": memory, "handles": sorted(places), "threads": threading.active_count(), "waiting": waiting}

def work(number):
    with alo_nb.init(job_type="leak") as run:
        run.log({"loss": 1 / (1 + number)})
        artifact = alo_nb.Artifact("raw", "dataset")
        with artifact.new_file("small.txt") as file:
            file.write(str(number))
        artifact.add_file("data.bin")
        run.log_artifact(artifact).wait()
        used = run.use_artifact("raw:latest")
        assert (Path(used.download("out")) / "small.txt").read_text() == str(number)
    alo_nb.Api().artifact("raw:v0").files()

Path("data.bin").write_bytes(os.urandom(200_000))
rounds = int(sys.argv[1])
for number in range(50):
    work(number)
before = held()
for number in range(50, 50 + rounds):
    work(number)
print(json.dumps([before, held()]))
"""


def test_many_rounds_leave_no_handle_thread_or_file_behind_and_little_memory(tmp_path):
    (tmp_path / ".alo").mkdir()
    command = [sys.executable, "-c", WORK, str(ROUNDS)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60 + ROUNDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    before, after = json.loads(done.stdout)
    assert after["handles"] == before["handles"]
    assert after["threads"] == before["threads"]
    assert after["waiting"] == before["waiting"] == []
    assert after["memory"] - before["memory"] <= GROWTH
