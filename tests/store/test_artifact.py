"""What code for W&B Artifacts may rely on, call by call."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from alo_nb.errors import ArtifactNameError, ArtifactNotFoundError, StoreError
from alo_nb.store.api import Api
from alo_nb.store.artifact import Artifact
from alo_nb.store.tracking import init


def versions(name="raw", type="dataset"):
    return [each.version for each in Api().artifacts(type, name)]


# -- files in --------------------------------------------------------------------------------------------------------


def test_a_logged_file_comes_back_byte_for_byte(log, tmp_path):
    log(files={"train.csv": b"1,2\r\n", "sub/bin": bytes(range(256))})
    folder = Path(Api().artifact("raw:latest").download(tmp_path / "out"))
    assert (folder / "train.csv").read_bytes() == b"1,2\r\n"
    assert (folder / "sub/bin").read_bytes() == bytes(range(256))


def test_new_file_writes_text_as_utf8_and_counts_at_the_end_of_its_block(store):
    artifact = Artifact("raw", "dataset")
    with artifact.new_file("한글.txt") as file:
        file.write("값")
        assert artifact.file_count == 0
    assert artifact.get_entry("한글.txt").size == len("값".encode())


def test_a_new_file_whose_block_fails_is_not_part_of_the_artifact(store):
    artifact = Artifact("raw", "dataset")
    with pytest.raises(FileNotFoundError, match="mine"), artifact.new_file("x"):
        raise FileNotFoundError("mine")
    assert artifact.files() == []


@pytest.mark.parametrize("mode", ["r", "a", "w+", "rb+"])
def test_new_file_refuses_modes_that_make_no_file(store, mode):
    with pytest.raises(StoreError, match="cannot make a file"), Artifact("raw", "dataset").new_file("x", mode):
        pass


def test_add_file_leaves_the_file_alone_and_keeps_what_it_was(store, tmp_path, log):
    source = tmp_path / "mine.bin"
    source.write_bytes(b"x" * 100_000)
    before = source.stat()
    with init() as run:
        artifact = Artifact("raw", "dataset")
        artifact.add_file(source, "data/own.bin")
        run.log_artifact(artifact)
    assert (source.stat().st_ino, source.stat().st_nlink, source.stat().st_mode) == (
        before.st_ino,
        1,
        before.st_mode,
    )
    source.write_bytes(b"y")
    assert Path(artifact.download(tmp_path / "out"), "data/own.bin").read_bytes() == b"x" * 100_000


def test_add_dir_takes_all_files_below_a_folder_under_a_prefix(store, tmp_path):
    for path in ("a.txt", "b/c.txt", "b/.hidden"):
        (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / path).write_text(path)
    artifact = Artifact("raw", "dataset")
    artifact.add_dir(tmp_path / "in", name="p/q")
    assert sorted(each.path for each in artifact.files()) == ["p/q/a.txt", "p/q/b/.hidden", "p/q/b/c.txt"]


def test_add_dir_follows_links_to_files_within_and_refuses_others(store, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "real").write_text("1")
    (folder / "link").symlink_to("real")
    artifact = Artifact("raw", "dataset")
    artifact.add_dir(folder)
    assert artifact.get_entry("link").digest == artifact.get_entry("real").digest
    (tmp_path / "secret").write_text("2")
    (folder / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError, match="leads out of it"):
        Artifact("other", "dataset").add_dir(folder)


def test_add_dir_refuses_what_is_no_regular_file(store, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="no regular file"):
        Artifact("raw", "dataset").add_dir(tmp_path / "")
    with pytest.raises(StoreError, match="no regular file"):
        Artifact("raw", "dataset").add_file(tmp_path / "pipe")


def test_runs_come_as_a_list_newest_first_and_by_their_fields(store):
    for name in ("first", "second"):
        with init(name=name):
            pass
    assert [each.name for each in Api().runs()] == ["second", "first"]
    assert [each.name for each in Api().runs({"name": "first"})] == ["first"]
    assert isinstance(Api().runs(), list)


def test_a_file_that_is_not_there_is_told_with_its_path(store, tmp_path):
    with pytest.raises(StoreError, match="there is no file") as caught:
        Artifact("raw", "dataset").add_file(tmp_path / "nosuch.csv")
    assert (caught.value.where, caught.value.do) == (str(tmp_path / "nosuch.csv"), "correct the path")


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/../b", "", ".", "C:/x", "a\\b", "a\nb", "x" * 256, "\ud800"])
def test_file_names_that_lead_elsewhere_are_refused(store, name):
    with pytest.raises(ArtifactNameError, match="no name for a file"), Artifact("raw", "dataset").new_file(name):
        pass


def test_a_name_is_a_file_or_a_folder_and_holds_one_content(store, tmp_path):
    artifact = Artifact("raw", "dataset")
    (tmp_path / "x").write_text("1")
    (tmp_path / "y").write_text("2")
    artifact.add_file(tmp_path / "x", "a/b")
    artifact.add_file(tmp_path / "x", "a/b")
    for name in ("a", "a/b/c"):
        with pytest.raises(ArtifactNameError, match="a file and a folder"):
            artifact.add_file(tmp_path / "y", name)
    with pytest.raises(ArtifactNameError, match="a file 'a/b' already"):
        artifact.add_file(tmp_path / "y", "a/b")


def test_a_reference_is_kept_with_the_digest_of_a_local_file_and_not_fetched(store, tmp_path, log):
    (tmp_path / "big file.csv").write_bytes(b"1")
    with init() as run:
        artifact = Artifact("raw", "dataset")
        [local] = artifact.add_reference(tmp_path / "big file.csv")
        artifact.add_reference("s3://bucket/key.csv", name="there.csv")
        run.log_artifact(artifact)
    assert local.digest.startswith("b3:")
    entry = Api().artifact("raw").get_entry("there.csv")
    assert entry.ref_target() == "s3://bucket/key.csv"
    assert list(Path(artifact.download(tmp_path / "out")).iterdir()) == []
    again = Artifact("other", "dataset")
    assert again.add_reference(local.ref)[0].digest == local.digest


def test_a_reference_to_a_local_folder_is_one_to_each_of_its_files(store, tmp_path):
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "b" / "c.txt").write_text("1")
    found = Artifact("raw", "dataset").add_reference(tmp_path / "in", name="data")
    assert [each.path for each in found] == ["data/b/c.txt"]


def test_credentials_in_references_and_metadata_are_masked(store, log):
    artifact = Artifact("raw", "dataset", metadata={"db_password": "hunter2", "rows": 3})
    artifact.add_reference("https://me:hunter2@host/x.csv")
    with init() as run:
        run.log_artifact(artifact)
    written = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert b"hunter2" not in written
    assert Api().artifact("raw").metadata["rows"] == 3


# -- versions and aliases --------------------------------------------------------------------------------------------


def test_versions_count_up_and_latest_is_the_last_logged(log):
    first, second = log(files={"a": b"1"}), log(files={"a": b"2"})
    assert (first.version, second.version) == ("v0", "v1")
    assert Api().artifact("raw:latest").version == "v1"
    assert Api().artifact("raw").name == "raw:v1"
    assert versions() == ["v1", "v0"]


def test_equal_content_makes_no_new_version_and_moves_latest_back_to_it(log, capsys):
    log(files={"a": b"1"}), log(files={"a": b"2"})
    with init() as run:
        artifact = Artifact("raw", "dataset")
        with artifact.new_file("a", "wb") as file:
            file.write(b"1")
        run.log_artifact(artifact, aliases=["again"])
    assert "raw: unchanged, it is still v0" in capsys.readouterr().err
    assert Api().artifact("raw:latest").version == Api().artifact("raw:again").version == "v0"
    assert versions() == ["v1", "v0"]


def test_equal_content_is_stored_once_for_all_versions(log, store):
    log("one", {"a": b"x" * 100_000}), log("two", {"b": b"x" * 100_000, "c": b"x" * 100_000})
    assert [path.stat().st_size for _, path in store.objects.loose()].count(100_000) == 1


def test_aliases_move_between_versions_and_come_with_the_log(log):
    first = log(files={"a": b"1"}, aliases=["best"])
    second = log(files={"a": b"2"})
    assert Api().artifact("raw:best").version == "v0"
    second.aliases.append("best")
    second.save()
    assert Api().artifact("raw:best").version == "v1"
    assert Api().artifact("raw:v0").aliases == []
    first.aliases = []  # as it was when first was logged: `best` names another version by now
    first.save()
    assert Api().artifact("raw:best").version == "v1"


def test_latest_cannot_be_taken_away_and_may_be_set(log):
    first, second = log(files={"a": b"1"}), log(files={"a": b"2"})
    second.aliases = []
    second.save()
    assert Api().artifact("raw:latest").version == "v1"
    older = Api().artifact(first.name)
    older.aliases = ["latest"]
    older.save()
    assert Api().artifact("raw:latest").version == "v0"


def test_description_metadata_tags_and_ttl_may_change_and_files_may_not(log):
    artifact = log()
    artifact.description, artifact.metadata, artifact.tags = "better", {"n": [1, {"x": None}]}, ["a", "b", "a"]
    artifact.ttl = timedelta(days=3)
    artifact.save()
    found = Api().artifact("raw")
    assert (found.description, found.metadata, found.tags) == ("better", {"n": [1, {"x": None}]}, ["a", "b"])
    assert found.ttl == timedelta(days=3)
    with pytest.raises(StoreError, match="versions do not change"), found.new_file("x"):
        pass


def test_saving_without_a_change_writes_nothing(log, store):
    artifact = log(aliases=["best"])
    before = store.journal.last()
    artifact.save()
    assert store.journal.last() == before


@pytest.mark.parametrize("metadata", [{"x": object()}, {"x": float("nan")}, {"x": {1, 2}}])
def test_metadata_that_json_cannot_hold_is_refused(store, metadata):
    with pytest.raises(StoreError, match="cannot be kept as JSON"):
        Artifact("raw", "dataset", metadata=metadata)


def test_a_draft_has_no_version_and_a_version_needs_no_waiting(store, log):
    draft = Artifact("raw", "dataset")
    assert (draft.name, draft.state, draft.is_draft()) == ("raw", "PENDING", True)
    for attempt in (lambda: draft.version, lambda: draft.download(), lambda: draft.wait(), lambda: draft.delete()):
        with pytest.raises(StoreError, match="not logged yet"):
            attempt()
    artifact = log()
    assert artifact.wait() is artifact
    assert (artifact.state, artifact.is_draft()) == ("COMMITTED", False)


def test_a_name_keeps_its_type(log):
    log()
    with pytest.raises(StoreError, match="is a dataset, and this one a model"):
        log(files={"a": b"2"}, type="model")


@pytest.mark.parametrize(("one", "other"), [("Raw", "raw"), ("ÉCOLE", "école"), ("데이터A", "데이터a")])
def test_names_that_differ_only_in_case_are_refused(log, one, other):
    log(one)
    with pytest.raises(StoreError, match="differs only in the case"):
        log(other, {"a": b"2"})


def test_korean_names_work_and_one_spelling_of_them_is_kept(log, tmp_path):
    log("데이터-셋_1", {"훈련/표.csv": b"1"})
    decomposed = "데이터-셋_1"
    artifact = Api().artifact(f"{decomposed}:latest")
    assert artifact.name == "데이터-셋_1:v0"
    assert Path(artifact.download(tmp_path / "out"), "훈련/표.csv").read_bytes() == b"1"


def test_an_empty_artifact_can_be_logged(store):
    with init() as run:
        artifact = run.log_artifact(Artifact("facts", "metrics", metadata={"score": 0.9}))
    assert (artifact.version, artifact.file_count, artifact.size) == ("v0", 0, 0)


# -- what is not there -----------------------------------------------------------------------------------------------


def test_an_unknown_name_alias_or_version_names_the_nearest(log):
    log("titanic-raw", aliases=["best"])
    with pytest.raises(ArtifactNotFoundError, match="did you mean 'titanic-raw'"):
        Api().artifact("titanic-row:latest")
    with pytest.raises(ArtifactNotFoundError, match="did you mean 'best'"):
        Api().artifact("titanic-raw:bets")
    with pytest.raises(ArtifactNotFoundError, match="no version 'v7'"):
        Api().artifact("titanic-raw:v7")
    with pytest.raises(ArtifactNotFoundError, match=r"no file 'b\.txt'; did you mean 'a\.txt'"):
        Api().artifact("titanic-raw").get_entry("b.txt")


def test_a_version_of_another_type_is_refused(log):
    log()
    with pytest.raises(StoreError, match="is a dataset, no model"):
        Api().artifact("raw", type="model")


# -- files out -------------------------------------------------------------------------------------------------------


def test_download_goes_to_a_folder_named_for_the_version(log, project):
    log()
    assert Path(Api().artifact("raw").download()).resolve() == project.root / "artifacts" / "raw:v0"


def test_a_second_download_leaves_right_files_and_replaces_wrong_ones(log, tmp_path):
    artifact = log(files={"a": b"1", "b": b"2"})
    folder = Path(artifact.download(tmp_path / "out"))
    kept = (folder / "a").stat().st_ino
    (folder / "b").write_bytes(b"X")
    (folder / "mine").write_bytes(b"3")
    artifact.download(folder)
    assert ((folder / "a").stat().st_ino, (folder / "b").read_bytes()) == (kept, b"2")
    assert (folder / "mine").exists()


def test_downloaded_files_can_be_written_without_harm_to_the_store(log, tmp_path):
    artifact = log(files={"a": b"x" * 100_000})
    path = Path(artifact.get_entry("a").download(tmp_path / "out"))
    path.write_bytes(b"y")
    assert Path(artifact.download(tmp_path / "other"), "a").read_bytes() == b"x" * 100_000


def test_checkout_makes_the_folder_equal_to_the_version(log, tmp_path):
    artifact = log(files={"a": b"1", "s/b": b"2"})
    folder = tmp_path / "out"
    (folder / "s").mkdir(parents=True)
    (folder / "s" / "mine").write_bytes(b"3")
    artifact.checkout(folder)
    assert sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()) == ["a", "s/b"]


def test_verify_names_what_is_missing_changed_or_too_many(log, tmp_path):
    artifact = log(files={"a": b"1", "b": b"2", "c": b"3"})
    folder = Path(artifact.download(tmp_path / "out"))
    artifact.verify(folder)
    (folder / "a").unlink()
    (folder / "b").write_bytes(b"X")
    (folder / "d").write_bytes(b"4")
    with pytest.raises(StoreError, match="a is missing, b was changed, d does not belong to it"):
        artifact.verify(folder)


def test_download_refuses_a_link_that_leads_out_of_the_folder(log, tmp_path):
    artifact = log(files={"sub/a": b"1"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="leads out of it"):
        artifact.download(tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(log, tmp_path):
    artifact = log(files={"a": b"1"})
    (tmp_path / "out").mkdir()
    (tmp_path / "theirs").write_bytes(b"keep")
    (tmp_path / "out" / "a").symlink_to(tmp_path / "theirs")
    artifact.download(tmp_path / "out")
    assert (tmp_path / "theirs").read_bytes() == b"keep"
    assert (tmp_path / "out" / "a").read_bytes() == b"1"


def test_file_gives_the_path_of_the_only_file(log, tmp_path):
    assert Path(log().file(tmp_path / "out")).read_bytes() == b"1"
    with pytest.raises(StoreError, match="has 2 files"):
        log(files={"a": b"1", "b": b"2"}).file()


# -- deleting --------------------------------------------------------------------------------------------------------


def test_a_deleted_version_is_gone_and_its_number_is_never_used_again(log):
    log(files={"a": b"1"})
    log(files={"a": b"2"}).delete()
    assert versions() == ["v0"]
    assert Api().artifact("raw:latest").version == "v0"
    with pytest.raises(ArtifactNotFoundError, match="raw:v1 was deleted"):
        Api().artifact("raw:v1")
    assert log(files={"a": b"2"}).version == "v2"


def test_a_version_with_aliases_is_deleted_only_when_told(log):
    artifact = log(aliases=["best"])
    with pytest.raises(StoreError, match="is called best"):
        artifact.delete()
    artifact.delete(delete_aliases=True)
    assert (artifact.state, artifact.aliases) == ("DELETED", [])
    with pytest.raises(ArtifactNotFoundError, match="was deleted"):
        artifact.delete()
    with pytest.raises(ArtifactNotFoundError, match="was deleted"):
        artifact.save()


# -- runs ------------------------------------------------------------------------------------------------------------


def test_lineage_knows_who_logged_and_who_used_a_version(store):
    with init(job_type="load") as first:
        artifact = Artifact("raw", "dataset")
        with artifact.new_file("a") as file:
            file.write("1")
        first.log_artifact(artifact)
    with init(job_type="train") as second:
        assert second.use_artifact("me/project/raw:latest", type="dataset").version == "v0"
        second.use_artifact("raw:latest")
    found = Api().artifact("raw")
    assert found.logged_by().id == first.id
    assert [each.id for each in found.used_by()] == [second.id]


def test_using_a_version_twice_in_a_run_is_noted_once(store, log):
    log()
    with init() as run:
        run.use_artifact("raw")
        before = store.journal.last()
        run.use_artifact("raw")
        assert store.journal.last() == before


def test_a_path_is_logged_as_an_artifact_of_its_own(store, tmp_path):
    (tmp_path / "model.bin").write_bytes(b"1")
    with init() as run:
        assert run.log_artifact(tmp_path / "model.bin", name="model", type="model").name == "model:v0"
        assert run.log_artifact(tmp_path / "model.bin").name == f"run-{run.id}-model.bin:v0"


def test_a_finished_run_logs_nothing(store):
    with init() as run:
        pass
    with pytest.raises(StoreError, match="has ended"):
        run.log_artifact(Artifact("raw", "dataset"))


def test_what_another_tool_finds_in_the_journal_is_json(log, store):
    log(aliases=["best"])
    head, values = (store.root / "journal/000000/000000001.json").read_text().splitlines()
    assert json.loads(head)["kind"] == "version"
    assert (json.loads(values)["name"], json.loads(values)["aliases"]) == ("raw", ["best"])
