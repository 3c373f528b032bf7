"""``%alo_preview``: names of outputs, of artifacts and of files, and what is shown of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import alo_nb
from alo_nb.errors import AloNbError, ArtifactNotFoundError, RunNotFoundError
from alo_nb.handover.codec import encode
from alo_nb.handover.values import Values
from alo_nb.project import Project
from alo_nb.store.batch import Batch
from alo_nb.store.records import OutputRecord, Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.views.preview import preview
from alo_nb.views.preview_files import HEAD, LARGEST, TREE, content_card, folder_card, path_card

from .safety import outputs


class Own:
    """A class that the notebook has defined."""


def saved(project: Project, name: str, value: Any) -> OutputRecord:
    values = Values(project)
    encoded = encode(value, values.keep)
    values.put(encoded)
    return OutputRecord(name, encoded.summary, encoded.size, encoded.digest, encoded.signature)


def ran(
    project: Project, number: int, step: str, *, pipeline: str = "train", status: str = "success", **data: Any
) -> Run:
    record = StepRecord(
        f"{pipeline}_pipeline",
        step,
        status,
        data=tuple(saved(project, name, each) for name, each in data.items()),
        config=(saved(project, "kind", f"{pipeline}{number}"), saved(project, "password", "hunter2")),
    )
    store = RunStore(project)
    run = store.start(Run(f"2099010{number}T000000Z-00000{number}", mode=pipeline, plan="small"))
    run = store.add_step(run, record)
    return store.finish(run, status)


def text(project: Project, name: str) -> str:
    return next(outputs(preview(project, name)))


@pytest.fixture
def small(project: Project) -> Project:
    """Two good runs of a step, one of the other pipeline, and one that failed."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    ran(project, 1, "prepare", frame=frame, kind="of data")
    ran(project, 2, "prepare", frame=frame.head(1), own=Own(), dotted=dict.fromkeys(["v"], 1))
    ran(project, 3, "prepare", pipeline="inference", frame=frame)
    ran(project, 4, "prepare", status="failed")
    return project


def test_a_key_is_of_the_newest_good_run(small: Project) -> None:
    assert text(small, "prepare.frame").splitlines()[0] == "prepare.frame · inference · run 000003"
    assert "DataFrame 1x2" in text(small, "train/prepare.frame")
    assert "DataFrame 2x2" in text(small, "000001/prepare.frame")
    assert "run 000001" in text(small, "20990101/prepare.frame")


def test_data_goes_before_config_and_both_can_be_named(small: Project) -> None:
    assert "of data" in text(small, "000001/prepare.kind")
    assert "of data" in text(small, "000001/prepare.data.kind")
    assert "train1" in text(small, "000001/prepare.config.kind")
    assert "inference3" in text(small, "prepare.kind")


def test_a_step_shows_all_that_it_has_saved(small: Project) -> None:
    shown = text(small, "prepare")
    assert "data.frame" in shown
    assert "config.kind" in shown


def test_a_secret_is_not_shown(small: Project) -> None:
    assert "hunter2" not in text(small, "prepare.password")
    assert "***" in text(small, "prepare.password")


def test_a_value_with_code_of_the_users_is_not_loaded_and_its_record_is_shown(small: Project) -> None:
    shown = text(small, "train/prepare.own")
    assert "not loaded" in shown
    assert "Own" in shown


def test_a_value_that_is_gone_says_so(small: Project) -> None:
    record = RunStore(small).get("000002").steps[0].data[0]
    Values(small).first(record.digest).unlink()
    assert "not loaded" in text(small, "000002/prepare.frame")


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        ("prepare.fram", ArtifactNotFoundError, "did you mean 'frame'"),
        ("prepare.", RunNotFoundError, "no run, step or artifact"),
        ("prepar.frame", RunNotFoundError, "did you mean 'prepare'"),
        ("prepare.frame:v9", ArtifactNotFoundError, "inference-prepare-data"),
        ("nothing.txt", RunNotFoundError, "no run, step or artifact"),
        ("nothing:v0/x", ArtifactNotFoundError, "nothing"),
    ],
)
def test_a_name_that_means_nothing_names_the_nearest(
    small: Project, name: str, error: type[AloNbError], hint: str
) -> None:
    with pytest.raises(error, match=hint):
        preview(small, name)


