"""Many processes that write to one store at once, some of which are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from alo_nb.project import Project
from alo_nb.store.doctor import examine
from alo_nb.store.housekeeping import collect_garbage
from alo_nb.store.store import Store

PROCESSES, EACH = 8, 25
LOG = """
import sys
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version
for number in range(int(sys.argv[2])):
    artifact = Artifact("raw", "dataset")
    with artifact.new_file("x") as file:
        file.write(f"{sys.argv[1]} {number}")
    log_version(artifact)
    print(artifact.version, artifact.digest, flush=True)
"""
READ = """
import sys
from alo_nb.store.api import Api
while True:
    for name in Api().artifact_names():
        for artifact in Api().artifacts("dataset", name)[:3]:
            assert artifact.files()[0].size > 0
            print("ok", flush=True)
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".alo").mkdir()
    return Project(tmp_path)


def start(project, script, *words):
    command = [sys.executable, "-c", script, *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=project.root, stdout=pipe, stderr=pipe, text=True)


def test_eight_processes_make_two_hundred_versions_without_a_gap(project):
    reader = start(project, READ)
    writers = [start(project, LOG, number, EACH) for number in range(PROCESSES)]
    said = [each.communicate(timeout=120) for each in writers]
    reader.kill()
    read, trouble = reader.communicate()
    assert [error for _, error in said] == [""] * PROCESSES
    acked = dict(line.split() for out, _ in said for line in out.splitlines())
    assert sorted(acked, key=lambda each: int(each[1:])) == [f"v{number}" for number in range(PROCESSES * EACH)]
    assert (trouble, read.count("ok") > 0) == ("", True)
    with Store(project) as store:
        assert {f"v{row.number}": row.digest for row in store.index.versions("raw")} == acked
        assert [*examine(store, read_data=True)] == []


def test_killed_processes_lose_nothing_that_they_had_said_and_hold_up_nobody(project):
    writers = [start(project, LOG, number, 1000) for number in range(4)]
    time.sleep(2)
    for each in writers[:3]:
        os.kill(each.pid, signal.SIGKILL)
    said = [each.communicate()[0] for each in writers[:3]]
    before = time.monotonic()
    late = start(project, LOG, "late", 1)
    assert late.communicate(timeout=60)[1] == ""
    assert time.monotonic() - before < 30
    writers[3].send_signal(signal.SIGKILL)
    said.append(writers[3].communicate()[0])
    lines = [line.split() for out in said for line in out.splitlines()]
    acked = dict(
        line for line in lines if len(line) == 2 and len(line[1]) == len("b3:") + 64
    )  # the last may be cut off
    with Store(project) as store:
        rows = {f"v{row.number}": row.digest for row in store.index.versions("raw")}
        assert acked.items() <= rows.items()
        assert sorted(rows, key=lambda each: int(each[1:])) == [f"v{number}" for number in range(len(rows))]
        assert [*examine(store, read_data=True)] == []
        collect_garbage(store, dry_run=False, grace_s=-1)
        assert len([*(store.root / "tmp").iterdir()]) <= 1


def test_gc_and_writers_get_along(project):
    writers = [start(project, LOG, number, 10) for number in range(3)]
    with Store(project) as store:
        while any(each.poll() is None for each in writers):
            collect_garbage(store, dry_run=False)
        assert [each.communicate()[1] for each in writers] == [""] * 3
        assert len(store.index.versions("raw")) == 30
        assert [*examine(store, read_data=True)] == []
