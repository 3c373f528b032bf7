"""Promises that only a real kernel can keep: tracebacks, the debugger, pickles, workers, interrupts, cell ids."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from socket_kernels import start_kernel, stop_kernel

pytestmark = pytest.mark.slow

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
END = "\nasset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"


@dataclass
class Reply:
    """What came back from one cell."""

    status: str = ""
    text: str = ""
    error: str = ""
    traceback: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return COLOURS.sub("", "\n".join(self.traceback))


class Kernel:
    """A kernel with the project as its folder."""

    def __init__(self, project: Path) -> None:
        self.project = project
        environment = {name: value for name, value in os.environ.items() if name != "ALO_NB_PROJECT"}
        self.manager, self.client = start_kernel(project, env=environment)

    def run(self, code: str, **options: Any) -> Reply:
        """Run a cell that must go well."""
        reply = self.try_run(code, **options)
        assert reply.status == "ok", reply.shown
        return reply

    def try_run(self, code: str, *, cell: str | None = None, typed: tuple[str, ...] = (), batch: bool = False) -> Reply:
        """Run a cell; `typed` is given to its prompts, `cell` is the front end's id of it."""
        return self.wait(self.send(code, cell=cell, allow_stdin=not batch), typed)

    def send(self, code: str, *, cell: str | None = None, allow_stdin: bool = True) -> str:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": allow_stdin, "stop_on_error": True}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else None)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, sent: str, typed: tuple[str, ...] = (), *, seconds: float = 60) -> Reply:
        reply, waiting, latest = Reply(), list(typed), time.monotonic() + seconds
        while time.monotonic() < latest:
            with contextlib.suppress(queue.Empty):
                self.client.get_stdin_msg(timeout=0)
                self.client.input(waiting.pop(0))
            try:
                message = self.client.get_iopub_msg(timeout=0.05)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            reply.messages.append(message)
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                reply.text += content["text"]
            elif kind in {"execute_result", "display_data"}:
                reply.text += content["data"].get("text/plain", "") + "\n"
            elif kind == "error":
                reply.error, reply.traceback = f"{content['ename']}: {content['evalue']}", content["traceback"]
            elif kind == "status" and content["execution_state"] == "idle":
                reply.status = self._answer(sent)["content"]["status"]
                reply.text = COLOURS.sub("", reply.text)
                return reply
        raise AssertionError(f"no end after {seconds} s; it showed: {reply.text}")

    def _answer(self, sent: str) -> dict[str, Any]:
        """Return the reply to a message; on a busy machine, those to the questions at the start come late."""
        while (answer := self.client.get_shell_msg(timeout=10))["parent_header"].get("msg_id") != sent:
            pass
        return answer

    def close(self) -> None:
        stop_kernel(self.manager, self.client)


@contextlib.contextmanager
def started(project: Path) -> Iterator[Kernel]:
    (project / ".alo").mkdir(exist_ok=True)
    kernel = Kernel(project)
    try:
        yield kernel
    finally:
        kernel.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run("import sys\nbefore = {*sys.modules}")
        kernel.run("%load_ext alo_nb")
        kernel.run("loaded = {*sys.modules} - before")
        yield kernel


@pytest.fixture
def kernel(shared: Kernel) -> Kernel:
    """The shared kernel, without steps."""
    shared.run("%reload_ext alo_nb")
    return shared


