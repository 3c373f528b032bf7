"""A headless failure at a known line, looked at in a terminal and mended in another process."""

from __future__ import annotations

import json

import pytest

COUNTED = 'os.mkdir(f"ran {} {{time.time_ns()}}")\n'
INPUT = (
    COUNTED.format("input")
    + """\
asset.save_data({"df": pd.DataFrame({"a": range(7)})})
asset.save_config(asset.load_config())"""
)
LAST = (
    COUNTED.format("last")
    + """\
asset.save_data(asset.load_data())
asset.save_config(asset.load_config())"""
)
BUG = """\
df = asset.load_data()["df"]
def share(frame, by):
    total = int(frame["a"].sum())
    return total / by
df["share"] = share(df, 0 * asset.check_args("rows", chng_type="int"))
asset.save_data({"df": df, "model": {}})
asset.save_config(asset.load_config())"""
LINE = "return total / by"
WHERE = "steps.ipynb, cell 3, line 5"

ANOTHER_DAY = """
import json, sys, traceback
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

ip = InteractiveShell.instance()
ip.run_cell("%load_ext alo_nb").raise_error()

def run(text):
    with capture_output() as captured:
        result = ip.run_cell(text, store_history=True)
    error = result.error_in_exec
    last = traceback.extract_tb(error.__traceback__)[-1] if error else None
    ended = [type(error).__name__, last.line, last.lineno] if error else ["", "", 0]
    return ended, result.result

_, found = run("%alo_debug")
cell = ip.rl_next_input
again, _ = run(cell)
ip.run_cell("%alo_debug").raise_error()
edited, record = run(cell.replace("0 * asset", "1 * asset"))
held = ip.user_ns["steps"]["train"]
print(json.dumps({
    "cell": cell, "shown": repr(found), "again": again, "edited": edited,
    "status": record.status, "summary": record.step("train").data[0].summary,
    "steps": [each.step for each in record.steps], "inputs_from": record.steps[0].inputs_from,
}))
"""


@pytest.fixture
def failed(project, alo_nb):
    """The small project after a headless run whose train step failed."""
    project.write(input=INPUT, train=BUG, last=LAST)
    code, _, project.shown = alo_nb("run", "plan.yaml")
    assert code == 1
    return project


@pytest.mark.slow
def test_a_second_process_reproduces_the_failure_at_its_line_and_the_edited_cell_works(failed, new_process, alo_nb):
    run_id = failed.record()["id"]
    assert f"inputs kept: alo-nb debug {run_id[-6:]}/train" in failed.shown
    found = json.loads(new_process(ANOTHER_DAY).splitlines()[-1])
    assert found["shown"].startswith(f"✖ step train failed · train · run {run_id}\n")
    assert f"{WHERE}, in share" in found["shown"]
    assert found["again"] == ["ZeroDivisionError", LINE, 6]  # below a comment
    assert found["edited"] == ["", "", 0]
    assert (found["status"], found["summary"], found["steps"]) == ("success", "DataFrame 7x2", ["train"])
    assert found["inputs_from"] == run_id
    for folder in failed.root.glob("ran *"):
        folder.rmdir()
    failed.write(input=INPUT, train=COUNTED.format("train") + BUG.replace("0 * asset", "1 * asset"), last=LAST)
    code, _, err = alo_nb("run", "plan.yaml", "--resume", run_id)
    assert code == 0, err
    reasons = [(each["step"], each["reason"]) for each in failed.record()["steps"]]
    assert sorted(each.name.split()[1] for each in failed.root.glob("ran *")) == ["last", "train"], reasons


@pytest.mark.parametrize("how", [("--in-process",), ("--in-process", "--interface-mode", "file")])
def test_the_terminal_shows_the_line_the_inputs_and_the_variables(project, alo_nb, how):
    project.write(train=BUG)
    _, _, shown = alo_nb("run", "plan.yaml", *how)
    name = f"{project.record()['id'][-6:]}/train"
    assert f"inputs kept: alo-nb debug {name}" in shown
    code, out, err = alo_nb("debug", name)
    assert (code, err) == (0, "")
    for line in (
        "  ZeroDivisionError  division by zero",
        f"  where              {WHERE}, in share",
        "  args               rows=7",
        "  data               df: DataFrame 7x1",
        f"  > 5      {LINE}",
        f"  frames[1]  {WHERE}, in share: {LINE}",
        "    total  int        21",
        f"  in a notebook, `%alo_debug {name}` loads its inputs, its variables and its code",
        "    %%alo_asset step=train",
    ):
        assert line in out.splitlines(), line
    assert alo_nb("debug")[1] == alo_nb("debug", name.partition("/")[0])[1] == out


def test_json_has_all_that_is_kept_as_text(project, alo_nb):
    project.write(train=BUG)
    alo_nb("run", "plan.yaml", "--in-process")
    kept = json.loads(alo_nb("debug", "--json")[1])
    assert (kept["error"], kept["frames"][-1]["line"], kept["inputs"][0]["name"]) == ("ZeroDivisionError", 5, "df")


def test_an_error_of_ours_tells_how_to_see_it_too(project, alo_nb):
    project.write(train="asset.save_data(1)")
    for more in ((), ("--in-process",)):
        shown = alo_nb("run", "plan.yaml", *more)[2]
        assert shown.startswith("StepOutputError: save_data takes a dict, got int\n")
        assert shown.splitlines()[-1] == f"inputs kept: alo-nb debug {project.record()['id'][-6:]}/train"


def test_a_failure_that_was_mended_since_says_so(project, alo_nb):
    project.write(train=BUG)
    alo_nb("run", "plan.yaml", "--in-process")
    name = f"{project.record()['id'][-6:]}/train"
    project.write(train=BUG.replace("0 * asset", "1 * asset"))
    assert alo_nb("run", "plan.yaml", "--in-process")[0] == 0
    mended = project.record()["id"]
    assert f"  mended since, in run {mended}" in alo_nb("debug", name)[1].splitlines()
    code, _, err = alo_nb("debug")
    assert (code, f"has succeeded since, in run {mended}" in err, f"alo-nb debug {name}" in err) == (1, True, True)


def test_without_a_failure_the_terminal_says_what_to_do(project, alo_nb):
    code, out, err = alo_nb("debug")
    assert (code, out) == (1, "")
    assert err.startswith("RunNotFoundError: no run of this project has kept a failure\n")
    alo_nb("run", "plan.yaml", "--in-process")
    assert "it ended as success" in alo_nb("debug", project.record()["id"])[2]


def test_a_step_that_resume_refuses_has_not_failed(project, alo_nb):
    project.write(train=BUG)
    alo_nb("run", "plan.yaml", "--in-process")
    before = alo_nb("debug")[1]
    project.write(input=INPUT, train=BUG)
    code, _, err = alo_nb("run", "plan.yaml", "--in-process", "--resume")
    assert (code, err.startswith("ResumeError: step 'input' is not what it was")) == (1, True), err
    assert "inputs kept" not in err
    assert alo_nb("debug")[1] == before