def test_a_version_of_a_steps_data_is_shown(small: Project) -> None:
    """As `runner/artifacts.py` keeps it: a list of the values, and their bytes."""
    run = RunStore(small).get("000001")
    frame = run.steps[0].data[0]
    about = f'[{{"name": "frame", "summary": "DataFrame 2x2", "digest": "{frame.digest}", "file": "data/0.bin"}}]'
    with Batch(Store.of(small), run.id) as batch:
        own = batch.own_file(Values(small).first(frame.digest), frame.digest)
        entries = {"data.json": batch.bytes(about.encode()), "data/0.bin": own}
        batch.log("train-prepare-data", "dataset", entries, step="train/prepare")
        batch.commit()
    Values(small).first(frame.digest).unlink()  # what the cache has lost, the store still has
    shown = text(small, "train/prepare.frame:v0")
    assert shown.splitlines()[0] == "prepare.frame · train-prepare-data:v0"
    assert "DataFrame 2x2" in shown


def test_of_an_array_of_many_pages_none_is_read_but_the_sample(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(project, 1, "make", big=np.zeros(2 * 10**7))
    monkeypatch.setattr("alo_nb.handover.large.digest_of_own", lambda path: pytest.fail(f"{path} is read as a whole"))
    monkeypatch.setattr("alo_nb.handover.large._whole", {})
    assert "0 to 0 (of 4096 values)" in text(project, "make.big")


def test_artifacts_and_files_in_them(project: Project) -> None:
    with alo_nb.init() as run:
        artifact = alo_nb.Artifact("many", "dataset")
        for name, content in (("a/b.txt", "first\nsecond"), ("a/c.bin", "\0\1"), ("d.csv", "x,y\n1,2")):
            with artifact.new_file(name) as file:
                file.write(content)
        run.log_artifact(artifact)
        one = alo_nb.Artifact("one", "dataset")
        with one.new_file("only.txt") as file:
            file.write("the only one")
        run.log_artifact(one)
    assert "3 files" in text(project, "many")
    assert "second" in text(project, "many:v0/a/b.txt")
    assert "begins with" in text(project, "many:latest/a/c.bin")
    assert "b.txt" in text(project, "many:v0/a")
    assert "the only one" in text(project, "one:latest")
    with pytest.raises(ArtifactNotFoundError, match=r"did you mean 'd\.csv'"):
        preview(project, "many:v0/e.csv")


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.json", b'{"a": 1}', '{"a": 1}'),
        ("a.yaml", b"a: 1\npassword: hunter2", "a: 1"),
        ("a.csv", "가,나\n1,2".encode(), "가,나"),
        ("a.txt", b"", "a.txt"),
        ("a.txt", b"\xff\xfe\xfa", "begins with"),
        ("a.bin", b"\0\1", "00 01"),
        ("model.joblib", b"\x80\x05.", "a pickle"),
        (".env", b"TOKEN=hunter2", "may hold keys"),
        ("a.txt", b"export DB_PASSWORD=hunter2\nnext=1", "next=1"),
        ("a.ini", b"[db]\npassword = hunter2\nhost = h", "host = h"),
        ("a.cfg", b"api_key=hunter2\ntoken:hunter2\nmax_tokens=5", "max_tokens=5"),
        ("a.py", b'os.environ["DB_PASSWORD"] = "hunter2"\nx = 1', "x = 1"),
        ("a.txt", b"before\n-----BEGIN RSA PRIVATE KEY-----\nhunter2\n" + b"hunter2A\n" * HEAD, "before"),
        ("a.csv", b"user,password\nann,hunter2\nbob,a,hunter2\n", "ann,***"),
        ("a.csv", b'user;dbPassword;n\nann;"x\nhunter2";1\n', "ann;***;1"),
        ("a.tsv", b"token\tuser\nhunter2\tann\n", "***\tann"),
        ("id_rsa", b"hunter2", "may hold keys"),
        ("a.png", b"\x89PNG", "[picture]"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>", "[picture]"),
    ],
)
def test_a_file_is_shown_by_its_kind(tmp_path: Path, name: str, content: bytes, shown: str) -> None:
    (tmp_path / name).write_bytes(content)
    found = "".join(outputs(path_card(tmp_path / name)))
    assert shown in found
    assert "hunter2" not in found


