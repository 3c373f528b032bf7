"""The truth check: what a kernel found is what its saved notebook gives in a clean one, or the cause is named.

Real kernels, and real notebook files that a front end would have saved.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from socket_kernels import start_kernel, stop_kernel

pytestmark = pytest.mark.slow

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LOAD = "%load_ext alo_nb"
PREPARE = """\
%%alo_asset step=prepare
import pandas as pd
rows = asset.load_args().get("rows", 10)
df = pd.DataFrame({"x": range(rows), "age": [20.0 + each for each in range(rows)]})
asset.save_data({"df": df})
asset.save_config({})"""
CLEAN = "def clean(df):\n    return df[df.age > 22]"
TRAIN = """\
%%alo_asset step=train
df = clean(asset.load_data()["df"])
with open(asset.get_model_path() + "model.txt", "w") as file:
    file.write(str(df.age.mean()))
asset.save_summary(result="OK", score=round(1 / len(df), 3))
asset.save_data({"df": df})
asset.save_config(asset.load_config())"""
REPORT = """\
%%alo_asset step=report
asset.save_data(asset.load_data())
asset.save_config(asset.load_config())"""


def identity(cell: str) -> str:
    """Return a front end's id of a cell: a step's cell keeps it when it is edited."""
    found = re.search(r"step=(\w+)", cell)
    return found[1] if found else f"id {hash(cell)}"


class Kernel:
    """A kernel of a notebook file, as a Jupyter server starts it."""

    def __init__(self, notebook: Path) -> None:
        self.notebook = notebook
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ALO_NB")}
        environment["JPY_SESSION_NAME"] = str(notebook)
        self.manager, self.client = start_kernel(notebook.parent, env=environment)

    def save(self, *cells: str) -> None:
        """Write the notebook file, as Ctrl+S does."""
        about = {"metadata": {}, "outputs": [], "execution_count": None}
        made = [{"cell_type": "code", "id": f"c{n}", "source": each, **about} for n, each in enumerate(cells)]
        content = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        self.notebook.write_text(json.dumps(content))

    def run(self, *cells: str, deleted: tuple[str, ...] = ()) -> str:
        """Run cells, each with an id of its text, and return what the last of them showed."""
        shown = ""
        for each in cells:
            shown, error = self.wait(self.send(each, deleted))
            assert not error, error
        return shown

    def error(self, cell: str) -> str:
        """Run a cell that must fail and return its message."""
        _, error = self.wait(self.send(cell))
        assert error
        return error

    def compared(self, options: str = "") -> dict[str, Any]:
        """Run the truth check and return its comparison; `text` is what the cell shows."""
        shown = self.run(f"found = %alo_run --fresh --compare {options}\nfound")
        values = self.run("import json\nprint(json.dumps(found.to_dict()))")
        return {**json.loads(values), "text": shown}

    def send(self, code: str, deleted: tuple[str, ...] = ()) -> str:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": True, "stop_on_error": True}
        about = {"cellId": identity(code), "deletedCells": [identity(each) for each in deleted]}
        message = self.client.session.msg("execute_request", content, metadata=about)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, sent: str, *, seconds: float = 90) -> tuple[str, str]:
        shown, error, latest = "", "", time.monotonic() + seconds
        while time.monotonic() < latest:
            try:
                message = self.client.get_iopub_msg(timeout=0.5)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                shown += content["text"]
            elif kind in {"execute_result", "display_data"}:
                shown += content["data"].get("text/plain", "") + "\n"
            elif kind == "error":
                error = COLOURS.sub("", "\n".join([content["ename"], content["evalue"], *content["traceback"]]))
            elif kind == "status" and content["execution_state"] == "idle":
                return COLOURS.sub("", shown), error
        raise AssertionError(f"no end after {seconds} s; it showed: {shown}")

    def close(self) -> None:
        stop_kernel(self.manager, self.client)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel with alo_nb in a project of its own."""
    (tmp_path / ".alo").mkdir()
    found = Kernel(tmp_path / "steps.ipynb")
    try:
        found.run(LOAD)
        yield found
    finally:
        found.close()


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in found["steps"] if each["step"] == name)


