from __future__ import annotations

import os
from pathlib import Path

import pytest

from alo_nb.errors import SourceError
from alo_nb.external.credentials import Credentials
from alo_nb.external.data import already_there, copy_sources


@pytest.fixture
def copied(project):
    """Copies paths and returns what arrived, as relative path to text."""

    def copy(*paths, **options):
        target = project.root / "staged"
        target.mkdir(exist_ok=True)
        copy_sources(paths, project, target, where="plan.yaml, line 3", **options)
        return {str(f.relative_to(target)): f.read_text() for f in sorted(target.rglob("*")) if f.is_file()}

    return copy


def folder(path, **files):
    path.mkdir(parents=True)
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def test_each_folder_arrives_under_its_own_name(project, copied, tmp_path):
    folder(project.root / "data" / "한글 데이터", a="1")
    folder(tmp_path / "outside" / "deep", b="2")
    (tmp_path / "outside" / "top").write_text("3")
    assert copied("data/한글 데이터/", "./data/../../outside") == {
        "outside/deep/b": "2",
        "outside/top": "3",
        "한글 데이터/a": "1",
    }
    assert copied(str(tmp_path / "outside")) == copied("../outside/")


def test_a_folder_that_is_a_link_is_copied_as_what_it_names(project, copied, tmp_path):
    folder(tmp_path / "v2", a="1")
    (project.root / "data").symlink_to(tmp_path / "v2")
    assert copied("data") == {"data/a": "1"}


def test_links_within_the_folder_are_copied_as_files(project, copied):
    data = folder(project.root / "data", a="1")
    (data / "b").symlink_to("a")
    assert copied("data") == {"data/a": "1", "data/b": "1"}
    assert not (project.root / "staged" / "data" / "b").is_symlink()


@pytest.mark.parametrize(
    ("path", "message", "do"),
    [
        ("dtaa", r"the data folder 'dtaa' does not exist; did you mean 'data'\?", "correct the path"),
        ("no/where", "the data folder 'no/where' does not exist", "correct the path"),
        ("data/a", "'data/a' is a file, and a folder is needed", "name its folder: data/"),
        ("empty", "the data folder 'empty' holds no files", "put data there"),
        (
            "input/train",
            "the data folder 'input/train' and the project's input folder lie in each other",
            "keep the data",
        ),
        ("input", "the data folder 'input' and the project's input folder lie in each other", "keep the data"),
        ("./", "the data folder './' and the project's input folder lie in each other", "keep the data"),
        ("", "the data folder '' and the project's input folder lie in each other", "keep the data"),
        ("..", "the data folder '..' and the project's input folder lie in each other", "keep the data"),
        ("link_to_input", "the data folder 'link_to_input' and the project's input folder lie", "keep the data"),
        ("s3:bucket/x", "'s3:bucket/x' is not a folder on this machine", "copy it to a local folder"),
        ("gs://bucket/x", "'gs://bucket/x' is not a folder on this machine", "copy it to a local folder"),
        ("file:///data", "'file:///data' is not a folder on this machine", "copy it to a local folder"),
    ],
)
def test_a_path_that_cannot_be_loaded_is_refused(project, copied, path, message, do):
    folder(project.root / "data", a="1")
    folder(project.root / "empty" / "deep")
    folder(project.root / "input" / "train", b="2")
    (project.root / "link_to_input").symlink_to("input")
    with pytest.raises(SourceError, match=message) as caught:
        copied("data", path) if path != "data/a" else copied(path)
    assert caught.value.where.startswith("plan.yaml, line 3")
    assert caught.value.do.startswith(do)
    assert (project.root / "input" / "train" / "b").read_text() == "2"


def test_two_folders_of_one_name_are_refused(project, copied):
    folder(project.root / "one" / "data", a="1")
    folder(project.root / "two" / "data", a="2")
    with pytest.raises(SourceError) as caught:
        copied("one/data/", "two/data")
    assert caught.value.what == "two data folders are both called 'data': one/data/ and two/data"
    assert caught.value.do == "rename one of them: each is copied to input/<mode>/<its name>/"


@pytest.mark.parametrize("target", ["secret", "deep"])
def test_a_link_that_leads_out_of_the_folder_is_refused(project, copied, tmp_path, target):
    data = folder(project.root / "data", a="1")
    folder(tmp_path / "deep", b="2")
    (tmp_path / "secret").write_text("3")
    (data / "link").symlink_to(tmp_path / target)
    with pytest.raises(SourceError, match="the data folder holds a link that leads out of it: 'link' -> ") as caught:
        copied("data")
    assert caught.value.where == str(data / "link")


