"""One store for many processes and threads, whatever happens to its index."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from alo_nb import files
from alo_nb.errors import StoreError
from alo_nb.project import Project
from alo_nb.store import indexes
from alo_nb.store.api import Api
from alo_nb.store.artifact import Artifact
from alo_nb.store.database import SCHEMA
from alo_nb.store.journal import Change
from alo_nb.store.logging import log_version, use_version
from alo_nb.store.store import Store

MANY = 8


def listing(store):
    """Return all that the index says of artifacts and lineage."""
    index = store.index
    rows = [row._replace(id=0) for name, _ in index.artifacts() for row in index.versions(name)]
    edges = [sorted(index.edges_of_version(row.id)) for name, _ in index.artifacts() for row in index.versions(name)]
    return rows, edges, [*index.runs()]


# -- the index is disposable -----------------------------------------------------------------------------------------


@pytest.fixture
def busy(store, log):
    """A store with a bit of everything in it."""
    first = log(files={"a": b"1"}, aliases=["best"], run="r1")
    log("made", {"b": b"2"}, type="model", run="r2")
    log(files={"a": b"2"}, tags=["x"]).delete()
    first.description = "the first"
    first.save()
    store.change(lambda _: ("run", {"id": "r1", "status": "success", "about": {"n": 1}}))
    return store


def test_an_index_made_again_from_the_files_says_the_same(busy):
    before = listing(busy)
    assert busy.index.says_the_same(busy.fresh_index())
    busy.rebuild()
    assert listing(busy) == before


def test_a_deleted_index_is_made_again_by_the_next_question(busy):
    before = listing(busy)
    shutil.rmtree(busy.root / "index")
    assert listing(busy) == before
    busy.close()
    shutil.rmtree(busy.root / "index")
    assert listing(Store(busy.project)) == before


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut", "flipped", "folder"])
def test_a_damaged_index_is_made_again_by_the_next_process(busy, damage):
    before = listing(busy)
    busy.close()
    [path] = (busy.root / "index").glob("*.db")
    content = bytearray(path.read_bytes())
    if damage == "garbage":
        path.write_bytes(b"no database" * 500)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[4096:4200] = bytes(104)
        path.write_bytes(content)
    else:
        path.unlink()
        path.mkdir()
    with Store(busy.project) as again:
        assert listing(again) == before


def test_processes_turn_to_an_index_that_another_has_made_anew(busy, log):
    with Store(busy.project) as other:
        assert len(listing(other)[0]) == 2
        busy.rebuild()
        log("third")
        assert len(listing(other)[0]) == 3
        assert other.index.path == busy.index.path


def test_an_index_of_another_schema_is_left_to_its_own_alo_nb(busy):
    newer = busy.root / "index" / "99-000001.db"
    newer.write_bytes(b"theirs")
    busy.rebuild()
    assert newer.read_bytes() == b"theirs"
    assert len(list((busy.root / "index").glob(f"{SCHEMA}-*.db"))) == 1


def test_equal_content_is_found_without_a_look_at_every_version(store):
    digests = [f"b3:{number:064x}" for number in range(300)]
    about = {"type": "dataset", "files": 1, "size": 1, "created": "", "run": "", "step": "", "aliases": [], "tags": []}
    about |= {"metadata": {}, "description": "", "expires": ""}

    def steps_of_a_search():
        index, steps = store.index, []
        index._connection.set_progress_handler(lambda: steps.append(1), 1)
        assert len(index.versions_with("raw", digests[0])) == 1
        index._connection.set_progress_handler(None, 1)
        return len(steps)

    def log_versions(numbers):
        values = ({**about, "name": "raw", "number": each, "digest": digests[each]} for each in numbers)
        store.change_many(lambda _: (("version", each) for each in values))

    log_versions(range(3))
    few = steps_of_a_search()
    log_versions(range(3, 300))
    assert steps_of_a_search() < 2 * few


def test_an_index_of_an_earlier_schema_is_made_anew(busy):
    before = listing(busy)
    busy.close()
    [path] = (busy.root / "index").glob("*.db")
    path.rename(path.with_name(f"{SCHEMA - 1}-000001.db"))
    assert listing(busy) == before
    assert [each.name for each in (busy.root / "index").glob("*.db")] == [f"{SCHEMA}-000001.db"]


def test_the_store_works_without_an_index_file(busy, log, monkeypatch):
    before = listing(busy)
    monkeypatch.setattr(indexes.Indexes, "_make", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    shutil.rmtree(busy.root / "index")
    assert listing(busy) == before
    assert log("third").version == "v0"
    with Store(busy.project) as other:
        assert len(listing(other)[0]) == len(before[0]) + 1


def test_changes_behind_a_missing_one_count(busy, log):
    number = busy.journal.last()
    log("third")
    busy.journal.path(number).unlink()
    busy.close()
    shutil.rmtree(busy.root / "index")
    assert log("fourth").version == "v0"
    assert busy.journal.last() == number + 2


def test_a_change_that_cannot_be_understood_is_passed_over(busy):
    busy.change(lambda _: ("tomorrow", {"what": "ever"}))
    number = busy.journal.last() + 1
    for kind, values in (("version", {}), ("use", {"run": []}), ("batch", {"changes": 3}), ("run", {"id": {}})):
        busy.journal.write(Change(number, kind, values))
        number += 1
    assert len(listing(busy)[0]) == 2
    assert busy.index.says_the_same(busy.fresh_index())


# -- opening ---------------------------------------------------------------------------------------------------------


def test_a_newer_format_is_refused_and_left_as_it_is(busy):
    busy.close()
    (busy.root / "store.json").write_text(json.dumps({"format": 2, "digest": "blake4"}))
    before = {path: path.read_bytes() for path in busy.root.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match="of format 2, and this alo_nb knows 1") as error:
        Store(busy.project)
    assert "update alo_nb" in str(error.value)
    assert {path: path.read_bytes() for path in busy.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"{}", b"[]", b'{"format": "x"}'])
def test_a_damaged_format_file_stops_nobody(busy, content):
    (busy.root / "store.json").write_bytes(content)
    assert len(listing(Store(busy.project))[0]) == 2


def test_a_store_in_memory_is_gone_when_it_is_closed():
    with Store.in_memory() as store:
        artifact = Artifact("raw", "dataset", store=store)
        with artifact.new_file("a") as file:
            file.write("1")
        log_version(artifact)
        place = store.project.root
        assert artifact.version == "v0"
    assert not place.exists()


def test_a_closed_store_opens_again_when_it_is_needed(busy):
    busy.close()
    assert len(listing(busy)[0]) == 2


def test_a_process_has_one_store_for_each_project(project):
    assert Store.of(project) is Store.of(Project(project.root))


def test_nobody_else_can_read_the_store_and_nothing_in_it_is_changed_by_accident(busy, log, tmp_path):
    log("big", {"x": b"x" * 100_000})
    (tmp_path / "new").mkdir()
    with Store.of(Project(tmp_path / "new")) as fresh:
        assert stat.S_IMODE(fresh.root.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for _, path in busy.objects.loose()}
    modes |= {stat.S_IMODE(path.stat().st_mode) for path in (busy.root / "journal").rglob("*.json")}
    assert modes == {0o444}


def test_a_project_folder_with_blanks_and_korean_letters_works(tmp_path, monkeypatch):
    root = tmp_path / "내 프로젝트 #1 %20"
    (root / ".alo").mkdir(parents=True)
    monkeypatch.chdir(root)
    with Store.of(Project(root)) as store:
        artifact = Artifact("raw", "dataset", store=store)
        with artifact.new_file("a") as file:
            file.write("1")
        log_version(artifact)
        assert Path(artifact.download(), "a").read_text() == "1"
        assert store.index.path is not None


# -- many at once ----------------------------------------------------------------------------------------------------


def test_threads_log_versions_without_a_gap(store):
    def one(number):
        artifact = Artifact("raw", "dataset", store=store)
        with artifact.new_file("a") as file:
            file.write(str(number))
        log_version(artifact)
        return artifact.version

    with ThreadPoolExecutor(MANY) as pool:
        found = [*pool.map(one, range(40))]
    assert sorted(found, key=lambda each: int(each[1:])) == [f"v{number}" for number in range(40)]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # a fork is the test
def test_a_forked_child_uses_connections_of_its_own(store, log):
    log()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            log(files={"a": b"child"})
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert Api().artifact("raw:latest").version == "v1"
    assert log(files={"a": b"parent"}).version == "v2"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # a fork is the test
def test_a_draft_of_the_parent_outlives_a_forked_child(store, tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    artifact = Artifact("raw", "dataset", store=store)
    artifact.add_file(tmp_path / "big")
    child = os.fork()
    if child == 0:
        artifact._draft._staging.discard()
        store.close()
        os._exit(0)
    os.waitpid(child, 0)
    log_version(artifact)
    assert Path(artifact.download(tmp_path / "out"), "big").stat().st_size == 100_000


def test_connections_of_threads_that_ended_are_closed(store, log):
    log()
    for _ in range(5):
        thread = threading.Thread(target=lambda: store.index.artifacts())
        thread.start()
        thread.join()
    assert len(store._indexes._open) <= 2


# -- what the system refuses -----------------------------------------------------------------------------------------


def test_a_full_disk_is_said_in_words_and_the_draft_can_be_logged_again(store, monkeypatch):
    artifact = Artifact("raw", "dataset", store=store)
    with artifact.new_file("a", "wb") as file:
        file.write(b"x" * 100_000)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", str(store.root / "objects"))

    with monkeypatch.context() as patched:
        patched.setattr(files, "_synced_file_system", full)
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="the disk is full") as error:
            log_version(artifact)
    assert "bytes were to be written" in str(error.value)
    assert str(store.root) in str(error.value)
    assert store.index.artifacts() == []
    log_version(artifact)
    assert (artifact.version, artifact.size) == ("v0", 100_000)


def test_a_draft_that_was_refused_can_be_logged_under_another_type(store, log, tmp_path):
    log()
    (tmp_path / "x").write_bytes(b"x" * 100_000)
    artifact = Artifact("raw", "model", store=store)
    artifact.add_file(tmp_path / "x")
    with pytest.raises(StoreError, match="choose another name"):
        log_version(artifact)
    artifact.type = "dataset"
    log_version(artifact)
    assert artifact.version == "v1"


def test_a_file_system_without_locks_is_named_as_such(store, log, monkeypatch):
    log()

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match="the file system has no file locks"):
        log(files={"a": b"2"})
    assert Api().artifact("raw").version == "v0"


def test_a_lock_that_is_never_let_go_names_its_owner(store, log, monkeypatch):
    log()
    monkeypatch.setattr(indexes, "LOCK_PATIENCE_S", 0.2)
    with store._indexes.lock(), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(log, files={"a": b"2"})
        with pytest.raises(StoreError, match=f"process {os.getpid()} has kept the lock"):
            waiting.result()
    assert log(files={"a": b"2"}).version == "v1"


def test_a_deleted_lock_file_lets_nobody_write_twice(store, log):
    log()
    (store.root / "write.lock").unlink()
    assert log(files={"a": b"2"}).version == "v1"


@contextmanager
def as_somebody_without_rights():
    """The root user may write anywhere, so the test becomes another one for the body."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_project_can_be_looked_at(busy):
    busy.close()
    copy = Path("/tmp") / f"alo-nb-read-only-{os.getpid()}"  # where everybody can come
    shutil.copytree(busy.project.root, copy)
    try:
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with as_somebody_without_rights(), Store(Project(copy)) as store:
            assert store.index.path is None
            artifact = use_version(store, "raw:best")
            assert (artifact.version, len(artifact.files())) == ("v0", 1)
            with pytest.raises(StoreError, match="the right is missing"):
                artifact.delete(delete_aliases=True)
            with pytest.raises(StoreError, match="the right is missing"):
                log_version(Artifact("new", "dataset", store=store))
    finally:
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(copy)