def cause(found: dict[str, Any], name: str) -> tuple[str, str]:
    why = step(found, name)["cause"]
    return why["kind"], why["what"]


def facts(found: dict[str, Any], name: str) -> dict[str, str]:
    return {each["what"]: each["how"] for each in step(found, name)["items"]}


def states(found: dict[str, Any]) -> dict[str, str]:
    """Return what each step is: ``equal``, ``-`` for not compared, or the kind of its cause."""
    return {
        each["step"]: each["cause"]["kind"] if each["items"] else "equal" if each["compared"] else "-"
        for each in found["steps"]
    }


ALL_EQUAL = {"prepare": "equal", "train": "equal", "report": "equal"}
FOLLOWING = {"prepare": "equal", "train": "hidden state", "report": "follows"}


# -- nothing hidden ---------------------------------------------------------------------------------------------------


def test_a_clean_notebook_has_no_differences_however_often_it_is_asked(kernel):
    check = "found = %alo_run --fresh --compare\nassert found.equal"
    cells = (LOAD, PREPARE, CLEAN, TRAIN, REPORT, "run = %alo_run\nassert run.status == 'success'", check)
    kernel.save(*cells)
    before = kernel.notebook.read_bytes()
    kernel.run(*cells[1:-1])
    for _ in range(2):
        found = kernel.compared()
        assert found["equal"]
        assert states(found) == ALL_EQUAL
        assert "no differences: 7 values of 3 steps are equal" in found["text"]
    assert kernel.notebook.read_bytes() == before
    kernel.save(*(each.replace("> 22", ">= 23") for each in cells[:-1]))
    found = kernel.compared()
    assert found["equal"]  # the code differs, and makes the same
    assert "equal, although it uses another 'clean' here" in step(found, "train")["note"]


def test_a_fresh_run_is_an_ordinary_run_of_the_saved_notebook(kernel):
    kernel.save(LOAD, PREPARE, CLEAN, TRAIN, REPORT)
    kernel.run(PREPARE)
    shown = kernel.run("run = %alo_run train --fresh prepare.rows=12\nprint(run.mode, run.step('prepare').args)")
    assert "train {'rows': 12}" in shown
    assert "df 9x2" in kernel.run("print(run.step('train').data[0].name, run.step('train').data[0].summary[10:])")
    executed = json.loads((kernel.notebook.parent / kernel.run("print(run.notebook)").strip()).read_text())
    assert "run_cells(" in "".join(executed["cells"][-1]["source"])
    assert "UnknownStepError: there is no step 'prepar'" in kernel.error("%alo_run --fresh --to prepar")


# -- hidden state -----------------------------------------------------------------------------------------------------


def test_a_helper_whose_cell_was_deleted_is_named_with_its_cell(kernel):
    kernel.save(LOAD, PREPARE, TRAIN, REPORT)
    kernel.run(PREPARE, CLEAN, TRAIN)
    kernel.run(REPORT, deleted=(CLEAN,))
    found = kernel.compared()
    kind, what = cause(found, "train")
    assert kind == "hidden state"
    assert what == "it uses 'clean', which only this kernel has: cell In[3], which was deleted from the notebook"
    assert "uses 'clean', which neither the step nor the notebook defines" in step(found, "train")["items"][0]["b"]
    assert states(found) == {"prepare": "equal", "train": "hidden state", "report": "-"}
    assert not found["equal"]


