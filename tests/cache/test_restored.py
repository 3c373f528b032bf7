"""A step that is taken over leaves everything behind that it would leave if it ran."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from alo_nb.errors import InterfaceError
from alo_nb.runner import Caching, Selection

FIRST = """\
import os
import numpy as np
print('said by first')
print('to stderr', file=__import__('sys').stderr)
asset.save_info('a line', show=True)
asset.save_warning('a warning')
with open(asset.get_extra_output_path() + 'first.txt', 'w') as file:
    file.write('extra')
os.makedirs(asset.get_extra_output_path() + 'deep/empty', exist_ok=True)
with open(asset.get_report_path() + 'report.html', 'w') as file:
    file.write('<p>')
config = asset.load_config()
config['threshold'] = 0.5
asset.save_data({'x': np.arange(6).reshape(2, 3), 'word': '한글'})
asset.save_config(config)
__import__('sys').ran.append('first')  # saves
"""
TRAIN = """\
total = int(asset.load_data()['x'].sum())
with open(asset.get_model_path() + 'm.txt', 'w') as file:
    file.write(str(total))
with open(asset.get_output_path() + 'output.csv', 'w') as file:
    file.write('a,b')
new = {'total': total}
asset.save_summary('OK', 0.9, 'note', {'OK': 0.9, 'NG': 0.1})
"""
TAKE = "new = {'row': 1}"
INFERENCE = """\
with open(asset.get_model_path() + 'm.txt') as file:
    new = {'guess': file.read()}
with open(asset.get_output_path() + 'output.csv', 'w') as file:
    file.write(new['guess'])
