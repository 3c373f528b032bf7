"""A real IPython shell in this process, and real kernels for the promises that only a kernel can keep."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clicked_plan import write

END = "\nasset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"


@dataclass
class Shell:
    """A notebook that is typed cell by cell."""

    ip: Any
    out: str = ""
    results: list[Any] = field(default_factory=list)

    def run(self, text: str, *, cell: str | None = None) -> Any:
        """Run a cell and return its last value; an exception of the cell is raised. `out` is what it printed."""
        result = self.try_run(text, cell=cell)
        result.raise_error()
        return result.result

    def try_run(self, text: str, *, cell: str | None = None) -> Any:
        """Run a cell and return IPython's result, whatever happened."""
        from IPython.utils.capture import capture_output

        with capture_output() as captured:
            result = self.ip.run_cell(text, store_history=True, cell_id=cell)
        self.out = captured.stdout + captured.stderr
        return result

    def error(self, text: str, *, cell: str | None = None) -> BaseException:
        """Run a cell that must fail and return its exception."""
        result = self.try_run(text, cell=cell)
        found = result.error_in_exec or result.error_before_exec
        assert found is not None, f"no error from:\n{text}\nit showed:\n{self.out}"
        return found

    def step(self, name: str, body: str, *, options: str = "", end: str = END) -> Any:
        """Run a step cell of statements."""
        return self.run(f"%%alo_asset step={name} {options}\n{body}{end}")


def new_shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    return InteractiveShell.instance(config=config)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that is the current folder."""
    (tmp_path / ".alo").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    return tmp_path


@pytest.fixture
def bare(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell in the project, without alo_nb."""
    from IPython.core.interactiveshell import InteractiveShell

    import alo_nb

    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the shell replaces it
    monkeypatch.setattr(sys, "displayhook", sys.displayhook)
    ip = new_shell()
    yield Shell(ip)
    alo_nb.unload_ipython_extension(ip)
    InteractiveShell.clear_instance()
    atexit.unregister(ip.atexit_operations)  # hundreds of shells would each collect garbage at the end


@pytest.fixture
def shell(bare: Shell) -> Shell:
    """A shell in the project, with alo_nb loaded."""
    bare.run("%load_ext alo_nb")
    return bare


@pytest.fixture
def path(shell: Shell, project: Path) -> Path:
    """The plan that the tests of the widget click at."""
    return write(project)


@pytest.fixture
def form(path: Path) -> Iterator[Any]:
    """The widget of that plan; a run that is still going on is stopped."""
    import alo_nb

    made = alo_nb.plan_widget("plan.yaml")
    assert made.last_error is None
    yield made
    if made.runs.running is not None:
        made.runs.stop()
        made.runs.wait(60)
    made.close()
