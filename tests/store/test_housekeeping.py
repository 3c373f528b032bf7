from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from alo_nb.errors import StoreError
from alo_nb.runner.workspace import UNITS
from alo_nb.store import editing
from alo_nb.store.api import Api
from alo_nb.store.artifact import Artifact
from alo_nb.store.doctor import examine
from alo_nb.store.housekeeping import collect_garbage
from alo_nb.store.logging import log_version

BIG = b"x" * 100_000


def collect(store, **options):
    return collect_garbage(store, dry_run=False, grace_s=-1, **options)


def contents(store):
    return {digest for digest, _ in store.objects.loose()}


def test_what_only_a_deleted_version_held_goes(store, log, tmp_path):
    kept = log("kept", {"a": BIG, "sub/b": b"1"})
    log("gone", {"a": BIG, "c": b"y" * 100_000}).delete()
    garbage = collect(store)
    assert garbage.size > 100_000
    Path(kept.download(tmp_path / "out"), "a").read_bytes()
    assert collect(store).files == ()


def test_a_dry_run_tells_the_same_and_deletes_nothing(store, log):
    log(files={"a": BIG}).delete()
    before = contents(store)
    garbage = collect_garbage(store, grace_s=-1)
    assert contents(store) == before
    assert {*garbage.files} == {*collect(store).files}


def test_young_contents_are_left_for_an_hour(store, log):
    log(files={"a": BIG}).delete()
    assert collect_garbage(store, dry_run=False).files == ()


def test_a_version_whose_time_is_over_goes_unless_it_has_an_alias(store, log, monkeypatch):
    for name in ("brief", "held"):
        artifact = log(name, {"a": name.encode()}, aliases=["best"] if name == "held" else [])
        artifact.ttl = timedelta(milliseconds=1)
        artifact.save()
    time.sleep(0.05)
    assert collect_garbage(store, grace_s=-1).expired == ("brief:v0",)
    assert Api().artifact("brief").version == "v0"
    assert collect(store).expired == ("brief:v0",)
    assert Api().artifact_names() == ["held"]


def test_a_draft_older_than_the_grace_is_told_that_gc_took_what_it_was_to_share(store, log, tmp_path):
    (tmp_path / "big").write_bytes(BIG)
    os.utime(tmp_path / "big", (1, 1))
    time.sleep(0.01)
    first = Artifact("raw", "dataset", store=store)
    first.add_file(tmp_path / "big")
    log_version(first)
    draft = Artifact("other", "dataset", store=store)
    draft.add_file(tmp_path / "big")
    shares = draft._draft._staging.size == 0
    first.delete()
    collect(store)
    if shares:
        with pytest.raises(StoreError, match="`gc` has deleted contents"):
            log_version(draft)
        assert Api().artifact_names() == []
    again = Artifact("other", "dataset", store=store)
    again.add_file(tmp_path / "big")
    log_version(again)
    assert Path(again.download(tmp_path / "out"), "big").read_bytes() == BIG


def test_a_draft_that_is_being_made_is_left_alone(store, tmp_path):
    (tmp_path / "big").write_bytes(BIG)
    draft = Artifact("raw", "dataset", store=store)
    draft.add_file(tmp_path / "big")
    collect(store)
    log_version(draft)
    assert Path(draft.download(tmp_path / "out"), "big").read_bytes() == BIG


def test_what_a_dead_process_left_behind_goes(store, log):
    log()
    dead = store.root / "tmp" / "999999-abc"
    dead.mkdir()
    (dead / "half").write_bytes(BIG)
    assert [path for path, _ in collect(store).files] == [dead]
    assert [each.name.split("-")[0] for each in (store.root / "tmp").iterdir()] == [str(os.getpid())]


KILLED = """
import os, signal
from alo_nb.project import Project
from alo_nb.runner.workspace import Workspace
from alo_nb.store.store import Store
from pathlib import Path
project = Project(Path.cwd())
slots = [Workspace.acquire(project) for _ in range(2)]
for slot in slots:
    (slot.stage("train_artifacts", whole=True) / "half").write_bytes(b"x" * 100_000)
    (slot.stage("input/train", whole=True) / "half").write_bytes(b"x" * 100_000)
with (Store.of(project).staging().aside.new_file()).open("wb") as file:
    file.write(b"x" * 100_000)
print("ready", flush=True)
signal.pause()
"""


