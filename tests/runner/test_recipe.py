from __future__ import annotations

import json
import re

import pytest

from alo_nb.errors import InterfaceError, MagicUsageError, SourceError, StepOutputError, UnknownStepError
from alo_nb.handover import MemoryInterface
from alo_nb.runner import Selection

END = "asset.save_data({})\nasset.save_config({})"
INPUT = "new = {'x': [asset.check_args('rows', default=1, chng_type='int')]}"
TRAIN = """\
x = asset.load_data()['x']
open_model = asset.get_model_path() + 'model.txt'
with open(open_model, 'w') as file:
    file.write(str(x))
new = {'y': [*x, 2]}
asset.save_info('한글 trained', show=True)
"""
INFERENCE = """\
with open(asset.get_model_path() + 'model.txt') as file:
    new = {'model': file.read()}
with open(asset.get_output_path() + 'output.csv', 'w') as file:
    file.write('a')
asset.save_summary('OK', 0.5)
"""


@pytest.fixture
def titanic(bench):
    """A plan of two pipelines that works."""
    bench.write({"input": INPUT, "train": TRAIN}, {"input": INPUT, "inference": INFERENCE})
    return bench


def shape(events):
    names = {
        "StepFinished": lambda e: e.record.step,
        "StepStarted": lambda e: e.step,
        "StepLogged": lambda e: e.record.message,
    }
    return [(type(e).__name__, names.get(type(e).__name__, lambda e: getattr(e, "pipeline", ""))(e)) for e in events]


def test_the_recipe_is_told_in_order(titanic):
    run = titanic.run("all")
    assert shape(titanic.events) == [
        ("RunStarted", ""),
        ("StepStarted", "input"),
        ("StepFinished", "input"),
        ("StepStarted", "train"),
        ("StepLogged", "한글 trained"),
        ("StepFinished", "train"),
        ("PipelineFinished", "train_pipeline"),
        ("StepStarted", "input"),
        ("StepFinished", "input"),
        ("StepStarted", "inference"),
        ("StepFinished", "inference"),
        ("PipelineFinished", "inference_pipeline"),
        ("RunFinished", ""),
    ]
    assert titanic.events[0].steps == (
        ("train_pipeline", "input"), ("train_pipeline", "train"),
        ("inference_pipeline", "input"), ("inference_pipeline", "inference"),
    )  # fmt: skip
    assert titanic.events[-1].run == run == titanic.store.get(run.id)


def test_the_record_says_what_was_run(titanic):
    run = titanic.run("all", trigger="terminal")
    assert (run.status, run.mode, run.trigger, run.plan, run.interface_mode) == (
        "success",
        "all",
        "terminal",
        "demo",
        "file",
    )
    assert run.plan_path == str(titanic.root / "plan.yaml")
    assert run.outputs == (
        "train_artifacts/models/train/model.txt",
        "inference_artifacts/output/output.csv",
    )
    assert run.summaries["inference_pipeline"]["result"] == "OK"
    assert run.train_id == run.id
    step = run.step("train", "train")
    assert (step.status, step.cell, step.resources) == ("success", "steps.ipynb, cell 2", {})
    assert [(each.name, each.summary) for each in step.data] == [("x", "list 1"), ("y", "list 2")]
    assert step.fingerprint.startswith("b3:")
    assert titanic.text(f".alo/runs/{run.id}/plan.yaml") == titanic.text("plan.yaml")


def test_results_lie_where_alo_users_look(titanic):
    run = titanic.run("all")
    assert titanic.text("train_artifacts/models/train/model.txt") == "[1]"
    assert titanic.text("inference_artifacts/output/output.csv") == "a"
    assert (titanic.root / "inference_artifacts/score/inference_summary.yaml").is_file()
    for mode in ("train", "inference"):
        mark = json.loads(titanic.text(f"{mode}_artifacts/log/experimental_history.json"))
        assert (mark["id"], mark["start_time"]) == (run.id, run.started)
        backup = titanic.root / "history" / mode / run.id
        assert (backup / "experimental_plan.yaml").read_text() == titanic.text("plan.yaml")
        assert (backup / "log" / "pipeline.log").is_file()
    assert not any(path.is_symlink() for path in titanic.root.rglob("*") if ".alo" not in path.parts)


