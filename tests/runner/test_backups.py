from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.project import Project
from alo_nb.runner import results

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
    for mode, failed, size, second in backups:
        folder = project.history / mode / f"20260101T{second:06}Z-000000{'-error' if failed else ''}"
        folder.mkdir(parents=True)
        with (folder / "f").open("wb") as file:
            file.truncate(size * MEGABYTE)
        existing = {each: results.folder_size(each) for each in project.history.glob("*/*")}
        warnings = results.evict_backups(project, limit_mb=limit, keep=folder)
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


def test_a_history_that_cannot_be_kept_small_is_warned_of(bench):
    text = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(3_000_000)"
    bench.write({"input": text}, control={"backup_size": 2})
    first, second = (bench.run(run_id=f"20260101T00000{number}Z-000000") for number in (1, 2))
    assert [each.name for each in (bench.root / "history" / "train").iterdir()] == [second.id]
    warned = [each.message for each in bench.events if type(each).__name__ == "Warned"]
    assert warned == ["the history takes 3.0 MB, more than backup_size 2 MB: last good runs are kept"]
    assert first.id != second.id


def test_old_backups_go_when_the_limit_is_reached(bench):
    text = "with open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(1_000_000)"
    bench.write({"input": text}, control={"backup_size": 3})
    for second in range(5):
        bench.run(run_id=f"20260101T00000{second}Z-000000")
        assert results.folder_size(bench.project.history) <= 3 * MEGABYTE
    assert sorted(each.name[14] for each in (bench.root / "history" / "train").iterdir()) == ["3", "4"]


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
        "extra_output/input/e",
        "log/pipeline.log",
        "log/experimental_history.json",
    }
    assert list((bench.project.own / "staging").iterdir()) == []
