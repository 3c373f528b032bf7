"""The kernel of one notebook: its cells run in order, until the end, a failure, a time limit or a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty
from time import monotonic
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient

from alo_nb.headless.saving import SavedNotebook

PATIENCE = 10.0  # seconds that an interrupted cell has to clean up, before its kernel is killed
REMINDER = 3.0  # an interrupt that hits a kernel between two cells is lost, so it is sent once more
_GRACE = 2.0  # seconds to end in good order: ipykernel 7.4 may wait for itself far longer, and the run is over
_ALIVE = 0.1  # how often a silent kernel is looked at
_LONGEST_SOCKET_PATH = 90  # the system's limit is 104 to 108 bytes, and a port number follows

Watch = Callable[[str, NotebookNode], None]


@dataclass(frozen=True)
class Stop:
    """Why the cells are stopped from outside. `signal` is 0 for a time limit."""

    name: str
    text: str
    signal: int = 0


class NotebookRun(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """A kernel, started for one notebook and ended with it. `stop` is what ended the run from outside, if anything."""

    def __init__(
        self, saved: SavedNotebook, *, limit: float | None, interpreter: str | None, watch: Watch, **options: Any
    ) -> None:
        super().__init__(saved, **{"coalesce_streams": True, **options})
        self.stop: Stop | None = None
        self._limit, self._interpreter, self._watch = limit, interpreter, watch
        self._cell: NotebookNode | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Task[None] | None = None
        self._sockets: tempfile.TemporaryDirectory[str] | None = None

    async def _async_run(self, **start: Any) -> None:
        self.reset_execution_trackers()
        loop = self._loop = asyncio.get_running_loop()
        with _signals(loop, self._on_signal):
            saving = loop.create_task(self.nb_man.write_now_and_then())
            try:
                await self._start(**start)
                await self._run_cells()
                await self._describe()
            finally:
                saving.cancel()
                with suppress(asyncio.CancelledError):
                    await saving
                await self._end()

    def run(self, **start: Any) -> None:
        """Run all cells and return; in a thread of its own where this one already runs an event loop (in Jupyter)."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(self._async_run(**start))
            return
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(asyncio.run, self._async_run(**start))
            while not running.done():
                try:
                    wait([running])
                except KeyboardInterrupt:  # the other thread gets no signals, so it is told
                    if self._loop is not None:
                        self._loop.call_soon_threadsafe(self._on_signal, signal.SIGINT)
            running.result()

    # The kernel -----------------------------------------------------------------------------------------------------

    def create_kernel_manager(self) -> KernelManager:
        """Return the manager of a kernel that is reached through sockets in a private folder, where possible."""
        manager: KernelManager = super().create_kernel_manager()
        if self._interpreter is not None:
            manager.kernel_spec_manager = _OneInterpreter(self._interpreter)
        if manager.ipykernel and os.name == "posix":
            self._sockets = tempfile.TemporaryDirectory(prefix="alo-nb-")
            if len(self._sockets.name) < _LONGEST_SOCKET_PATH:
                manager.transport = "ipc"
                manager.connection_file = f"{self._sockets.name}/kernel.json"
                manager.ip = f"{self._sockets.name}/kernel"
        return manager

    async def _start(self, **start: Any) -> None:
        self.km: Any = self.create_kernel_manager()
        try:
            await self.async_start_new_kernel(**start)
            await self.async_start_new_kernel_client()
        except RuntimeError as error:
            raise DeadKernelError(f"the kernel did not start: {error}") from error
        self._send_cell_ids()

    async def async_start_new_kernel_client(self) -> Any:
        """Connect to the kernel as nbclient does, but without the 0.2 s of silence that jupyter_client waits for."""
        self.kc = self.km.client()
        self.kc.start_channels()
        latest = monotonic() + self.startup_timeout
        while not await self._answers():
            if not await self._is_alive():
                raise RuntimeError("it died before it answered")
            if monotonic() > latest:
                raise RuntimeError(f"it did not answer within {self.startup_timeout} s")
        self.kc.allow_stdin = False
        return self.kc

    async def _answers(self) -> bool:
        """Ask the kernel who it is; True when both the answer and the end of its work on it have arrived."""
        asked = self.kc.kernel_info()
        try:
            while True:
                reply = await ensure_async(self.kc.shell_channel.get_msg(timeout=1))
                if reply["parent_header"].get("msg_id") == asked:
                    break
            while True:
                told = await ensure_async(self.kc.iopub_channel.get_msg(timeout=0.2))
                is_idle = told["msg_type"] == "status" and told["content"]["execution_state"] == "idle"
                if is_idle and told["parent_header"].get("msg_id") == asked:
                    return True
        except Empty:  # the kernel is not up, or its messages do not reach us yet
            return False

    def _send_cell_ids(self) -> None:
        """Let every execute request carry the cell's id and tags, as a Jupyter front end's do."""
        message = self.kc.session.msg

        def with_cell(msg_type: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
            built: dict[str, Any] = message(msg_type, *args, **kwargs)
            if msg_type == "execute_request" and self._cell is not None:
                built["metadata"]["cellId"] = self._cell.get("id")
                built["metadata"]["tags"] = list(self._cell.metadata.get("tags", ()))
            return built

        self.kc.session.msg = with_cell

    async def _describe(self) -> None:
        """Note what the front ends want to know: the language, and the state of widgets."""
        if await self._is_alive():
            reply = await self.async_wait_for_reply(await ensure_async(self.kc.kernel_info()))
            self.nb.metadata["language_info"] = reply["content"]["language_info"]
        self.set_widgets_metadata()

    async def _end(self) -> None:
        """End the kernel in good order when it listens, else at once; leave no process and no file."""
        manager, client = self.km, self.kc
        try:
            if client is not None and await self._is_alive():
                await ensure_async(client.shutdown())
                await self._wait_until_gone(_GRACE)
            if manager is not None and await self._is_alive():
                await ensure_async(manager.signal_kernel(signal.SIGKILL))
                await ensure_async(manager.shutdown_kernel(now=True))
        finally:
            if client is not None:
                client.stop_channels()
            if manager is not None:
                await ensure_async(manager.cleanup_resources())
            if self._sockets is not None:
                self._sockets.cleanup()

    async def _wait_until_gone(self, seconds: float) -> None:
        latest = monotonic() + seconds
        while monotonic() < latest and await self._is_alive():
            await asyncio.sleep(0.01)

    async def _is_alive(self) -> bool:
        return self.km is not None and bool(await ensure_async(self.km.is_alive()))

    async def _async_poll_kernel_alive(self) -> None:
        """Cancel the wait for a reply that cannot come any more; nbclient looks once a second only."""
        while await self._is_alive():
            await asyncio.sleep(_ALIVE)
        self.task_poll_for_reply.cancel()

    # The cells ------------------------------------------------------------------------------------------------------

    async def _run_cells(self) -> None:
        for index, cell in enumerate(self.nb.cells):
            if self.stop is not None:
                return
            good = await self._run_cell(index, cell)
            if self.stop is not None and not self.stop.signal:
                raise CellTimeoutError(self.stop.text)
            if not good:
                return

    async def _run_cell(self, index: int, cell: NotebookNode) -> bool:
        """Run one cell, note how it went, and tell whether the next one may run."""
        self._cell = cell
        self.nb_man.cell_start(cell, index)
        self._watch("start", cell)
        timer = self._timer(cell)
        try:
            return await self._execute(index, cell)
        finally:
            self._cell = None
            for waiting in (timer, self._ending):
                if waiting is not None:
                    waiting.cancel()
            if self.stop is not None:
                self.nb_man.cell_failed(cell, self.stop.name, self.stop.text)
            self.nb_man.cell_complete(cell, index)
            self._watch("end", cell)

    async def _execute(self, index: int, cell: NotebookNode) -> bool:
        try:
            await self.async_execute_cell(cell, index)
        except CellExecutionError as error:
            self.nb_man.cell_exception(cell, cell_index=index, exception=error)
            return False
        except DeadKernelError:
            death = await self._death()
            self.nb_man.cell_failed(cell, "DeadKernelError", death)
            if self.stop is None:
                raise DeadKernelError(death) from None
            return False
        return True

    async def _death(self) -> str:
        code = await self.km.provisioner.poll() if self.km.provisioner is not None else None
        how = f"signal {-code}" if code and code < 0 else f"exit code {code}"
        return f"the kernel died ({how}) while this cell ran"

    # Stopping -------------------------------------------------------------------------------------------------------

    def _timer(self, cell: NotebookNode) -> asyncio.TimerHandle | None:
        limit = cell.metadata.get("alo_nb", {}).get("timeout", self._limit)
        if not limit or limit < 0:
            return None
        stop = Stop("CellTimeoutError", f"this cell ran longer than {limit:g} s and was interrupted")
        return asyncio.get_running_loop().call_later(limit, self._request, stop)

    def _on_signal(self, number: int) -> None:
        name = signal.Signals(number).name
        self._request(Stop("KeyboardInterrupt", f"{name} interrupted the run while this cell ran", number))

    def _request(self, stop: Stop) -> None:
        """Interrupt the running cell; asked a second time, kill the kernel."""
        again = self.stop is not None
        self.stop = self.stop or stop
        if again:
            self._ending = asyncio.ensure_future(self._kill())
        elif self._cell is not None:
            self._ending = asyncio.ensure_future(self._interrupt())

    async def _interrupt(self) -> None:
        await ensure_async(self.km.interrupt_kernel())
        await asyncio.sleep(REMINDER)
        await ensure_async(self.km.interrupt_kernel())
        await asyncio.sleep(PATIENCE - REMINDER)
        await self._kill()

    async def _kill(self) -> None:
        if await self._is_alive():
            await ensure_async(self.km.signal_kernel(signal.SIGKILL))


class _OneInterpreter(KernelSpecManager):
    """Knows one kernel: the Python that it is given."""

    def __init__(self, interpreter: str) -> None:
        super().__init__()
        self._interpreter = interpreter

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how to start it, whatever its name."""
        argv = [self._interpreter, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python")


@contextmanager
def _signals(loop: asyncio.AbstractEventLoop, handle: Callable[[int], None]) -> Iterator[None]:
    """Hand SIGINT, SIGTERM and SIGHUP to `handle` for the body; only the main thread can, others get none anyway."""
    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            with suppress(ValueError, RuntimeError, NotImplementedError):  # not the main thread, or no such signal
                loop.add_signal_handler(number, partial(handle, number))
                before[number] = handler
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
