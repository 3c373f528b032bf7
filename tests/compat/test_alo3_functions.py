"""Functions written for ALO 3 run as they are: what `pipeline` holds, what is handed on, which rules hold."""

from __future__ import annotations

import csv
import inspect
import json
import pickle
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.compat.alo3_summary import clipped
from alo_nb.errors import (
    AloNbError,
    InterfaceError,
    SourceError,
    StepArgumentError,
    StepDefinitionError,
    StepOutputError,
    UnknownStepError,
)
from alo_nb.headless.cli import main
from alo_nb.plan import read_plan
from alo_nb.plan.yaml_text import read_mapping
from alo_nb.project import Project
from alo_nb.runner import RunRequest, Selection, run_plan
from alo_nb.runner.events import StepLogged
from alo_nb.steps.parameters import binding_of, parameters_in, parameters_of
from alo_nb.steps.sources import Sources
from alo_nb.store import Run, RunStore
from alo_nb.views.html import run_html
from alo_nb.views.text import run_text

DONE = "    return {'summary': {'result': 'ok', 'score': 1, 'note': '', 'probability': {}}}\n"
MODEL = "    pipeline['model']['m'] = 1\n"


class Solution:
    """Writes a plan of ALO 3 with its modules, runs it, and looks at what is there."""

    def __init__(self, root: Path) -> None:
        self.root, self.project, self.log = root, Project(root), []

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def plan(
        self,
        train: Sequence[str] = (),
        inference: Sequence[str] = (),
        *,
        module: str = "sol",
        args: Mapping[str, Mapping[str, object]] = {},
        defs: Mapping[str, str] = {},
        stages: Mapping[str, Mapping[str, object]] = {},
        **more: object,
    ) -> None:
        names = dict.fromkeys([*train, *inference])
        functions = {
            name: {"def": defs.get(name, f"{module}.{name}"), **({"argument": args[name]} if name in args else {})}
            for name in names
        }
        solution = {"function": functions, **more}
        for stage, pipeline in (("train", train), ("inference", inference)):
            if pipeline:
                solution[stage] = {"pipeline": list(pipeline), **stages.get(stage, {})}
        self.write("plan.yaml", json.dumps({"name": "demo", "version": "1", "solution": solution}, indent=1))

    def run(self, mode: str = "train", **options: object) -> Run:
        plan = read_plan(self.root / "plan.yaml")
        self.log = []
        request = RunRequest(
            plan=plan,
            project=self.project,
            find=Sources(plan, self.project, fetch=True).step,
            mode=mode,
            listeners=(self._listen,),
            **options,
        )
        return run_plan(request)

    def _listen(self, event: object) -> None:
        if isinstance(event, StepLogged):
            self.log.append((event.record.level, event.record.message))

    def train(self, text: str, **options: object) -> Run:
        """Run one function, called train, that leaves a model."""
        self.write("sol.py", text)
        self.plan(["train"], **options)
        return self.run()

    def has_no_runs(self) -> bool:
        return not self.project.runs.is_dir() or not any(self.project.runs.iterdir())


@pytest.fixture
def solution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Solution:
    """A project whose folder is not the current one."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    root = tmp_path / "project"
    root.mkdir()
    return Solution(root)


# -- a whole solution ------------------------------------------------------------------------------------------------

FLOWERS = """
import csv
import os
from statistics import mean

SIZES = ["small", "large"]


def read(pipeline: dict, encoding="utf-8"):
    logger = pipeline["logger"]
    rows = []
    for name in sorted(os.listdir(pipeline["dataset"]["workspace"])):
        if name.endswith(".csv"):
            with open(os.path.join(pipeline["dataset"]["workspace"], name), encoding=encoding) as file:
                rows += list(csv.DictReader(file))
    logger.debug("%d rows", len(rows))
    return {"rows": rows}


def train(pipeline: dict, x_column=None, y_column="size"):
    rows = pipeline["read"]["result"]["rows"]
    centres = {size: mean(float(row[x_column]) for row in rows if row[y_column] == size) for size in SIZES}
    pipeline["model"]["centres"] = centres
    with open(pipeline["model"] + "/columns.txt", "w") as file:
        file.write(x_column)
    return {"summary": {"result": f"{len(rows)} flowers", "score": 0.5, "note": "centres", "probability": {}}}


