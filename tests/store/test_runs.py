from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alo_nb
from alo_nb.errors import ProjectError, RunNotFoundError, UnknownStepError
from alo_nb.project import Project
from alo_nb.store import OutputRecord, Run, RunStore, StepRecord, new_run_id
from alo_nb.store.doctor import examine
from alo_nb.store.store import Store

OUTPUT = OutputRecord("df", "DataFrame 3x2", 100, "b3:00")
STEP = StepRecord("train_pipeline", "train", "success", 0.5, "b3:ff", "cell 1", {"rows": [1]}, (OUTPUT,), (OUTPUT,))


@pytest.fixture
def store(tmp_path):
    return RunStore(Project(tmp_path))


def finished(store, run_id, status="success", **about):
    return store.finish(store.start(Run(id=run_id, **about)), status)


# -- ids -------------------------------------------------------------------------------------------------------------


def test_run_ids_are_unique():
    assert len({new_run_id() for _ in range(200)}) >= 199


def test_run_ids_begin_with_the_time_and_so_sort_by_it():
    first = new_run_id()
    time.sleep(1.01)
    second = new_run_id()
    assert first < second
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", each) for each in (first, second))


# -- records ---------------------------------------------------------------------------------------------------------


def test_a_record_comes_back_from_json():
    run = Run("r", "success", steps=(STEP,), outputs=("a.csv",), summaries={"train_pipeline": {"score": 0.5}})
    assert Run.from_dict(json.loads(json.dumps(run.to_dict()))) == run


def test_keys_of_newer_versions_are_passed_over():
    values = Run("r", steps=(STEP,)).to_dict()
    values["new"] = values["steps"][0]["new"] = values["steps"][0]["data"][0]["new"] = 1
    assert Run.from_dict(values) == Run("r", steps=(STEP,))


def test_any_argument_can_be_recorded(store):
    import datetime
    import threading

    odd = {
        "lock": threading.Lock(),
        "t": (1, 2),
        "d": {datetime.date(2024, 1, 1): 1, (1, 2): 3, 5: None},
        "s": "\udcff",
    }
    run = store.add_step(store.start(Run("r-1")), replace(STEP, args=odd))
    store.finish(run, "success")
    args = store.get("r-1").step("train").args
    assert args["lock"].startswith("<unlocked")
    assert (args["t"], args["s"]) == ([1, 2], "\udcff")
    assert args["d"] == {"2024-01-01": 1, "(1, 2)": 3, "5": None}


def test_the_time_of_a_run_is_known_when_it_has_ended():
    times = {"started": "2026-01-01T00:00:00.000Z", "finished": "2026-01-01T00:00:01.500Z"}
    assert Run("r", **times).seconds == 1.5
    assert Run("r", started=times["started"]).seconds == 0


def test_a_step_of_a_run_is_found_by_name_and_pipeline():
    other = replace(STEP, pipeline="inference_pipeline")
    run = Run("r", steps=(STEP, other))
    assert run.step("train") is STEP
    assert run.step("train", "inference") is run.step("train", "inference_pipeline") is other
    with pytest.raises(UnknownStepError, match=r"run r has no step 'trian'; did you mean 'train'\?"):
        run.step("trian")


def test_the_digests_of_a_run_name_pipeline_step_and_key():
    assert Run("r", steps=(STEP,)).digests() == {
        "train_pipeline/train/data.df": "b3:00",
        "train_pipeline/train/config.df": "b3:00",
    }


# -- the store -------------------------------------------------------------------------------------------------------


def test_a_run_is_running_until_it_is_finished(store):
    run = store.start(Run("20260101T000000Z-00000a", status="success"))
    assert run.started.endswith("Z")
    assert store.get(run.id).status == "running"
    run = store.add_step(run, STEP)
    assert store.get(run.id).steps == (STEP,)
    assert RunStore(store.project).get(run.id).status == "running"
    run = store.finish(run, "failed", error="ValueError: x")
    assert RunStore(store.project).get(run.id) == run
    assert (run.status, run.error, run.steps) == ("failed", "ValueError: x", (STEP,))


