"""What goes on beside this kernel: a run in a process of its own, which can be stopped, and code that is fetched."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import AloNbError
from alo_nb.notebook.fresh import FreshRun
from alo_nb.notebook.running_output import RunningOutput
from alo_nb.plan import Source
from alo_nb.project import Project
from alo_nb.store import Run, RunStore
from alo_nb.store.records import RUNNING
from alo_nb.store.runs import find_run

PATIENCE_S = 30.0  # that a run which was asked to stop has to record itself
_TAIL = 4000  # characters


@dataclass(frozen=True)
class Look:
    """What is known of a run: `run` is its record, None before there is one.

    `said` is the end of its messages, `printed` that of what the step that runs now, or failed, has printed.
    """

    is_alive: bool
    run: Run | None
    said: str
    exit_code: int | None = None
    had_nothing_to_do: bool = False  # then `run` is the earlier one that all is as in
    printed: str = ""

    @property
    def state(self) -> str:
        """``running``, or how it ended: ``success``, ``failed`` or ``interrupted``."""
        if self.is_alive:
            return RUNNING
        return self.run.status if self.run is not None and self.run.status != RUNNING else "failed"


class BackgroundRun:
    """``alo-nb run`` as a process of its own. It goes on when this kernel ends; `stop` and `close` end it."""

    def __init__(self, wanted: FreshRun) -> None:
        self.wanted = wanted
        self._before = frozenset(RunStore(wanted.project).ids())
        self._folder = tempfile.TemporaryDirectory(prefix="alo-nb-", ignore_cleanup_errors=True)
        self._record, self._said = (Path(self._folder.name) / name for name in ("record.json", "said.txt"))
        self._stopping = 0.0
        self._id = ""
        self._output = RunningOutput()
        with self._record.open("wb") as record, self._said.open("wb") as said:
            self._process = subprocess.Popen(
                wanted.command(),
                stdin=subprocess.DEVNULL,
                stdout=record,
                stderr=said,
                start_new_session=True,  # an interrupt of this kernel is not one of the run
            )

    def look(self) -> Look:
        """Return how far it is. Asked for again and again, it ends a run that does not stop in time."""
        exit_code = self._process.poll()
        if exit_code is None and self._stopping and time.monotonic() > self._stopping + PATIENCE_S:
            self._process.kill()
        if exit_code is None:
            return Look(True, self._running(), self._tail(), printed=self._printed())
        text = self._record.read_text(encoding="utf-8", errors="replace").strip()
        run = Run.from_dict(json.loads(text)) if text else self._running()
        is_earlier = run is not None and run.id in self._before
        printed = "" if is_earlier else self._printed()
        return Look(False, run, self._tail(), exit_code, had_nothing_to_do=is_earlier, printed=printed)

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to end."""
        return bool(self._stopping)

    def stop(self) -> None:
        """Ask it to end in good order; its run is recorded as interrupted."""
        if self._process.poll() is None:
            self._stopping = self._stopping or time.monotonic()
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """End the process if it goes on, and let its files go."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _running(self) -> Run | None:
        """Return the record of the run that this process has begun: the one of its plan that is new."""
        project = self.wanted.project
        if not self._id:
            new = (each for each in RunStore(project).ids() if each not in self._before)
            self._id = next((each for each in new if self._is_ours(find_run(project, each))), "")
        return find_run(project, self._id)

    def _is_ours(self, run: Run | None) -> bool:
        return run is not None and (self.wanted.target.suffix == ".ipynb" or run.plan_path == str(self.wanted.target))

    def _printed(self) -> str:
        return self._output.of(self.wanted.project.runs / self._id / "notebook.ipynb") if self._id else ""

    def _tail(self) -> str:
        said = self._said.read_bytes()[-_TAIL:].decode(errors="replace")
        return said if len(said) < _TAIL else said.partition("\n")[2]


class BackgroundFetch:
    """Code of a step that git fetches, in processes of its own, to ``assets/<step>/``.

    Parameters
    ----------
    on_end : callable
        Is called when it has ended, by a thread that must only set traits.

    Attributes
    ----------
    is_running : bool
        Whether it goes on.
    commit : str
        What was fetched; empty until then.
    error : Exception or None
        Why nothing was.
    """

    def __init__(self, step: str, source: Source, project: Project, on_end: Callable[[], None]) -> None:
        self.step, self.source, self._project, self._on_end = step, source, project, on_end
        self.is_running, self.commit = True, ""
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._fetch, name="alo-nb fetch", daemon=True)
        self._thread.start()

    def wait(self, patience_s: float) -> None:
        """Return when it has ended."""
        self._thread.join(patience_s)

    def _fetch(self) -> None:
        from alo_nb.external.git import checkout

        folder = self._project.root / "assets" / self.step
        try:
            found = checkout(self.source.code, self.source.branch, folder, project=self._project, refresh=False)
            self.commit = found.commit[:12]
        except (AloNbError, OSError) as error:
            self.error = error
        finally:
            self.is_running = False
            self._on_end()