def test_variables_of_use_and_of_arguments_are_traced_to_the_cells_that_changed_them(kernel):
    limits, change, count = "limits = [22]", "limits.append(27)", "rows = 9 if 'rows' not in dir() else rows + 1"
    prepare = PREPARE.replace("step=prepare", "step=prepare rows=$rows")
    train = TRAIN.replace("step=train", "step=train use=limits").replace("clean(", "(")
    train = train.replace('["df"])', '["df"])\ndf = df[df.age > max(limits)]')
    kernel.save(LOAD, count, prepare, limits, train, REPORT)
    kernel.run(count, count, prepare, limits, change, train)
    kernel.run(REPORT, deleted=(change,))
    found = kernel.compared()
    assert states(found) == {"prepare": "hidden state", "train": "hidden state", "report": "follows"}
    assert cause(found, "prepare")[1] == (
        "the variable 'rows' (rows=$rows; rows=10 here, rows=9 fresh) has another value here than in a clean kernel: "
        "set last by cell In[3], which ran 2 times here"
    )
    assert cause(found, "train")[1] == (
        "the variable 'limits' (use=limits) has another value here than in a clean kernel: "
        "set last by cell In[6], which was deleted from the notebook"
    )
    assert facts(found, "train") == {
        "data.df": "2 rows here, 6 fresh",
        "model model.txt": "4 B here, 4 B fresh",
        "score": "0.5 here, 0.17 fresh",
    }
    assert cause(found, "report")[1] == "its input differs: it follows step train"


def test_cells_that_ran_in_another_order_are_named(kernel):
    later = CLEAN.replace("22", "25")
    kernel.save(LOAD, PREPARE, CLEAN, later, TRAIN, REPORT)
    kernel.run(PREPARE, later, CLEAN, TRAIN, REPORT)
    found = kernel.compared()
    assert states(found) == FOLLOWING
    assert cause(found, "train")[1] == (
        "it uses another 'clean' here than the notebook has: cell In[4], cell 3 of steps.ipynb, ran after cell 4"
    )
    assert facts(found, "train")["data.df"] == "7 rows here, 4 fresh"


def test_a_step_that_ran_before_what_it_reads_was_made_anew_is_named(kernel):
    prepare = PREPARE.replace("range(rows)]", "range(rows)][::-1]")
    kernel.save(LOAD, prepare, CLEAN, TRAIN)
    kernel.run(PREPARE, CLEAN, TRAIN, prepare)
    kernel.run(REPORT)
    found = kernel.compared()
    assert states(found) == {"prepare": "equal", "train": "hidden state", "report": "hidden state"}
    assert cause(found, "report")[1] == (
        "the cell of step report (cell In[6]) is not in steps.ipynb: it was deleted, or not saved"
    )
    assert "step prepare has run again here after step train" in cause(found, "train")[1]


def test_a_step_that_was_edited_and_not_saved_or_not_run_again_is_told_so(kernel):
    edited = TRAIN.replace("df.age.mean()", "df.age.max()")
    kernel.save(LOAD, PREPARE, CLEAN, TRAIN)
    kernel.run(PREPARE, CLEAN, TRAIN, edited)
    found = kernel.compared()
    assert states(found) == {"prepare": "equal", "train": "hidden state"}
    assert cause(found, "train")[1] == (
        "the cell of step train that ran here (cell In[5]) is another than steps.ipynb, cell 4: "
        "it was not saved since cell In[4]"
    )
    assert [*facts(found, "train")] == ["model model.txt"]
    kernel.save(LOAD, PREPARE, CLEAN, TRAIN.replace("df.age.mean()", "df.age.min()"))
    assert cause(kernel.compared(), "train")[1].endswith("cell 4: it was edited and not run again")


def test_a_cell_that_fails_in_a_clean_kernel_is_named_with_what_only_this_kernel_has(kernel):
    kernel.save(LOAD, "shown = table.head()", PREPARE)
    kernel.run("table = __import__('pandas').DataFrame({'x': [1]})", "shown = table.head()", PREPARE)
    found = kernel.compared()
    assert not found["equal"]
    assert found["ended"]["kind"] == "hidden state"
    assert found["ended"]["what"].startswith(
        "steps.ipynb, cell 2 needs 'table', and only this kernel has it: cell In[2]"
    )


# -- no hidden state --------------------------------------------------------------------------------------------------


def test_unseeded_randomness_is_found_by_a_second_fresh_run_and_never_called_hidden_state(kernel):
    train = TRAIN.replace("clean(asset.load_data()", "(asset.load_data()")
    noise = "import numpy as np\ndf = df.assign(age=df.age + np.random.default_rng().normal(size=len(df)))"
    train = train.replace('["df"])', f'["df"])\n{noise}')
    kernel.save(LOAD, PREPARE, train, REPORT)
    kernel.run(PREPARE, train, REPORT)
    found = kernel.compared()
    assert states(found) == {"prepare": "equal", "train": "unseeded randomness", "report": "follows"}
    assert re.match(r"10 of 10 rows differ, in column age; by \d", facts(found, "train")["data.df"])
    assert "hidden state" not in found["text"]


