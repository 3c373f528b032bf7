from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

HEAVY = ("IPython", "jupyter_client", "nbclient", "nbformat", "pandas", "papermill", "yaml", "zmq")


def test_help_loads_nothing_but_argparse(new_process):
    code = (
        "import sys; before = set(sys.modules); from alo_nb.headless.cli import main; assert main(['--help']) == 0;"
        "print('|', *sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    loaded = set(new_process(code).rpartition("|")[2].split())
    assert not loaded & {*HEAVY, "dataclasses", "pathlib", "inspect", "json"}
    assert "alo_nb" in loaded


@pytest.mark.parametrize("words", ["run plan.yaml --in-process", "check plan.yaml", "history"])
def test_commands_without_a_kernel_load_no_notebook_machinery(project, new_process, words):
    code = (
        f"import sys; from alo_nb.headless.cli import main; assert main({words.split()}) == 0;"
        "print('|', *(name for name in ('papermill', 'nbformat', 'nbclient', 'IPython', 'jupyter_client') "
        "if name in sys.modules))"
    )
    assert new_process(code).rpartition("|")[2].split() == []


def test_python_m_alo_nb_is_the_same_command(project):
    words = [sys.executable, "-m", "alo_nb", "check", "plan.yaml", "--json"]
    assert json.loads(subprocess.run(words, capture_output=True, check=True).stdout)["ok"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rnu plan.yaml", "did you mean 'run'?"),
        ("run plan.yaml --modee train", "alo-nb run: unknown option '--modee'; did you mean '--mode'?"),
        ("run plan.yaml --mode tran", "did you mean 'train'?"),
        ("history --limt 3", "alo-nb history: unknown option '--limt'; did you mean '--limit'?"),
        ("run", "the following arguments are required: PLAN"),
        ("", "the following arguments are required: COMMAND"),
        ("run plan.yaml --set rows=3", "--set rows=3 sets nothing"),
        ("run plan.yaml --set input.rows=$n", "the command line has no notebook variables"),
        ("run plan.yaml --only train --from input", "--only cannot be combined"),
        ("run plan.yaml --timeout 0", "--timeout takes a number of seconds above 0"),
        ("run plan.yaml --in-process --timeout 3", "--timeout needs a kernel"),
    ],
)
def test_what_is_not_understood_exits_with_2_and_names_the_nearest(project, alo_nb, words, said):
    code, out, err = alo_nb(*words.split())
    assert (code, out) == (2, "")
    assert said in err
    assert not (project.root / ".alo").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run plna.yaml", "PlanReadError: there is no plan 'plna.yaml'"),
        ("run plna.yaml", "did you mean 'plan.yaml'?"),
        ("run plan.yaml --set trian.rows=3", "there is no step 'trian' in this run; did you mean 'train'?"),
        ("run plan.yaml --from inptu", "there is no step 'inptu' to run; did you mean 'input'?"),
        ("run plan.yaml --mode inference", "UnknownStepError: there is no inference pipeline to run"),
        ("run plan.yaml --project nowhere", "ProjectError: the project folder does not exist: nowhere"),
    ],
)
def test_what_is_not_there_exits_with_1_before_a_kernel_starts(project, alo_nb, words, said):
    code, out, err = alo_nb(*words.split())
    assert (code, out) == (1, "")
    assert said in err
    assert not (project.root / ".alo").exists()


def test_a_step_whose_cell_is_missing_is_told_before_a_kernel_starts(project, alo_nb):
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text().replace("step: train", "step: trian"))
    code, _, err = alo_nb("run", "plan.yaml")
    assert code == 1
    assert "steps.ipynb has no cell with step=trian; did you mean 'train'?" in err
    assert not (project.root / ".alo").exists()


# check ----------------------------------------------------------------------------------------------------------------


def checked(alo_nb, *words):
    code, out, _ = alo_nb("check", *words, "--json")
    return code, json.loads(out)


def test_check_of_a_good_plan(project, alo_nb):
    code, found = checked(alo_nb, "plan.yaml")
    assert code == 0
    assert list(found) == ["ok", "problems", "plan"]
    assert found["ok"] is True
    assert [each["step"] for each in found["plan"]["pipelines"]["train_pipeline"]] == ["input", "train", "last"]
    keys = ["severity", "code", "message", "key", "file", "line", "column"]
    assert all(list(each) == keys for each in found["problems"])
    assert not (project.root / ".alo").exists()


def test_check_of_a_wrong_value_names_its_line(project, alo_nb):
    plan = project.root / "plan.yaml"
    plan.write_text(plan.read_text() + "control:\n  - interface_mode: memry\n")
    code, found = checked(alo_nb, "plan.yaml")
    wrong = next(each for each in found["problems"] if each["severity"] == "error")
    assert (code, found["ok"]) == (1, False)
    assert wrong["file"] == "plan.yaml"
    assert plan.read_text().splitlines()[wrong["line"] - 1] == "  - interface_mode: memry"


