"""Damage is found, named, contained, and put right where something else knows better."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from alo_nb.errors import StoreError
from alo_nb.store.api import Api
from alo_nb.store.artifact import Artifact
from alo_nb.store.doctor import examine
from alo_nb.store.logging import log_version
from alo_nb.store.names import parse_reference
from alo_nb.store.store import Store

SMALL_ONES = {f"{number:03}.txt": str(number).encode() for number in range(120)}


@pytest.fixture
def full(store, log):
    """Two big artifacts, one of small files in a pack, and changes of every kind."""
    log("one", {"a.bin": b"1" * 100_000}, aliases=["best"])
    log("two", {"sub/b.bin": b"2" * 100_000})
    log("many", SMALL_ONES)
    log("one", {"a.bin": b"3" * 100_000})
    store.close()
    return store


def blob(store, byte=b"1"):
    return next(path for _, path in store.objects.loose() if path.read_bytes()[:1] == byte)


def tree(store, name="two"):
    return store.objects.path(Api().artifact(name).digest)


def pack(store):
    return store.objects.packs()[0]


def index(store):
    return next((store.root / "index").glob("*.db"))


def flip(path, place=-1):
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(content)


def cut(path):
    path.chmod(0o644)
    os.truncate(path, path.stat().st_size // 2)


def drop(path):
    path.unlink()


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def journal(number):
    return lambda store: store.journal.path(number)


MUTATIONS = [
    (flip, blob, "was changed on disk"),
    (cut, blob, "one:v0 is not complete: a.bin is gone or cut short"),
    (drop, blob, "one:v0 is not complete: a.bin is gone or cut short"),
    (flip, tree, "two:v0 is not complete: its list of files"),
    (cut, tree, "two:v0 is not complete: its list of files"),
    (drop, tree, "two:v0 is not complete: its list of files"),
    (flip, pack, "pack .* was changed on disk"),
    (lambda path: flip(path, 0), pack, "is no pack"),
    (cut, pack, "pack .* is cut short"),
    (drop, pack, "many:v0 is not complete: its list of files"),
    (flip, journal(2), "change 2 of the store is damaged; the index knows what it said"),
    (cut, journal(1), "change 1 of the store is damaged; the index knows what it said"),
    (drop, journal(3), "change 3 is missing; the index knows what it said"),
    (replace_by_folder, journal(4), "change 4 of the store is damaged; the index knows what it said"),
    (lambda path: path.write_bytes(b"x" * 9000), index, None),
    (cut, index, None),
    (drop, index, None),
    (replace_by_folder, index, None),
    (lambda path: path.write_bytes(b"\xff"), lambda store: store.root / "store.json", "store.json does not say"),
    (drop, lambda store: store.root / "store.json", "store.json does not say"),
    (lambda path: path.write_bytes(b"\0" * 99), lambda store: store.root / "write.lock", None),
    (drop, lambda store: store.root / "write.lock", None),
    (replace_by_folder, lambda store: store.root / "write.lock", "the lock is no file"),
]


def told(store):
    return [each.what for each in examine(store, read_data=True) if each.severity == "damage"]


@pytest.mark.parametrize(("mutate", "of", "finding"), MUTATIONS)
def test_one_damaged_file_is_named_and_everything_else_works(full, tmp_path, mutate, of, finding):
    place = of(full)
    full.close()
    mutate(place)
    with Store(full.project) as store:
        assert [name for name, _ in store.index.artifacts()] == ["many", "one", "two"]
        whole = 0
        for name in ("many:v0", "one:v0", "one:latest", "two:v0"):
            try:
                Artifact._of(store, store.version(parse_reference(name))).download(tmp_path / name)
                whole += 1
            except StoreError:
                continue
        assert whole >= 3
        found = told(store)
        if finding is None:
            assert found == []
        else:
            assert [each for each in found if re.search(finding, each)], found
        for each in examine(store, read_data=True):
            if each.repair is not None:
                each.repair()
        if "index" in (finding or "index") or "store.json" in finding or "lock" in finding:
            assert told(store) == []
        new = Artifact("new", "dataset", store=store)
        with new.new_file("x") as file:
            file.write("1")
        log_version(new)
        assert new.version == "v0"


def test_a_store_in_good_order_has_no_findings(full):
    assert [*examine(full, read_data=True)] == []


def test_an_index_that_was_changed_behind_our_back_is_found_and_made_again(full):
    with full.index.writing():
        full.index._connection.execute("UPDATE artifact SET name = 'raz' WHERE name = 'one'")
    [finding] = [*examine(full)]
    assert finding.what == "the index does not say what the journal says"
    finding.repair()
    assert [*examine(full)] == []


def test_a_damaged_content_never_reaches_a_download(full, tmp_path):
    flip(blob(full))
    artifact = Api().artifact("one:v0")
    with pytest.raises(StoreError, match="was changed on disk"):
        artifact.download(tmp_path / "out")
    assert [*(tmp_path / "out").iterdir()] == []


def test_a_quarantined_content_can_be_stored_again(full, log, tmp_path):
    flip(blob(full))
    for each in examine(full, read_data=True):
        if each.repair is not None:
            each.repair()
    log("again", {"a.bin": b"1" * 100_000})
    assert told(full) == []
    assert Path(Api().artifact("one:v0").download(tmp_path / "out"), "a.bin").read_bytes() == b"1" * 100_000


def test_a_content_that_was_cut_short_is_replaced_when_it_is_stored_again(full, log):
    cut(blob(full))
    log("again", {"a.bin": b"1" * 100_000})
    assert told(full) == []


def test_what_the_journal_lost_with_the_index_is_said_to_be_lost(full):
    drop(full.journal.path(2))
    shutil.rmtree(full.root / "index")
    with Store(full.project) as store:
        assert told(store) == ["change 2 is missing: what it said of artifacts or runs is lost"]
        assert [name for name, _ in store.index.artifacts()] == ["many", "one"]