def fresh_python(project: Path, code: str) -> str:
    """Run code in a new process whose folder is the project, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "ALO_NB_PROJECT"}
    words = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# What loading costs -----------------------------------------------------------------------------------------------

# Modules that `%load_ext alo_nb` may import beyond its own, each small and part of Python or of IPython itself.
ALLOWED = {
    "IPython.core.magics.extension",  # `%load_ext` itself
    "difflib",  # 1 ms, for "did you mean"
    "mmap",  # C, for large values
    "resource",  # C, for large values
    "secrets",  # 1 ms, for run ids
}


def test_load_ext_imports_alo_nb_and_nothing_heavy(shared):
    found = shared.run("print(*sorted(name for name in loaded if name.partition('.')[0] != 'alo_nb'))").text.split()
    assert set(found) <= ALLOWED
    assert "alo_nb.notebook.shell" in shared.run("print(*sorted(loaded))").text


# Errors -----------------------------------------------------------------------------------------------------------

FAILING = {
    "statements": "%%alo_asset step=s\nrows = [1, 2]\nfor row in rows:\n    1 / (row - 2)",
    "function": "%%alo_asset step=s\n\ndef run(asset):\n    1 / 0",
    "class": "%%alo_asset step=s\nclass UserAsset(Asset):\n    @Asset.decorator_run\n    def run(self): 1 / 0",
    "line form": "# a title\n%alo_asset step=s\n\n1 / 0",
    "shell lines": "%%alo_asset step=s\n\n!true\n1 / 0",
    "helper": "%%alo_asset step=s\n\n\nfail(0)",
    "decorator": "import alo_nb\n@alo_nb.asset(step='s')\ndef s(asset):\n    1 / 0",
}


@pytest.mark.parametrize("cell", FAILING.values(), ids=FAILING.keys())
def test_a_users_exception_shows_the_users_lines_and_none_of_ours(kernel, cell):
    kernel.run("def fail(by):\n    return 1 / by")
    reply = kernel.try_run(cell)
    assert reply.status == "error"
    assert reply.error == "ZeroDivisionError: division by zero"
    assert re.search(r"Cell In\[\d+\], line 4", reply.shown)
    assert re.search(r"-+> 4 .*(1 / |fail\(0\))", reply.shown)
    assert ("in fail(by)" in reply.shown) == ("fail(0)" in cell)
    assert "alo_nb" not in reply.shown.replace("import alo_nb", "").replace("alo_nb.asset", "")
    assert "skipping hidden" not in reply.shown
    assert re.search(r"in step 's', cell In\[\d+\], line 4: .* \(run \w+-\w+\)", reply.shown)


def test_a_key_that_is_not_there_is_an_error_of_the_users_line(kernel):
    reply = kernel.try_run("%%alo_asset step=s\ndata = asset.load_data()\ndata['x']")
    assert re.search(r"-+> 3 data\['x'\]", reply.shown)
    assert "alo_nb" not in reply.shown
    assert "KeyError: 'x'\nnothing is loaded as 'x'" in reply.shown


def test_a_module_that_is_no_python_shows_its_line_and_hardly_any_of_ours(kernel):
    (kernel.project / "torn.py").write_text("x = 1\ndef (:\n")
    reply = kernel.try_run("%%alo_asset step=s\nimport torn\n" + END)
    (kernel.project / "torn.py").unlink()
    assert reply.error.startswith("SyntaxError: invalid syntax")
    assert re.search(r"torn\.py:2\s+def \(:", reply.shown)
    assert "in step 's', cell In[" in reply.shown
    assert not re.search(r"alo_nb/(runner|steps)/", reply.shown)


def test_an_exception_in_a_whole_run_shows_the_step_cells_lines(kernel):
    kernel.run("%%alo_asset step=s -n\n\n\n1 / 0")
    reply = kernel.try_run("%alo_run")
    assert re.search(r"Cell In\[\d+\], line 4", reply.shown)
    assert "alo_nb" not in reply.shown


def test_an_error_of_alo_nb_has_no_stack(kernel):
    reply = kernel.try_run("%%alo_asset step=s\nasset.save_data([1])")
    assert reply.error.startswith("StepOutputError: save_data takes a dict, got list")
    assert reply.traceback[0].startswith("\x1b[31mStepOutputError")
    assert re.search(r"where: step 's', cell In\[\d+\], line 2: asset.save_data\(\[1\]\)", reply.shown)
    assert not re.search(r"Traceback|-----|Cell In\[\d+\], line \d+\n|File ", reply.shown)
    assert len(reply.traceback) <= 4


@pytest.mark.parametrize(
    "cell",
    [
        "%%alo_asset step=s\ndef run(asset):\n    secret = 41 + 1\n    1 / 0",
        "%%alo_asset step=s\nclass A(Asset):\n @Asset.decorator_run\n def run(self):\n  secret = 41 + 1\n  1 / 0",
        "%%alo_asset step=s\nsecret = 41 + 1\n1 / 0",
    ],
    ids=["function", "class", "statements"],
)
def test_debug_lands_in_the_step_with_its_variables(kernel, cell):
    kernel.try_run(cell)
    reply = kernel.run("%debug", typed=("p 'value', secret", "w", "q"))
    assert "('value', 42)" in reply.text
    assert re.search(r"-+> ?\d+ .*1 / 0", reply.text)
    again = kernel.run("%debug", typed=("u", "p __name__", "q"))
    assert "alo_nb.runner" not in again.text


# Pickles and workers ----------------------------------------------------------------------------------------------


def save_model(kernel, factor):
    kernel.run(
        "%%alo_asset step=train\nimport pickle\nfrom pathlib import Path\n"
        "class Model:\n    def __init__(self, x): self.x = x\n"
        f"    def predict(self): return {factor} * self.x\n"
        "model = Model(21)\n"
        "Path(asset.get_model_path(), 'model.pkl').write_bytes(pickle.dumps(model))" + END
    )
    return kernel.project / "train_artifacts" / "models" / "train" / "model.pkl"


def test_a_class_of_a_step_is_pickled_into_the_model_folder_and_loads_anywhere(kernel):
    path = save_model(kernel, 2)
    code = f"import pickle, pathlib; print(pickle.loads(pathlib.Path({str(path)!r}).read_bytes()).predict())"
    assert fresh_python(kernel.project, code) == "42\n"
    old = path.read_bytes()
    path = save_model(kernel, 3)
    assert fresh_python(kernel.project, code) == "63\n"
    path.write_bytes(old)
    assert fresh_python(kernel.project, code) == "42\n"


def test_a_step_that_fills_objects_with_constants_can_be_imported_by_another_process(kernel):
    kernel.run(
        "%%alo_asset step=filled\nimport pickle\nfrom pathlib import Path\nclass Model: pass\n"
        "model = Model()\nmodel.x = 21\ncounts = dict()\ncounts['a'] = 1\n"
        "Path('filled.pkl').write_bytes(pickle.dumps(model))" + END
    )
    code = "import pickle, pathlib; print(pickle.loads(pathlib.Path('filled.pkl').read_bytes()).x)"
    assert fresh_python(kernel.project, code) == "21\n"


def test_a_class_of_an_ordinary_cell_is_one_class_in_all_steps(kernel):
    kernel.run(
        "class Box:\n    def __init__(self, x): self.x = x\n    def __eq__(self, other): return self.x == other.x"
    )
    kernel.run("%%alo_asset step=a\nasset.save_data({'box': Box(1)})\nasset.save_config({})")
    kernel.run("%%alo_asset step=b\nbox = asset.load_data()['box']\nfound = type(box) is Box and box == Box(1)" + END)
    assert kernel.run("steps.b.found").text == "True\n"
    assert kernel.run("steps.b.Box is type(steps.b.box)").text == "True\n"


def test_joblib_workers_run_the_functions_of_a_step(kernel):
    kernel.run("OFFSET = 1\ndef shift(x): return x + OFFSET")
    work = "def work(x):\n    return shift(x) * 2\n"
    call = "Parallel(n_jobs=2)(delayed(work)(x) for x in range(3))"
    kernel.run(f"%%alo_asset step=statements\nfrom joblib import Parallel, delayed\n{work}found = {call}{END}")
    assert kernel.run("steps.statements.found").text == "[2, 4, 6]\n"
    body = END.replace("\n", "\n    ")
    kernel.run(
        f"%%alo_asset step=function\nfrom joblib import Parallel, delayed\n{work}"
        f"def run(asset):\n    global found\n    found = {call}{body}"
    )
    assert kernel.run("steps.function.found").text == "[2, 4, 6]\n"


# Interrupts -------------------------------------------------------------------------------------------------------


def test_an_interrupted_step_leaves_what_was_there_and_a_usable_kernel(kernel):
    path = save_model(kernel, 2)
    before = {each: each.read_bytes() for each in (kernel.project / "train_artifacts").rglob("*") if each.is_file()}
    sent = kernel.send(
        "%%alo_asset step=train\nimport time\nfrom pathlib import Path\n"
        "Path(asset.get_model_path(), 'model.pkl').write_text('half')\nPath('sleeping').touch()\n"
        "for _ in range(600): time.sleep(0.05)"
    )
    sleeping = kernel.project / "sleeping"
    latest = time.monotonic() + 20
    while not sleeping.exists() and time.monotonic() < latest:
        time.sleep(0.01)
    kernel.manager.interrupt_kernel()
    reply = kernel.wait(sent)
    assert reply.error.startswith("KeyboardInterrupt")
    assert re.search(r"Cell In\[\d+\], line 6", reply.shown)
    assert "alo_nb" not in reply.shown
    assert {each: each.read_bytes() for each in before} == before
    assert path in before
    assert kernel.run("import alo_nb\nprint(alo_nb.history(cells=True, limit=1)['status'][0])").text == "interrupted\n"
    save_model(kernel, 3)
    assert path.read_bytes() != before[path]


# Cell ids and batch clients ---------------------------------------------------------------------------------------


def test_a_cell_that_is_run_again_replaces_its_step_and_another_one_cannot(kernel):
    cell = "%%alo_asset step=s -q\nx = {}\nasset.save_data({{}})\nasset.save_config({{}})"
    kernel.run(cell.format(1), cell="c1")
    kernel.run(cell.format(2), cell="c1")
    assert kernel.run("steps.s.x").text == "2\n"
    reply = kernel.try_run(cell.format(3), cell="c2")
    assert reply.error.startswith("StepDefinitionError: step 's' is already defined in cell In[")
    assert kernel.run("steps.s.x").text == "2\n"


def test_a_batch_client_that_sends_no_ids_has_one_cell_for_each_step(kernel):
    cell = "%%alo_asset step=s\nx = {}\nasset.save_data({{}})\nasset.save_config({{}})"
    kernel.run(cell.format(1), batch=True)
    reply = kernel.try_run(cell.format(2), batch=True)
    assert reply.error.startswith("StepDefinitionError: step 's' is already defined in cell In[")


def display_ids(reply: Reply) -> list[str]:
    found = ("display_id" in message["content"].get("transient", {}) for message in reply.messages)
    return [message["msg_type"] for message, has_id in zip(reply.messages, found, strict=True) if has_id]


def test_a_batch_run_shows_lasting_output_only_and_a_live_one_clears_its_progress(kernel):
    for step in "ab":
        kernel.run(f"%%alo_asset step={step} -n{END}")
    batch = kernel.run("%alo_run", batch=True)
    assert display_ids(batch) == []
    assert any(f"{sign} b" in batch.text for sign in "✔◌")  # an earlier test of this kernel may have run it
    live = kernel.run("%alo_run")
    assert display_ids(live)[0] == "display_data"
    assert set(display_ids(live)[1:]) == {"update_display_data"}
    assert "◌ b" in live.text
    last = [message for message in live.messages if message["msg_type"] == "update_display_data"][-1]
    assert last["content"]["data"]["text/html"] == ""


def test_the_output_of_a_step_stands_under_its_cell_in_every_form(kernel):
    reply = kernel.run(
        "%%alo_asset step=s -q\n%matplotlib inline\nimport matplotlib.pyplot as plt, pandas as pd, warnings, logging\n"
        "print('printed')\nlogging.warning('logged')\nwarnings.warn('warned')\ndisplay(pd.DataFrame({'column': [1]}))\n"
        "plt.plot([1, 2])\nplt.show()" + END
    )
    for text in ("printed", "logged", "warned", "column", "<Figure size"):
        assert text in reply.text
    assert any("image/png" in message["content"].get("data", {}) for message in reply.messages)
    plain = kernel.run("import warnings\nwarnings.warn('warned')").text
    assert re.search(r"ipykernel_\d+/\d+\.py:\d+: UserWarning: warned", plain)
    assert re.search(r"ipykernel_\d+/\d+\.py:6: UserWarning: warned", reply.text)


def test_run_records_are_html_and_text(kernel):
    reply = kernel.run(f"%%alo_asset step=s{END}")
    result = next(message for message in reply.messages if message["msg_type"] == "execute_result")
    assert set(result["content"]["data"]) == {"text/plain", "text/html"}
    assert json.dumps(result["content"]["data"]["text/html"]).count("<table") == 1


def test_a_step_that_is_taken_over_shows_again_what_it_showed(kernel):
    body = (
        "from IPython.display import Markdown, display\nprint('counting')\ndisplay(Markdown('**fat**'))\n"
        "asset.save_data({})\nasset.save_config({})\n[1, 2]"
    )
    first = kernel.run(f"%%alo_asset step=shows -q\n{body}")
    again = kernel.run(f"%%alo_asset step=shows -q\n# a comment does not count\n{body}")
    quiet = kernel.run(f"%%alo_asset step=shows -q\n{body};")
    assert kernel.run("print(steps.shows is not None)").text
    for shown in (first, again):
        assert [shown.text.count(each) for each in ("counting", "Markdown", "[1, 2]")] == [1, 1, 1], shown.text
    assert [quiet.text.count(each) for each in ("counting", "Markdown", "[1, 2]")] == [1, 1, 0]