asset.save_summary('OK', 0.5)
"""
ALL = ["first", "train", "take", "inference"]


@pytest.fixture
def whole(bench):
    bench.write({"first": FIRST, "train": TRAIN}, {"take": TAKE, "inference": INFERENCE})
    return bench


def test_a_run_of_which_all_is_kept_leaves_what_a_run_leaves(whole, tmp_path):
    assert whole.ran("all") == ALL
    first, digests, results = whole.last, whole.digests(), whole.results()
    for folder in ("train_artifacts", "inference_artifacts", "input"):
        shutil.rmtree(whole.root / folder, ignore_errors=True)
    assert whole.ran("all") == []
    assert whole.digests() == digests
    assert whole.results() == results
    assert (whole.root / "train_artifacts/extra_output/first/deep/empty").is_dir()
    assert whole.last.outputs == first.outputs
    drop = {"date", "id", "run_id"}
    for name, summary in first.summaries.items():
        again = whole.last.summaries[name]
        assert {k: v for k, v in again.items() if k not in drop} == {k: v for k, v in summary.items() if k not in drop}
    configs = [[(each.name, each.digest) for each in step.config] for step in whole.last.steps]
    assert configs == [[(each.name, each.digest) for each in step.config] for step in first.steps]


def test_what_was_logged_and_shown_comes_again(whole):
    whole.ran()
    kinds = ("StepLogged", "StepFinished")
    before = [each for each in whole.events if type(each).__name__ in kinds]
    whole.ran()
    after = [each for each in whole.events if type(each).__name__ in kinds]
    assert [type(each).__name__ for each in after] == [type(each).__name__ for each in before]
    logged = [
        [(e.record.level, e.record.message, e.record.show) for e in found if hasattr(e.record, "level")]
        for found in (before, after)
    ]
    assert logged[0] == logged[1] == [("info", "a line", True), ("warning", "a warning", False)]
    shown = next(each.shown for each in after if type(each).__name__ == "StepFinished")
    assert [each for each in shown if "stream" in each] == [
        {"stream": "stdout", "text": "said by first\n"},
        {"stream": "stderr", "text": "to stderr\n"},
    ]
    log = whole.text(f".alo/runs/{whole.last.id}/train_pipeline.log")
    assert "a line" in log


def test_the_files_that_are_restored_are_the_runs_own(whole):
    """A later step may change them, and what is kept stays as it is."""
    whole.ran("all")
    for _ in range(2):
        (whole.root / "train_artifacts/output/output.csv").write_text("spoilt")
        (whole.root / "train_artifacts/models/train/m.txt").write_text("spoilt")
        assert whole.ran() == []
        assert whole.text("train_artifacts/output/output.csv") == "a,b"
        assert whole.text("train_artifacts/models/train/m.txt") == "15"


def test_a_program_among_the_files_can_still_be_run(bench):
    write = "path = Path(asset.get_model_path(), 'run.sh')\npath.write_text('true')\npath.chmod(0o755)"
    bench.write({"first": f"from pathlib import Path\n{write}"})
    for expected in (["first"], []):
        assert bench.ran() == expected
        assert os.access(bench.root / "train_artifacts/models/first/run.sh", os.X_OK)


def test_a_file_whose_name_holds_a_secret_is_no_part_of_what_is_kept(bench):
    write = "from pathlib import Path\nPath(asset.load_args()['password'] + '.txt').write_text('x')"
    bench.write({"first": write}, args={"first": {"password": "hunter,CANARY"}})
    for _ in range(2):
        assert bench.ran() == ["first"]
    assert bench.causes("first") == [("unknown", "not cached: there is a secret in a file's name")]
    kept = [each for each in (bench.root / ".alo").rglob("*") if each.is_file()]
    assert [each for each in kept if b"CANARY" in each.read_bytes()] == []


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(first="train", last="train"), ["train"]),
        (Selection(only=("first",)), ["first"]),
        (Selection(excluded=("train",)), ["first"]),
        (Selection(last="first"), ["first"]),
        (Selection(first="first"), ["first", "train"]),
    ],
)
def test_a_part_of_a_run_takes_over_what_it_may(whole, selection, expected):
    whole.ran()
    results, digests = whole.results(), whole.digests()
    assert whole.ran(selection=selection) == []
    assert [each.step for each in whole.last.steps] == expected
    assert whole.results() == results
    assert whole.ran(selection=selection, caching=Caching.of(force=True)) == expected
    assert whole.results() == results
    assert whole.ran() == []
    assert whole.digests() == digests


def test_both_interface_modes_share_what_is_kept(whole):
    assert whole.ran("all", interface_mode="memory") == ALL
    digests = whole.digests()
    assert whole.ran("all", interface_mode="file") == []
    assert whole.digests() == digests
    whole.write({"first": FIRST, "train": TRAIN + "new['more'] = 1"}, {"take": TAKE, "inference": INFERENCE})
    assert whole.ran("all", interface_mode="file") == ["train"]
    assert whole.ran("all", interface_mode="memory") == []


def test_inference_alone_takes_over_what_it_made_of_the_same_model(whole):
    whole.ran("all")
    assert whole.ran("inference") == []
    assert whole.ran("inference", train_id=whole.last.train_id) == []


def test_without_the_cache_everything_runs_and_gives_the_same(whole):
    whole.ran("all")
    digests, results = whole.digests(), whole.results()
    assert whole.ran("all", caching=Caching.of(cache=False)) == ALL
    assert (whole.digests(), whole.results()) == (digests, results)


def test_runs_at_the_same_time_do_not_disturb_each_other(whole):
    whole.ran()
    digests = whole.digests()
    shutil.rmtree(whole.root / ".alo/cache")
    script = (
        "import sys; sys.ran = []\n"
        "from pathlib import Path\nfrom alo_nb.plan import read_plan\nfrom alo_nb.project import Project\n"
        "from alo_nb.runner import Caching, RunRequest, run_plan\nfrom alo_nb.steps.sources import Sources\n"
        "plan, project = read_plan('plan.yaml'), Project(Path.cwd())\n"
        "for number in range(5):\n"
        "    force = ('first',) if number == 3 else ()\n"
        "    run = run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, mode='train',\n"
        "        interface_mode='file', caching=Caching(force=force)))\n"
        "    print(run.id)\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", script], **pipes) for _ in range(4)]
    said = [each.communicate(timeout=120) for each in processes]
    assert [each.returncode for each in processes] == [0] * 4, [error[-1500:] for _, error in said]
    runs = [line for out, _ in said for line in out.splitlines() if line[:2] == "20"]
    assert len(set(runs)) == 20
    for each in runs:
        assert whole.digests(whole.store.get(each)) == digests
    assert whole.ran() == []


def test_a_cache_that_cannot_be_written_to_does_not_keep_a_run_from_ending_well(whole, monkeypatch):
    """As root may write everywhere, the disk says no here: a file stands where the folder would."""
    folder = whole.root / ".alo/cache/steps"
    folder.parent.mkdir(parents=True)
    folder.write_text("")
    assert whole.ran() == ["first", "train"]
    assert whole.last.status == "success"
    assert any("kept" in each for each in whole.warnings), whole.warnings
    assert whole.ran() == ["first", "train"]


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_a_cache_that_is_deleted_in_the_middle_of_a_run(whole, mode):
    """A step of another run, or a user, deletes it while steps hand on their values."""
    deletes = "import shutil\nshutil.rmtree('.alo/cache')\nnew = {'total': 15}"
    whole.write({"first": FIRST, "train": deletes, "last": "new = {'x': int(asset.load_data()['total'])}"})
    if mode == "memory":
        assert whole.ran(interface_mode=mode) == ["first", "train", "last"]
        return
    with pytest.raises(InterfaceError, match="the output of step 'first' is gone"):
        whole.ran(interface_mode=mode)


def test_a_cache_that_was_deleted_between_runs_is_made_anew(whole):
    whole.ran("all")
    digests = whole.digests()
    shutil.rmtree(whole.root / ".alo/cache")
    assert whole.ran("all") == ALL
    assert whole.digests() == digests
    assert whole.ran("all") == []
    assert whole.values()


def test_a_summary_names_where_results_are_saved_now(whole):
    """ALO writes the plan's `save_train_artifacts_path` into it, so it is an input of the step that saves it."""
    for place, expected in (("one", ["first", "train"]), ("two", ["train"]), ("two", [])):
        steps = {"train": {"first": FIRST, "train": TRAIN}, "inference": {}}
        whole.steps = {}
        whole.write(**steps, external={"save_train_artifacts_path": f"{place}/"})
        assert whole.ran() == expected
        assert f"file_path: {place}/" in whole.text("train_artifacts/score/train_summary.yaml")


def test_a_step_that_writes_over_its_own_report_runs_once_after_each_change(bench):
    """In a part of a run the old report is there, in a whole one it is not: the step does not look at it."""
    code = "with open(asset.get_report_path() + 'r.txt', 'w') as file:\n    file.write(str(asset.load_args()['top']))"
    bench.write({"first": "new = {'a': 1}", "report": code}, args={"report": {"top": 3}})
    assert bench.ran() == ["first", "report"]
    for top in (4, 5):
        given = {"overrides": {"report.top": top}}
        assert bench.ran(selection=Selection(only=("report",)), **given) == ["report"]
        assert bench.ran(**given) == []
        assert (bench.root / "train_artifacts" / "report" / "r.txt").read_text() == str(top)