def test_a_run_can_be_completed_after_its_end(store):
    run = finished(store, "20260101T000000Z-00000a")
    store.update(replace(run, notebook="out.ipynb"))
    assert store.get(run.id).notebook == "out.ipynb"


def test_one_run_has_one_writer(store):
    run = store.start(Run("r-1"))
    with pytest.raises(ProjectError, match="run r-1 is being written by another process"):
        RunStore(store.project).start(Run("r-1"))
    store.finish(run, "success")


KILLED = """
import os, sys, time
from alo_nb.project import Project
from alo_nb.store import Run, RunStore, StepRecord
store = RunStore(Project(__import__("pathlib").Path.cwd()))
run = store.start(Run("20260101T000000Z-00000a"))
store.add_step(run, StepRecord("train_pipeline", "input", "success"))
print("started", flush=True)
time.sleep(60)
"""


def test_a_run_whose_process_was_killed_is_interrupted(store):
    environment = {**os.environ, "PYTHONPATH": str(Path(alo_nb.__file__).parents[1])}
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, cwd=store.project.root, env=environment, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert store.get("00000a").status == "running"
        process.send_signal(signal.SIGKILL)
    run = store.get("00000a")
    assert run.status == "interrupted"
    assert [each.step for each in run.steps] == ["input"]
    assert store.list() == [run]


def test_runs_are_listed_newest_first(store):
    for second in (2, 0, 1):
        finished(store, f"20260101T00000{second}Z-000000")
    assert [each.id[14] for each in store.list()] == ["2", "1", "0"]
    assert [each.id[14] for each in store.list(limit=2)] == ["2", "1"]


def test_runs_of_one_second_are_listed_newest_first_too(store):
    for name in ("b", "a", "c"):
        finished(store, f"20260101T000000Z-00000{name}")
        time.sleep(0.002)
    assert [each.id[-1] for each in store.list()] == ["c", "a", "b"]
    assert [each.id[-1] for each in store.list(limit=1)] == ["c"]


def test_an_empty_project_has_no_runs(store):
    assert store.list() == []
    with pytest.raises(RunNotFoundError, match="there is no run 'x'"):
        store.get("x")


DAMAGE = [
    "", "{", "[]", "5", '"x"', "{}", "\xff", '{"id": 1, "steps": 5}', '{"id": 1, "steps": [5]}',
    '{"id": 1, "steps": [{}]}',
    '{"id": 1, "steps": [{"pipeline": "p", "step": "s", "status": "", "data": [{"size": 3}]}]}',
]  # fmt: skip


def test_a_copied_folder_shows_no_other_run(store):
    """Whoever copies a folder to look at it later must not get its run listed twice, or under a wrong name."""
    finished(store, "20260101T000000Z-aaaaaa")
    copy = "20260102T000000Z-bbbbbb"
    shutil.copytree(store.folder("20260101T000000Z-aaaaaa"), store.folder(copy))
    assert [each.id for each in store] == ["20260101T000000Z-aaaaaa"]
    with pytest.raises(RunNotFoundError, match=f"{copy} is damaged: it says that it is run 20260101T000000Z-aaaaaa"):
        store.get(copy)
    found = [each for each in examine(Store.of(store.project)) if each.severity == "damage"]
    assert [(each.what, each.where) for each in found] == [(store.trouble(copy), str(store.folder(copy)))]
    assert store.trouble("20260101T000000Z-aaaaaa") == ""


@pytest.mark.parametrize("content", DAMAGE)
def test_a_damaged_record_costs_one_row(store, content):
    good = finished(store, "20260101T000000Z-00000a")
    bad = finished(store, "20260101T000001Z-00000b")
    (Path(bad.folder) / "run.json").write_bytes(content.encode("latin-1"))
    assert store.list() == [good]
    with pytest.raises(RunNotFoundError, match=f"the record of run {bad.id} is damaged"):
        store.get(bad.id)