@pytest.mark.parametrize("name", [".docker/config.json", ".kube/config", "deep/.ssh/deploy", ".aws/x.npy", "a.pem"])
def test_a_key_file_is_known_by_every_part_of_its_path_and_through_a_link(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("hunter2")
    links = [tmp_path / each for each in ("notes.txt", "notes.npy", "notes.png")]
    for link in links:
        link.symlink_to(name)
    (tmp_path / "folder").symlink_to(place.parent)
    for each in (place, *links, tmp_path / "folder" / place.name):
        assert "may hold keys" in path_card(each).text
        assert "hunter2" not in path_card(each).html
    assert "may hold keys" in content_card(name, b"hunter2", 7).text


def test_a_pipe_and_a_device_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "link").symlink_to("pipe.txt")
    for path in (*tmp_path.iterdir(), Path(os.devnull)):
        assert "neither a file nor a folder" in path_card(path).text


@pytest.mark.parametrize("name", ["a" * 5000, f"{'a' * 5000}/b", "\0"])
def test_a_name_that_no_file_can_have_is_an_error_of_ours(small: Project, name: str) -> None:
    with pytest.raises(AloNbError):
        preview(small, name)


@pytest.mark.parametrize("header", [b"{" * 300, b"(" * 9000, b"[" * 60_000, b"{'descr': 1}", b""])
def test_an_array_with_a_damaged_header_says_so(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    assert "not loaded" in path_card(tmp_path / "bad.npy").text


def test_several_arrays_under_the_name_of_one_are_not_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "many.npz", a=np.ones(2))
    (tmp_path / "many.npz").rename(tmp_path / "many.npy")
    assert "more than one array" in path_card(tmp_path / "many.npy").text


def test_a_letter_may_be_cut_at_the_end_of_what_was_read() -> None:
    head = ("가" * HEAD).encode()[: HEAD - HEAD % 3 + 2]
    assert "가" in content_card("a.txt", head, 10**6).text


def test_a_large_picture_is_not_put_into_the_notebook() -> None:
    assert "too large" in content_card("a.png", b"x" * HEAD, LARGEST + 1).text


def test_a_saved_array_is_mapped_and_one_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(10.0))
    np.save(tmp_path / "o.npy", np.array([Own()], dtype=object), allow_pickle=True)
    (tmp_path / "bad.npy").write_bytes(b"x")
    assert "0 to 9" in path_card(tmp_path / "a.npy").text
    assert "not loaded" in path_card(tmp_path / "o.npy").text
    assert "not loaded" in path_card(tmp_path / "bad.npy").text


def test_a_folder_is_a_tree_of_its_first_files(project: Project, tmp_path: Path) -> None:
    for number in range(TREE + 10):
        path = tmp_path / "big" / f"{number % 3}" / f"{number:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "big" / "loop").symlink_to(tmp_path / "big")
    shown = text(project, "big").splitlines()
    assert shown[0].startswith("big · 50 files")
    assert shown[1:3] == ["  0/", "    000.txt  1 B"]
    assert shown[-1].strip().startswith("…")
    assert len(shown) == TREE + 2


def test_a_folder_of_very_many_files_is_not_counted_to_the_end() -> None:
    def entries():
        for number in range(10**9):
            yield f"{number}.txt", 1

    assert "2000+ files" in folder_card("huge", entries()).text
