"""``alo-nb runs | show | diff | artifact | lineage | gc | doctor``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import alo_nb
from alo_nb.headless.cli import main
from alo_nb.health import stored
from alo_nb.project import Project
from alo_nb.store.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two trainings and their models."""
    (tmp_path / ".alo").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    for number in range(2):
        with alo_nb.init("digits", job_type="train", name=f"train-{number}", config={"n": number}) as run:
            run.log({"loss": 1.0 / (number + 1)})
            model = alo_nb.Artifact("model", "model")
            with model.new_file("weights.txt") as file:
                file.write(str(number) * 100_000)  # too large for a pack
            run.log_artifact(model)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    found = main(words)
    streams = capsys.readouterr()
    assert found == code, streams.err
    return streams.out if code == 0 else streams.out + streams.err


def test_runs_as_a_table_and_as_json(folder: Path, capsys) -> None:
    lines = shown(capsys, "runs", "--where", "loss < 0.9").splitlines()
    assert lines[0].split()[:3] == ["id", "status", "name"]
    assert len(lines) == 2
    assert "train-1" in lines[1]
    rows = json.loads(shown(capsys, "runs", "--sort", "loss", "--desc", "--json"))
    assert [row["config.n"] for row in rows] == [0, 1]
    assert json.loads(shown(capsys, "runs", "--columns", "name", "--last", "1", "--json")) == [{"name": "train-1"}]
    assert "no such runs" in shown(capsys, "runs", "--status", "failed")


def test_a_wrong_question_ends_with_2_and_the_nearest(folder: Path, capsys) -> None:
    assert "did you mean 'loss'" in shown(capsys, "runs", "--where", "lss < 1", code=2)
    assert "did you mean 'failed'" in shown(capsys, "runs", "--status", "faild", code=2)
    assert "did you mean 'verify'" in shown(capsys, "artifact", "verfy", code=2)
    assert "of what?" in shown(capsys, "lineage", code=2)


def test_looking_makes_no_store(tmp_path: Path, capsys) -> None:
    for words in (["runs"], ["artifact", "ls"], ["gc"], ["doctor"]):
        shown(capsys, *words, "--project", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_looking_at_what_is_not_there_makes_no_store_either(tmp_path: Path, capsys) -> None:
    for words in (["show", "a"], ["diff", "a", "b"], ["lineage", "a"], ["artifact", "show", "a:v0"]):
        assert "nothing has been recorded" in shown(capsys, *words, "--project", str(tmp_path), code=1)
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_are_none_are_null_and_come_last(folder: Path, capsys) -> None:
    with alo_nb.init(name="diverged") as run:
        run.log({"loss": float("nan"), "bound": float("inf")})
    rows = json.loads(shown(capsys, "runs", "--sort", "loss", "--json"))
    assert [(row["name"], row.get("metrics.loss")) for row in rows][-1] == ("diverged", None)
    assert [row["name"] for row in rows[:2]] == ["train-1", "train-0"]


def test_show_and_diff(folder: Path, capsys) -> None:
    assert "train-1 · train · success" in shown(capsys, "show", "train-1")
    assert json.loads(shown(capsys, "show", "train-1", "--json"))["config"] == {"n": 1}
    assert json.loads(shown(capsys, "show", "model:v0", "--json"))["files"][0]["path"] == "weights.txt"
    assert "first difference: arguments n" in shown(capsys, "diff", "train-0", "train-1")
    assert json.loads(shown(capsys, "diff", "model:v0", "model:v0", "--json"))["equal"] is True
    assert "no version 'v9'" in shown(capsys, "show", "model:v9", code=1)


def test_lineage_of_an_artifact_and_of_a_file(folder: Path, capsys) -> None:
    assert "✔ train" in shown(capsys, "lineage", "model:latest")
    assert shown(capsys, "lineage", "model:latest", "--format", "edges").endswith("\tmodel:v1\n")
    assert json.loads(shown(capsys, "lineage", "model:latest", "--json"))[0]["job"]["name"] == "train"
    shown(capsys, "lineage", "model:latest", "--output", "graph.svg")
    assert Path("graph.svg").read_text(encoding="utf-8").startswith("<svg")
    Path("copy").write_text("1" * 100_000)
    assert "model:v1" in shown(capsys, "lineage", "--file", "copy")
    assert json.loads(shown(capsys, "lineage", "--file", "copy", "--json"))["versions"] == ["model:v1/weights.txt"]


def test_artifacts_from_log_to_rm(folder: Path, capsys) -> None:
    Path("data.csv").write_text("1,2\n")
    assert "data:v0" in shown(capsys, "artifact", "log", "data", "data.csv", "--type", "dataset", "--alias", "first")
    assert json.loads(shown(capsys, "artifact", "ls", "dataset", "--json"))[0]["aliases"] == ["first", "latest"]
    assert shown(capsys, "artifact", "use", "data:first", "there") == "there\n"
    assert Path("there/data.csv").read_text() == "1,2\n"
    assert "add --force" in shown(capsys, "artifact", "rm", "data:v0", code=1)
    shown(capsys, "artifact", "rm", "data:v0", "--force")
    assert "data" not in shown(capsys, "artifact", "ls")


def test_gc_says_first_what_would_go_and_deletes_only_when_told(folder: Path, capsys) -> None:
    store = Store.of(Project(folder))
    kept, gone = (next(iter(dict(store.files(row.digest)).values())).digest for row in store.index.versions("model"))
    shown(capsys, "artifact", "rm", "model:v0")
    old = store.objects.path(gone)
    os.utime(old, (0, 0))

    assert "can go" in shown(capsys, "gc")
    assert old.exists()
    assert json.loads(shown(capsys, "gc", "--json"))["deleted"] is False
    assert "deleted" in shown(capsys, "gc", "--yes")
    assert not old.exists()
    assert store.objects.path(kept).exists()
    assert "nothing to delete" in shown(capsys, "gc")


def test_doctor_finds_damage_and_repairs_what_can_be(folder: Path, capsys) -> None:
    assert "the store is good" in shown(capsys, "doctor", "--read-data")
    store = Store.of(Project(folder))
    row = store.index.versions("model")[0]
    path = store.objects.path(next(iter(dict(store.files(row.digest)).values())).digest)
    path.chmod(0o600)
    path.write_bytes(b"0" * path.stat().st_size)

    assert "damage" in shown(capsys, "doctor", "--read-data", code=1)
    assert json.loads(shown(capsys, "doctor", "--read-data", "--json", code=1))["ok"] is False
    shown(capsys, "doctor", "--read-data", "--repair", code=1)  # the content itself is lost: no version is made good
    assert not path.exists()
    assert "model:v1" in shown(capsys, "doctor", code=1)


def test_doctor_makes_the_index_again(folder: Path, capsys) -> None:
    before = shown(capsys, "artifact", "ls", "--json"), shown(capsys, "runs", "--json")
    shown(capsys, "doctor", "--rebuild")
    assert (shown(capsys, "artifact", "ls", "--json"), shown(capsys, "runs", "--json")) == before


def test_doctor_does_not_wait_for_ever(folder: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_S", 0.3)
    code = (
        "import sys; from pathlib import Path; from alo_nb.files import locked\n"
        "with locked(Path('.alo/write.lock')): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        assert f"process {holder.pid} has kept the lock" in shown(capsys, "doctor", code=11)
        holder.stdin.close()
    shown(capsys, "doctor")