@pytest.mark.parametrize("kind", ["pipe", "link to a folder inside", "dead link"])
def test_what_is_no_regular_file_is_refused_and_not_passed_over(project, copied, kind):
    data = folder(project.root / "data", a="1")
    folder(data / "deep", b="2")
    if kind == "pipe":
        os.mkfifo(data / "odd")
    else:
        (data / "odd").symlink_to("deep" if "inside" in kind else "nothing")
    with pytest.raises(SourceError, match="the data folder holds something that is no regular file: 'odd'"):
        copied("data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_refused_and_not_passed_over(project, copied):
    data = folder(project.root / "data", a="1")
    folder(data / "deep", b="2").chmod(0)
    try:
        with pytest.raises(SourceError, match="the data cannot be copied: Permission denied"):
            copied("data")
    finally:
        (data / "deep").chmod(0o700)


def test_a_copy_that_fails_names_the_file(project, copied):
    folder(project.root / "data", a="1")
    (project.root / "staged").mkdir()
    (project.root / "staged" / "data").write_text("in the way")
    with pytest.raises(SourceError, match="the data cannot be copied: ") as caught:
        copied("data")
    assert caught.value.do == "check the file and the free disk space"


def test_data_is_there_when_every_folder_is(tmp_path):
    folder(tmp_path / "one")
    assert already_there(["x/one/"], tmp_path)
    assert not already_there(["x/one", "two"], tmp_path)
    assert not already_there([], tmp_path)


# -- network drives: absolute paths ----------------------------------------------------------------------------------


def test_a_network_drive_is_a_folder_like_any_other(copied, tmp_path):
    folder(tmp_path / "nas001" / "team" / "train", a="1")
    assert copied(f"{tmp_path}/nas001/team/train/") == {"train/a": "1"}


@pytest.mark.parametrize(
    ("path", "message"),
    [("nas001/team/train", "does not exist"), ("empty", "holds no files")],
)
def test_a_network_drive_that_is_not_mounted_is_an_error_that_says_so(copied, tmp_path, path, message):
    """ALO 2.6 (external.py) copies nothing from it, and calls that success."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=message) as caught:
        copied(f"{tmp_path}/{path}")
    assert caught.value.do.endswith("; if it is a network drive, mount it")


# -- what is in the folders, as ALO 3 has it -------------------------------------------------------------------------


def test_contents_land_right_in_the_destination(project, copied):
    folder(project.root / "one" / "deep", a="1")
    folder(project.root / "two" / "deep", b="2")
    (project.root / "two" / "c").write_text("3")
    assert copied("one", "two/", contents=True) == {"c": "3", "deep/a": "1", "deep/b": "2"}


def test_contents_of_the_same_name_are_refused(project, copied):
    folder(project.root / "one" / "deep", a="1", b="1")
    folder(project.root / "two" / "deep", a="2")
    with pytest.raises(SourceError) as caught:
        copied("one", "two", contents=True)
    assert caught.value.what == "two data folders both hold a file 'deep/a': one and two"
    assert caught.value.do == "rename one of the files: all are copied to the same place"


@pytest.mark.parametrize("path", ["one/a", "nowhere", "input"])
def test_contents_come_from_folders_only(project, copied, path):
    folder(project.root / "one", a="1")
    folder(project.root / "input", b="1")
    with pytest.raises(SourceError, match=r"is a file|does not exist|lie in each other"):
        copied(path, contents=True)


# -- S3 --------------------------------------------------------------------------------------------------------------


def test_folders_here_and_in_s3_may_stand_in_one_list(bucket, project, copied):
    folder(project.root / "local", a="1")
    bucket.put_all({"team/train/b": "2", "team/train/deep/c": "3", "d": "4"})
    assert copied("local/", "s3://team-data/team/train/", "s3:/team-data") == {
        "local/a": "1",
        "team-data/d": "4",
        "team-data/team/train/b": "2",
        "team-data/team/train/deep/c": "3",
        "train/b": "2",
        "train/deep/c": "3",
    }
    assert sorted(each.name for each in (project.root / "staged").iterdir()) == ["local", "team-data", "train"]
    assert already_there(["local/", "s3://team-data/team/train/", "s3://team-data"], project.root / "staged")


def test_contents_may_come_from_folders_and_objects_of_s3(bucket, project, copied):
    folder(project.root / "local" / "deep", a="1")
    bucket.put_all({"train/deep/b": "2", "one.csv": "3"})
    sources = ["local", "s3://team-data/train", "s3://team-data/one.csv"]
    assert copied(*sources, contents=True) == {"deep/a": "1", "deep/b": "2", "one.csv": "3"}
    assert sorted(each.name for each in project.root.iterdir()) == ["local", "staged"]


def test_names_must_differ_between_here_and_s3_too(bucket, project, copied):
    folder(project.root / "train", a="1")
    bucket.put_all({"train/a": "2"})
    with pytest.raises(SourceError, match="two data folders are both called 'train': train and s3://team-data/train"):
        copied("train", "s3://team-data/train")
    with pytest.raises(SourceError, match="two data folders both hold a file 'a': train and s3://team-data/train"):
        copied("train", "s3://team-data/train", contents=True)


def test_an_object_is_no_folder_of_data(bucket, copied):
    bucket.put_all({"train/a.csv": "1"})
    with pytest.raises(SourceError, match=r"s3://team-data/train/a\.csv is one object, and a folder is needed"):
        copied("s3://team-data/train/a.csv")


def test_the_plans_credentials_are_used_for_s3(bucket, own_key, copied, tmp_path):
    with pytest.raises(SourceError, match="the access key is not known there") as caught:
        copied("s3://team-data/train")
    assert caught.value.where == "plan.yaml, line 3"
    (tmp_path / "key").write_text("{}\n{}\n".format(*own_key))
    with pytest.raises(SourceError, match="there are no files in s3://team-data/train"):
        copied("s3://team-data/train", credentials=Credentials(key_file=tmp_path / "key"))


def test_a_disk_that_cannot_be_written_is_told_as_such(bucket, project, copied, monkeypatch):
    bucket.put_all({"train/a": "1"})

    def full(self, *_):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(SourceError, match="the data cannot be copied: No space left on device") as caught:
        copied("s3://team-data/train")
    assert caught.value.do == "check the file and the free disk space"
    assert list((project.root / "staged").iterdir()) == []
