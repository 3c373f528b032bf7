"""A kernel in which steps run and a plan is edited again and again keeps no more than at its beginning.

500 rounds are tried; ``ALO_NB_LEAK_ROUNDS=10000`` tries as many as are named. In each a step cell runs and the form
shows everything anew; in every tenth the plan is edited, which makes controls and takes them away.
"""

from __future__ import annotations

import json
import os

import nbformat
import pytest
from socket_kernels import running_kernel

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("ALO_NB_LEAK_ROUNDS", "500"))
WARM_UP = 50
GROWTH = 20 << 20  # bytes
SWAY = 4  # sockets and the like that ZeroMQ may have open at one moment and not at another
PLAN = """\
name: small
version: 1.0.0
user_parameters:
  - train_pipeline:
      - step: fit
        args:
          - depth: 1
asset_source:
  - train_pipeline:
      - step: fit
        source: {code: small.ipynb, branch: , requirements: []}
"""
STEP = """\
%%alo_asset step=fit
asset.save_data({"depth": asset.load_args()["depth"], "values": list(range(1000))})
asset.save_config({})
"""
BEGIN = """\
%load_ext alo_nb
%alo_plan plan.yaml
import gc, json, os, threading
from pathlib import Path
from ipywidgets.widgets.widget import _instances
import alo_nb

form = alo_nb.plan_widget("plan.yaml")
form.choose("train_pipeline", "fit")

def held():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "handles": [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.exists()],
        "threads": sorted(each.name for each in threading.enumerate()),
        "tasks": len(list(Path("/proc/self/task").iterdir())),
        "widgets": len(_instances),
        "comms": len(get_ipython().kernel.comm_manager.comms),
        "error": repr(form.last_error),
    }
"""
EDIT = """\
form.arguments.controls["depth"].value = {depth}
form.arguments.new_name.value, form.arguments.new_value.value = "more", "1"
form.arguments.add()
form.bar.undo()
form.bar.undo()
"""


class Kernel:
    """A kernel of this Python."""

    def __init__(self, client):
        self._client = client

    def run(self, code):
        """Run a cell and return what it printed."""
        said = []
        reply = self._client.execute_interactive(code, output_hook=said.append, timeout=120)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(each["content"]["text"] for each in said if each["msg_type"] == "stream")


@pytest.fixture
def kernel(tmp_path):
    (tmp_path / ".alo").mkdir()
    (tmp_path / "plan.yaml").write_text(PLAN)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(STEP)]), tmp_path / "small.ipynb")
    with running_kernel(tmp_path) as client:
        yield Kernel(client)


def work(kernel, rounds):
    for number in rounds:
        kernel.run(f"{STEP}# {number}")
        kernel.run("form.refresh()" if number % 10 else EDIT.format(depth=number + 2))
    return json.loads(kernel.run("print(json.dumps(held()))"))


def files_of(held):
    """Return the files that are open; those that IPython's history has open come and go by themselves."""
    return sorted(each for each in held["handles"] if each.startswith("/") and not passing(each))


def passing(path):
    return "/profile_default" in path or path.endswith(("(deleted)", "/alive"))  # its folder, too: SQLite syncs it


def test_steps_that_run_and_forms_that_are_edited_many_times_leave_nothing_behind_in_their_kernel(kernel):
    kernel.run(BEGIN)
    before = work(kernel, range(WARM_UP))
    after = work(kernel, range(WARM_UP, WARM_UP + ROUNDS))
    assert before["error"] == after["error"] == "None"
    assert (after["widgets"], after["comms"]) == (before["widgets"], before["comms"])
    assert (after["threads"], after["tasks"]) == (before["threads"], before["tasks"])
    assert files_of(after) == files_of(before)
    assert len(after["handles"]) <= len(before["handles"]) + SWAY
    assert after["memory"] - before["memory"] <= GROWTH
