"""Models from S3 and results to it; tests/runner/test_external_artifacts.py has those of this machine."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from alo_nb.errors import SourceError
from alo_nb.external import artifacts
from alo_nb.external.artifacts import load_model, save_artifacts
from alo_nb.external.credentials import Credentials

PLACE = "plan.yaml, line 3"


@pytest.fixture
def staged(tmp_path):
    folder = tmp_path / "made"
    for name in ("models/train/model.bin", "models/extra/v1/model.bin", "score/train_summary.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def models(project):
    """Where a model is to come, and what is there; the staging folder is always left empty."""
    place = project.root / "train_artifacts" / "models"
    place.parent.mkdir()
    yield place
    staging = project.own / "staging"
    assert not staging.exists() or list(staging.iterdir()) == []
    assert [each.name for each in place.parent.iterdir()] in ([], ["models"])


def tree(folder):
    return {str(each.relative_to(folder)): each.read_text() for each in folder.rglob("*") if each.is_file()}


def test_a_model_that_was_saved_to_s3_is_the_model_of_an_inference_elsewhere(bucket, project, staged, models):
    path = "s3://team-data/runs/7"
    written = save_artifacts(staged, path, project, mode="train", kind="zip")
    load_model(f"{path}/", project, models)

    assert written == [f"{path}/train_artifacts.tar.gz", f"{path}/model.tar.gz"]
    assert tree(models) == {name: f"models/{name}" for name in ("train/model.bin", "extra/v1/model.bin")}
    with tarfile.open(fileobj=io.BytesIO(bucket.objects()["runs/7/train_artifacts.tar.gz"])) as archive:
        assert sorted(archive.getnames()) == sorted(tree(staged))


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_results_of_an_inference_are_one_archive_of_the_plans_kind(bucket, project, staged, models, kind):
    assert save_artifacts(staged, "s3://team-data", project, mode="inference", kind=kind) == [
        f"s3://team-data/inference_artifacts.{kind}"
    ]
    (content,) = bucket.objects().values()
    is_zip = zipfile.is_zipfile(io.BytesIO(content))
    assert is_zip == (kind == "zip")


def test_a_model_folder_in_s3_without_an_archive_is_copied(bucket, project, models):
    bucket.put_all({"m/train/model.bin": "1", "m/extra/": "", "m2/no": "2"})
    load_model("s3://team-data/m", project, models)
    assert tree(models) == {"train/model.bin": "1"}


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ({}, "there are no files in s3://team-data/m"),
        ({"m/model.tar.gz": "no archive"}, r"model\.tar\.gz cannot be unpacked: it is neither a \.tar\.gz nor a \.zip"),
        ({"m/../model.bin": "1"}, "the object '../model.bin' has `..` in its name"),
        ({"m": "1"}, "s3://team-data/m is one object, and a folder is needed"),
    ],
)
def test_a_model_in_s3_that_is_not_good_leaves_nothing(bucket, project, models, objects, message):
    bucket.put_all(objects)
    with pytest.raises(SourceError, match=message):
        load_model("s3://team-data/m", project, models, where=PLACE)
    assert not models.exists()


def test_results_are_not_packed_for_a_bucket_that_is_not_there(bucket, project, staged, models, monkeypatch):
    monkeypatch.setattr(artifacts, "_packed", lambda *_: pytest.fail("packed for nothing"))
    with pytest.raises(SourceError, match="there is no bucket 'team-dta'") as caught:
        save_artifacts(staged, "s3://team-dta/runs", project, mode="train", kind="zip", where=PLACE)
    assert caught.value.where == PLACE


def test_a_wrong_key_is_told_with_the_address_and_the_right_one_works(
    bucket, own_key, project, staged, models, tmp_path
):
    with pytest.raises(SourceError) as caught:
        save_artifacts(staged, "s3://team-data/runs", project, mode="train", kind="zip", where=PLACE)
    what = "s3://team-data/runs/train_artifacts.tar.gz cannot be written: the access key is not known there"
    assert caught.value.what == what

    (tmp_path / "key").write_text("{}\n{}\n".format(*own_key))
    who = Credentials(key_file=tmp_path / "key")
    save_artifacts(staged, "s3://team-data/runs", project, mode="train", kind="zip", credentials=who)
    load_model("s3://team-data/runs", project, models, credentials=who)
    assert "train/model.bin" in tree(models)


def test_a_full_disk_is_told_and_leaves_nothing(bucket, project, staged, models, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifacts, "_packed", full)
    with pytest.raises(SourceError, match="cannot be written here: No space left on device"):
        save_artifacts(staged, "s3://team-data/runs", project, mode="train", kind="zip", where=PLACE)
    assert bucket.objects() == {}
