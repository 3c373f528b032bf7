"""Makes ``pytest --nbval`` honest and its outputs repeatable. Without ``--nbval`` it does nothing.

nbval looks for errors among a cell's outputs. An unknown magic and IPython's own ``UsageError`` only print to stderr,
which leaves no ``error`` output, so a broken cell passes when its outputs are not compared, or when the reference was
saved with the same line in it (nbval issue 147). The kernel's reply tells the truth: here it is kept and asked.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
from nbval import plugin as nbval
from nbval.kernel import RunningKernel

from alo_nb.files import remove
from alo_nb.project import find_project


class ReplyKeepingKernel(RunningKernel):  # type: ignore[misc]  # nbval has no types
    """nbval's kernel, which would drop the reply to a cell. `last_reply` is its content, empty before the first."""

    def __init__(self, kernel_name: str, cwd: str | None = None, *args: Any, **kwargs: Any) -> None:
        self.last_reply: dict[str, Any] = {}
        _forget_kept_steps(cwd)
        super().__init__(kernel_name, cwd, *args, **kwargs)

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message of `stream`; the shell's replies are kept."""
        message: dict[str, Any] = super().get_message(stream, timeout=timeout)
        if message["msg_type"] == "execute_reply":
            self.last_reply = message["content"]
        return message


def _forget_kept_steps(cwd: str | None) -> None:
    """Let a notebook begin without what others have kept: whether a step is executed is part of its outputs."""
    cache = find_project(start=cwd).own / "cache"
    if cache.is_dir():
        remove(cache, within=cache.parent)


def pytest_configure(config: pytest.Config) -> None:
    """Start nbval's kernels as ours, with no times and ids in what alo_nb shows."""
    if config.getoption("nbval") or config.getoption("nbval_lax"):
        os.environ["ALO_NB_DETERMINISTIC"] = "1"
        nbval.RunningKernel = ReplyKeepingKernel


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a cell that nbval has passed although the kernel answered with an error."""
    yield
    if isinstance(item, nbval.IPyNbCell) and not item.options["check_exception"]:
        reply = item.parent.kernel.last_reply
        if reply.get("status") == "error":
            item.raise_cell_error(f"{reply.get('ename')}: {reply.get('evalue')}")
