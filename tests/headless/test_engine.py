"""The papermill engine by itself, as people use it who never wrote a plan."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from alo_nb.headless.engine import AloEngine


@pytest.mark.parametrize(
    "imports",
    ["import papermill; import alo_nb.headless.engine", "import alo_nb.headless.engine; import papermill"],
)
def test_papermill_and_the_engine_can_be_imported_in_both_orders(new_process, imports):
    code = f"{imports}; from papermill.engines import papermill_engines; print(papermill_engines.get_engine('alo_nb'))"
    assert "alo_nb.headless.engine.AloEngine" in new_process(code)


def test_the_engine_adds_nothing_to_an_import_of_papermill(new_process):
    code = (
        "import papermill, sys; import alo_nb.headless.engine;"
        "print(sorted(name for name in sys.modules if name.startswith('alo_nb')))"
    )
    assert new_process(code) == "['alo_nb', 'alo_nb.headless', 'alo_nb.headless.engine']\n"


def test_papermill_on_its_command_line(project):
    project.write_notebook("in.ipynb", "for i in range(50):\n    print(i)", "get_ipython().kernel.get_parent()")
    words = [sys.executable, "-m", "papermill", "--engine", "alo_nb", "--no-progress-bar", "in.ipynb", "out.ipynb"]
    subprocess.run(words, check=True, capture_output=True)
    first, second = json.loads((project.root / "out.ipynb").read_text())["cells"]
    assert [len(first["outputs"]), len(first["outputs"][0]["text"])] == [1, 50]
    assert "'cellId': 'c1'" in "".join(second["outputs"][0]["data"]["text/plain"])
    assert first["metadata"]["papermill"]["status"] == "completed"


def executed(project, *cells, **options):
    project.write_notebook("in.ipynb", *cells)
    try:
        papermill.execute_notebook("in.ipynb", "out.ipynb", engine_name="alo_nb", progress_bar=False, **options)
    finally:
        content = json.loads((project.root / "out.ipynb").read_text())
        records = [cell["metadata"].get("papermill") for cell in content["cells"]]
        executed.states = [record["status"] for record in records if record]  # papermill adds a note without one
        executed.content = content


def test_the_kernel_is_told_which_notebook_it_runs(project):
    executed(project, "import os; print(os.environ['JPY_SESSION_NAME'])")
    assert executed.content["cells"][0]["outputs"][0]["text"] == [f"{project.root / 'in.ipynb'}\n"]


def test_a_kernel_that_exits_fails_its_cell_and_never_completes_later_ones(project):
    with pytest.raises(DeadKernelError, match=r"the kernel died \(exit code 3\) while this cell ran"):
        executed(project, "1", "import os; print('x'); os._exit(3)", "2")
    assert executed.states == ["completed", "failed", "pending"]
    assert executed.content["metadata"]["papermill"]["exception"] is True


def test_an_exception_is_reported_as_papermill_does(project):
    with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError"):
        executed(project, "1 / 0", "2")
    assert executed.states == ["failed", "pending"]


def test_an_earlier_output_keeps_its_rights_and_is_replaced_whole(project):
    (project.root / "out.ipynb").write_text("{}")
    (project.root / "out.ipynb").chmod(0o640)
    executed(project, "1")
    assert (project.root / "out.ipynb").stat().st_mode & 0o777 == 0o640


def test_the_engine_asks_the_notebook_for_its_kernel_and_language():
    from nbformat.v4 import new_notebook

    notebook = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}})
    assert (AloEngine.nb_kernel_name(notebook), AloEngine.nb_language(notebook)) == ("python3", "python")


def test_a_cell_that_ignores_the_interrupt_is_killed_in_the_end(project, monkeypatch):
    from alo_nb.headless import kernel

    monkeypatch.setattr(kernel, "PATIENCE", 0.4)
    monkeypatch.setattr(kernel, "REMINDER", 0.2)
    cell = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)"
    with pytest.raises(CellTimeoutError, match=r"ran longer than 0\.5 s"):
        executed(project, f"import signal\n{cell}", "2", execution_timeout=0.5)
    errors = [each["ename"] for each in executed.content["cells"][0]["outputs"]]
    assert (executed.states, errors) == (["failed", "pending"], ["DeadKernelError", "CellTimeoutError"])


def test_the_engine_runs_where_an_event_loop_runs_already(project):
    async def in_a_loop():
        executed(project, "1")

    asyncio.run(in_a_loop())
    assert executed.states == ["completed"]


def test_a_kernel_that_cannot_start_is_told(project):
    with pytest.raises(DeadKernelError, match="the kernel did not start"):
        executed(project, "1", interpreter="/bin/false")
    assert executed.states == ["pending"]
