"""Stores of every earlier format open, and say what they said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.doctor import examine
from alo_nb.store.logging import log_version, use_version
from alo_nb.store.store import Store

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def old(tmp_path):
    shutil.copytree(FIXTURES / "format_1", tmp_path / ".alo")
    with Store(Project(tmp_path)) as store:
        yield store


def test_a_store_of_format_1_says_what_it_said(old):
    index = old.index
    assert index.artifacts() == [
        *[("made", "model"), ("raw", "dataset"), ("there", "dataset"), ("데이터", "dataset")],
    ]
    assert index.aliases("raw") == {"best": 0, "latest": 0, "production": 1}
    first = index.version("raw", 0)
    assert (first.run, first.files, first.size, first.metadata["nested"]) == ("r1", 2, 12, {"list": [1, None]})
    assert index.version("raw", 1).description == "edited"
    assert index.version("gone", 0).deleted
    assert index.version("there", 0).tags == ("far",)
    made = index.version("made", 0).id
    assert index.edges_of_run("r5") == [(made, "in", "inference"), (made, "out", "train")]
    assert index.run("r4")["status"] == "success"
    assert [each for each in examine(old, read_data=True) if "no index" not in each.what] == []


def test_the_files_of_a_store_of_format_1_come_back(old, tmp_path):
    folder = Path(use_version(old, "raw:best").download(tmp_path / "out"))
    assert (folder / "train.csv").read_bytes() == b"a,b\n1,2\n"
    assert Path(use_version(old, "데이터").download(tmp_path / "many"), "119.txt").read_bytes() == b"119"
    assert use_version(old, "there").get_entry("key.csv").ref == "s3://bucket/key.csv"


def test_a_store_of_format_1_goes_on(old):
    artifact = Artifact("raw", "dataset", store=old)
    artifact._open().add_bytes(b"a,b\n3,4\n", "train.csv")
    assert not log_version(artifact)
    assert artifact.version == "v1"
    assert {*artifact.aliases} == {"latest", "production"}
