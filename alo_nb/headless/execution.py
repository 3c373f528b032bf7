"""One notebook executed: its cells run in a kernel, and it is saved with what they have put out."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.log import logger

from alo_nb.headless.kernel import NotebookRun, Watch
from alo_nb.headless.saving import SavedNotebook


def execute(
    nb: NotebookNode,
    kernel_name: str,
    *,
    output_path: str | None = None,
    input_path: str | NotebookNode | None = None,
    progress_bar: bool | dict[str, Any] = True,
    log_output: bool = False,
    start_timeout: float = 60,
    execution_timeout: float | None = None,
    record_path: str | None = None,
    interpreter: str | None = None,
    watch: Watch | None = None,
    hidden: Mapping[str, str] | None = None,
    autosave_cell_every: float = 0,
    **options: Any,
) -> NotebookNode:
    """Run a notebook's cells and return it with their outputs.

    Parameters
    ----------
    execution_timeout : float, optional
        Seconds that a cell may take; ``cell.metadata.alo_nb.timeout`` goes before it.
    record_path : str, optional
        Where to save instead of papermill's `output_path`, which papermill itself writes once more, not by rename.
    interpreter : str, optional
        Start the kernel with this Python, whatever kernels are installed.
    watch : callable, optional
        Gets ``"start"`` or ``"end"`` and the cell.
    hidden : mapping, optional
        Texts that the saved notebook must not hold, to what stands for them.
    autosave_cell_every : float
        Taken for papermill's sake: saves are made every two seconds, whatever it says.

    Raises
    ------
    DeadKernelError, CellTimeoutError
        As papermill's own engine raises them; the notebook is saved and says so. A cell's own exception is not raised
        here: papermill finds it in the outputs.
    KeyboardInterrupt
        SIGINT or SIGTERM came: the cell was interrupted, the notebook saved, the kernel ended, and then the signal
        was raised again for whoever handles it.
    """
    path = record_path or output_path
    saved = SavedNotebook(nb, path, progress_bar=progress_bar, log_output=log_output, hidden=hidden or {})
    if not isinstance(input_path, str):
        nb.metadata.papermill["input_path"] = path
    limit = options.pop("timeout", None)
    client = NotebookRun(
        saved,
        limit=execution_timeout or limit,
        interpreter=interpreter,
        watch=watch or (lambda _moment, _cell: None),
        kernel_name=kernel_name,
        startup_timeout=start_timeout,
        log=logger,
        log_output=log_output,
        **options,
    )
    saved.notebook_start()
    finished = False
    try:
        client.run(env=_environment(path if not isinstance(input_path, str) else input_path, interpreter))
        finished = client.stop is None
    finally:
        nb.metadata.papermill["exception"] = nb.metadata.papermill.get("exception") or not finished or None
        saved.notebook_complete()
        saved.write()
        if not finished:
            saved.write_elsewhere()
    if client.stop is not None and client.stop.signal:  # it was held back until everything was in order
        signal.raise_signal(client.stop.signal)
        raise KeyboardInterrupt
    return nb


def _environment(path: str | None, interpreter: str | None) -> dict[str, str]:
    """Return the kernel's environment: ours, with the notebook's path where Jupyter servers put it.

    Another interpreter than ours brings its commands, as when its virtual environment is activated.
    """
    named = {"JPY_SESSION_NAME": str(Path(path).absolute())} if path and "://" not in path and path != "-" else {}
    if interpreter is None or interpreter == sys.executable:
        return {**os.environ, **named}
    commands = Path(interpreter).parent
    found = os.pathsep.join([str(commands), *filter(None, [os.environ.get("PATH")])])
    return {**os.environ, **named, "PATH": found, "VIRTUAL_ENV": str(commands.parent)}
