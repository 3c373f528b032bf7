"""Runs in a kernel of their own: equal results, and an honest record whatever happens."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

KERNEL = "ipykernel_launcher"


def shown_errors(cell):
    return [(each["ename"], each["evalue"]) for each in cell["outputs"] if each["output_type"] == "error"]


def test_in_process_and_in_a_kernel_give_equal_digests(project, alo_nb):
    project.write_inference()
    words = ("run", "plan.yaml", "--json", "--set", "input.rows=20")
    here, there = (json.loads(alo_nb(*words, *more)[1]) for more in (("--in-process",), ("--interface-mode", "file")))
    assert [here["trigger"], there["trigger"]] == ["terminal", "papermill"]
    for key in ("data", "config", "fingerprint", "args", "cell"):
        assert [step[key] for step in here["steps"]] == [step[key] for step in there["steps"]]
    assert [step["step"] for step in there["steps"]] == ["input", "train", "last", "inference"]
    assert (here["status"], there["status"]) == ("success", "success")
    assert here["outputs"] == there["outputs"]
    assert {name: each["score"] for name, each in there["summaries"].items()} == {"inference_pipeline": 0.5}
    assert here["plan_path"] == there["plan_path"] == str(project.root / "plan.yaml")


def test_the_executed_notebook_is_whole_and_tells_how_to_repeat_the_run(project, alo_nb):
    project.write(train="print('from the step')\nasset.save_data(asset.load_data())\nasset.save_config({})")
    code, out, err = alo_nb("run", "plan.yaml", "--set", "input.rows=3")
    assert (code, err) == (0, "")
    path = project.root / project.record()["notebook"]
    assert os.path.relpath(path) in out
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert set(project.states().values()) == {"completed"}
    setup, first, second, *_ = project.cells()
    assert "RecordedRun(" in "".join(setup["source"])
    assert first["outputs"][0]["data"]["text/plain"][0].startswith("✔ input ")
    assert second["outputs"][0]["text"] == ["from the step\n"]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert f"alo-nb run {project.root}/plan.yaml --mode all --project {project.root} --set input.rows=3" in text
    assert "print('from the step')" in text


def test_the_executed_notebook_can_be_run_again_as_a_new_run(project, alo_nb):
    alo_nb("run", "plan.yaml")
    first = project.record()
    words = [sys.executable, "-m", "papermill", "--no-progress-bar", first["notebook"], "again.ipynb"]
    subprocess.run(words, check=True, capture_output=True)
    second = project.record()
    assert (second["id"] != first["id"], second["status"]) == (True, "success")
    assert [step["data"] for step in second["steps"]] == [step["data"] for step in first["steps"]]


def test_a_bug_exits_with_1_names_the_line_and_later_steps_do_not_run(project, alo_nb):
    alo_nb("run", "plan.yaml", "--in-process")
    before = project.files("train_artifacts")
    project.write(train="def deep(x):\n    return x / 0\ndeep(1)", last="open('ran', 'w')")
    code, out, err = alo_nb("run", "plan.yaml")
    assert code == 1
    assert "✖ train" in out
    assert err.startswith("ZeroDivisionError")
    assert "steps.ipynb[cell 3]:3, in deep(x)" in err
    assert "in step 'train', steps.ipynb, cell 3, line 3: return x / 0" in err
    assert "run.step(" not in err
    assert "\x1b" not in err
    assert not (project.root / "ran").exists()
    assert project.states() == {
        "setup": "completed",
        "train_pipeline/input": "completed",
        "train_pipeline/train": "failed",
        "train_pipeline/last": "pending",
        "train_pipeline/save": "pending",
    }
    assert project.record()["status"] == "failed"
    assert project.record()["notebook"].endswith("/notebook.ipynb")
    assert project.files("train_artifacts") == before


def test_an_error_of_ours_in_the_kernel_reads_as_in_process(project, alo_nb):
    project.write(train="asset.save_data(1)")
    shown = [alo_nb("run", "plan.yaml", *more)[2] for more in ((), ("--in-process",))]
    there, here = (re.sub(r"(?<=alo-nb debug )[0-9a-f]{6}", "<run>", each) for each in shown)
    assert there == here
    assert there.endswith("inputs kept: alo-nb debug <run>/train\n")
    assert there.startswith("StepOutputError: save_data takes a dict, got int\n  where: step 'train'")


def test_a_dead_kernel_is_told_and_keeps_the_last_good_artifacts(project, alo_nb):
    alo_nb("run", "plan.yaml", "--in-process")
    before = project.files("train_artifacts")
    assert before
    project.write(train="open(asset.get_model_path() + 'half', 'w')\nos.kill(os.getpid(), 9)")
    code, out, err = alo_nb("run", "plan.yaml")
    assert code == 1
    assert "✖ train" in out
    assert err.startswith("NotebookRunError: the kernel died (signal 9) while step 'train' ran\n  where: .alo/runs/")
    record = project.record()
    assert (record["status"], record["error"]) == ("failed", "the kernel died (signal 9) while step 'train' ran")
    assert [(step["step"], step["status"]) for step in record["steps"]] == [("input", "success"), ("train", "failed")]
    assert list(project.states().values()) == ["completed", "completed", "failed", "pending", "pending"]
    assert shown_errors(project.cells()[2]) == [("DeadKernelError", "the kernel died (signal 9) while this cell ran")]
    assert project.files("train_artifacts") == before
    assert alo_nb("run", "plan.yaml", "--in-process", "--only", "input", "--mode", "train")[0] == 0


def test_a_step_over_its_time_is_told_with_the_line_where_it_was(project, alo_nb):
    alo_nb("run", "plan.yaml", "--in-process")
    before = project.files("train_artifacts")
    project.write(train="print('begun')\ntime.sleep(60)")
    started = time.monotonic()
    code, out, err = alo_nb("run", "plan.yaml", "--timeout", "3")
    assert time.monotonic() - started < 20
    assert code == 1
    assert "✖ train" in out
    assert "NotebookRunError: step 'train' ran longer than 3 s and was interrupted" in err
    record = project.record()
    assert (record["status"], record["steps"][-1]["status"]) == ("failed", "failed")
    assert "ran longer than 3 s" in record["steps"][-1]["error"]
    cell = project.cells()[2]
    assert cell["outputs"][0]["text"] == ["begun\n"]
    assert [name for name, _ in shown_errors(cell)] == ["KeyboardInterrupt", "CellTimeoutError"]
    assert list(project.states().values())[3:] == ["pending", "pending"]
    assert project.files("train_artifacts") == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_interrupts_the_run_and_leaves_no_kernel(project, number, code):
    project.write(train="open('reached', 'w')\ntime.sleep(60)")
    words = [sys.executable, "-m", "alo_nb", "run", "plan.yaml"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: (project.root / "reached").exists())
    kernels = kernels_of(process.pid)
    assert len(kernels) == 1
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (code, "interrupted\n")
    assert "✖ train" in out
    assert project.record()["status"] == "interrupted"
    assert project.record()["notebook"]
    assert list(project.states().values()) == ["completed", "completed", "failed", "pending", "pending"]
    assert f"{number.name} interrupted the run" in shown_errors(project.cells()[2])[-1][1]
    assert not any(psutil.pid_exists(each) for each in kernels)


def wait_until(true, *, seconds=60.0):
    latest = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest
        time.sleep(0.02)


def kernels_of(pid):
    return [each.pid for each in psutil.Process(pid).children(recursive=True) if KERNEL in " ".join(each.cmdline())]


def test_a_killed_command_leaves_a_readable_notebook_and_an_interrupted_run(project, alo_nb):
    project.write(train="open('reached', 'w')\ntime.sleep(60)")
    environment = {**os.environ, "TMPDIR": str(project.root)}  # where its sockets stay behind
    words = [sys.executable, "-m", "alo_nb", "run", "plan.yaml"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment)
    wait_until(lambda: (project.root / "reached").exists())
    kernels = kernels_of(process.pid)
    process.kill()
    process.wait()
    assert project.states()["train_pipeline/save"] == "pending"
    wait_until(lambda: not any(psutil.pid_exists(each) for each in kernels))
    [row] = json.loads(alo_nb("history", "--json")[1])
    assert row["status"] == "interrupted"


FROM_A_NOTEBOOK = """\
from alo_nb.headless.batch import run_headless
from alo_nb.plan import read_plan
from alo_nb.project import find_project
from alo_nb.runner import RunRequest
from alo_nb.steps.sources import Sources
plan, project = read_plan("plan.yaml"), find_project(".")
run_headless(RunRequest(plan=plan, project=project, find=Sources(plan, project).step)).status"""


def test_a_run_that_a_notebook_started_ends_when_its_cell_is_interrupted(project):
    project.write(train="open('reached', 'w')\ntime.sleep(60)")
    project.write_notebook("outer.ipynb", FROM_A_NOTEBOOK)
    words = [sys.executable, "-m", "papermill", "--engine", "alo_nb", "--no-progress-bar", "outer.ipynb", "out.ipynb"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: (project.root / "reached").exists())
    kernels = kernels_of(process.pid)
    assert len(kernels) == 2
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert project.record()["status"] == "interrupted"
    assert list(project.states().values()) == ["completed", "completed", "failed", "pending", "pending"]
    [cell] = json.loads((project.root / "out.ipynb").read_text())["cells"]
    assert cell["metadata"]["papermill"]["status"] == "failed"
    assert not any(psutil.pid_exists(each) for each in kernels)


def test_no_secret_of_the_plan_is_in_any_file_of_a_kernel_run_good_or_failed(project, alo_nb):
    for end in ("", "\nraise ValueError(str(asset.load_args()))"):
        project.write(train=f"print(asset.load_args()['password'])\nasset.save_info(str(asset.load_args())){end}")
        plan = (project.root / "plan.yaml").read_text()
        args = "      - rows: 7\n        password: CANARY-4711"
        (project.root / "plan.yaml").write_text(plan.replace("      - rows: 7", args))
        assert "CANARY" not in "".join(map(str, alo_nb("run", "plan.yaml")))
        assert project.record()["steps"]
    found = {name for name, content in project.files(".").items() if b"CANARY-4711" in content}
    assert found == {"plan.yaml"}


def test_a_secret_that_only_a_variable_of_a_failing_step_holds_is_in_no_file_of_its_run(project, alo_nb):
    caught = "try:\n    raise KeyError(token)\nexcept KeyError:\n    raise ValueError(f'no {token}')"
    project.write(train=f"token = 'CAN' + 'ARY-4712'\n{caught}")
    said = "".join(map(str, alo_nb("run", "plan.yaml")))
    assert "ValueError: no ***" in said
    assert "CANARY-4712" not in said
    project.write(train="token = 'CAN' + 'ARY-4712'\nasset.save_summary([token], 0.5)")
    said = "".join(map(str, alo_nb("run", "plan.yaml")))
    assert "result must be text, got list ['***']" in said
    assert not [name for name, content in project.files(".").items() if b"CANARY-4712" in content]
