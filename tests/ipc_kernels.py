"""Kernels of the tests talk through files: of two kernels that start at once, both may get the same port."""

from __future__ import annotations

from jupyter_client.manager import KernelManager

KernelManager.transport.default_value = "ipc"