def test_a_missing_record_and_a_stray_file_cost_one_row(store):
    good = finished(store, "20260101T000000Z-00000a")
    (store.project.runs / "20260101T000001Z-00000b").mkdir()
    (store.project.runs / "note.txt").touch()
    assert store.list(limit=1) == [good]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_that_was_cut_off_costs_one_step(store, cut):
    run = store.start(Run("20260101T000000Z-00000a"))
    run = store.add_step(run, STEP)
    store.add_step(run, replace(STEP, step="second", error="값이\u2028없음"))
    path = Path(run.folder) / "steps.jsonl"
    assert len(store.get(run.id).steps) == 2
    text = path.read_bytes()
    path.write_bytes(text[: text.index("없".encode()) + 4 - cut])
    assert store.get(run.id).steps == (STEP,)
    store.finish(run, "failed")


def test_a_run_is_found_by_its_beginning_or_its_random_part(store):
    for name in ("20260101T000000Z-00000a", "20260101T000001Z-00000b", "20260202T000000Z-0000ab"):
        finished(store, name)
    assert store.get("20260101T000000Z-00000a").id.endswith("00000a")
    assert store.get("202602").id.endswith("0000ab")
    assert store.get("00000b").id.endswith("00000b")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("20260101", "2 runs match '20260101'"),
        (
            "20260101T000000Z-00000c",
            r"there is no run '20260101T000000Z-00000c'; did you mean '20260101T000000Z-00000a'\?",
        ),
        ("0000a", "there is no run '0000a'"),
    ],
)
def test_a_run_that_is_not_found_says_why(store, asked, message):
    for name in ("20260101T000000Z-00000a", "20260101T000001Z-00000b"):
        finished(store, name)
    with pytest.raises(RunNotFoundError, match=message) as caught:
        store.get(asked)
    assert caught.value.where == str(store.project.runs)
    do = "`%alo_runs` (`alo-nb runs`) lists all runs, `%alo_history` (`alo-nb history`) those of pipelines"
    assert caught.value.do == do


def test_of_many_runs_a_message_names_the_newest(store):
    for number in range(8):
        finished(store, f"2026010{number}T000000Z-00000a")
    with pytest.raises(RunNotFoundError) as caught:
        store.get("xyz")
    newest = ", ".join(f"2026010{number}T000000Z-00000a" for number in (7, 6, 5, 4, 3))
    assert caught.value.what == f"there is no run 'xyz'; known: {newest} and 3 more"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["id", "steps", "data", "status"]), inner)
    ),
)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(JSON)
def test_no_json_whatever_breaks_the_list(tmp_path_factory, content):
    store = RunStore(Project(tmp_path_factory.mktemp("p")))
    good = finished(store, "20260101T000000Z-00000a")
    folder = store.project.runs / "20260101T000001Z-00000b"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(content))
    assert good in store.list()


def test_a_run_that_could_not_be_recorded_does_not_look_alive(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(RunStore, "_enter", full)
        with pytest.raises(OSError, match="No space"):
            store.start(Run(id="20260101T000000Z-00000a"))
    assert [each.status for each in store] == ["interrupted"]


def test_a_plan_inside_the_project_is_recorded_from_there_on(store, tmp_path):
    places = {"a": str(tmp_path / "plans" / "plan.yaml"), "b": "/elsewhere/plan.yaml", "c": ""}
    for end, path in places.items():
        finished(store, f"20260101T000000Z-00000{end}", plan_path=path)
    files = {end: store.project.runs / f"20260101T000000Z-00000{end}" / "run.json" for end in places}
    written = {end: json.loads(file.read_text())["plan_path"] for end, file in files.items()}
    assert written == {"a": "plans/plan.yaml", "b": "/elsewhere/plan.yaml", "c": ""}
    assert {each.id[-1]: each.plan_path for each in store} == places