def test_both_interface_modes_give_equal_digests(bench):
    bench.write(
        {
            "input": "import pandas as pd, numpy as np\n"
            "new = {'df': pd.DataFrame({'a': [1.5, None]}), 'v': np.arange(6)[::2]}",
            "mutate": "d = asset.load_data()\nd['df'].loc[0, 'a'] = 9\nd['v'][0] = 9\n"
            "c = asset.load_config()\nc['n'] = c['meta']['step']"
            "\nasset.save_data(asset.load_data())\nasset.save_config(c)  # saves",
            "train": "d = asset.load_data()\n"
            "new = {'sum': float(d['df']['a'].sum()), 'meta': dict(asset.load_config()['meta'], artifacts=0)}",
        }
    )
    memory, file = bench.run(interface_mode="memory"), bench.run(interface_mode="file")
    assert memory.digests() == file.digests()
    assert len(memory.digests()) == 2 + 2 + 1 + 4 + 1
    assert memory.step("input").digests()["data.df"] == file.step("train").digests()["data.df"]


def test_overrides_go_before_the_plan_and_the_plan_before_the_cell(bench):
    bench.cells = [f"%%alo_asset step=input a=cell b=cell c=cell\nasset.load_args()\n{END}"]
    _plan_only(bench, {"input": ""}, args={"input": {"b": "plan", "c": "plan"}})
    run = bench.run(overrides={"input.c": [1, {"d": 2}], "input.e": None})
    assert run.step("input").args == {"a": "cell", "b": "plan", "c": [1, {"d": 2}], "e": None}


def _plan_only(bench, steps, **options):
    cells, bench.steps = list(bench.cells), {}
    bench.write(steps, **options)
    content = json.loads(bench.text("steps.ipynb"))
    content["cells"] = content["cells"][: len(cells)]
    (bench.root / "steps.ipynb").write_text(json.dumps(content))


def test_a_step_cannot_change_the_arguments_of_the_next_run(bench):
    bench.write(
        {"input": "asset.load_args()['cols'].append('x')\nasset.check_args('cols').append('y')"},
        args={"input": {"cols": ["a"]}},
    )
    for _ in range(2):
        assert bench.run().step("input").args == {"cols": ["a"]}


@pytest.mark.parametrize(
    ("overrides", "kind", "message"),
    [
        ({"rows": 1}, MagicUsageError, "'rows' names no argument"),
        ({"input.": 1}, MagicUsageError, "'input.' names no argument"),
        ({"train.rows": 1}, UnknownStepError, "step 'train' has no argument 'rows'"),
        ({"input.rowss": 1}, UnknownStepError, r"step 'input' has no argument 'rowss'; did you mean 'rows'\?"),
        (
            {"inptu.rows": 1},
            UnknownStepError,
            r"'inptu.rows': there is no step 'inptu' in this run; did you mean 'input'\?",
        ),
    ],
)
def test_an_override_that_fits_nothing_is_refused_before_anything_runs(titanic, overrides, kind, message):
    with pytest.raises(kind, match=message):
        titanic.run(overrides=overrides)
    assert titanic.store.list() == []


# -- selection -------------------------------------------------------------------------------------------------------


@pytest.fixture
def letters(bench):
    """Steps a, b, c, d that each note their own run."""
    text = "new = {'%s': asset.check_args('v', default='0')}\nopen(asset.get_extra_output_path() + 'f', 'w').close()"
    bench.write({name: text % name for name in "abcd"})
    return bench