def test_what_a_killed_process_left_goes_at_once_and_what_a_living_one_has_stays(store, project):
    command, pipe = [sys.executable, "-c", KILLED], subprocess.PIPE
    process = subprocess.Popen(command, cwd=project.root, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert collect_garbage(store, dry_run=False).files == ()
    process.kill()
    process.communicate()
    told, garbage = collect_garbage(store), collect_garbage(store, dry_run=False)
    assert told == garbage
    assert len(garbage.files) == 5
    assert garbage.size >= 500_000
    assert collect_garbage(store).files == ()
    for slot in ("1", "2"):
        links = {unit: (project.own / "work" / slot / unit).readlink() for unit in UNITS}
        assert links == {unit: project.root / unit for unit in UNITS}


def test_a_folder_that_is_about_to_be_locked_is_left_alone(store):
    for name in ("new-1-abc", "1-abc"):
        (store.root / "tmp" / name).mkdir(parents=True)
    (store.root / "tmp" / "new-1-abc" / "alive").touch()
    assert collect_garbage(store, dry_run=False).files == ()
    assert len(collect(store).files) == 2


def test_nothing_is_deleted_when_it_is_not_known_what_is_needed(store, log):
    artifact = log(files={"a": BIG})
    log("gone", {"b": b"y" * 100_000}).delete()
    store.objects.path(artifact.digest).unlink()
    before = contents(store)
    with pytest.raises(StoreError, match="is gone"):
        collect(store)
    assert contents(store) == before


def small(numbers):
    return {f"{number}.txt": f"content {number}".encode() * 20 for number in numbers}


@pytest.mark.parametrize("count", [1, 120])  # less than a pack is worth, and a pack
def test_what_is_needed_of_a_pack_is_packed_anew_when_most_of_it_is_not(store, log, tmp_path, count):
    first, second = log("many", small(range(300))), log("few", small(range(count)))
    [pack] = store.objects.packs()
    size = pack.stat().st_size
    first.delete()
    told, garbage = collect_garbage(store, grace_s=-1), collect(store)
    assert {*told.files} == {*garbage.files}
    assert dict(garbage.files)[pack] == told.size > size / 2
    assert (pack.exists(), len(store.objects.packs())) == (False, count > 100)
    assert sum(each.stat().st_size for each in store.objects.packs()) < size - told.size + 8 + 1
    folder = Path(second.download(tmp_path / "out"))
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == small(range(count))
    assert collect(store).files == ()
    assert [*examine(store, read_data=True)] == []
    store.rebuild()
    assert [*examine(store, read_data=True)] == []


def test_a_pack_of_which_half_is_needed_stays_as_it_is(store, log):
    first = log("many", small(range(300)))
    log("most", small(range(290)))
    packs = store.objects.packs()
    first.delete()
    assert collect(store).files == ()
    assert store.objects.packs() == packs


def test_a_young_or_damaged_pack_is_not_packed_anew(store, log):
    first = log("many", small(range(300)))
    log("few", small(range(5)))
    first.delete()
    assert collect_garbage(store, dry_run=False).files == ()
    [pack] = store.objects.packs()
    content = pack.read_bytes()
    pack.chmod(0o600)
    pack.write_bytes(content[:-3])
    assert collect(store).files == ()
    pack.write_bytes(content.replace(b"content 3", b"content x"))
    with pytest.raises(StoreError, match="was changed on disk"):
        collect(store)
    assert pack.exists()


def test_a_pack_goes_when_nothing_of_it_is_needed(store, log, tmp_path):
    many = {f"{number}.txt": str(number).encode() for number in range(150)}
    first = log("many", many)
    second = log("few", {"one": b"77"})
    first.delete()
    collect(store)
    assert Path(second.download(tmp_path / "out"), "one").read_bytes() == b"77"
    second.delete()
    collect(store)
    assert store.objects.packs() == []
    assert Path(log("many", many).download(tmp_path / "new"), "5.txt").read_bytes() == b"5"


def test_times_to_live_survive_a_change_of_the_clock_format(store, log):
    artifact = log()
    assert editing.expires_at(artifact.created_at, timedelta()) == artifact.created_at
