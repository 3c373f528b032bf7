from __future__ import annotations

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import MagicUsageError, RunNotFoundError, SourceError
from alo_nb.files import folder_size, remove
from alo_nb.project import Project
from alo_nb.runner import eviction
from alo_nb.runner.backups import backups
from alo_nb.runner.eviction import evict
from alo_nb.store.api import Api
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version
from alo_nb.store.pins import pin, unpin
from alo_nb.store.store import Store

MEGABYTE = 10**6
BACKUP = st.tuples(
    st.sampled_from(["train", "inference"]),
    st.booleans(),
    st.integers(min_value=0, max_value=6),
    st.integers(0, 10**6 - 1),
)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(st.lists(BACKUP, min_size=1, max_size=8, unique_by=lambda each: each[3]), st.integers(min_value=0, max_value=15))
def test_after_every_backup_the_history_keeps_its_limit_or_only_its_last_good_runs(tmp_path_factory, backups, limit):
    project = Project(tmp_path_factory.mktemp("p"))
    project.prepare()
    for mode, failed, size, second in backups:
        folder = project.history / mode / f"20260101T{second:06}Z-000000{'-error' if failed else ''}"
        folder.mkdir(parents=True)
        with (folder / "f").open("wb") as file:
            file.truncate(size * MEGABYTE)
        existing = {each: folder_size(each) for each in project.history.glob("*/*")}
        warnings = evict(project, limit_mb=limit, keep=folder)
        left = {each for each in existing if each.exists()}
        good = {
            m: max((e for e in existing if e.parent.name == m and "error" not in e.name), default=None)
            for m in ("train", "inference")
        }
        protected = {folder, *(each for each in good.values() if each is not None)}
        total = sum(existing[each] for each in left)
        assert protected & existing.keys() <= left
        assert total <= limit * MEGABYTE or left == protected & existing.keys()
        assert bool(warnings) == (total > limit * MEGABYTE)
        gone = existing.keys() - left
        if any("error" not in each.name for each in gone):
            assert all("error" not in each.name for each in left - protected)
        for kept in left - protected:  # the oldest of its kind go first
            assert all(each.name <= kept.name for each in gone if ("error" in each.name) == ("error" in kept.name))


@pytest.mark.parametrize("note", ["", "[1]", '{"train/20260101T000001Z-000000": "x"}', "wrong"])
def test_no_backup_goes_because_of_a_note_of_sizes_that_is_damaged_or_wrong(tmp_path, note):
    project = Project(tmp_path)
    project.prepare()
    folders = [project.history / "train" / f"20260101T00000{number}Z-000000" for number in (1, 2)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "f").write_bytes(b"x" * 100)
    wrong = json.dumps({f"train/{folder.name}": 10 * MEGABYTE for folder in folders})
    (project.own / "cache").mkdir()
    (project.own / "cache" / "backups.json").write_text(wrong if note == "wrong" else note)
    assert evict(project, limit_mb=1, keep=folders[-1]) == []
    assert backups(project, "train") == folders


def test_a_history_that_cannot_be_kept_small_is_warned_of(bench):
    text = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(3_000_000)"
    bench.write({"input": text}, control={"backup_size": 2})
    first, second = (bench.run(run_id=f"20260101T00000{number}Z-000000") for number in (1, 2))
    assert [each.name for each in (bench.root / "history" / "train").iterdir()] == [second.id]
    warned = [each.message for each in bench.events if type(each).__name__ == "Warned"]
    assert warned == [
        "backups and what steps handed on take 3.0 MB, more than backup_size 2 MB: "
        "last good, pinned and newest ones are kept"
    ]
    assert first.id != second.id


def test_old_backups_go_when_the_limit_is_reached(bench):
    text = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(1_000_000)"
    bench.write({"input": text}, control={"backup_size": 3})
    for second in range(5):
        bench.run(run_id=f"20260101T00000{second}Z-000000")
        assert folder_size(bench.project.history) <= 3 * MEGABYTE
    assert sorted(each.name[14] for each in (bench.root / "history" / "train").iterdir()) == ["3", "4"]