def test_a_module_that_was_edited_after_the_step_ran_is_named(kernel):
    module = kernel.notebook.with_name("ages.py")
    module.write_text("LEAST = 22")
    train = TRAIN.replace("df = clean(", "import ages\ndf = (").replace(
        '["df"])', '["df"])\ndf = df[df.age > ages.LEAST]'
    )
    kernel.save(LOAD, PREPARE, train)
    kernel.run(PREPARE, train)
    module.write_text("LEAST = 25")
    found = kernel.compared()
    assert cause(found, "train") == ("code", "ages.py, which it imports, was changed after it ran here")


# -- what to run ------------------------------------------------------------------------------------------------------


def test_a_plan_whose_steps_have_code_of_their_own_is_run_and_not_the_notebook(kernel):
    sources = [f"    - step: {each}\n      source: {{code: other.ipynb, branch: , requirements: []}}"
               for each in ("prepare", "train")]  # fmt: skip
    args = [f"    - step: {each}\n      args:" for each in ("prepare", "train")]
    parts = ["name: small", "user_parameters:", "  - train_pipeline:", *args]
    (kernel.notebook.parent / "plan.yaml").write_text(
        "\n".join([*parts, "asset_source:", "  - train_pipeline:", *sources, ""])
    )
    kernel.save(PREPARE, CLEAN, TRAIN)
    kernel.notebook.rename(kernel.notebook.with_name("other.ipynb"))
    kernel.run("%alo_plan plan.yaml", "%alo_run")
    found = kernel.compared()
    assert states(found) == {"prepare": "equal", "train": "equal"}
    assert "plan.yaml in a clean kernel" in found["text"]
    (kernel.notebook.parent / "other.ipynb").write_text(
        (kernel.notebook.parent / "other.ipynb").read_text().replace("> 22", "> 25")
    )
    kind, what = cause(kernel.compared(), "train")
    assert kind == "hidden state"
    assert "'clean'" in what
    kernel.save(LOAD, PREPARE, TRAIN)
    kernel.notebook.rename(kernel.notebook.with_name("other.ipynb"))
    kernel.run(LOAD, CLEAN, TRAIN)
    ended = kernel.compared()["ended"]
    assert ended["kind"] == "hidden state"
    assert ended["what"].startswith("step train needs 'clean', and only this kernel has it: cell In[")


def test_a_notebook_that_cannot_be_found_is_told_in_words(kernel):
    assert "nothing has run in this kernel" in kernel.error("%alo_run --fresh --compare")
    kernel.run(PREPARE)
    assert "there is no notebook" in kernel.error("%alo_run --fresh --compare")
    kernel.run("import os\ndel os.environ['JPY_SESSION_NAME']")
    assert "%alo_run --fresh --notebook FILE.ipynb" in kernel.error("%alo_run --fresh")
    kernel.save(LOAD, PREPARE)
    assert kernel.compared("--notebook steps.ipynb")["equal"]


def test_ctrl_c_ends_the_clean_kernel_and_its_run(kernel):
    folder = kernel.notebook.parent
    slow = "%%alo_asset step=slow\nimport time, pathlib\npathlib.Path('began').touch()\ntime.sleep(60)"
    kernel.save(LOAD, slow)
    kernel.run(PREPARE)
    sent = kernel.send("%alo_run --fresh")
    latest = time.monotonic() + 30
    while not (folder / "began").exists() and time.monotonic() < latest:
        time.sleep(0.05)
    kernel.manager.interrupt_kernel()
    _, error = kernel.wait(sent)
    assert error.startswith("KeyboardInterrupt")
    records = [json.loads(path.read_text()) for path in (folder / ".alo" / "runs").glob("*/run.json")]
    assert {each["status"] for each in records if "slow" in json.dumps(each["steps"])} == {"interrupted"}
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder / "steps.ipynb") not in running