def test_check_of_something_that_is_no_yaml_is_one_problem(project, alo_nb):
    (project.root / "plan.yaml").write_text("name: x\nuser_parameters: [unclosed\n")
    code, found = checked(alo_nb, "plan.yaml")
    assert (code, found["ok"], found["plan"]) == (1, False, None)
    [problem] = found["problems"]
    assert (problem["severity"], problem["code"], problem["file"]) == ("error", "YAML_SYNTAX", "plan.yaml")
    assert problem["line"] > 0
    assert problem["column"] > 0
    assert "[YAML_SYNTAX]" not in problem["message"]


def test_check_of_a_missing_file_is_one_problem(project, alo_nb):
    code, found = checked(alo_nb, "plna.yaml")
    assert (code, found["ok"], found["plan"]) == (1, False, None)
    assert [(each["code"], each["message"]) for each in found["problems"]] == [
        ("PLAN_NOT_FOUND", "there is no plan 'plna.yaml'; did you mean 'plan.yaml'?")
    ]


def test_check_reads_the_code_of_steps_and_runs_none_of_it(project, alo_nb):
    project.write(train="open('ran', 'w')\nsummary = undefined_name")
    code, found = checked(alo_nb, "plan.yaml")
    [problem] = [each for each in found["problems"] if each["code"] == "PLAN_SOURCE"]
    assert code == 1
    assert "undefined_name" in problem["message"]
    assert problem["key"] == "asset_source > train_pipeline > train > source > code"
    assert problem["line"] > 0
    assert not (project.root / "ran").exists()


def test_check_in_words(project, alo_nb):
    code, out, _ = alo_nb("check", "plan.yaml")
    assert code == 0
    assert "train_pipeline      input → train → last" in out
    assert "no errors" in out


FINDINGS = """\
{name}{version}external_path: []
external_path_permission: []
control: []
user_parameters:
- train_pipeline:
  - step: input
    args: []
asset_source:
- train_pipeline:
  - step: input
    source: {{code: {code}, branch: , requirements: []}}
"""


@pytest.mark.parametrize(
    ("parts", "last"),
    [
        ({}, "no errors"),
        ({"version": ""}, "no errors, 1 warning"),
        ({"version": "", "name": ""}, "no errors, 2 warnings"),
        ({"version": "", "code": "locla"}, "1 error, 1 warning"),
    ],
)
def test_check_ends_with_the_number_of_each_kind_of_finding(project, alo_nb, parts, last):
    good = {"name": "name: small\n", "version": "version: '1'\n", "code": "steps.ipynb"}
    (project.root / "small.yaml").write_text(FINDINGS.format(**{**good, **parts}))
    assert alo_nb("check", "small.yaml")[1].splitlines()[-1] == last