# -- one limit for the history and for what steps handed on ------------------------------------------------------------

DATA = "new = {'big': bytes([asset.load_args()['n']]) * 400_000}"
OUTPUT = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(400_000)"


def versions(bench, name="train-input-data"):
    return [each.number for each in reversed(Store.of(bench.project).index.versions(name))]


def run_times(bench, count, *, body=f"{OUTPUT}\n{DATA}", size=2, after=lambda number: None):
    """Run a step so many times; each run keeps 0.4 MB in the history and hands on as much that is new."""
    bench.write({"input": body}, control={"backup_size": size})
    for number in range(count):
        bench.run(run_id=f"20260101T00000{number}Z-000000", overrides={"input.n": number})
        after(number)


def test_backups_and_what_steps_handed_on_share_one_limit_and_the_oldest_go_first(bench):
    run_times(bench, 6)
    assert ([each[14] for each in kept(bench)], versions(bench)) == (["4", "5"], [4, 5])


def test_data_that_versions_share_counts_once(bench):
    run_times(bench, 5, body="new = {'same': b'x' * 900_000, 'n': asset.load_args()['n']}")
    assert versions(bench) == [0, 1, 2, 3, 4]


def test_pinned_and_named_data_stays(bench):
    def after(number):
        if number == 0:
            pin(bench.project, f"20260101T00000{number}Z-000000")
        if number == 1:
            version = Api(bench.root).artifact("train-input-data:v1")
            version.aliases.append("best")
            version.save()

    run_times(bench, 7, body=DATA, after=after)
    assert versions(bench) == [0, 1, 5, 6]


def test_models_and_what_others_have_logged_are_neither_counted_nor_deleted(bench):
    for number in range(3):
        own = Artifact("my-data", "dataset", store=Store.of(bench.project))
        with own.new_file("f", "wb") as file:
            file.write(bytes([number]) * 1_500_000)
        log_version(own)
    run_times(bench, 6)
    assert versions(bench, "my-data") == [0, 1, 2]
    assert ([each[14] for each in kept(bench)], versions(bench)) == (["4", "5"], [4, 5])


def test_a_run_without_a_backup_keeps_the_limit_too_and_says_nothing(bench):
    bench.write({"input": DATA}, control={"backup_size": 1, "backup_artifacts": False})
    for number in range(5):
        bench.run(overrides={"input.n": number})
    assert versions(bench) == [3, 4]
    assert not [each for each in bench.events if type(each).__name__ == "Warned"]


def test_what_went_is_freed_when_it_is_an_hour_old(bench):
    def age(_):
        for _, path in Store.of(bench.project).objects.loose():
            os.utime(path, (1, 1))

    run_times(bench, 7, body=DATA, after=age)
    large = [path for _, path in Store.of(bench.project).objects.loose() if path.stat().st_size > 300_000]
    assert len(large) == len(versions(bench)) == 4


