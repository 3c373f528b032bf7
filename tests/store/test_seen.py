"""Which files need no second reading, and what happens to those that change while they are read."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from alo_nb.errors import StoreError
from alo_nb.store import staging
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version


@pytest.fixture
def folder(tmp_path):
    """A folder of files that were quiet for a while: the store's clock runs ahead."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.bin").write_bytes(bytes([number]) * 50_000)
    return folder


@pytest.fixture
def quiet(monkeypatch):
    """Files count as quiet: what is hashed now is hashed long after they changed."""
    now = time.time_ns
    monkeypatch.setattr("alo_nb.store.seen.time.time_ns", lambda: now() + 10**10)


def logged(store, folder, name="raw"):
    artifact = Artifact(name, "dataset", store=store)
    artifact.add_dir(folder)
    copied = len(artifact._draft._staging._files)
    log_version(artifact)
    return artifact, copied


def test_files_that_did_not_change_are_not_read_again(store, folder, quiet):
    assert logged(store, folder)[1] == 3
    artifact, copied = logged(store, folder)
    assert (artifact.version, copied) == ("v0", 0)


def test_a_file_that_changed_a_moment_ago_is_read_again(store, folder, monkeypatch):
    logged(store, folder)
    read = []
    original = staging.Staging.add_file
    monkeypatch.setattr(
        staging.Staging, "add_file", lambda self, path, **o: read.append(path) or original(self, path, **o)
    )
    logged(store, folder)
    assert len(read) == 3


def test_a_changed_file_with_a_forged_time_makes_a_new_version(store, folder, quiet):
    logged(store, folder)
    path = folder / "1.bin"
    before = path.stat()
    path.write_bytes(b"X" * 50_000)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    artifact, copied = logged(store, folder)
    assert (artifact.version, copied) == ("v1", 1)


def test_a_file_that_was_seen_and_whose_content_is_gone_is_stored_again(store, folder, quiet, tmp_path):
    artifact, _ = logged(store, folder)
    store.objects.path(artifact.get_entry("1.bin").digest).unlink()
    again, _ = logged(store, folder)
    again.download(tmp_path / "out")


def test_a_lost_index_only_costs_another_reading(store, folder, quiet):
    logged(store, folder)
    shutil.rmtree(store.root / "index")
    assert logged(store, folder)[0].version == "v0"


def test_a_file_that_changes_while_it_is_stored_is_refused(store, folder, monkeypatch):
    path = folder / "1.bin"
    original = staging.copy_file

    def busy(source, target):
        original(source, target)
        with path.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(staging, "copy_file", busy)
    artifact = Artifact("raw", "dataset", store=store)
    with pytest.raises(StoreError, match=r"'1\.bin' changed while it was stored"):
        artifact.add_file(path)
    assert artifact.files() == []
    assert [each.name for each in store._aside.folder().iterdir()] == ["alive"]


def test_a_file_with_a_name_that_is_no_text_is_stored_and_comes_back(store, folder, tmp_path):
    (folder / os.fsdecode(b"caf\xe9")).write_bytes(b"1")
    artifact, _ = logged(store, folder)
    out = artifact.download(tmp_path / "out")
    assert "caf\udce9" in {each.name for each in Path(out).iterdir()}
    assert logged(store, folder)[0].version == "v0"
