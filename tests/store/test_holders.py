"""Which versions hold a content, without a look at every folder of every version."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import StoreError
from alo_nb.store.artifact import Artifact
from alo_nb.store.contents import Contents
from alo_nb.store.holders import holders
from alo_nb.store.logging import log_version
from alo_nb.store.objects import digest_of
from alo_nb.store.store import Store


def held(store, content):
    return [(f"{row.name}:v{row.number}", path) for row, path in holders(store, digest_of(content))]


def logged(store, files, name="raw"):
    artifact = Artifact(name, "dataset", store=store)
    for path, content in files.items():
        artifact._open().add_bytes(content, path)
    log_version(artifact)
    return artifact


def test_every_version_that_holds_a_content_is_named_with_its_path_newest_first(store):
    logged(store, {"a": b"1", "deep/er/b": b"2"})
    logged(store, {"a": b"3", "deep/er/b": b"2"})
    logged(store, {"other": b"2"}, name="made")
    assert held(store, b"2") == [("made:v0", "other"), ("raw:v1", "deep/er/b"), ("raw:v0", "deep/er/b")]
    assert held(store, b"1") == [("raw:v0", "a")]
    assert held(store, b"4") == []


def test_of_several_paths_the_shortest_one_is_named(store):
    logged(store, {"deep/z": b"1", "a": b"1", "b": b"1", "deep/er/c": b"1"})
    assert held(store, b"1") == [("raw:v0", "a")]


def test_the_folders_of_a_version_are_read_once_and_by_the_next_process_not_again(store, monkeypatch):
    logged(store, {"deep/a": b"1", "deep/b": b"2"})
    read = []
    original = Contents.read
    monkeypatch.setattr(Contents, "read", lambda self, digest: read.append(digest) or original(self, digest))
    assert held(store, b"1")
    assert len(read) == 2
    with Store(store.project) as other:
        assert held(other, b"2")
    assert len(read) == 2
    logged(store, {"deep/a": b"1", "deep/b": b"2", "c": b"3"})
    assert len(held(store, b"1")) == 2
    assert len(read) == 3  # the new root; the folder below it is known


def test_versions_that_were_deleted_are_not_named(store):
    logged(store, {"a": b"1"})
    logged(store, {"a": b"1", "b": b"2"}).delete()
    assert held(store, b"1") == [("raw:v0", "a")]
    assert held(store, b"2") == []


def test_an_index_made_anew_learns_again(store):
    logged(store, {"a": b"1"})
    assert held(store, b"1")
    store.rebuild()
    assert held(store, b"1") == [("raw:v0", "a")]
    assert store.index.says_the_same(store.fresh_index())


def test_a_damaged_folder_hides_only_its_own_version_until_it_is_there_again(store):
    damaged = logged(store, {"deep/a": b"1"})
    logged(store, {"a": b"2"})
    path = store.objects.path(store.index.version("raw", 0).digest)
    content = path.read_bytes()
    path.unlink()
    assert held(store, b"2") == [("raw:v1", "a")]
    with pytest.raises(StoreError, match="the folders of 1 cannot be read"):
        held(store, b"1")
    path.write_bytes(content)
    assert held(store, b"1") == [("raw:v0", "deep/a")]
    assert damaged.version == "v0"


def test_it_is_answered_where_the_index_cannot_be_written(store):
    logged(store, {"a": b"1"})
    lock = store.root / "write.lock"
    lock.unlink()
    lock.mkdir()
    assert held(store, b"1") == [("raw:v0", "a")]
    assert held(store, b"1") == [("raw:v0", "a")]


def test_names_that_are_no_text_come_back(store):
    name = os.fsdecode(b"caf\xe9")
    logged(store, {name: b"1"})
    assert held(store, b"1") == [("raw:v0", name)]


PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dictionaries(PATHS, st.sampled_from([b"1", b"2", b"3"]), min_size=1, max_size=4), max_size=4))
def test_the_index_says_what_the_folders_say(versions):
    with Store.in_memory() as store:
        expected = {content: set() for content in (b"1", b"2", b"3")}
        for number, files in enumerate(versions):
            apart = {path: each for path, each in files.items() if not any(p.startswith(f"{path}/") for p in files)}
            logged(store, apart, name=f"n{number}")
            for each in apart.values():
                expected[each].add(f"n{number}:v0")
            for content, names in expected.items():
                assert {version for version, _ in held(store, content)} == names