def test_a_backup_that_was_half_deleted_is_none_and_goes_with_the_next_run(bench, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    bench.write({"input": OUTPUT}, control={"backup_size": 1})
    bench.run(run_id="20260101T000001Z-000000")
    bench.run(run_id="20260101T000002Z-000000")
    monkeypatch.setattr(eviction, "remove", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.run(run_id="20260101T000003Z-000000")
    monkeypatch.setattr(eviction, "remove", remove)
    assert {each.name[14] for each in backups(bench.project, "train")} == {"2", "3"}
    bench.run(run_id="20260101T000004Z-000000")
    assert [each[14] for each in kept(bench)] == ["3", "4"]


def test_a_store_that_cannot_be_read_does_not_fail_the_run(bench):
    run_times(bench, 3, body=DATA, size=1)
    [row, *_] = Store.of(bench.project).index.versions("train-input-data")
    remove(Store.of(bench.project).objects.path(row.digest), within=bench.root)
    run_times(bench, 1, body=DATA, size=1)
    warned = [each.message for each in bench.events if type(each).__name__ == "Warned"]
    assert [each.partition(":")[0] for each in warned] == ["old backups could not be deleted"]


def test_other_things_in_the_history_are_left_alone(bench):
    other = bench.root / "history" / "train" / "my notes"
    other.mkdir(parents=True)
    (other.parent / "readme.txt").write_text("x")
    bench.write({"input": "x = 1"}, control={"backup_size": 1})
    bench.run()
    assert other.is_dir()
    assert (other.parent / "readme.txt").exists()


def test_a_backup_is_complete_when_it_shows_up(bench):
    bench.write({"input": "with open(asset.get_extra_output_path() + 'e', 'w') as f: f.write('x')"})
    run = bench.run()
    backup = bench.root / "history" / "train" / run.id
    found = {str(each.relative_to(backup)) for each in backup.rglob("*") if each.is_file()}
    assert found == {
        "experimental_plan.yaml",
        "backup_source/assets/input/input.py",
        "extra_output/input/e",
        "log/process.log",
        "log/pipeline.log",
        "log/experimental_history.json",
    }
    assert list((bench.project.own / "staging").iterdir()) == []


# -- what failed runs leave -------------------------------------------------------------------------------------------

WRITES = "with open(asset.get_model_path() + 'm', 'w') as f: f.write('1')"
BREAKS = f"{WRITES}\nopen(asset.get_output_path() + 'half.csv', 'w').close()\n1 / 0"


def kept(bench, mode="train"):
    folder = bench.root / "history" / mode
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def test_a_run_that_fails_is_kept_as_an_error_with_its_log_plan_and_code(bench):
    bench.write({"input": "x = 1", "train": BREAKS})
    with pytest.raises(ZeroDivisionError):
        bench.run()
    run = bench.store.list()[0]
    assert kept(bench) == [f"{run.id}-error"]
    folder = f"history/train/{run.id}-error"
    assert bench.text(f"{folder}/models/train/m") == "1"
    assert "ZeroDivisionError" in bench.text(f"{folder}/log/pipeline.log")
    assert json.loads(bench.text(f"{folder}/log/experimental_history.json"))["id"] == run.id
    assert "1 / 0" in bench.text(f"{folder}/backup_source/assets/train/train.py")
    assert '"step": "train"' in bench.text(f"{folder}/experimental_plan.yaml")
    assert not (bench.root / "train_artifacts").exists()
    assert not (bench.root / ".alo" / "runs" / run.id / "train_artifacts").exists()


def test_a_train_that_was_complete_is_kept_as_good_when_the_inference_fails(bench):
    bench.write({"train": WRITES}, {"inference": "1 / 0"})
    with pytest.raises(ZeroDivisionError):
        bench.run("all")
    run = bench.store.list()[0]
    assert (kept(bench), kept(bench, "inference")) == ([run.id], [f"{run.id}-error"])
    assert run.complete == ("train_pipeline",)


def test_failed_runs_are_kept_with_their_records_when_there_are_no_backups(bench):
    bench.write({"train": BREAKS}, control={"backup_artifacts": False})
    with pytest.raises(ZeroDivisionError):
        bench.run()
    run = bench.store.list()[0]
    assert bench.text(f".alo/runs/{run.id}/train_artifacts/models/train/m") == "1"
    assert not (bench.root / "history").exists()


def test_six_failing_runs_evict_each_other_and_never_the_good_one(bench):
    big = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(900_000)"
    bench.write({"train": f"{WRITES}\n{big}"}, control={"backup_size": 3})
    good = bench.run(run_id="20260101T000000Z-000000")
    bench.write({"train": f"{big}\n1 / 0"}, control={"backup_size": 3})
    for second in range(1, 7):
        with pytest.raises(ZeroDivisionError):
            bench.run(run_id=f"20260101T00000{second}Z-000000")
    assert [each[14] for each in kept(bench)] == ["0", "5", "6"]
    assert kept(bench)[0] == good.id


def test_a_backup_that_cannot_be_written_hides_neither_the_error_nor_what_was_made(bench):
    bench.write({"train": BREAKS})
    (bench.root / "history").write_text("in the way")
    with pytest.raises(ZeroDivisionError):
        bench.run()
    run = bench.store.list()[0]
    assert run.error == "ZeroDivisionError: division by zero"
    assert bench.text(f".alo/runs/{run.id}/train_artifacts/models/train/m") == "1"
    [warning] = [each.message for each in bench.events if type(each).__name__ == "Warned"]
    assert warning.startswith("what train_pipeline had made is not in the history: ")


def test_a_pinned_run_outlives_all_others_until_it_is_let_go(bench):
    text = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(1_000_000)"
    bench.write({"input": text}, control={"backup_size": 3})
    first = bench.run(run_id="20260101T000000Z-000000")
    assert pin(bench.project, "20260101T000000").id == first.id
    for second in range(1, 5):
        bench.run(run_id=f"20260101T00000{second}Z-000000")
    assert [each[14] for each in kept(bench)] == ["0", "4"]
    unpin(bench.project, first.id)
    bench.run(run_id="20260101T000005Z-000000")
    assert [each[14] for each in kept(bench)] == ["4", "5"]
    with pytest.raises(RunNotFoundError, match="there is no run 'nothing'"):
        pin(bench.project, "nothing")


def test_no_secret_of_a_plan_gets_into_records_history_or_logs(bench):
    bench.write({"input": "x = asset.load_args()"}, args={"input": {"url": "https://me:CANARY1@host/x"}})
    plan = (bench.root / "plan.yaml").read_text().replace('"name": "demo"', '"name": "demo", "password": "CANARY2"')
    (bench.root / "plan.yaml").write_text(plan)
    run = bench.run()
    assert run.step("input").args == {"url": "https://***@host/x"}
    for folder in ("history", ".alo/runs", "train_artifacts"):
        for path in (bench.root / folder).rglob("*"):
            assert not path.is_file() or b"CANARY" not in path.read_bytes(), path


# -- the model of an earlier run --------------------------------------------------------------------------------------

READS = """\
from pathlib import Path
Path(asset.get_output_path(), 'o.csv').write_text(Path(asset.get_model_path(), 'm').read_text())
asset.save_summary('OK', 0.5)"""


@pytest.fixture
def trained(bench):
    """Two train runs, whose models hold the numbers 1 and 2, and an inference that copies what the model holds."""
    runs = []
    for number in (1, 2):
        bench.write({"train": WRITES.replace("'1'", f"'{number}'")}, {"inference": READS})
        runs.append(bench.run(run_id=f"20260101T00000{number}Z-00000{number}"))
    return bench, runs


@pytest.mark.parametrize("name", ["20260101T000001Z-000001", "20260101T000001", "000001"])
def test_an_inference_can_use_the_model_of_any_earlier_train_run(trained, name):
    bench, (first, second) = trained
    assert bench.run("inference").train_id == second.id
    assert bench.text("inference_artifacts/output/o.csv") == "2"
    assert bench.run("inference", train_id=name).train_id == first.id
    assert bench.text("inference_artifacts/output/o.csv") == "1"
    assert bench.text("train_artifacts/models/train/m") == "2"


def test_a_train_run_that_is_not_there_is_told_with_the_nearest(trained):
    bench, (first, _) = trained
    with pytest.raises(RunNotFoundError, match=f"did you mean '{first.id}'"):
        bench.run("inference", train_id=first.id[:-1] + "9")
    with pytest.raises(RunNotFoundError, match="2 train runs match '20260101'"):
        bench.run("inference", train_id="20260101")
    with pytest.raises(MagicUsageError, match="a train_id says which model an inference uses, and the mode is all"):
        bench.run("all", train_id=first.id)
    assert len(bench.store.list()) == 2


def test_a_train_run_that_failed_is_told_to_have_left_no_model(trained):
    bench, _ = trained
    bench.write({"train": "1 / 0"}, {"inference": READS})
    with pytest.raises(ZeroDivisionError):
        bench.run("train", run_id="20260101T000009Z-00000f")
    with pytest.raises(RunNotFoundError) as caught:
        bench.run("inference", train_id="00000f")
    assert caught.value.what == "train run 20260101T000009Z-00000f failed and left no model"


# -- what went in -----------------------------------------------------------------------------------------------------


def ids(bench, **options):
    return bench.run(**options).ids["train_pipeline"]


def test_each_id_changes_with_what_it_names_and_with_nothing_else(bench):
    for name in ("a", "b"):
        (bench.root / name).mkdir()
        (bench.root / name / "d.csv").write_text("1")
    external = {"load_train_data_path": ["./a/", "./b/"]}

    def run(text="x = 1", args=None, **options):
        bench.write({"input": text}, args={"input": args or {}}, external=external)
        return ids(bench, **options)

    first = run()
    assert run("x = 1  # a comment") == first
    assert {len(value) for value in (first.data_id, first.code_id, first.param_id)} == {12}
    (bench.root / "a" / "d.csv").write_text("2")  # ALO 2.6 looks at the last source only
    second = run()
    assert (second.data_id != first.data_id, second.code_id, second.param_id) == (True, first.code_id, first.param_id)
    third = run("x = 2")
    assert (third.data_id, third.code_id != first.code_id, third.param_id) == (second.data_id, True, first.param_id)
    fourth = run("x = 2", {"n": 3})
    assert (fourth.data_id, fourth.code_id, fourth.param_id != first.param_id) == (second.data_id, third.code_id, True)
    assert run("x = 2", {"n": 3}, overrides={"input.n": 4}).param_id != fourth.param_id


def test_a_pipeline_without_data_has_alos_id_of_nothing(bench):
    bench.write({"input": "x = 1"})
    assert ids(bench).data_id == "000000000000"


# -- what a review has found ------------------------------------------------------------------------------------------


def test_runs_at_the_same_time_that_evict_do_not_break_each_other(bench):
    bench.write(
        {"train": f"{WRITES}\nwith open(asset.get_output_path() + 'b.csv', 'wb') as f: f.truncate(1_500_000)"},
        control={"backup_size": 2},
    )
    started = [bench.start() for _ in range(5)]
    ended = [(each.communicate()[1], each.returncode) for each in started]
    assert [code for _, code in ended] == [0] * 5, ended
    [kept_one] = kept(bench)
    mark = json.loads(bench.text("train_artifacts/log/experimental_history.json"))
    assert kept_one == mark["id"] or kept_one == max(each.id for each in bench.store.list())


def test_a_run_that_fails_while_it_saves_is_no_good_run_and_evicts_none(bench):
    big = "with open(asset.get_output_path() + 'b.csv', 'wb') as f: f.truncate(1_500_000)"
    bench.write(
        {"train": f"{WRITES}\n{big}"}, control={"backup_size": 2}, external={"save_train_artifacts_path": "out/"}
    )
    good = bench.run()
    (bench.root / "out").rename(bench.root / "aside")
    body = f"{WRITES}\n{big}\nfrom pathlib import Path\nPath(asset.load_args()['root'], 'out').write_text('in the way')"
    bench.write(
        {"train": body},
        args={"train": {"root": str(bench.root)}},
        control={"backup_size": 2},
        external={"save_train_artifacts_path": "out/"},
    )
    with pytest.raises(SourceError, match="results cannot be saved"):
        bench.run()
    failed = bench.store.list()[0]
    assert (failed.status, failed.complete) == ("failed", ())
    assert good.id in kept(bench)
    assert failed.id not in kept(bench)


def test_a_place_that_cannot_be_written_is_told_before_a_step_runs(bench):
    (bench.root / "blocked").write_text("a file")
    bench.write({"train": WRITES}, {"inference": READS}, external={"save_inference_artifacts_path": "blocked/x/"})
    with pytest.raises(SourceError, match="blocked is a file"):
        bench.run("all")
    assert bench.store.list()[0].steps == ()


def test_the_record_of_a_failed_run_names_the_places_where_its_results_are(bench):
    bench.write({"train": WRITES}, {"inference": "1 / 0"})
    with pytest.raises(ZeroDivisionError):
        bench.run("all")
    run = bench.store.list()[0]
    assert run.outputs == (f"history/train/{run.id}/models/train/m",)
    assert (bench.root / run.outputs[0]).is_file()