def test_a_plan_is_found_in_the_project_folder_too(project, alo_nb, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    code, found = checked(alo_nb, "plan.yaml", "--project", str(project.root))
    assert (code, found["ok"]) == (0, True)


# run --in-process and history -----------------------------------------------------------------------------------------


def test_run_in_process_shows_each_step_and_where_results_lie(project, alo_nb):
    code, out, err = alo_nb("run", "plan.yaml", "--in-process")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "train_pipeline"
    assert [line.split()[:2] for line in lines[1:4]] == [["✔", "input"], ["✔", "train"], ["✔", "last"]]
    assert lines[4].startswith("small · all · success · 3 steps in ")
    assert lines[5].split() == ["model", "train_artifacts/models/train/model.txt"]


def test_set_goes_before_the_plan(project, alo_nb):
    code, out, _ = alo_nb("run", "plan.yaml", "--in-process", "--json", "--set", "input.rows=5")
    assert code == 0
    assert json.loads(out)["steps"][0]["args"] == {"rows": 5}


def test_json_of_a_run_is_its_record_alone(project, alo_nb):
    project.write(input="print('printed by a step')\n" + "asset.save_data({})\nasset.save_config({})", train="1 / 0")
    code, out, err = alo_nb("run", "plan.yaml", "--in-process", "--json")
    record = json.loads(out)
    assert code == 1
    assert record == project.record() | {"folder": record["folder"], "plan_path": str(project.root / "plan.yaml")}
    assert "printed by a step" in err
    assert "✖ train" in err


def test_quiet_prints_nothing_when_all_is_well(project, alo_nb):
    assert alo_nb("run", "plan.yaml", "--in-process", "--quiet") == (0, "", "")


def test_an_exception_of_a_step_is_shown_from_the_steps_own_lines_on(project, alo_nb):
    project.write(train="def deep(x):\n    return x / 0\ndeep(1)")
    code, _, err = alo_nb("run", "plan.yaml", "--in-process")
    assert code == 1
    assert err.startswith("Traceback")
    assert 'steps.ipynb[cell 3]", line 4, in <module>' in err
    assert "ZeroDivisionError: division by zero" in err
    assert "in step 'train', steps.ipynb, cell 3, line 3: return x / 0" in err
    assert "runner/run.py" not in err


def test_an_error_of_ours_is_shown_in_three_parts(project, alo_nb):
    project.write(train="asset.save_data(1)")
    code, _, err = alo_nb("run", "plan.yaml", "--in-process")
    assert code == 1
    assert err.startswith("StepOutputError: save_data takes a dict, got int\n  where: step 'train'")


def test_sigterm_ends_a_run_in_good_order(project, alo_nb):
    project.write(train="os.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(20)")
    code, _, err = alo_nb("run", "plan.yaml", "--in-process")
    assert (code, err) == (143, "interrupted\n")
    assert project.record()["status"] == "interrupted"


def test_history_json_is_newest_first(project, alo_nb):
    assert alo_nb("history") == (0, f"no runs yet in {project.root}\n", "")
    for rows in ("3", "4", "5"):
        alo_nb("run", "plan.yaml", "--in-process", "--set", f"input.rows={rows}", "--mode", "train")
    rows = json.loads(alo_nb("history", "--json")[1])
    started = [row["start_time"] for row in rows]
    assert started == sorted(started, reverse=True)
    assert [(row["status"], row["mode"], row["steps"]) for row in rows] == [("success", "train", 3)] * 3
    assert json.loads(alo_nb("history", "--json", "--limit", "2")[1]) == rows[:2]
    assert alo_nb("history")[1].splitlines()[0].split()[:3] == ["id", "status", "pipeline"]


def test_history_says_which_record_it_does_not_list(project, alo_nb):
    alo_nb("run", "plan.yaml", "--in-process", "--quiet")
    (run,) = (project.root / ".alo" / "runs").iterdir()
    shutil.copytree(run, run.with_name("20200101T000000Z-abcdef"))
    code, out, err = alo_nb("history")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err.startswith("not listed: the record of run 20200101T000000Z-abcdef is damaged: it says that it is run")
    assert "alo-nb doctor" in err


def test_history_takes_filters_and_shows_arguments(project, alo_nb):
    for rows in ("3", "4"):
        alo_nb("run", "plan.yaml", "--in-process", "--set", f"input.rows={rows}", "--mode", "train")
    newest, oldest = json.loads(alo_nb("history", "--json", "--steps", "all")[1])
    assert (newest["input.rows"], oldest["input.rows"]) == (4, 3)
    found = json.loads(alo_nb("history", "--json", "--param-id", oldest["param_id"])[1])
    assert [row["id"] for row in found] == [oldest["id"]]
    assert alo_nb("history", "--mode", "inference") == (0, f"no such runs in {project.root}\n", "")
    assert alo_nb("history", "--steps", "input")[1].splitlines()[0].endswith("  input.rows")
    pinned = json.loads(alo_nb("history", "--json", "--pin", oldest["id"])[1])
    assert [row["pinned"] for row in pinned] == [False, True]
    code, _, said = alo_nb("history", "--unpin", "nothing")
    assert (code, "there is no run, step or artifact 'nothing'" in said) == (1, True)


def test_a_reader_that_goes_away_is_no_error(project):
    command = f"{sys.executable} -m alo_nb run plan.yaml --in-process | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert project.record()["status"] == "success"


def test_a_plan_whose_asset_folders_are_elsewhere_is_good_with_a_warning(project, alo_nb):
    path = project.root / "plan.yaml"
    path.write_text(path.read_text().replace("code: steps.ipynb", "code: local"))
    code, out, _ = alo_nb("check", "plan.yaml", "--json")
    found = [each["severity"] for each in json.loads(out)["problems"] if each["code"] == "PLAN_SOURCE"]
    assert code == 0
    assert found
    assert set(found) == {"warning"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resume", "--no-cache"], "--no-cache executes every step"),
        (["--inputs", "v0"], "--inputs says where a step gets its inputs from"),
        (["--resume", "--compare", "{run}"], "--compare executes every step"),
    ],
)
def test_options_that_would_have_no_effect_are_usage_errors(project, alo_nb, words, said):
    code, out, err = alo_nb("run", "plan.yaml", "--in-process", "--json")
    assert code == 0, err
    before = project.files(".alo")
    run = json.loads(out)["id"]
    code, _, err = alo_nb("run", "plan.yaml", *(each.format(run=run) for each in words))
    assert (code, project.files(".alo")) == (2, before)
    assert said in err
    assert "do:" in err