def inference(context, pipeline, label="predicted"):
    centres = context["model"]["centres"]
    with open(os.path.join(pipeline["model"]["workspace"], "columns.txt")) as file:
        column = file.read()
    rows = pipeline["read"]["result"]["rows"]
    for row in rows:
        row[label] = min(centres, key=lambda size: abs(centres[size] - float(row[column])))
    with open(f"{pipeline['artifact']['workspace']}/result.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, [column, label])
        writer.writeheader()
        writer.writerows(rows)
    large = sum(row[label] == "large" for row in rows) / len(rows)
    share = {"small": 1 - large, "large": large}
    return {"extraOutput": "", "summary": {"result": "done", "score": large, "note": "", "probability": share}}
"""
FLOWER_PLAN = """\
name: flowers
version: 1.0.0
control:
  backup: {type: count, value: 5}
solution:
  function:
    read:
      def: flowers.read
    train:
      def: flowers.train
      argument:
        x_column: length
    inference:
      def: flowers.inference
  train:
    dataset_uri: [train_dataset/]
    artifact_uri: train_artifact/
    pipeline: [read, train]
  inference:
    dataset_uri: inference_dataset/
    artifact_uri: inference_artifact/
    pipeline: [read, inference]
"""


@pytest.fixture
def flowers(solution: Solution) -> Solution:
    solution.write("flowers.py", FLOWERS)
    solution.write("plan.yaml", FLOWER_PLAN)
    solution.write("train_dataset/a.csv", "length,size\n1,small\n2,small\n9,large\n")
    solution.write("train_dataset/b.csv", "length,size\n11,large\n")
    solution.write("inference_dataset/new.csv", "length\n0.5\n8\n3\n12\n")
    return solution


def check_flowers(root: Path) -> None:
    with (root / "inference_artifacts" / "output" / "result.csv").open() as file:
        assert [row["predicted"] for row in csv.DictReader(file)] == ["small", "large", "small", "large"]
    models = root / "train_artifacts" / "models"
    assert pickle.loads((models / "centres.pkl").read_bytes()) == {"small": 1.5, "large": 10.0}
    assert (models / "columns.txt").read_text() == "length"
    summary = read_mapping(root / "inference_artifacts" / "score" / "inference_summary.yaml")
    assert (summary["score"], summary["probability"]) == (0.5, {"small": 0.5, "large": 0.5})
    with tarfile.open(root / "train_artifact" / "model.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["centres.pkl", "columns.txt"]
    with zipfile.ZipFile(root / "inference_artifact" / "inference_artifacts.zip") as archive:
        assert {"output/result.csv", "score/inference_summary.yaml"} <= set(archive.namelist())


def test_a_solution_of_alo_3_trains_and_infers(flowers):
    run = flowers.run("all")
    check_flowers(flowers.root)
    assert [(each.step, [out.name for out in each.data]) for each in run.steps] == [
        ("read", ["read/rows"]),
        ("train", ["read/rows", "train/summary"]),
        ("read", ["read/rows"]),
        ("inference", ["read/rows", "inference/extraOutput", "inference/summary"]),
    ]
    assert run.summaries["train_pipeline"]["result"] == "4 flowers"
    assert sorted(each.name for each in (flowers.root / "input" / "train").iterdir()) == ["a.csv", "b.csv"]


def test_inference_uses_the_model_of_an_earlier_train_run(flowers):
    train = flowers.run("train")
    assert flowers.run("inference").train_id == train.id


@pytest.mark.slow
def test_it_runs_in_a_kernel_of_its_own_too(flowers, capfd):
    assert main(["run", str(flowers.root / "plan.yaml"), "--project", str(flowers.root)]) == 0, capfd.readouterr().err
    check_flowers(flowers.root)


def test_check_finds_nothing_wrong_with_it(flowers, capsys):
    assert main(["check", str(flowers.root / "plan.yaml"), "--project", str(flowers.root)]) == 0
    assert "no errors" in capsys.readouterr().out


# -- pipeline and context --------------------------------------------------------------------------------------------


def test_a_step_finds_the_results_and_arguments_of_the_steps_before_it(solution):
    solution.write(
        "sol.py",
        "def first(pipeline):\n"
        "    assert pipeline['__pipeline_names__'] == []\n"
        "    assert pipeline['first']['argument'] == {'size': [3]}\n"
        "    return {'numbers': [1, 2], 5: 'five'}\n"
        "def second(pipeline): pass\n"
        "def train(pipeline):\n"
        "    assert pipeline['first']['argument'] == {'size': [3]} and pipeline['second']['argument'] == {}\n"
        "    assert pipeline['first']['result'] == {'numbers': [1, 2], 5: 'five'}\n"
        "    assert pipeline['second']['result'] == {}\n"
        "    assert pipeline['__pipeline_names__'] == ['first', 'second'] and pipeline['name'] == 'train'\n" + MODEL,
    )
    solution.plan(["first", "second", "train"], args={"first": {"size": [3]}})
    solution.run()


def test_what_a_step_changes_in_the_results_of_others_stays_its_own(solution):
    solution.write(
        "sol.py",
        "def first(pipeline): return {'numbers': [1]}\n"
        "def second(pipeline):\n"
        "    pipeline['first']['result']['numbers'].append(2)\n"
        "    pipeline['mine'] = 1\n"
        "def train(pipeline):\n"
        "    assert pipeline['first']['result'] == {'numbers': [1]} and 'mine' not in pipeline\n" + MODEL,
    )
    solution.plan(["first", "second", "train"])
    solution.run()


def test_external_passes_values_and_files_on(solution):
    solution.write(
        "sol.py",
        "def first(context, pipeline):\n"
        "    context['external']['limits'] = [1, 2]\n"
        "    open(pipeline['external']['workspace'] + '/notes.txt', 'w').close()\n"
        "def train(context, pipeline):\n"
        "    import os\n"
        "    assert pipeline['external']['limits'] == [1, 2] and context['external'] is pipeline['external']\n"
        "    assert os.listdir(str(context['external'])) == ['notes.txt']\n" + MODEL,
    )
    solution.plan(["first", "train"])
    run = solution.run()
    assert [each.name for each in run.steps[0].config] == ["limits"]


def test_the_context_says_which_run_it_is(solution):
    run = solution.train(
        "def train(context, pipeline):\n"
        "    assert context['name'] == 'demo' and context['stage'] == 'train' and context['train'] is pipeline\n"
        "    context['logger'].info(context['id'])\n" + MODEL
    )
    assert solution.log == [("info", run.id)]


def test_folders_are_texts_without_a_slash_and_add_up(solution):
    solution.train(
        "def train(pipeline):\n"
        "    output, model = pipeline['artifact']['workspace'], pipeline['model']\n"
        "    assert output.endswith('/output') and output[:-6] == pipeline['workspace'] + '/'\n"
        "    import os\n"
        "    assert os.path.join(model, 'x') == model + '/x'\n"
        "    assert model + '/x' == model['workspace'] + '/x' == f'{model}/x' and 'x' + model == 'x' + str(model)\n"
        "    open(output[:-6] + 'eval.csv', 'w').close()\n" + MODEL
    )
    assert (solution.root / "train_artifacts" / "eval.csv").is_file()


def test_extra_output_lies_in_its_own_folder(solution):
    solution.train(
        "def train(pipeline):\n    open(pipeline['extra_output']['workspace'] + '/report.txt', 'w').close()\n" + MODEL
    )
    assert (solution.root / "train_artifacts" / "extra_output" / "report.txt").is_file()


def test_data_files_are_found_by_their_path(solution):
    solution.write("data/a.csv", "1")
    solution.write("data/deep/b.csv", "2")
    solution.write("data/.hidden", "3")
    text = (
        "from pathlib import Path\n"
        "def train(pipeline):\n"
        "    data = pipeline['dataset']\n"
        "    assert sorted(data) == ['a.csv', 'deep/b.csv', 'workspace']\n"
        "    assert Path(data['deep/b.csv']).read_text() == '2'\n"
        "    assert data['a.csv'] == data['workspace'] + '/a.csv'\n" + MODEL
    )
    solution.train(text, stages={"train": {"dataset_uri": "data"}})
    with pytest.raises(SourceError, match=r"no data file 'a\.cvs'; did you mean 'a\.csv'"):
        solution.train(
            "def train(pipeline): pipeline['dataset']['a.cvs']\n", stages={"train": {"dataset_uri": ["data/"]}}
        )


def test_archives_in_the_data_are_unpacked_beside_them(solution):
    with zipfile.ZipFile(solution.write("data/deep/images.zip", ""), "w") as archive:
        archive.writestr("red/1.txt", "one")
    text = (
        "from pathlib import Path\n"
        "def first(pipeline):\n"
        "    path = Path(pipeline['dataset']['workspace'] + '/deep/red/1.txt')\n"
        "    assert path.read_text() == 'one'\n"
        "    path.write_text('changed')\n"
        "def train(pipeline):\n"
        "    assert Path(pipeline['dataset']['deep/red/1.txt']).read_text() == 'changed'\n" + MODEL
    )
    solution.write("sol.py", text)
    solution.plan(["first", "train"], stages={"train": {"dataset_uri": "data"}})
    solution.run()


def test_a_damaged_archive_in_the_data_is_an_error_that_names_it(solution):
    solution.write("data/images.zip", "no zip")
    with pytest.raises(SourceError, match=r"images\.zip cannot be unpacked"):
        solution.train("def train(pipeline):\n" + MODEL, stages={"train": {"dataset_uri": "data"}})


def test_functions_open_their_own_files_from_the_project_folder(solution):
    solution.write("settings.json", '{"a": 1}')
    here = Path.cwd()
    text = "from pathlib import Path\nSETTINGS = Path('settings.json').read_text()\ndef train(pipeline):\n" + MODEL
    solution.train(text)
    assert Path.cwd() == here


def test_lines_of_the_logger_are_lines_of_the_log(solution):
    solution.train(
        "import logging\n"
        "def train(pipeline):\n"
        "    log = pipeline['logger']\n"
        "    log.debug('%s rows', 3)\n"
        "    log.warning('careful')\n"
        "    log.error('bad')\n"
        "    log.info('shape', (2, 3))\n"
        "    try: 1 / 0\n"
        "    except ZeroDivisionError: log.exception('oh')\n"
        "    logging.getLogger('alo').info('by name')\n" + MODEL
    )
    levels, texts = zip(*solution.log, strict=True)
    assert levels == ("info", "warning", "error", "info", "error", "info")
    assert texts[:3] == ("3 rows", "careful", "bad")
    assert "shape" in texts[3]
    assert "ZeroDivisionError" in texts[4]
    log = (solution.root / "train_artifacts" / "log" / "pipeline.log").read_text()
    assert "USER|WARNING|sol.py(5)|train()] careful" in log


def test_a_step_may_be_called_like_a_key_of_pipeline(solution):
    solution.write(
        "sol.py",
        "def model(context, pipeline):\n"
        "    assert pipeline['model']['argument'] == {'a': 1}\n"
        "    context['model']['m'] = 1\n",
    )
    solution.plan(["model"], args={"model": {"a": 1}})
    solution.run()


# -- models ----------------------------------------------------------------------------------------------------------


def test_a_model_is_the_same_for_in_get_and_brackets_whoever_made_it(solution):
    solution.write(
        "sol.py",
        "class Kind:\n    pass\n"
        "def train(pipeline):\n"
        "    pipeline['model']['best'] = Kind()\n"
        "def inference(pipeline):\n"
        "    model = pipeline['model']\n"
        "    assert 'best' in model and 'other' not in model and model.get('other', 3) == 3\n"
        "    assert isinstance(model.get('best'), Kind) and model['best'] is model['best']\n",
    )
    solution.plan(["train"], ["inference"])
    solution.run("train")
    solution.run("inference")


def test_a_model_that_is_not_there_is_an_error_with_the_nearest_name(solution):
    with pytest.raises(SourceError, match=r"no model 'forrest'; did you mean 'forest'"):
        solution.train("def train(pipeline):\n    pipeline['model']['forest'] = 1\n    pipeline['model']['forrest']\n")


def test_a_model_that_cannot_be_pickled_leaves_no_file(solution):
    with pytest.raises(StepOutputError, match=r"'m' cannot be saved.*ALO-MDL-003"):
        solution.train("def train(pipeline):\n    pipeline['model']['m'] = (n for n in 'ab')\n")
    assert not list(solution.root.rglob("m.pkl"))


def test_a_damaged_model_is_an_error_that_names_it(solution):
    text = (
        "from pathlib import Path\n"
        "def train(pipeline):\n"
        "    Path(pipeline['model'] + '/m.pkl').write_text('no pickle')\n"
        "    pipeline['model']['m']\n"
    )
    with pytest.raises(SourceError, match=r"'m' cannot be loaded.*ALO-MDL-002"):
        solution.train(text)


@pytest.mark.parametrize(("statement", "code"), [("['workspace'] = 'x'", "ALO-CTX-002"), ("[3] = 'x'", "ALO-CTX-001")])
def test_the_keys_of_folders_have_rules(solution, statement, code):
    with pytest.raises(StepArgumentError, match=code):
        solution.train(f"def train(pipeline):\n    pipeline['artifact']{statement}\n")


def test_train_must_leave_a_model_and_what_was_there_stays(solution):
    solution.train("def train(pipeline):\n" + MODEL)
    with pytest.raises(StepOutputError, match=r"no model.*ALO-MDL-004"):
        solution.train("def train(pipeline): pass\n")
    assert (solution.root / "train_artifacts" / "models" / "m.pkl").is_file()


def test_a_step_that_runs_alone_and_fails_changes_no_model_in_place(solution):
    text = (
        "from pathlib import Path\ndef first(pipeline): pass\n"
        "def train(pipeline):\n    Path(pipeline['model'] + '/raw.txt').write_text('{}')\n    {}\n" + MODEL
    )
    solution.write("sol.py", text.format("old", "pass"))
    solution.plan(["first", "train"])
    solution.run(interface_mode="file")
    raw = solution.root / "train_artifacts" / "models" / "raw.txt"
    solution.write("sol.py", text.format("new", "1 / 0"))
    with pytest.raises(ZeroDivisionError):
        solution.run(interface_mode="file", selection=Selection(first="train"))
    assert raw.read_text() == "old"
    solution.write("sol.py", text.format("new", "pass"))
    solution.run(interface_mode="file", selection=Selection(first="train"))
    assert raw.read_text() == "new"


# -- what is handed on -----------------------------------------------------------------------------------------------


def test_a_later_run_goes_on_from_the_results_of_an_earlier_one(solution):
    solution.write(
        "sol.py",
        "class Kind: pass\n"
        "def first(pipeline):\n"
        "    pipeline['external']['n'] = 4\n"
        "    return {'kind': Kind()}\n"
        "def train(pipeline):\n"
        "    assert isinstance(pipeline['first']['result']['kind'], Kind) and pipeline['external']['n'] == 4\n" + MODEL,
    )
    solution.plan(["first", "train"])
    solution.run(interface_mode="file")
    assert [each.step for each in solution.run(interface_mode="file", selection=Selection(first="train")).steps] == [
        "train"
    ]


def test_a_result_that_cannot_be_handed_on_is_an_error_but_for_the_last_step(solution):
    text = "def first(pipeline): return {'file': (n for n in 'ab')}\n"
    solution.write("sol.py", text + "def train(pipeline):\n" + MODEL)
    solution.plan(["first", "train"])
    with pytest.raises(InterfaceError, match="first/file"):
        solution.run()
    solution.train("def train(pipeline):\n" + MODEL + "    return {'file': (n for n in 'ab')}\n")
    assert solution.log[0][0] == "warning"
    assert "train/file" in solution.log[0][1]


def test_only_a_dict_is_handed_on(solution):
    run = solution.train("def train(pipeline):\n" + MODEL + "    return [1]\n")
    assert run.steps[0].data == ()
    assert solution.log == [("warning", "the function returned a list; only a dict is handed on")]


# -- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "seen"),
    [
        ("pipeline", "{}"),
        ("pipeline, a=1", "{'a': a}"),
        ("context, pipeline, a=1", "{'a': a} if context['stage'] == 'train' else 0"),
        ("pipeline, a=1, *, b=2", "{'a': a}"),
        ("pipeline, *, a", "{'a': a}"),
        ("pipeline, **more", "more"),
        ("pipeline, /, a=1", "{'a': a}"),
    ],
)
def test_arguments_go_to_the_parameters_that_have_a_default(solution, head, seen):
    expected = "{'a': [7]}" if "a" in head.replace("pipeline", "") or "**" in head else "{}"
    check = f"    assert {seen} == {expected} and pipeline['train']['argument'] == {{'a': [7]}}\n"
    solution.train(f"def train({head}):\n{check}{MODEL}", args={"train": {"a": [7]}})


def test_a_decorated_function_is_called_by_the_signature_it_shows(solution):
    text = (
        "import functools\n"
        "def twice(f):\n"
        "    @functools.wraps(f)\n"
        "    def inner(*args, **kwargs): return f(*args, **kwargs)\n"
        "    return inner\n"
        "@twice\n"
        "def train(pipeline, a=1):\n"
        "    assert a == 7\n" + MODEL
    )
    solution.train(text, args={"train": {"a": 7}})
    with pytest.raises(StepArgumentError, match=r"no argument 'aa'; did you mean 'a'"):
        solution.train(text, args={"train": {"aa": 7}})


def test_arguments_of_the_schema_and_of_this_run_are_given_too(solution):
    solution.write(
        "sol.py",
        "def train(pipeline, a=1, b=2):\n"
        "    assert (a, b) == (5, 9) and pipeline['train']['argument'] == {'a': 5, 'b': 9}\n" + MODEL,
    )
    solution.plan(["train"], function={"train": {"def": "sol.train", "schema": {"a": {"default": 5, "range": [1, 9]}}}})
    solution.run(overrides={"train.b": 9})
    with pytest.raises(UnknownStepError, match="no argument 'bb'"):
        solution.run(overrides={"train.bb": 9})


def test_an_argument_changed_by_a_function_changes_no_other_step(solution):
    solution.write(
        "sol.py",
        "def first(pipeline, a=None): a.append(1); pipeline['first']['argument']['a'].append(2)\n"
        "def train(pipeline):\n    assert pipeline['first']['argument'] == {'a': [0]}\n" + MODEL,
    )
    solution.plan(["first", "train"], args={"first": {"a": [0]}})
    solution.run()


def test_values_from_the_environment_reach_the_function_and_no_record(solution, monkeypatch):
    monkeypatch.setenv("SOLUTION_TOKEN", "s3cr3t-value")
    solution.write("sol.py", "def train(pipeline, key=None):\n    assert len(key) == 12\n" + MODEL)
    solution.plan(["train"], args={"train": {"key": "PLACE"}})
    plan = (solution.root / "plan.yaml").read_text().replace('"PLACE"', '!Env "${SOLUTION_TOKEN}"')
    solution.write("plan.yaml", plan)
    run = solution.run(interface_mode="file")
    assert run.steps[0].args == {"key": "${SOLUTION_TOKEN}"}
    kept = [each for each in solution.root.rglob("*") if each.is_file() and not each.is_symlink()]
    assert not [str(each) for each in kept if b"s3cr3t-value" in each.read_bytes()]


# -- wrong plans are refused before anything runs --------------------------------------------------------------------


def refused(solution: Solution, text: str, error: type[AloNbError], match: str, **options: object) -> AloNbError:
    with pytest.raises(error, match=match) as caught:
        solution.train(text, **options)
    assert solution.has_no_runs()
    return caught.value


def test_a_function_that_is_not_there_is_an_error_with_the_nearest_name(solution):
    error = refused(
        solution, "def trian(pipeline): pass\n", SourceError, r"sol\.py has no function 'train'; did you mean 'trian'"
    )
    assert error.where is not None
    assert "plan.yaml, line" in error.where


def test_a_module_that_is_not_there_is_an_error_with_the_nearest_name(solution):
    refused(solution, "", SourceError, "no module 'soul' beside the plan; did you mean 'sol'", module="soul")


def test_a_module_with_the_name_of_one_of_pythons_is_refused(solution):
    solution.write("json.py", "def train(pipeline): pass\n")
    refused(solution, "", SourceError, "'json' has the name of one of Python's own", module="json")


@pytest.mark.parametrize(
    ("head", "args", "match"),
    [
        ("a, b, c", {}, r"'c' without a default.*ALO-USR-002"),
        ("pipeline, columns", {"columns": 1}, r"'columns' without a default"),
        ("pipeline, columns, n=1", {"columns": 1}, r"'columns' without a default"),
    ],
)
def test_a_parameter_that_alo_3_gives_nothing_for_is_refused(solution, head, args, match):
    refused(solution, f"def train({head}): pass\n", StepDefinitionError, match, args={"train": args})


def test_an_argument_that_the_function_does_not_take_is_an_error_with_the_nearest_name(solution):
    error = refused(
        solution,
        "def train(pipeline, n_estimators=5): pass\n",
        StepArgumentError,
        r"sol\.train takes no argument 'n_estimator'; did you mean 'n_estimators'",
        args={"train": {"n_estimator": 7}},
    )
    assert error.where is not None
    assert "plan.yaml, line" in error.where


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("async def train(pipeline): pass\n", "an async function"),
        ("class train: pass\n", "a class"),
        ("def train(pipeline) pass\n", "not valid Python"),
        ("return 1\ndef train(pipeline): pass\n", "not valid Python"),
    ],
)
def test_what_is_no_plain_function_is_refused_with_its_line(solution, text, match):
    error = refused(solution, text, StepDefinitionError, match)
    assert error.where is not None
    assert error.where.startswith("sol.py, line 1")


def test_check_shows_a_wrong_def_and_a_wrong_argument(solution, capsys):
    solution.write("sol.py", "def trian(pipeline): pass\ndef first(pipeline, size=1): pass\n")
    solution.plan(["first", "train"], args={"first": {"sise": 1}})
    assert main(["check", str(solution.root / "plan.yaml"), "--project", str(solution.root)]) == 1
    shown = capsys.readouterr().out
    assert "did you mean 'trian'" in shown
    assert "did you mean 'size'" in shown


def test_check_warns_of_a_plan_without_any_code_beside_it(solution, capsys):
    solution.plan(["train"])
    assert main(["check", str(solution.root / "plan.yaml"), "--project", str(solution.root)]) == 0
    assert "warning" in capsys.readouterr().out


# -- errors of the user's own ----------------------------------------------------------------------------------------


def test_an_exception_shows_the_line_of_the_users_file(solution):
    solution.write("helper.py", "def divide(a, b):\n    return a / b\n")
    with pytest.raises(ZeroDivisionError) as caught:
        solution.train("from helper import divide\ndef train(pipeline):\n    x = 1\n    divide(x, 0)\n")
    note = caught.value.__notes__[0]
    assert "step 'train', sol.py, line 4: divide(x, 0)" in note


def test_an_exception_while_the_module_is_imported_shows_its_line(solution):
    with pytest.raises(ZeroDivisionError) as caught:
        solution.train("X = 1 / 0\ndef train(pipeline): pass\n")
    assert "sol.py, line 1: X = 1 / 0" in caught.value.__notes__[0]


# -- modules ---------------------------------------------------------------------------------------------------------

COUNTS = "import helper\nSEEN = []\n"


def test_functions_of_one_module_share_its_state_for_one_run_only(solution):
    solution.write("helper.py", "SEEN = []\n")
    solution.write(
        "sol.py",
        COUNTS + "def first(pipeline): SEEN.append(1); helper.SEEN.append(1)\n"
        "def train(pipeline):\n    assert SEEN == helper.SEEN == [1], (SEEN, helper.SEEN)\n" + MODEL,
    )
    solution.plan(["first", "train"])
    solution.run()
    solution.run()


def test_edited_code_counts_at_the_next_run(solution):
    solution.write("helper.py", "VALUE = 1\n")
    solution.train("import helper\ndef train(pipeline):\n    pipeline['model']['m'] = (1, helper.VALUE)\n")
    solution.write("helper.py", "VALUE = 2000\n")
    solution.train("import helper\ndef train(pipeline):\n    pipeline['model']['m'] = (2, helper.VALUE)\n")
    models = solution.root / "train_artifacts" / "models"
    assert pickle.loads((models / "m.pkl").read_bytes()) == (2, 2000)


def test_the_notebooks_own_modules_are_neither_used_nor_lost(solution, monkeypatch):
    solution.write("helper.py", "VALUE = 1\n")
    files = {
        "sol": "sol.py",
        "helper": "helper.py",
        "lib": "venv/lib/python3.11/site-packages/lib.py",
        "own_os": "conda/lib/python3.11/own_os.py",
    }
    modules = {name: ModuleType(name) for name in files}
    for name, file in files.items():
        modules[name].__file__ = str(solution.root / file)
        monkeypatch.setitem(sys.modules, name, modules[name])
    monkeypatch.setattr(sys, "base_prefix", str(solution.root / "conda"))
    path = list(sys.path)
    solution.train(
        "import helper\nimport sys\ndef train(pipeline):\n"
        "    assert helper.VALUE == 1 and {'lib', 'own_os'} < set(sys.modules) and __name__ == 'sol'\n"
        "    sys.path.append('/nowhere')\n" + MODEL
    )
    assert {name: sys.modules[name] for name in files} == modules
    assert sys.path == path


def test_packages_beside_the_plan_can_be_imported_with_and_without_init(solution):
    solution.write("src/model/tool.py", "VALUE = 3\n")
    solution.write("steps/__init__.py", "BASE = 4\n")
    solution.write(
        "steps/fit.py",
        "from . import BASE\n"
        "def train(pipeline):\n"
        "    from src.model.tool import VALUE\n"
        "    assert (BASE, VALUE) == (4, 3)\n" + MODEL,
    )
    solution.plan(["train"], module="steps.fit")
    solution.run()
    assert not {"src", "src.model", "steps", "steps.fit"} & sys.modules.keys()


def test_a_function_may_come_from_an_installed_package(solution, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "installed_steps.py").write_text("def train(pipeline):\n" + MODEL)
    monkeypatch.syspath_prepend(tmp_path / "site")
    solution.plan(["train"], module="installed_steps")
    solution.run()
    assert "installed_steps" not in sys.modules


def test_a_file_in_another_encoding_is_read_as_python_reads_it(solution):
    text = "# -*- coding: euc-kr -*-\nNAME = '한글'\ndef train(pipeline):\n    assert len(NAME) == 2\n" + MODEL
    (solution.root / "sol.py").write_bytes(text.encode("euc-kr"))
    solution.plan(["train"])
    solution.run()


def test_the_fingerprint_is_of_the_module_and_says_which_function(solution):
    def fingerprints(text: str) -> list[str]:
        solution.write("sol.py", text)
        plan = read_plan(solution.root / "plan.yaml")
        return [Sources(plan, solution.project).step(step).fingerprint for step in plan.pipelines[0].steps]

    solution.plan(["first", "train"])
    text = "LIMIT = 1\ndef first(pipeline): pass\ndef train(pipeline): return LIMIT\n"
    first, train = fingerprints(text)
    assert first != train
    assert fingerprints(f"# a comment\n{text}") == [first, train]
    changed = fingerprints(text.replace("LIMIT = 1", "LIMIT = 2"))
    assert changed[0] != first
    assert changed[1] != train


# -- summary and output ----------------------------------------------------------------------------------------------


def infer(solution: Solution, body: str) -> dict[str, object]:
    """Run an inference of one function and return its summary."""
    solution.write("sol.py", f"def train(pipeline):\n{MODEL}def inference(pipeline):\n{body}")
    solution.plan(["train"], ["inference"])
    solution.run("all")
    return read_mapping(solution.root / "inference_artifacts" / "score" / "inference_summary.yaml")


@pytest.mark.parametrize(
    ("given", "kept", "warning"),
    [
        ({"result": "x" * 40}, {"result": "x" * 32}, "result has 40 characters; the first 32 are kept"),
        ({"result": 3}, {"result": "3"}, "result is int and no text"),
        ({"note": "n" * 130}, {"note": "n" * 128}, "note has 130 characters; the first 128 are kept"),
        ({"score": 2}, {"score": 0.0}, "score is 2"),
        ({"score": "high"}, {"score": 0.0}, "score is 'high'"),
        ({"probability": {"a": 0.3, "b": 0.3}}, {"probability": {"a": 0.7, "b": 0.3}}, "add up to 0.6"),
        ({"note": "only"}, {"result": None, "score": None, "note": "only", "probability": {}}, None),
        ({"probability": None, "note": None}, {"probability": {}, "note": ""}, None),
        ({"score": 0.456, "probability": {"a": 1 / 3, "b": 2 / 3}}, {"score": 0.46}, None),
    ],
)
def test_a_summary_is_clipped_as_alo_3_does_and_a_warning_says_so(solution, given, kept, warning):
    summary = infer(solution, f"    return {{'summary': {given!r}}}\n")
    assert {name: summary[name] for name in kept} == kept
    warnings = [text for level, text in solution.log if level == "warning"]
    assert len(warnings) == (warning is not None)
    assert warning is None or warning in warnings[0]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ("{'resutl': 'x'}", "'resutl', which it cannot have; did you mean 'result'"),
        ("'fine'", "must be a dict"),
        ("{'probability': {'a': 2, 'b': -1}}", "between 0 and 1"),
        ("{'probability': {'a': 0.1}}", "add up to 0.1"),
        ("{'probability': [1]}", "probability must be a dict"),
        ("{'probability': {'a': float('nan')}}", "must be a number"),
    ],
)
def test_a_summary_that_alo_3_refuses_is_an_error(solution, given, match):
    with pytest.raises(StepOutputError, match=match):
        infer(solution, f"    return {{'summary': {given}}}\n")


texts = st.one_of(st.none(), st.text(max_size=200), st.integers())
numbers = st.one_of(st.none(), st.floats(), st.integers(-3, 3), st.booleans(), st.text(max_size=3))
shares = st.one_of(st.none(), st.dictionaries(st.text(max_size=3), st.floats(-0.2, 1.2), max_size=4))


@given(st.fixed_dictionaries({}, optional={"result": texts, "note": texts, "score": numbers, "probability": shares}))
def test_whatever_is_returned_a_summary_that_is_kept_obeys_the_limits(returned):
    try:
        summary, _ = clipped(returned)
    except StepOutputError:
        return
    assert summary["result"] is None or len(summary["result"]) <= 32
    assert len(summary["note"]) <= 128
    assert summary["score"] is None or 0 <= summary["score"] <= 1
    assert not summary["probability"] or abs(sum(summary["probability"].values()) - 1) <= 0.011


def test_the_last_summary_of_a_pipeline_counts(solution):
    solution.write(
        "sol.py",
        "def first(pipeline): return {'summary': {'result': 'first'}}\n"
        "def second(pipeline): return {'summary': {'result': 'second'}}\n"
        "def train(pipeline):\n    assert pipeline['first']['result']['summary'] == {'result': 'first'}\n" + MODEL,
    )
    solution.plan(["first", "second", "train"])
    assert solution.run().summaries["train_pipeline"]["result"] == "second"
    assert solution.log == []


def test_an_inference_without_a_summary_gets_one_without_values_and_a_warning(solution, capsys):
    summary = infer(solution, "    pass\n")
    assert (summary["result"], summary["score"]) == (None, None)
    assert [level for level, _ in solution.log] == ["warning"]
    assert not (solution.root / "train_artifacts" / "score" / "train_summary.yaml").exists()
    assert main(["history", "--project", str(solution.root)]) == 0
    assert "None" not in capsys.readouterr().out
    assert main(["history", "--json", "--project", str(solution.root)]) == 0
    assert '"score": null' in capsys.readouterr().out
    run = next(iter(RunStore(solution.project)))
    assert "a summary without values" in run_text(run)
    assert "a summary without values" in run_html(run)


@pytest.mark.parametrize("names", [[], ["a.csv"], ["a.CSV", "b.csv"], ["a.png", "b.svg"], ["a.csv", ".DS_Store"]])
def test_an_output_that_alo_3_takes_is_taken(solution, names):
    lines = "".join(f"    open(pipeline['artifact'] + '/{name}', 'w').close()\n" for name in names)
    infer(solution, f"{lines}{DONE}")


@pytest.mark.parametrize("names", [["a.csv", "b.csv", "c.csv"], ["a.txt"], ["a.csv", "readme"]])
@pytest.mark.parametrize("mode", ["train", "inference"])
def test_an_output_that_alo_3_refuses_is_an_error(solution, names, mode):
    lines = "".join(f"    open(pipeline['artifact'] + '/{name}', 'w').close()\n" for name in names)
    text = {"train": "    pass\n", "inference": "    pass\n", mode: lines}
    solution.write(
        "sol.py",
        f"def train(pipeline):\n{MODEL}{text['train']}def inference(pipeline):\n{text['inference']}{DONE}",
    )
    solution.plan(["train"], ["inference"])
    with pytest.raises(StepOutputError, match="up to two files"):
        solution.run("all")
    assert not (solution.root / "inference_artifacts").exists()


# -- code from git ---------------------------------------------------------------------------------------------------


def git(*arguments: str, cwd: Path) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "file")
    folder = tmp_path / "steps.git"
    folder.mkdir()
    (folder / "sol.py").write_text("import helper\ndef first(pipeline): pass\ndef train(pipeline):\n" + MODEL)
    (folder / "helper.py").write_text("VALUE = 1\n")
    git("init", "-q", cwd=folder)
    git("add", ".", cwd=folder)
    git("commit", "-qm", "one", cwd=folder)
    return folder


def test_functions_in_a_repository_are_fetched_once_a_run(solution, repository, capsys):
    solution.plan(["first", "train"], git={"url": f"file://{repository}", "branch": "main"})
    check = ["check", str(solution.root / "plan.yaml"), "--project", str(solution.root)]
    assert main(check) == 0
    assert "no errors" in capsys.readouterr().out
    run = solution.run()
    commit = git("rev-parse", "HEAD", cwd=repository)[:12]
    assert {each.cell for each in run.steps} == {f".alo/sources/steps/sol.py ({commit})"}
    (repository / "sol.py").write_text("def first(pipeline): pass\ndef train(pipeline):\n    1 / 0\n")
    git("commit", "-qam", "two", cwd=repository)
    with pytest.raises(ZeroDivisionError):
        solution.run()
    assert main(check) == 0


def test_refresh_false_keeps_what_was_fetched(solution, repository):
    solution.plan(["train"], git={"url": f"file://{repository}", "branch": "main", "option": {"refresh": False}})
    solution.run()
    (repository / "sol.py").write_text("def train(pipeline):\n    1 / 0\n")
    git("commit", "-qam", "two", cwd=repository)
    solution.run()


def test_a_module_beside_the_plan_goes_before_the_repository(solution, repository):
    solution.write("sol.py", "def train(pipeline):\n    pipeline['model']['beside'] = 1\n")
    solution.plan(["train"], git={"url": f"file://{repository}", "branch": "main"})
    solution.run()
    assert (solution.root / "train_artifacts" / "models" / "beside.pkl").is_file()


# -- reading parameters ----------------------------------------------------------------------------------------------


@st.composite
def heads(draw):
    """Draw a list of parameters that Python accepts."""
    names = iter("abcdefgh")
    counts = [draw(st.integers(0, 2)) for _ in range(5)]
    plain = [next(names) for _ in range(counts[0])]
    defaults = [f"{next(names)}=0" for _ in range(counts[1])]
    slash = draw(st.integers(0, len(plain) + len(defaults)))
    parts = [*plain, *defaults]
    parts[slash:slash] = ["/"] if slash else []
    keywords = [f"{next(names)}{draw(st.sampled_from(['', '=0']))}" for _ in range(counts[2])]
    star = draw(st.sampled_from(["", "*args"])) or ("*" if keywords else "")
    more = draw(st.sampled_from(["", "**kwargs"]))
    return ", ".join(each for each in [*parts, star, *keywords, more] if each)


@given(heads())
def test_reading_a_function_tells_what_running_it_tells(head):
    import ast

    text = f"def f({head}): pass\n"
    scope: dict[str, object] = {}
    exec(text, scope)
    function = scope["f"]
    assert inspect.isfunction(function)
    assert parameters_in(binding_of("f", ast.parse(text))) == parameters_of(function)
