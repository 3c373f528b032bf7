"""Kernels that no other process can keep from starting: they are reached through sockets in folders of their own.

A manager finds free TCP ports, frees them, and its kernel takes them some tenths of a second later. Of the hundreds
of kernels that a run of the tests starts, four at a time, now and then two are given the same port, and one of them
never answers.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbval.kernel
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import AsyncKernelManager, KernelManager
from nbclient import NotebookClient


class SocketKernelManager(KernelManager):
    """A manager of one kernel behind sockets."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**_in_a_folder_of(self), **options)


class AsyncSocketKernelManager(AsyncKernelManager):
    """A manager of one kernel behind sockets, as nbclient and papermill use it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**_in_a_folder_of(self), **options)


def start_kernel(folder: Path, **options: Any) -> tuple[SocketKernelManager, BlockingKernelClient]:
    """Start a kernel in a folder and connect to it."""
    manager = SocketKernelManager()
    manager.start_kernel(cwd=str(folder), **options)
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return manager, client


def stop_kernel(manager: SocketKernelManager, client: BlockingKernelClient) -> None:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@contextlib.contextmanager
def running_kernel(folder: Path) -> Iterator[BlockingKernelClient]:
    """Give the client of a kernel that runs in a folder as long as the context lasts."""
    manager, client = start_kernel(folder)
    try:
        yield client
    finally:
        stop_kernel(manager, client)


def execute(notebook: Any, folder: Path, *, env: dict[str, str] | None = None, **options: Any) -> None:
    """Run the cells of a notebook in a kernel of its own, with a folder as its working directory."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=120, resources=resources, kernel_manager_class=AsyncSocketKernelManager, **options
    )
    client.execute(**({} if env is None else {"env": env}))


def pytest_configure() -> None:
    """As a plugin of pytest: let nbval start its kernels behind sockets."""
    nbval.kernel.KernelManager = SocketKernelManager


def _in_a_folder_of(manager: object) -> dict[str, str]:
    folder = tempfile.mkdtemp(prefix="kernel-")  # its path must be short: that of a socket has at most 107 bytes
    weakref.finalize(manager, shutil.rmtree, folder, ignore_errors=True)
    return {"transport": "ipc", "connection_file": f"{folder}/kernel.json", "ip": f"{folder}/kernel"}