@pytest.mark.parametrize(
    ("selection", "steps"),
    [
        (Selection(), "abcd"),
        (Selection("b"), "bcd"),
        (Selection(last="b"), "ab"),
        (Selection("b", "c"), "bc"),
        (Selection(only=("d", "b")), "bd"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_selection_runs_its_steps_on_the_latest_outputs(letters, selection, steps):
    letters.run(overrides={f"{name}.v": "old" for name in "abcd"})
    run = letters.run(selection=selection, overrides={f"{name}.v": "new" for name in steps})
    assert "".join(each.step for each in run.steps) == steps
    last = run.steps[-1]
    assert [each.name for each in last.data] == list("abcd")[: "abcd".index(last.step) + 1]


def test_a_selection_carries_on_with_the_values_of_the_run_before(letters):
    letters.run(overrides={"a.v": "old"})
    run = letters.run(selection=Selection("b"), overrides={"b.v": "new"})
    summaries = {each.name: each.summary for each in run.step("d").data}
    assert summaries == {"a": "'old'", "b": "'new'", "c": "'0'", "d": "'0'"}


@pytest.mark.parametrize(
    ("selection", "kind", "message"),
    [
        (Selection("e"), UnknownStepError, "there is no step 'e' to run; known: a, b, c, d"),
        (Selection(last="aa"), UnknownStepError, r"there is no step 'aa' to run; did you mean 'a'\?"),
        (Selection("c", "b"), MagicUsageError, "--from c comes after --to b in train_pipeline"),
        (Selection(excluded=("a", "b", "c", "d")), MagicUsageError, "no step is left to run"),
        (Selection("a", only=("b",)), MagicUsageError, "--only cannot be combined with --from, --to or --except"),
    ],
)
def test_a_selection_that_fits_nothing_is_refused(letters, selection, kind, message):
    with pytest.raises(kind, match=message):
        letters.run(selection=selection)
    assert letters.store.list() == []


@pytest.mark.parametrize(("mode", "kept"), [("file", "project"), ("memory", "process")])
def test_a_step_without_outputs_before_it_is_refused(letters, mode, kept):
    with pytest.raises(InterfaceError) as caught:
        letters.run(selection=Selection("b"), interface_mode=mode)
    assert caught.value.what.startswith(f"step 'b' needs the output of step 'a', which has not run in this {kept}")
    assert caught.value.do.startswith("run step 'a' first, or run from it: --from a")
    assert letters.store.list() == []


def test_outputs_in_memory_serve_the_next_run_of_that_session(letters):
    memory = MemoryInterface()
    letters.run(interface=memory, interface_mode="memory")
    assert letters.run(selection=Selection("c"), interface=memory, interface_mode="memory").status == "success"


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("trian", r"'trian' is not a mode; did you mean 'train'\?"),
        ("inference", "there is no inference pipeline to run"),
    ],
)
def test_a_mode_that_is_not_there_is_refused(letters, mode, message):
    with pytest.raises((MagicUsageError, UnknownStepError), match=message):
        letters.run(mode)


def test_a_partial_run_publishes_only_what_its_steps_wrote(bench):
    text = "with open(asset.get_model_path() + 'm', 'w') as f: f.write(asset.check_args('v', default='old'))"
    text += "\nwith open(asset.get_extra_output_path() + 'e', 'w') as f: f.write(asset.check_args('v', default='old'))"
    bench.write({"one": text, "two": text, "three": text})
    bench.run()
    before = bench.published()
    run = bench.run(selection=Selection(only=("two",)), overrides={"two.v": "new"})
    after = bench.published()
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed == {
        "train_artifacts/models/two/m",
        "train_artifacts/extra_output/two/e",
        "train_artifacts/log/experimental_history.json",
    }
    assert run.outputs == ("train_artifacts/models/two/m", "train_artifacts/extra_output/two/e")
    assert bench.text("train_artifacts/models/two/m") == "new"
    assert len(list((bench.root / "history" / "train").iterdir())) == 1


# -- notebook variables ----------------------------------------------------------------------------------------------


def test_a_notebook_variable_is_passed_as_a_recorded_copy(bench):
    bench.cells = [
        "%%alo_asset step=input use=limits\nlimits.append(9)\nnew = {'n': limits}\n"
        + "asset.save_data(new)\nasset.save_config({})"
    ]
    _plan_only(bench, {"input": ""})
    limits = [1, 2]
    first, second = (bench.run(variables={"limits": limits}) for _ in range(2))
    assert limits == [1, 2]
    assert first.digests() == second.digests()
    assert first.step("input").used == second.step("input").used
    assert first.step("input").used["limits"].startswith("b3:")


def test_a_notebook_variable_that_does_not_exist_is_refused(bench):
    bench.cells = ["%%alo_asset step=input use=limits\nlimits"]
    _plan_only(bench, {"input": ""})
    with pytest.raises(
        UnknownStepError, match="step 'input' uses the notebook variable 'limits', which does not exist here"
    ):
        bench.run()


def test_a_notebook_variable_that_cannot_be_passed_is_named(bench):
    bench.cells = ["%%alo_asset step=input use=limits\nlimits"]
    _plan_only(bench, {"input": ""})
    with pytest.raises(InterfaceError, match="key 'limits': a value of type generator"):
        bench.run(variables={"limits": (x for x in "a")})
    assert bench.store.list()[0].status == "failed"


# -- external data ---------------------------------------------------------------------------------------------------


def data(bench, name="data", text="1"):
    folder = bench.root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.csv").write_text(text)


READ = "new = {'a': open(asset.get_input_path() + 'data/a.csv').read()}"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_data_is_loaded_anew_for_every_run(bench):
    data(bench)
    bench.write({"input": READ}, external={"load_train_data_path": "./data/"})
    bench.run()
    assert ("DataLoaded", "train_pipeline") in shape(bench.events)
    data(bench, text="2")
    assert bench.run().step("input").data[0].summary == "'2'"
    assert bench.text("input/train/data/a.csv") == "2"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_data_is_loaded_once_when_the_plan_says_so(bench):
    data(bench)
    bench.write({"input": READ}, external={"load_train_data_path": "./data/"}, control={"get_external_data": "once"})
    bench.run()
    data(bench, text="2")
    assert bench.run().step("input").data[0].summary == "'1'"
    assert "DataLoaded" not in [name for name, _ in shape(bench.events)]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_data_of_the_pipelines_is_kept_apart(bench):
    data(bench, "one/data", "1")
    data(bench, "two/data", "2")
    external = {"load_train_data_path": "./one/data", "load_inference_data_path": ["./two/data"]}
    bench.write(
        {"input": READ, "train": TRAIN.replace("['x']", "['a']")},
        {"input": READ, "inference": INFERENCE},
        external=external,
    )
    bench.run("all")
    assert (bench.text("input/train/data/a.csv"), bench.text("input/inference/data/a.csv")) == ("1", "2")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_data_that_is_refused_changes_nothing(bench, tmp_path):
    data(bench)
    bench.write({"input": READ}, external={"load_train_data_path": "./data/"})
    bench.run()
    before = bench.published()
    for path in ("./missing/", "./plan.yaml", "./input/train/data/"):
        bench.write({"input": READ}, external={"load_train_data_path": path})
        with pytest.raises(SourceError) as caught:
            bench.run()
        assert re.match(r"plan\.yaml, line \d+|.*/plan\.yaml, line \d+", caught.value.where)
        assert bench.published() == before


# -- train and inference ---------------------------------------------------------------------------------------------


def test_an_inference_run_records_the_run_that_made_its_model(titanic):
    train = titanic.run("train")
    other = titanic.start(mode="inference")
    _, problems = other.communicate()
    assert other.returncode == 0, problems
    assert titanic.store.list()[0].train_id == train.id
    later = titanic.run(selection=Selection(only=("train",)))
    assert titanic.run("inference").train_id == later.id


def test_inference_without_a_model_is_refused(titanic):
    with pytest.raises(SourceError, match="step 'inference' needs the model of step 'train', and train has left none"):
        titanic.run("inference")


@pytest.mark.parametrize(
    ("files", "good"),
    [
        (["output.csv"], True),
        (["a.png"], True),
        (["a.SVG", "b.CSV"], True),
        (["a.jpeg", ".DS_Store"], True),
        (["a.jpg", "sub/b.txt"], True),
        ([], False),
        (["a.txt"], False),
        (["a.csv", "b.csv"], False),
        (["a.jpg", "b.png"], False),
        (["a.csv", "b.png", "c.png"], False),
        (["a.csv", "b.txt"], False),
        (["csv"], False),
    ],
)
def test_the_inference_output_is_one_csv_one_image_or_one_of_each(bench, files, good):
    text = "from pathlib import Path\nfolder = Path(asset.get_output_path())\n"
    text += "".join(f"(folder / {f!r}).parent.mkdir(exist_ok=True); (folder / {f!r}).write_text('x')\n" for f in files)
    bench.write(inference={"inference": text + "asset.save_summary('OK', 1)"})
    if good:
        assert bench.run("inference").status == "success"
        return
    with pytest.raises(StepOutputError) as caught:
        bench.run("inference")
    assert caught.value.what.startswith("the inference output must be one .csv, one image, or one of each; found: ")
    assert caught.value.what.endswith(", ".join(files) or "nothing")
    assert not (bench.root / "inference_artifacts").exists()


def test_inference_needs_a_summary(bench):
    bench.write(inference={"inference": "x = 1"})
    with pytest.raises(StepOutputError, match="the inference pipeline saved no summary"):
        bench.run("inference")


def test_a_partial_inference_run_may_lack_its_results(titanic):
    titanic.run("train")
    assert titanic.run("inference", Selection(last="input")).status == "success"


def test_an_inference_reads_the_model_that_a_train_run_has_saved_elsewhere(titanic):
    titanic.write(
        {"input": INPUT, "train": TRAIN},
        {"input": INPUT, "inference": INFERENCE},
        external={"save_train_artifacts_path": "./out/"},
    )
    titanic.run("train")
    assert (titanic.root / "out" / "train_artifacts.tar.gz").is_file()
    published = titanic.published()
    titanic.write(
        {"input": INPUT, "train": TRAIN},
        {"input": INPUT, "inference": INFERENCE},
        external={"load_model_path": "./out/"},
    )
    assert titanic.run("inference").train_id == "load-external-model"
    assert {name: titanic.published()[name] for name in published} == published


def test_a_missing_external_model_stops_the_inference_before_a_step_runs(titanic):
    titanic.write(
        {"input": INPUT, "train": TRAIN},
        {"input": INPUT, "inference": INFERENCE},
        external={"load_model_path": "./models/"},
    )
    with pytest.raises(SourceError, match=r"the model folder '\./models/' does not exist"):
        titanic.run("inference")
    assert titanic.store.list()[0].steps == ()


# -- control ---------------------------------------------------------------------------------------------------------


def test_resources_are_measured_when_the_plan_says_so(bench):
    bench.write({"input": "sum(range(10**6))"}, control={"check_resource": True})
    assert bench.run().step("input").resources.keys() == {"cpu_seconds", "memory_mb", "peak_mb"}


def test_the_peak_is_that_of_the_step_and_not_of_what_came_before(bench):
    """In a process of its own: one that has had much before may take, and keep, its memory from there."""
    big = "import time\nblock = b'x' * 80_000_000\ntime.sleep(0.1)\ndel block"
    bench.write({"big": big, "small": "x = 1"}, control={"check_resource": True})
    said, wrong = bench.start().communicate(timeout=60)
    assert said.strip(), wrong
    big, small = (each.resources for each in bench.store.get(said.strip()).steps)
    assert big["peak_mb"] - big["memory_mb"] > 70
    assert small["peak_mb"] < big["peak_mb"] - 70


def test_no_backups_and_no_logs_in_them_when_the_plan_says_so(bench):
    bench.write({"input": INPUT}, control={"backup_artifacts": False})
    bench.run()
    assert not (bench.root / "history").exists()
    bench.write({"input": INPUT}, control={"backup_log": False})
    run = bench.run()
    kept = {each.name for each in (bench.root / "history" / "train" / run.id).iterdir()}
    assert kept == {"experimental_plan.yaml", "backup_source"}
    assert (bench.root / "train_artifacts" / "log" / "pipeline.log").is_file()


LINE = re.compile(
    r"\[(SHOW\|)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\|(ALO|USER)\|(INFO|WARNING|ERROR)\|([^|]+)\|([^|]+)\] (.*)"
)


def told(text):
    """Return service, level, where, name and text of each line, without the times."""
    lines = [LINE.fullmatch(line) for line in text.splitlines() if line.startswith("[")]
    return [(*each.groups()[1:5], re.sub(r"\d+\.\d{3} s", "# s", each[6])) for each in lines]


def test_the_logs_tell_the_run_line_by_line(titanic):
    run = titanic.run()
    folder = titanic.root / ".alo" / "runs" / run.id
    process = told((folder / "process.log").read_text())
    pipeline = told((folder / "train_pipeline.log").read_text())
    assert [(where, name, text) for _, _, where, name, text in process] == [
        ("run", "-", f"run {run.id} started: plan 'demo', mode train, file mode"),
        ("train_pipeline", "input", "ASSET START from steps.ipynb, cell 1, config keys [], data keys [], args {}"),
        ("train_pipeline", "input", "ASSET FINISH success after # s"),
        ("train_pipeline", "train", "ASSET START from steps.ipynb, cell 2, config keys [], data keys ['x'], args {}"),
        ("train_pipeline", "train", "ASSET FINISH success after # s"),
        ("train_pipeline", "-", "complete, 1 files"),
        ("run", "-", f"run {run.id} success after # s"),
    ]
    assert [each for each in pipeline if each[0] == "ALO"] == [each for each in process if each[2] != "run"]
    [said] = [each for each in pipeline if each[0] == "USER"]
    assert said[1:] == ("INFO", "steps.ipynb, cell 2(7)", "<module>()", "한글 trained")


def test_artifacts_carry_both_logs_with_the_table_of_times(titanic):
    run = titanic.run()
    text = titanic.text("train_artifacts/log/pipeline.log")
    assert text == titanic.text(f".alo/runs/{run.id}/train_pipeline.log")
    assert titanic.text(f".alo/runs/{run.id}/process.log").startswith(titanic.text("train_artifacts/log/process.log"))
    _, _, table = text.partition("< SUMMARY SHOW - ALO >\n")
    ours, _, users = table.partition("< SUMMARY SHOW - USER >\n")
    increments = [re.fullmatch(r"- time increment: \d+\.\d{3}s --- (.*)", line)[1] for line in ours.splitlines()]
    assert increments == [
        *("train_pipeline setup", "train_pipeline load", "train_pipeline run"),
        *("step input success", "step train success"),
    ]
    assert [LINE.fullmatch(line.partition("--- ")[2])[6] for line in users.splitlines()] == ["한글 trained"]


def test_no_text_of_a_step_passes_for_a_line_of_ours_and_no_secret_gets_into_a_log(bench):
    fake = "x\\n[2026-01-01 00:00:00,000|ALO|INFO|run|-] all good"
    bench.write({"input": f"asset.save_info('{fake}')\nasset.save_info('at https://u:S3CRET@host/x')"})
    run = bench.run()
    text = bench.text(f".alo/runs/{run.id}/train_pipeline.log")
    assert "all good" in text
    assert not [line for line in text.splitlines() if line.startswith("[2026-01-01")]
    assert "S3CRET" not in text


def test_names_that_are_no_utf8_are_recorded(bench):
    bench.write(
        {
            "input": "import os\nopen(os.fsencode(asset.get_output_path()) + b'\\xff.csv', 'w').close()\n"
            "asset.save_info('\\udcff')"
        }
    )
    run = bench.run()
    assert run.outputs == ("train_artifacts/output/\udcff.csv",)
    assert bench.store.get(run.id) == run


def test_each_finished_step_gives_its_names(titanic):
    seen = {}
    titanic.run(on_module=lambda step, module: seen.setdefault(step, module))
    assert list(seen) == ["input", "train"]
    assert seen["train"].x == [1]


def test_an_argument_of_the_magic_line_that_the_plan_overrides_is_told(bench):
    bench.write({"input": "x = 1"}, args={"input": {"n": 1}})
    cells = json.loads((bench.root / "steps.ipynb").read_text())
    cells["cells"][0]["source"] = cells["cells"][0]["source"].replace("step=input", "step=input n=2 other=3", 1)
    (bench.root / "steps.ipynb").write_text(json.dumps(cells))
    bench.run()
    warned = [each.message for each in bench.events if type(each).__name__ == "Warned"]
    assert warned == ["step 'input': n=2 on its magic line is not used: the plan says 1"]
    bench.run(overrides={"input.n": 2})
    assert not [each for each in bench.events if type(each).__name__ == "Warned"]
